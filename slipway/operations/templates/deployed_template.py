"""The template that a stack was deployed with last."""

import json
from typing import Any

from slipway.operations.aws.clients import Aws
from slipway.operations.aws.stacks import Stack


def deployed_template(aws: Aws, stack: Stack) -> dict[str, Any]:
    """Read it as it was handed to CloudFormation; empty if it is not JSON, and so none of the CDK's."""
    body: Any = aws.cloudformation.get_template(StackName=stack.name, TemplateStage="Original")["TemplateBody"]
    try:
        content = json.loads(body) if isinstance(body, str) else body
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
