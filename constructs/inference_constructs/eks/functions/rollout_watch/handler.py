"""A custom resource of CloudFormation that is there when a Deployment has rolled out.

The CDK's provider framework calls `handle` once with the request, and then again and again with the same request and
what the first call answered, until it says that it is complete, or raises an error with the reason of the failure.
"""

import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from .cluster_api import ClusterApi, NotLetInError, RefusedError, UnavailableError
from .judgement import SETTLING, State, Verdict, judge, trouble
from .stuck_pods import PATIENCE as PATIENCE_WITH_PODS
from .stuck_pods import are_stuck, newest_pods

#: CloudFormation waits an hour for a custom resource (`ServiceTimeout`), and would not know why it waited in vain.
PATIENCE: Final = timedelta(minutes=55)
#: CloudFormation takes answers of up to 4096 bytes, and the framework adds the places in its own code.
_LONGEST_BYTES: Final = 1500
_LONGEST_PART: Final = 400
#: No failure by itself: EKS takes a while to know a new access entry, and answers the same when STS is throttled or an
#: API server is being replaced (kubernetes-sigs/aws-iam-authenticator, issue 366).
_LET_IN: Final = (
    "look at the access entry of this function's role in the cluster's stack, and at AmazonEKSViewPolicy in it"
)

_log = logging.getLogger(__name__)
_log.setLevel(logging.INFO)


class RolloutError(Exception):
    """A rollout that has failed; the text becomes the reason of the stack's failure."""


def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's form
    """Begin to watch a rollout, or look at one.

    Raises:
        RolloutError: It has failed.
    """
    asked = event["ResourceProperties"]
    if event["RequestType"] == "Delete":
        # Of one whose creation it cancelled, since another resource failed, CloudFormation gives an id of its own, and
        # the framework takes no other.
        return {"PhysicalResourceId": event["PhysicalResourceId"], "IsComplete": True}
    if "Began" not in event:
        name = f"{asked['Namespace']}/{asked['Deployment']}"
        return {"PhysicalResourceId": name, "Began": datetime.now(UTC).timestamp()}
    began = datetime.fromtimestamp(event["Began"], UTC)
    verdict = look(cluster_api(), asked, began=began, now=datetime.now(UTC))
    return {"IsComplete": verdict.state is State.COMPLETE, "Since": verdict.since}


def cluster_api() -> ClusterApi:
    """The API of the cluster that this function was made for."""
    return ClusterApi(
        cluster_name=os.environ["CLUSTER_NAME"],
        endpoint=os.environ["CLUSTER_ENDPOINT"],
        authority=os.environ["CLUSTER_AUTHORITY"],
        region=os.environ["AWS_REGION"],
        sts_host=os.environ["STS_HOST"],
    )


def look(api: ClusterApi, asked: Mapping[str, str], *, began: datetime, now: datetime) -> Verdict:
    """Look once.

    Args:
        api: The cluster's.
        asked: The resource's properties.
        began: When the change had been applied.
        now: When it is.

    Returns:
        How far the rollout is; never that it has failed.

    Raises:
        RolloutError: It has failed, or takes too long.
    """
    namespace, name = asked["Namespace"], asked["Deployment"]
    deployment: Mapping[str, Any] | None = None
    try:
        deployment = api.deployment(namespace, name)
        verdict = _verdict(deployment, int(asked["Minimum"]), began, now)
        if deployment is not None and verdict.state is State.UNDER_WAY and now - began > PATIENCE_WITH_PODS:
            verdict = _unless_stuck(api, namespace, deployment, verdict, now)
    except UnavailableError as error:
        verdict = Verdict(State.UNDER_WAY, str(error))
    except NotLetInError as error:
        verdict = Verdict(State.UNDER_WAY, f"{error}; {_LET_IN}")
    except RefusedError as error:
        verdict = Verdict(State.UNDER_WAY if now - began < SETTLING else State.FAILED, str(error))
    if verdict.state is State.UNDER_WAY and now - began > PATIENCE:
        minutes = PATIENCE.total_seconds() / 60
        verdict = Verdict(State.FAILED, f"not complete after {minutes:g} minutes: {verdict.words}")
    _log.info("%s/%s: %s %s", namespace, name, verdict.state.name, verdict.words)
    if verdict.state is State.FAILED:
        raise RolloutError(_sentence(api, namespace, name, verdict.words, deployment))
    return verdict


def _unless_stuck(
    api: ClusterApi, namespace: str, deployment: Mapping[str, Any], verdict: Verdict, now: datetime
) -> Verdict:
    """Give up early when no pod of the new version can come up."""
    labels = deployment["spec"]["selector"]["matchLabels"]
    pods = newest_pods(deployment, api.replica_sets(namespace, labels), api.pods(namespace, labels))
    if not are_stuck(pods, now):
        return verdict
    return Verdict(State.FAILED, f"every pod of the new version ({len(pods)}) crashes or has no image: {verdict.words}")


def _verdict(deployment: Mapping[str, Any] | None, minimum: int, began: datetime, now: datetime) -> Verdict:
    if deployment is not None:
        return judge(deployment, minimum=minimum, began=began, now=now)
    state = State.UNDER_WAY if now - began < SETTLING else State.FAILED
    return Verdict(state, "there is no such Deployment: somebody has deleted it, or its namespace")


def _sentence(api: ClusterApi, namespace: str, name: str, words: str, deployment: Mapping[str, Any] | None) -> str:
    held_up = _short(_held_up(api, namespace, deployment))
    sentence = (
        f"The rollout of the Deployment {namespace}/{name} failed: {_short(words)}."
        f"{f' {held_up[:1].upper()}{held_up[1:]}.' if held_up else ''}"
        f" Look at `kubectl --namespace {namespace} get events --sort-by=.lastTimestamp`, which are kept for an hour,"
        f" and at the log group /aws/containerinsights/{api.cluster_name}/application. What to do:"
        " docs/runbooks/rolled-back.md."
    )
    return sentence.encode()[:_LONGEST_BYTES].decode(errors="ignore")


def _held_up(api: ClusterApi, namespace: str, deployment: Mapping[str, Any] | None) -> str:
    """What holds its pods up: they are gone as soon as the stack rolls back."""
    if deployment is None:
        return ""
    try:
        return trouble(api.pods(namespace, deployment["spec"]["selector"]["matchLabels"]))
    except (UnavailableError, RefusedError) as error:
        return f"its pods cannot be looked at: {error}"


def _short(words: str) -> str:
    words = " ".join(words.split()).rstrip(".")
    return words if len(words) <= _LONGEST_PART else f"{words[:_LONGEST_PART]}…"
