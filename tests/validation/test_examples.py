"""What the documentation shows works as it stands."""

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from inference_constructs.config import read_service
from inference_constructs.config.yaml.file import read_yaml
from inference_constructs.config.yaml.project import load_environments
from tests.checkout import ROOT, copy_checkout

EXAMPLE = ROOT / "docs" / "examples" / "another-team"


def test_the_example_stays_short() -> None:
    """From `app = App()` to the end, as the code of one endpoint."""
    lines = (EXAMPLE / "app.py").read_text().partition("app = App()")[2].splitlines()
    code = [line for line in lines if len(line.strip()) > 2]
    assert len(code) <= 15, "an endpoint takes 15 lines"


def snippets(page: str) -> list[str]:
    """Each YAML block of a page: what a file says instead of the example's own words."""
    return re.findall(r"```yaml\n(.*?) *```", (ROOT / "docs" / page).read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("snippet", snippets("services.md"), ids=lambda text: text.strip().partition("\n")[0][:40])
def test_every_snippet_of_the_page_on_services_is_accepted(snippet: str) -> None:
    written: dict[str, Any] = YAML(typ="safe").load(textwrap.dedent(snippet))
    base = read_yaml(ROOT / "model_artifacts" / "tumor-triage" / "service.yaml", root=ROOT).data
    read_service({key: value for key, value in (base | written).items() if value is not None})


@pytest.mark.parametrize("snippet", snippets("environments.md"), ids=lambda text: text.strip().partition("\n")[0][:40])
def test_every_snippet_of_the_page_on_environments_is_accepted(snippet: str, tmp_path: Path) -> None:
    written: dict[str, Any] = YAML(typ="safe").load(snippet)
    base = read_yaml(ROOT / "environments" / "prod.yaml", root=ROOT).data
    del base["regions"]
    project = copy_checkout(tmp_path)
    YAML().dump(base | written, project / "environments" / "prod.yaml")
    assert load_environments(project / "environments" / "prod.yaml", root=project)


def test_the_pages_have_snippets() -> None:
    assert len(snippets("services.md")) >= 20
    assert len(snippets("environments.md")) >= 5
