"""CloudFormation's limits, looked at before anything is deployed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aws_cdk.cx_api import CloudAssembly, CloudFormationStackArtifact

#: The share of a limit from which on it is worth a warning: the next variant or cell may be one too many.
NEAR: Final = 0.8


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How much of something a template may hold.

    Attributes:
        what: What is counted.
        most: The most that CloudFormation accepts. None of these can be raised.
        advice: How to come under it here.
        accepted_by: Who accepts no more.
        is_certain: Whether more is refused for sure. What is packed before it is sent may still fit.
    """

    what: str
    most: int
    advice: str
    accepted_by: str = "CloudFormation"
    is_certain: bool = True


_FEWER_VARIANTS = "give some of the service's variants or candidates a service of their own"
_FEWER_HERE = "move what is not part of the service or network into a stack of its own"

#: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html, read 2026-11-22.
#: A template goes to CloudFormation by way of S3, so the 51,200 bytes of one sent directly do not matter. It gives
#: "1 MB" of those in S3; taken as the smaller of its two readings.
RESOURCES: Final = Limit(what="resources", most=500, advice=_FEWER_VARIANTS)
LIMITS: Final[Mapping[str, Limit]] = {
    "Resources": RESOURCES,
    "Outputs": Limit(what="outputs", most=200, advice=_FEWER_HERE),
    "Parameters": Limit(what="parameters", most=200, advice=_FEWER_HERE),
    "Mappings": Limit(what="mappings", most=200, advice=_FEWER_HERE),
}
SIZE: Final = Limit(what="bytes", most=1_000_000, advice=_FEWER_VARIANTS)
#: What a pipeline's deployments take in, which is everything that was synthesised
#: (https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html, read 2026-11-22; aws-cdk issue 9917).
PIPELINE_INPUT: Final = Limit(
    what="bytes of templates and assets",
    most=256 * 1024**2,
    advice="put the largest models into S3 and name them by `s3_uri`",
    accepted_by="packed, CodePipeline",
    is_certain=False,
)


@dataclass(frozen=True, kw_only=True)
class LimitFinding:
    """A template, or what a pipeline takes in, that is past a limit or near one.

    Attributes:
        stack: The stack's name.
        count: How much it holds.
        limit: Of how much at most.
    """

    stack: str
    count: int
    limit: Limit

    @property
    def is_exceeded(self) -> bool:
        """Whether it would be refused."""
        return self.limit.is_certain and self.count > self.limit.most

    def __str__(self) -> str:
        verdict = f"{self.limit.accepted_by} accepts" if self.count > self.limit.most else "near the limit of"
        return f"{self.stack}: {self.count:,} {self.limit.what}, {verdict} {self.limit.most:,}: {self.limit.advice}"


def findings(assembly: CloudAssembly) -> list[LimitFinding]:
    """Every limit that a template of any stage exceeds or is near, those exceeded first."""
    found = [finding for stack in assembly.stacks_recursively for finding in _findings(stack)]
    found += [finding for stack in assembly.stacks if _has_pipeline(stack) for finding in _input(stack, assembly)]
    return sorted(found, key=lambda finding: (not finding.is_exceeded, finding.stack, finding.limit.what))


def _findings(stack: CloudFormationStackArtifact) -> Iterator[LimitFinding]:
    content = Path(stack.template_full_path).read_bytes()
    template: Mapping[str, Any] = json.loads(content)
    counts = [(len(template.get(section, {})), limit) for section, limit in LIMITS.items()]
    for count, limit in (*counts, (len(content), SIZE)):
        if count >= NEAR * limit.most:
            yield LimitFinding(stack=stack.stack_name, count=count, limit=limit)


def _has_pipeline(stack: CloudFormationStackArtifact) -> bool:
    resources: Mapping[str, Any] = stack.template.get("Resources", {})
    return any(resource["Type"] == "AWS::CodePipeline::Pipeline" for resource in resources.values())


def _input(stack: CloudFormationStackArtifact, assembly: CloudAssembly) -> Iterator[LimitFinding]:
    size = sum(file.stat().st_size for file in _files(Path(assembly.directory)))
    if size >= NEAR * PIPELINE_INPUT.most:
        yield LimitFinding(stack=stack.stack_name, count=size, limit=PIPELINE_INPUT)


def _files(assembly: Path) -> set[Path]:
    """The assets of an assembly and of those in it: the folder may still hold what earlier ones left."""
    found: set[Path] = set()
    for manifest in assembly.rglob("*.assets.json"):
        for asset in json.loads(manifest.read_text())["files"].values():
            source = (manifest.parent / asset["source"]["path"]).resolve()
            found.update(file for file in (source.rglob("*") if source.is_dir() else [source]) if file.is_file())
    return found
