import os
import subprocess
import sys
from pathlib import Path

from slipway.emulator.common.environment import client_environment, server_environment
from slipway.emulator.common.workspace import Workspace

_PLACE = Workspace(port=4999, folder=Path("unused"))


def test_a_developers_account_and_proxies_are_out_of_reach() -> None:
    developer = {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL_S3": "https://s3.example.com",
        "AWS_SECRET_ACCESS_KEY": "real",
        "CDK_DEFAULT_ACCOUNT": "999999999999",
        "CDK_VALIDATION": "false",
        "HTTPS_PROXY": "http://proxy:3128",
        "http_proxy": "http://proxy:3128",
        "PATH": "/usr/bin",
        "HOME": "/home/developer",
    }
    environment = client_environment(_PLACE, developer)
    assert {"real", "token", "production"}.isdisjoint(environment.values())
    assert not any("proxy:3128" in value or "example.com" in value for value in environment.values())
    assert environment["AWS_ENDPOINT_URL"] == "http://localhost:4999"
    assert environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert environment["AWS_EC2_METADATA_DISABLED"] == "true"
    assert "CDK_DEFAULT_ACCOUNT" not in environment
    assert environment["CDK_VALIDATION"] == "false", "which names no account"
    assert environment["HOME"] == "/home/developer"


def test_what_the_server_writes_for_a_while_goes_with_its_folder() -> None:
    """Functions' code, for one: each run left a folder of it in the machine's own folder for such files."""
    environment = server_environment(_PLACE)
    assert Path(environment["TMPDIR"]).is_relative_to(_PLACE.folder)
    assert Path(environment["KUBECACHEDIR"]).is_relative_to(_PLACE.folder), "and not in ~/.kube/cache"


def test_a_client_asks_the_embedded_aws_whatever_profile_is_set() -> None:
    """In a process of its own: the environment is read once."""
    developer = {"AWS_PROFILE": "no-such-profile", "AWS_ENDPOINT_URL_S3": "https://s3.example.com"}
    program = (
        "from pathlib import Path; from slipway.emulator.common.environment import client;"
        "from slipway.emulator.common.workspace import Workspace;"
        "print(client('s3', Workspace(port=4999, folder=Path('unused'))).meta.endpoint_url)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | developer, capture_output=True, text=True, check=True
    )
    assert done.stdout == "http://localhost:4999\n"
