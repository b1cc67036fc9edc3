"""The deploy check on EKS as a whole: AWS's answers are stubbed, the cluster and the load balancer answer over TLS."""

import dataclasses
import io
import ssl
from collections.abc import Callable

import pytest
from rich.console import Console

from slipway.operations.aws.waiting import WaitPolicy
from slipway.operations.check import CheckSettings
from slipway.operations.eks.check import CheckedCell, check_cell
from slipway.operations.eks.reports import print_checked
from slipway.operations.eks.service import DeployedEksService
from slipway.operations.errors import ExitStatus
from slipway.operations.golden.latency import Latency
from slipway.operations.golden.samples import Sample, Samples
from tests.operations.eks import live
from tests.operations.eks.https_stand_in import HOST, Answer, SampleResults, Served, https
from tests.operations.eks.pods import DEPLOYMENTS, EVENTS, condition, container, deployment, held_up, pod, rolled_out
from tests.operations.stubbed import STACK, Stubbed

RIGHT, WRONG = b"malignant,0.15608263\n", b"benign,0.15608263\n"
Respond = Callable[[SampleResults], Answer]


def sample(name: str = "patient.csv", response: bytes = RIGHT) -> Sample:
    return Sample(name=name, content_type="text/csv", request=name.encode(), accept="text/csv", response=response)


def variant_of(asked: SampleResults) -> str | None:
    return next((v for k, v in asked.headers.items() if k.lower() == "x-amzn-sagemaker-target-variant"), None)


def answers(**by_variant: bytes) -> Respond:
    """Every variant's own answer; by weight, `main` is the one that answers."""
    return lambda asked: (200, {"Content-Type": "text/csv"}, by_variant[variant_of(asked) or "main"])


def by_weight_the_candidate(asked: SampleResults) -> Answer:
    return 200, {}, RIGHT if variant_of(asked) == "main" else WRONG


def check(
    stubbed: Stubbed,
    service: DeployedEksService,
    balancer: Served | None = None,
    samples: Samples | None = None,
    *,
    requests: int = 2,
    strict_latency: bool = False,
) -> CheckedCell:
    settings = CheckSettings(wait_policy=WaitPolicy.of(0, poll_s=15), requests=requests, strict_latency=strict_latency)
    trusted = ssl.create_default_context(cadata=balancer.authority if balancer else None)
    samples = samples or Samples(shared=(sample(),))
    return check_cell(stubbed.aws, service, 1, samples, settings=settings, trusted=trusted, on_progress=lambda _: None)


def printed(checked: CheckedCell) -> str:
    console = Console(width=160, record=True, file=io.StringIO())
    print_checked(console, checked)
    return console.export_text()


def test_callers_that_have_to_prove_who_they_are_are_left_to_those_who_can(
    stubbed: Stubbed, on_eks: DeployedEksService
) -> None:
    """A pipeline has no token: pods and targets are checked all the same, and the deployment goes on."""
    authenticated = dataclasses.replace(on_eks, authenticated=True)
    with https(rolled_out(), "127.0.0.1") as api, https(answers(main=RIGHT), HOST) as balancer:
        live.stack(stubbed, live.outputs(balancer.port))
        live.cluster(stubbed, api)
        live.targets(stubbed, "main", "healthy", "healthy")
        checked = check(stubbed, authenticated, balancer)
    assert (checked.problems, checked.exit_status) == ((), ExitStatus.GOOD)
    assert balancer.asked == []
    assert "No golden sample was sent" in printed(checked)
    assert "answers every golden sample" not in printed(checked)


def test_a_service_that_answers_as_it_should(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    with https(rolled_out(), "127.0.0.1") as api, https(answers(main=RIGHT), HOST) as balancer:
        live.stack(stubbed, live.outputs(balancer.port))
        live.cluster(stubbed, api)
        live.targets(stubbed, "main", "healthy", "healthy", "draining")
        live.weights(stubbed, main=1)
        checked = check(stubbed, on_eks, balancer, requests=3)
    assert checked.problems == ()
    assert checked.exit_status == ExitStatus.GOOD
    # One that is not counted, three by the variant's name, one by weight.
    assert [variant_of(asked) for asked in balancer.asked] == ["main"] * 4 + [None]
    text = printed(checked)
    assert "✓ dev-tumor-triage has rolled out, gets requests, and answers every golden sample as expected." in text
    for part in ("dev-tumor-triage on slipway-dev", "2 healthy", "1 of 1", "p99 100 ms"):
        assert part in text


def test_every_variant_is_asked_its_own_samples_whatever_its_weight(
    stubbed: Stubbed, on_eks: DeployedEksService
) -> None:
    samples = Samples(shared=(sample(),), by_variant={"candidate": (sample(response=WRONG),), "mian": ()})
    with (
        https(rolled_out("main", "candidate"), "127.0.0.1") as api,
        https(answers(main=RIGHT, candidate=WRONG), HOST) as balancer,
    ):
        live.stack(stubbed, live.outputs(balancer.port, "main", "candidate"))
        live.cluster(stubbed, api)
        live.targets(stubbed, "main", "healthy", "healthy")
        live.targets(stubbed, "candidate", "healthy", "healthy")
        live.weights(stubbed, main=100, candidate=0)
        checked = check(stubbed, on_eks, balancer, samples, requests=1)
    assert checked.problems == ()
    assert [variant_of(asked) for asked in balancer.asked] == ["main", "main", "candidate", "candidate", None]
    assert checked.warnings == ("samples/mian/ was not used: tumor-triage has no variant of that name.",)


def test_by_weight_any_variant_with_traffic_may_answer_and_no_other(
    stubbed: Stubbed, on_eks: DeployedEksService
) -> None:
    samples = Samples(shared=(sample(),), by_variant={"candidate": (sample(response=WRONG),)})
    problems = []
    for share in (10, 0):
        with (
            https(rolled_out("main", "candidate"), "127.0.0.1") as api,
            https(by_weight_the_candidate, HOST) as balancer,
        ):
            live.stack(stubbed, live.outputs(balancer.port, "main", "candidate"))
            live.cluster(stubbed, api)
            live.targets(stubbed, "main", "healthy", "healthy")
            live.targets(stubbed, "candidate", "healthy", "healthy")
            live.weights(stubbed, main=100 - share, candidate=share)
            problems.append(check(stubbed, on_eks, balancer, samples, requests=1).problems)
    wrong = "By weight, sample patient.csv: row 1, column 1: expected malignant, got benign."
    assert problems == [(), (wrong,)]


def test_a_wrong_answer_fails_and_says_where(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    with https(rolled_out(), "127.0.0.1") as api, https(answers(main=WRONG), HOST) as balancer:
        live.stack(stubbed, live.outputs(balancer.port))
        live.cluster(stubbed, api)
        live.targets(stubbed, "main", "healthy", "healthy")
        live.weights(stubbed, main=1)
        checked = check(stubbed, on_eks, balancer)
    assert checked.exit_status == ExitStatus.FAILED
    assert checked.problems == (
        "Variant main, sample patient.csv: row 1, column 1: expected malignant, got benign.",
        "By weight, sample patient.csv: row 1, column 1: expected malignant, got benign.",
    )
    assert "✗ The check of dev-tumor-triage failed." in printed(checked)


@pytest.mark.parametrize("strict", [False, True])
def test_a_latency_beyond_the_objective(
    stubbed: Stubbed, on_eks: DeployedEksService, monkeypatch: pytest.MonkeyPatch, *, strict: bool
) -> None:
    monkeypatch.setattr(Latency, "p99_ms", 123.4)
    with https(rolled_out(), "127.0.0.1") as api, https(answers(main=RIGHT), HOST) as balancer:
        live.stack(stubbed, live.outputs(balancer.port))
        live.cluster(stubbed, api)
        live.targets(stubbed, "main", "healthy", "healthy")
        live.weights(stubbed, main=1)
        checked = check(stubbed, on_eks, balancer, strict_latency=strict)
    (sentence,) = checked.problems if strict else checked.warnings
    assert sentence == (
        "Variant main: 99 of 100 requests took up to 123 ms from here, network and load balancer included, and the"
        " objective is 100 ms for the model."
    )
    assert checked.exit_status == (ExitStatus.FAILED if strict else ExitStatus.GOOD)


def test_a_version_that_does_not_come_up_is_not_asked(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    deadline = condition("Progressing", "False", "ProgressDeadlineExceeded")
    broken = pod(containerStatuses=[container(waiting={"reason": "ImagePullBackOff", "message": "not found"})])
    with https(held_up(broken, conditions=(deadline,)), "127.0.0.1") as api:
        live.stack(stubbed, live.outputs())
        live.cluster(stubbed, api)
        checked = check(stubbed, on_eks)
    assert checked.exit_status == ExitStatus.FAILED
    assert "cannot be pulled (ImagePullBackOff: not found)" in checked.problems[1]
    assert checked.variants == ()


@pytest.mark.parametrize("late", ["main", "candidate"])
def test_no_variant_is_asked_before_all_have_rolled_out(
    stubbed: Stubbed, on_eks: DeployedEksService, late: str
) -> None:
    """Until then the variant that is late answers from its old pods, and those would pass for the new version."""
    cluster = rolled_out("main", "candidate")
    variants = [
        deployment(variant, **({"updatedReplicas": 1} if variant == late else {})) for variant in ("main", "candidate")
    ]
    cluster.objects[DEPLOYMENTS] = variants
    with https(cluster, "127.0.0.1") as api, https(answers(main=RIGHT, candidate=RIGHT), HOST) as balancer:
        live.stack(stubbed, live.outputs(balancer.port, "main", "candidate"))
        live.cluster(stubbed, api)
        checked = check(stubbed, on_eks, balancer)
    assert checked.exit_status == ExitStatus.TIMED_OUT
    assert checked.problems == (
        f"Variant {late} of tumor-triage in slipway-dev has not rolled out: 1 of 2 pods are new.",
    )
    assert (checked.variants, balancer.asked) == ((), [])


def test_a_version_that_takes_too_long(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    with https(held_up(pod(containerStatuses=[container(waiting={"reason": "PodInitializing"})])), "127.0.0.1") as api:
        live.stack(stubbed, live.outputs())
        live.cluster(stubbed, api)
        checked = check(stubbed, on_eks)
    assert checked.exit_status == ExitStatus.TIMED_OUT
    assert "✗ The check of dev-tumor-triage ran out of time." in printed(checked)


def test_eks_fact_2_a_pod_that_waits_for_its_load_balancer_shows_its_targets(
    stubbed: Stubbed, on_eks: DeployedEksService
) -> None:
    """EKS fact 2: the readiness gate keeps a pod unready until its target is healthy, so the target tells why."""
    gate = condition("target-health.eks.amazonaws.com/main", "False", "Target.Timeout", "Request timed out")
    running = container(running={"startedAt": "2026-03-02T12:00:00Z"}, ready=True)
    cluster = held_up(pod(phase="Running", containerStatuses=[running], conditions=(gate,)))
    with https(cluster, "127.0.0.1") as api:
        live.stack(stubbed, live.outputs())
        live.cluster(stubbed, api)
        live.targets(stubbed, "main", "healthy", "healthy", ("unhealthy", "Target.Timeout", "Request timed out"))
        problems = check(stubbed, on_eks).problems
    assert problems[-1] == (
        "Variant main: 2 of 3 targets are healthy, and it needs 2: 10.0.0.2 is unhealthy: Target.Timeout (Request timed"
        " out). The load balancer's security group may not reach port 8080 of the pods, or the pods do not answer."
    )
    assert EVENTS in {asked.path for asked in api.asked}


def unhealthy(
    stubbed: Stubbed,
    service: DeployedEksService,
    *states: str | tuple[str, str, str],
    then: Callable[[], None] = lambda: None,
) -> CheckedCell:
    """Check a service whose pods are well, and whose targets are not; `then` stubs what is asked about that."""
    with https(rolled_out(), "127.0.0.1") as api:
        live.stack(stubbed, live.outputs())
        live.cluster(stubbed, api)
        live.targets(stubbed, "main", *states)
        then()
        return check(stubbed, service)


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("Target.ResponseCodeMismatch", "The pods answer GET /ping with something else than 200: see their logs."),
        ("Target.FailedHealthChecks", "The load balancer's security group may not reach port 8080 of the pods, or the"),
        ("Elb.InternalError", "The pods' logs and the target group's page in the console show more."),
    ],
)
def test_targets_that_are_unhealthy(stubbed: Stubbed, on_eks: DeployedEksService, reason: str, advice: str) -> None:
    checked = unhealthy(stubbed, on_eks, "healthy", ("unhealthy", reason, "Health checks failed"))
    (problem,) = checked.problems
    assert problem.startswith(
        f"Variant main: 1 of 2 targets are healthy, and it needs 2: 10.0.0.1 is unhealthy: {reason} (Health checks"
        f" failed). {advice}"
    )
    assert checked.exit_status == ExitStatus.FAILED


def test_a_target_group_that_no_listener_uses(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    checked = unhealthy(
        stubbed, on_eks, ("unused", "Target.NotInUse", "Target group is not configured to receive traffic")
    )
    assert checked.problems[0].endswith(
        "No rule of the load balancer's listener names its target group, or not in these zones: deploy again."
    )


def test_targets_that_are_still_being_checked_take_too_long(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    checked = unhealthy(stubbed, on_eks, "healthy", ("initial", "Elb.InitialHealthChecking", "Initial health checks"))
    assert checked.exit_status == ExitStatus.TIMED_OUT
    assert checked.problems == (
        (
            "Variant main: 1 of 2 targets are healthy, and it needs 2: the others are still being checked. The pods'"
            " logs and the target group's page in the console show more."
        ),
    )


def test_fewer_targets_than_the_scaling_minimum(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    assert (
        unhealthy(stubbed, on_eks, "healthy")
        .problems[0]
        .startswith("Variant main: 1 of 1 targets are healthy, and it needs 2")
    )


def test_eks_fact_1_no_target_and_no_tag(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    """EKS fact 1: without the cluster's tag on the target group Auto Mode may register nothing, and says so nowhere."""
    checked = unhealthy(stubbed, on_eks, then=lambda: live.tags(stubbed, "main", project="slipway"))
    assert checked.exit_status == ExitStatus.FAILED
    assert checked.problems == (
        (
            "Variant main: no pod is registered in its target group. Its tag eks:eks-cluster-name is missing, and"
            " without eks:eks-cluster-name=slipway-dev EKS may not register pods in it: deploy the service's stack"
            " again, and keep other tools from changing its tags."
        ),
    )


def test_no_target_though_the_tag_is_right(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    checked = unhealthy(stubbed, on_eks, then=lambda: live.tags(stubbed, "main", eks_eks_cluster_name="slipway-dev"))
    assert checked.problems == (
        (
            "Variant main: no pod is registered in its target group. Its tag eks:eks-cluster-name is right, so look at"
            " the binding: `kubectl --namespace tumor-triage describe targetgroupbinding main`."
        ),
    )


def test_no_target_and_no_permission_to_read_tags(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    checked = unhealthy(
        stubbed, on_eks, then=lambda: stubbed.refuse("elbv2", "describe_tags", "AccessDenied", "not authorized")
    )
    assert checked.problems[0].endswith(
        "Whether its tag eks:eks-cluster-name is right is not known: The credentials may not call DescribeTags: not"
        " authorized"
    )


def test_a_target_group_that_somebody_deleted(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    with https(rolled_out(), "127.0.0.1") as api:
        live.stack(stubbed, live.outputs())
        live.cluster(stubbed, api)
        stubbed.refuse("elbv2", "describe_target_health", "TargetGroupNotFound", "not found")
        (problem,) = check(stubbed, on_eks).problems
    assert problem.startswith(f"Variant main: its target group {live.group('main')} no longer exists")


def test_no_rule_that_gives_traffic(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    with https(rolled_out(), "127.0.0.1") as api, https(answers(main=RIGHT), HOST) as balancer:
        live.stack(stubbed, live.outputs(balancer.port))
        live.cluster(stubbed, api)
        live.targets(stubbed, "main", "healthy", "healthy")
        live.weights(stubbed, main=0)
        (problem,) = check(stubbed, on_eks, balancer).problems
    assert problem.endswith("gives a variant any traffic: deploy again.")


def test_a_stack_that_was_rolled_back(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    live.stack(stubbed, live.outputs(), "UPDATE_ROLLBACK_COMPLETE")
    stubbed.events(("Deployment", "CREATE_FAILED", "kubectl: admission denied"), ("stack", "UPDATE_IN_PROGRESS", ""))
    stubbed.resources()
    assert check(stubbed, on_eks).problems == (
        (
            f"The stack {STACK} is UPDATE_ROLLBACK_COMPLETE: Deployment (AWS::SageMaker::Endpoint): kubectl: admission"
            " denied"
        ),
    )


def test_a_cell_that_was_never_deployed(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    stubbed.no_stack()
    several = dataclasses.replace(on_eks, cells=2)
    checked = check(stubbed, several)
    assert checked.problems == (f"It is not deployed: there is no stack {STACK}.",)
    assert "✗ The check of dev-tumor-triage in cell 1 failed." in printed(checked)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"TargetGroups": ""}, "has no output TargetGroups, so what should be live is not known."),
        ({"TargetGroups": "main"}, "an https URL and VARIANT=ARN, separated by commas, were expected."),
    ],
)
def test_outputs_that_cannot_be_used(
    stubbed: Stubbed, on_eks: DeployedEksService, changes: dict[str, str], said: str
) -> None:
    live.stack(stubbed, {**live.outputs(), **changes})
    (problem,) = check(stubbed, on_eks).problems
    assert problem.endswith(said)
