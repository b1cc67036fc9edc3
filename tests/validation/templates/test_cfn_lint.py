"""Every template keeps to AWS's own resource schemas."""

import functools
import re
from pathlib import Path

import pytest
from aws_cdk.cx_api import CloudAssembly, CloudFormationStackArtifact
from cfnlint.config import ConfigMixIn, ManualArgs
from cfnlint.decode.decode import decode_str
from cfnlint.runner import Runner

from tests.templates import stacks_of

#: Rules about style that do not fit generated templates, each with its reason.
NOT_APPLIED = {
    "W3010": "zones are named in the environments, so that a synthesis asks no account for them",
    "W3005": "the CDK's own custom resources repeat a dependency that is there already",
}
#: The second cell of the showcase is the first one under other names, and a long template takes seconds.
OTHER_CELL = re.compile(r"slipway-cells-.*-2")
#: Its second region has the same templates but for names of zones, and no type that the first one does not have.
OTHER_REGION = re.compile(r"slipway-cells-.* us-west-2")
#: What a rule says without a reason, by its message.
NOT_FOUND = {
    "Prefer using Fn::Sub over Fn::Join with an empty delimiter": "advice on style, which the schema of CodePipeline's"
    " actions (E3703) passes on as an error"
}


@functools.cache
def linter(region: str) -> Runner:
    """For all templates of a region: reading the rules takes longer than most of these do to check."""
    options = ManualArgs(regions=[region], include_checks=["W", "E", "I"], ignore_checks=["I", *NOT_APPLIED])
    return Runner(ConfigMixIn(**options))


def findings(template: str, region: str) -> list[str]:
    decoded, errors = decode_str(template)
    assert errors == []
    return [
        f"{match.rule.id} {'/'.join(map(str, match.path or []))}: {match.message}"
        for match in linter(region).validate_template(decoded)
        if match.message not in NOT_FOUND
    ]


def test_no_template_has_a_finding(stacks: list[CloudFormationStackArtifact]) -> None:
    found = {
        f"{stack.stack_name} {stack.environment.region}": findings(
            Path(stack.template_full_path).read_text(), stack.environment.region
        )
        for stack in stacks
        if not OTHER_CELL.fullmatch(stack.stack_name)
        and not OTHER_REGION.fullmatch(f"{stack.stack_name} {stack.environment.region}")
    }
    assert found == {name: [] for name in found}
    assert len(found) >= 40


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"ml.c7i.large"', '"ml.c7i.tiny"'),
        ('"RoutingStrategy"', '"RouteStrategy"'),
        ('"InitialVariantWeight": 1', '"InitialVariantWeight": "a"'),
    ],
)
def test_a_wrong_template_would_be_found(assembly: CloudAssembly, right: str, wrong: str) -> None:
    (stack,) = [stack for stack in stacks_of(assembly) if stack.stack_name == "slipway-dev-service-tumor-triage"]
    template = Path(stack.template_full_path).read_text()
    assert right in template
    assert findings(template.replace(right, wrong), stack.environment.region)
