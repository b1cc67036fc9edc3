"""Snapshots in files: what a reviewer sees of a template, and the template that comes back."""

import json
from typing import Any

import pytest

from slipway.operations.errors import WrongUsageError
from slipway.operations.template_diff.snapshots.files import snapshot_files, templates_of
from slipway.operations.template_diff.snapshots.manifests import MANIFEST_TYPE, with_objects

DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "main"},
    "spec": {"replicas": 2, "script": "one\n  two\n", "role": '${{"Ref": "Role"}}'},
}
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "main"}}


def template(name: str = "cells", *, resources: int = 20, objects: Any = (DEPLOYMENT, SERVICE)) -> dict[str, Any]:
    """A stack of topics, and of Kubernetes objects."""
    topics = {f"Topic{number}": {"Type": "AWS::SNS::Topic"} for number in range(resources)}
    manifest = {"Type": MANIFEST_TYPE, "Properties": {"ClusterName": name, "Manifest": list(objects)}}
    return {"Description": name, "Resources": topics | {"Pods<version>": manifest}}


FIRST, SECOND, FURTHER = template("cells"), template("cells-2"), template("cells in us-west-2")


def test_objects_are_yaml_beside_their_template_and_siblings_are_differences() -> None:
    files = snapshot_files({"cells": FIRST, "cells-2": SECOND, "cells.us-west-2": FURTHER})
    assert sorted(files) == [
        "cells-2.differences.yaml",
        "cells.json",
        "cells.kubernetes.yaml",
        "cells.us-west-2.differences.yaml",
    ]
    reference = json.loads(files["cells.json"])["Resources"]["Pods<version>"]["Properties"]["Manifest"]
    assert reference == "cells.kubernetes.yaml"
    assert files["cells.kubernetes.yaml"].startswith("--- # Pods<version>\napiVersion: apps/v1\nkind: Deployment\n")
    assert "  script: |\n    one\n      two\n" in files["cells.kubernetes.yaml"]
    assert files["cells-2.differences.yaml"] == (
        "# As cells.json, but for what is listed here.\n"
        "base: cells\n"
        "changed:\n"
        "  /Description: cells-2\n"
        "  /Resources/Pods<version>/Properties/ClusterName: cells-2\n"
    )


@pytest.mark.parametrize(
    "stacks",
    [
        {"cells": FIRST, "cells-2": SECOND, "cells.us-west-2": FURTHER},
        {"cells": FIRST, "cells-2": SECOND, "cells-2.us-west-2": FURTHER, "cells-12": FIRST},
        {"cells-2": SECOND, "cells-2.us-west-2": FURTHER},
        {"cells": template(objects=()), "cells-2": template(objects=(SERVICE, DEPLOYMENT))},
        {"cells": {"Resources": {}}},
    ],
)
def test_every_template_comes_back_exactly(stacks: dict[str, Any]) -> None:
    assert json.dumps(templates_of(snapshot_files(stacks)), sort_keys=True) == json.dumps(stacks, sort_keys=True)


def test_a_change_in_a_sibling_alone_changes_its_file_alone() -> None:
    before = snapshot_files({"cells": FIRST, "cells-2": SECOND})
    other = json.loads(json.dumps(SECOND))
    other["Resources"]["Pods<version>"]["Properties"]["Manifest"][0]["spec"]["replicas"] = 3
    after = snapshot_files({"cells": FIRST, "cells-2": other})
    assert {file for file in after if after[file] != before[file]} == {"cells-2.differences.yaml"}


def test_what_only_has_the_name_of_a_sibling_is_stored_in_full() -> None:
    files = snapshot_files({"cells": FIRST, "cells-2": {"Resources": {"Other": {"Type": "AWS::S3::Bucket"}}}})
    assert "cells-2.json" in files


def test_snapshots_of_earlier_commits_are_full_templates() -> None:
    """They had the objects in the template, and no siblings."""
    files = {f"{name}.json": json.dumps(each) for name, each in {"cells": FIRST, "cells-2": SECOND}.items()}
    assert templates_of(files) == {"cells": FIRST, "cells-2": SECOND}


def test_a_manifest_of_a_template_is_one_line_of_text() -> None:
    parts = [json.dumps([DEPLOYMENT]).partition('${{\\"Ref\\": \\"Role\\"}}')[index] for index in (0, 2)]
    joined = {"Fn::Join": ["", [parts[0], {"Ref": "Role"}, parts[1]]]}
    resource = {"Type": MANIFEST_TYPE, "Properties": {"Manifest": joined}}
    assert with_objects({"Resources": {"Pods": resource}})["Resources"]["Pods"]["Properties"]["Manifest"] == [
        DEPLOYMENT
    ]


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"cells.json": "{"}, "cells.json is no JSON"),
        ({"cells.kubernetes.yaml": None}, "cells.json refers to 'cells.kubernetes.yaml'"),
        ({"cells.kubernetes.yaml": "--- # Other\na: 1\n"}, "cells.json refers to 'Pods<version>'"),
        ({"cells.kubernetes.yaml": "--- # Pods<version>\na: [\n"}, "its Kubernetes objects are no YAML"),
        ({"cells-2.differences.yaml": "base: none\n"}, "cells-2.differences.yaml does not fit to its base"),
        ({"cells-2.differences.yaml": "base: cells\nremoved: [/No]\n"}, "cells-2.differences.yaml does not fit"),
        ({"cells-2.differences.yaml": "[]"}, "cells-2.differences.yaml does not fit"),
    ],
)
def test_files_that_do_not_fit_together(broken: dict[str, str | None], why: str) -> None:
    files = snapshot_files({"cells": FIRST, "cells-2": SECOND}) | broken
    with pytest.raises(WrongUsageError, match=why.replace(".", r"\.")):
        templates_of({file: text for file, text in files.items() if text is not None})
