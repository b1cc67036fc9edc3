"""The environment of the programs the embedded AWS starts, and of clients that talk to it."""

import os
import sys
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.model import ServiceModel

from slipway.emulator.common.workspace import ACCOUNT, CHECKOUT, HOST, REGION, Workspace

# A name that is no socket: the embedded AWS must not look for containers on the developer's Docker.
_NO_DOCKER = "unix:///nonexistent/docker.sock"
_LAYER_PROGRAMS = ("bin", "kubectl", "awscli")
#: How much of its waits a state machine keeps. What looks every 10 s whether pods have rolled out looks every 0.5 s
#: here; pods are not faster than that.
_STATE_MACHINE_WAITS = 0.05
_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
#: Whether the CDK validates what it synthesises: it says nothing of an account.
_HARMLESS = "CDK_VALIDATION"
_making_clients = threading.Lock()


def client_environment(workspace: Workspace, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for an AWS client that can reach this embedded AWS and nothing else.

    Every `AWS_*` and `CDK_*` variable that could name an account is dropped, and the configuration files are named
    away, so that a developer's real account can not be reached even by mistake.

    Args:
        workspace: The embedded AWS to talk to.
        base: What to start from; the environment of this process by default.
    """
    kept = {
        name: value
        for name, value in (os.environ if base is None else base).items()
        if name == _HARMLESS
        or (not name.startswith(("AWS_", "CDK_")) and name.lower() not in {"http_proxy", "https_proxy", "all_proxy"})
    }
    path = os.pathsep.join(
        [str(Path(sys.executable).parent), str(CHECKOUT / "node_modules" / ".bin"), kept.get("PATH", os.defpath)]
    )
    return (
        kept
        | _CREDENTIALS
        | {
            "AWS_ENDPOINT_URL": workspace.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "localhost,127.0.0.1,.localhost",
            "no_proxy": "localhost,127.0.0.1,.localhost",
            "PATH": path,
            "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        }
    )


def k3s_is_wanted() -> bool:
    """Whether clusters are to be real ones, k3s in a container, rather than rehearsed: `SLIPWAY_K3S=1`."""
    return os.environ.get("SLIPWAY_K3S") == "1"


def server_environment(workspace: Workspace) -> dict[str, str]:
    """The environment of the server process: a client's, plus the settings of the two emulators.

    ministack reads its settings when it is imported, so they have to be there before the process starts.
    """
    client_side = client_environment(workspace)
    return client_side | {
        # For Lambda functions: with a name, SDKs look for a bucket at a host name of its own, which not all find.
        "AWS_ENDPOINT_URL": f"http://{HOST}:{workspace.port}",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "MINISTACK_HOST": "localhost",
        "MOTO_ACCOUNT_ID": ACCOUNT,
        "GATEWAY_PORT": str(workspace.port),
        "BIND_HOST": HOST,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "0",
        "LAMBDA_EXECUTOR": "local",
        "SFN_WAIT_SCALE": str(_STATE_MACHINE_WAITS),
        # Where the CDK's kubectl handler keeps its files: /tmp is a function's own on AWS, and everybody's here.
        "TEST_OUTDIR": str(workspace.scratch),
        # Everything else that is written for a while, such as functions' code, goes with the folder too.
        "TMPDIR": str(workspace.scratch),
        "KUBECACHEDIR": str(workspace.kubectl_cache),
        **({} if k3s_is_wanted() else {"DOCKER_HOST": _NO_DOCKER}),
        "LOG_LEVEL": "WARNING",
        # The programs of Lambda layers come first: a function runs the kubectl it was deployed with.
        "PATH": os.pathsep.join([*(str(workspace.opt / name) for name in _LAYER_PROGRAMS), client_side["PATH"]]),
        # Where Lambda functions in JavaScript find the AWS SDK that Lambda's own runtime brings.
        "NODE_PATH": str(CHECKOUT / "node_modules"),
    }


def client(service: str, workspace: Workspace) -> Any:
    """A boto3 client of the embedded AWS, whatever profile or proxy this process's environment names."""
    config = Config(
        s3={"addressing_style": "path"},
        proxies={},
        retries={"total_max_attempts": 2},
        connect_timeout=5,
        read_timeout=90,
        max_pool_connections=16,
    )
    # The services are named at run time, so the overloads of the typed client do not help.
    make: Any = _session().client
    with _making_clients:  # clients may be shared by threads, the session that makes them may not
        return make(service, endpoint_url=workspace.url, config=config)


@cache
def service_model(service: str) -> ServiceModel:
    """AWS's own description of a service, as botocore brings it."""
    return botocore.session.Session().get_service_model(service)


@cache
def _session() -> boto3.Session:
    """One for all clients: each session reads AWS's descriptions of its services anew, which are megabytes."""
    nothing_from_outside = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    return boto3.Session(
        aws_access_key_id=_CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
        botocore_session=botocore.session.Session(session_vars=nothing_from_outside),
    )
