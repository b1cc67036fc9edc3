"""What CloudFormation waits with, deployed: the CDK's provider framework, its state machine, and our function."""

import base64
import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import (
    App,
    DefaultStackSynthesizer,
    Environment,
    RemovalPolicy,
    Stack,
    aws_ec2,
    aws_eks_v2,
    aws_kms,
    aws_logs,
)

from inference_constructs.common.retention import Retention
from inference_constructs.eks.common.rollout_custom_resource import RolloutWait
from inference_constructs.eks.common.rollout_provider import RolloutWatch
from slipway.emulator.common.environment import client
from slipway.emulator.common.workspace import ACCOUNT, REGION, Workspace
from slipway.emulator.kubernetes.control_plane.kubeconfig import Address
from tests.emulator.cloudformation import stacks
from tests.emulator.cloudformation.stacks import get, ref, resource
from tests.emulator.kubernetes import manifests
from tests.emulator.kubernetes.clients import Cluster
from tests.emulator.support import eventually

_NAME = "waited-for"
_ROLE = "arn:aws:iam::123456789012:role/any"


@pytest.fixture(scope="module")
def outputs(workspace: Workspace) -> dict[str, str]:
    """A cluster of the embedded AWS."""
    stack = stacks.Stack(workspace)
    status = stack.create(
        Vpc=resource("AWS::EC2::VPC", CidrBlock="10.8.0.0/16"),
        Subnet=resource("AWS::EC2::Subnet", VpcId=ref("Vpc"), CidrBlock="10.8.1.0/24"),
        Cluster=resource(
            "AWS::EKS::Cluster",
            Name=_NAME,
            Version="1.35",
            RoleArn=_ROLE,
            ResourcesVpcConfig={"SubnetIds": [ref("Subnet")]},
        ),
        Outputs={
            "Vpc": ref("Vpc"),
            "Subnet": ref("Subnet"),
            "Endpoint": get("Cluster", "Endpoint"),
            "Authority": get("Cluster", "CertificateAuthorityData"),
            "Group": get("Cluster", "ClusterSecurityGroupId"),
        },
    )
    assert status == "CREATE_COMPLETE", stack.reasons()
    return stack.outputs()


def _template(outputs: dict[str, str], deployment: dict[str, Any], assembly: Path) -> dict[str, Any]:
    """A stack with the function for that cluster, and with a wait for a Deployment there."""
    app = App(outdir=str(assembly))
    stack = Stack(
        app,
        "Waiting",
        env=Environment(account=ACCOUNT, region=REGION),
        synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
    )
    vpc = aws_ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id=outputs["Vpc"],
        availability_zones=[f"{REGION}a"],
        isolated_subnet_ids=[outputs["Subnet"]],
    )
    cluster = aws_eks_v2.Cluster.from_cluster_attributes(
        stack,
        "Cluster",
        cluster_name=_NAME,
        cluster_endpoint=outputs["Endpoint"],
        cluster_certificate_authority_data=outputs["Authority"],
        cluster_security_group_id=outputs["Group"],
        vpc=vpc,
    )
    watch = RolloutWatch(
        stack,
        "Watch",
        cluster=cluster,
        cluster_name=_NAME,
        vpc=vpc,
        subnets=vpc.isolated_subnets,
        retention=Retention(
            encryption_key=aws_kms.Key(stack, "Key"),
            log_retention=aws_logs.RetentionDays.ONE_DAY,
            removal_policy=RemovalPolicy.DESTROY,
        ),
    )
    RolloutWait(
        stack,
        "Rollout",
        service_token=watch.service_token,
        namespace=manifests.NAMESPACE,
        deployment=deployment,
        minimum=1,
    )
    app.synth()
    return dict(json.loads((assembly / "Waiting.template.json").read_text()))


def _publish(workspace: Workspace, assembly: Path) -> None:
    """What the CDK's command line does with the code of functions."""
    s3, assets = client("s3", workspace), json.loads((assembly / "Waiting.assets.json").read_text())["files"]
    for asset in assets.values():
        source, (target,) = assembly / asset["source"]["path"], asset["destinations"].values()
        if source.is_dir():
            s3.create_bucket(Bucket=target["bucketName"])
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                for file in sorted(each for each in source.rglob("*") if each.is_file()):
                    archive.write(file, file.relative_to(source))
            s3.put_object(Bucket=target["bucketName"], Key=target["objectKey"], Body=packed.getvalue())


def _is_waiting(workspace: Workspace) -> bool:
    """Whether a state machine runs, and has for so long that Kubernetes, which counts whole seconds, is later too."""
    functions = client("stepfunctions", workspace)
    machines = [found["stateMachineArn"] for found in functions.list_state_machines()["stateMachines"]]
    return any(
        datetime.now(UTC) - execution["startDate"] > timedelta(seconds=1)
        for arn in machines
        for execution in functions.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]
    )


def test_a_rollout_that_fails_is_the_reason_of_its_stacks_failure(
    workspace: Workspace, outputs: dict[str, str], tmp_path: Path
) -> None:
    """EKS fact 11: pods that never become ready fail the deployment, which goes back by itself."""
    authority = base64.b64decode(outputs["Authority"]).decode()
    deployment, impatient = (
        manifests.deployment(replicas=1),
        manifests.deployment(replicas=1, progressDeadlineSeconds=1),
    )
    with Cluster(Address(_NAME, outputs["Endpoint"], authority), workspace) as cluster, ThreadPoolExecutor() as others:
        # The ConfigMap that its container reads is not there.
        cluster.create(manifests.namespace(), deployment)
        template = _template(outputs, deployment, tmp_path)
        _publish(workspace, tmp_path)
        stack = stacks.Stack(workspace)
        created = others.submit(stack.create, **template["Resources"])
        eventually(lambda: _is_waiting(workspace))
        assert not created.done()
        cluster.replace(impatient)
        assert created.result() == "ROLLBACK_COMPLETE"
        said = stack.reasons()
        assert f"The rollout of the Deployment {manifests.NAMESPACE}/main failed: ProgressDeadlineExceeded: " in said
        assert "container server: CreateContainerConfigError: " in said
        assert "docs/runbooks/rolled-back.md" in said
        cluster.http.delete(cluster.path("Deployment", "main"))
