"""CloudFormation stacks for tests, through boto3."""

import itertools
import json
from typing import Any

from slipway.emulator.common.environment import client
from slipway.emulator.common.workspace import Workspace
from tests.emulator.support import eventually

_numbers = itertools.count(1)


class Stack:
    """One stack."""

    def __init__(self, workspace: Workspace) -> None:
        self.name = f"stack-{next(_numbers)}"
        self._cloudformation = client("cloudformation", workspace)

    def create(self, **resources: dict[str, Any]) -> str:
        """Create it and answer the status it ends in."""
        self._cloudformation.create_stack(StackName=self.name, TemplateBody=_template(resources))
        return self._settled()

    def update(self, **resources: dict[str, Any]) -> str:
        """Update it and answer the status it ends in."""
        self._cloudformation.update_stack(StackName=self.name, TemplateBody=_template(resources))
        return self._settled()

    def delete(self) -> None:
        """Delete it and wait until it is gone."""
        stack_id = self._describe()["StackId"]
        self._cloudformation.delete_stack(StackName=self.name)
        eventually(lambda: self._describe(stack_id)["StackStatus"] == "DELETE_COMPLETE")

    def physical_id(self, logical_id: str) -> str:
        """What `Ref` gives for a resource."""
        found = self._cloudformation.describe_stack_resource(StackName=self.name, LogicalResourceId=logical_id)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def reasons(self) -> str:
        """Why resources failed."""
        events = self._cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]
        return "\n".join(e["ResourceStatusReason"] for e in events if e["ResourceStatus"].endswith("_FAILED"))

    def outputs(self) -> dict[str, str]:
        """Its outputs."""
        return {found["OutputKey"]: found["OutputValue"] for found in self._describe().get("Outputs", [])}

    def _describe(self, stack_id: str | None = None) -> dict[str, Any]:
        return dict(self._cloudformation.describe_stacks(StackName=stack_id or self.name)["Stacks"][0])

    def _settled(self) -> str:
        def status() -> str | None:
            now = str(self._describe()["StackStatus"])
            return None if now.endswith("_IN_PROGRESS") else now

        return eventually(status)


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def get(logical_id: str, attribute: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [logical_id, attribute]}


def ref(logical_id: str) -> dict[str, str]:
    return {"Ref": logical_id}


def _template(resources: dict[str, Any]) -> str:
    outputs = resources.pop("Outputs", {})
    return json.dumps({"Resources": resources, "Outputs": {name: {"Value": value} for name, value in outputs.items()}})
