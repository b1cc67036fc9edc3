import io

from rich.console import Console

from slipway.operations.eks.reports import print_status
from slipway.operations.eks.service import DeployedEksService
from slipway.operations.eks.status import CellStatus, status_of_cell
from tests.operations.eks import live
from tests.operations.eks.https_stand_in import Cluster, https
from tests.operations.eks.pods import AUTOSCALERS, DEPLOYMENTS, autoscaler, deployment
from tests.operations.stubbed import STACK, Stubbed


def printed(status: CellStatus) -> str:
    console = Console(width=220, record=True, file=io.StringIO())
    print_status(console, [status])
    return console.export_text()


def test_what_runs(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    cluster = Cluster()
    cluster.add(DEPLOYMENTS, deployment("main"), deployment("candidate", readyReplicas=1, availableReplicas=1))
    cluster.add(AUTOSCALERS, autoscaler("main"))
    with https(cluster, "127.0.0.1") as api:
        live.stack(stubbed, live.outputs(443, "main", "candidate"))
        stubbed.resources("slow", "failing")
        stubbed.alarms(slow="ALARM", failing="OK")
        live.weights(stubbed, main=90, candidate=10)
        live.targets(stubbed, "main", "healthy", "healthy")
        live.targets(stubbed, "candidate", "healthy", "initial")
        live.cluster(stubbed, api)
        status = status_of_cell(stubbed.aws, on_eks, 1)
    text = printed(status)
    main, candidate = (
        next(line for line in text.splitlines() if f" {name} " in line) for name in ("main", "candidate")
    )
    for part in (
        "dev-tumor-triage",
        "UPDATE_COMPLETE",
        "2 of 2 (at most 20)",
        "90",
        "0123456789ab ",
        "serving:2",
        "2 of 2",
        "1 of 2 in ALARM",
    ):
        assert part in main
    for part in ("1 of 2", " 10 "):
        assert part in candidate
    assert "! dev-tumor-triage: Variant candidate has not rolled out: 1 of 2 pods are available." in text
    assert "! dev-tumor-triage: slow is in ALARM since" in text


def test_without_a_way_to_kubernetes_aws_tells_the_rest(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    with https(Cluster(refuse=(401, "Unauthorized")), "127.0.0.1") as api:
        live.stack(stubbed, live.outputs(), "UPDATE_ROLLBACK_COMPLETE")
        stubbed.resources()
        live.weights(stubbed, main=1)
        live.targets(stubbed, "main", "healthy")
        live.cluster(stubbed, api)
        text = printed(status_of_cell(stubbed.aws, on_eks, 1))
    assert "unknown" in text
    assert "1 of 1" in text
    assert f"! dev-tumor-triage: The stack {STACK} is UPDATE_ROLLBACK_COMPLETE." in text
    assert "! dev-tumor-triage: The cluster slipway-dev does not let these credentials read" in text


def test_what_was_never_deployed(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    stubbed.no_stack()
    assert "not deployed" in printed(status_of_cell(stubbed.aws, on_eks, 1))
