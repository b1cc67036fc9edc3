import re
from pathlib import Path

import pytest
from ministack.services.cloudformation import provisioners, stacks

from slipway.emulator import vendor
from tests.emulator.support import ROOT


def test_every_private_name_is_where_it_is_expected() -> None:
    vendor.verify()


@pytest.mark.parametrize(("module", "name"), [(provisioners, "_RESOURCE_HANDLERS"), (stacks, "_runs_on_worker_thread")])
def test_a_moved_name_is_named(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> None:
    monkeypatch.delattr(module, name)
    with pytest.raises(RuntimeError, match=name):
        vendor.verify()


def test_another_version_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vendor.VERSIONS, "moto", "5.0.0")
    with pytest.raises(RuntimeError, match=r"moto is .*, not 5\.0\.0"):
        vendor.verify()


def test_the_requirements_pin_the_versions_this_was_written_for() -> None:
    pins = dict(re.findall(r"^(\w+)==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    assert {name: pins[name] for name in vendor.VERSIONS} == vendor.VERSIONS


def test_no_other_module_imports_an_emulator() -> None:
    allowed = ROOT / "local" / "emulators"
    imports = re.compile(r"^\s*(from|import) (ministack|moto|kmock|kubernetes_validate)\b", re.MULTILINE)
    others = [
        path
        for path in Path(ROOT / "local").rglob("*.py")
        if allowed not in path.parents and imports.search(path.read_text())
    ]
    assert others == []
