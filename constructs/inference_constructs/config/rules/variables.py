"""Environment variables that break a server, are overridden, or tell a secret to whoever reads a template."""

import re
from collections.abc import Collection, Iterator

from inference_constructs.config.models.base import RuleError
from inference_constructs.config.models.service import Service
from inference_constructs.config.models.variant import Container
from inference_constructs.config.rules.advice import Advice

#: Where a server listens and what it loads, which health checks and the backends rely on.
_THE_SERVERS = {
    "SAGEMAKER_BIND_TO_PORT": "requests and health checks come to port 8080",
    "SERVING_PORT": "requests and health checks come to port 8080",
    "SERVING_HOST": "requests come from outside of the container",
    "SERVING_MODEL_DIR": "the model is where the backend puts it",
    "SERVING_MODEL_S3_URI": "the service's `model` says what is loaded",
    "SERVING_MODEL_SHA256": "the service's `model` says what is loaded",
}
_OF_AWS = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"})
#: Ids of access keys (IAM User Guide, "IAM identifiers"), and keys in PEM (RFC 7468).
_SECRET_VALUE = re.compile(r"(?<![A-Z0-9])A(KIA|SIA)[A-Z0-9]{16}(?![A-Z0-9])|-----BEGIN [A-Z ]*PRIVATE KEY-----")
_SECRET_NAME = re.compile(
    r"(^|_)(PASSWORD|PASSWD|PWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|(API|ACCESS|PRIVATE|AUTH)_?KEY)$"
)
#: Instead of a secret: values are in templates, in CloudTrail and in what a viewer of the endpoint or cluster sees.
_BY_A_ROLE = "none in `environment`, which anybody who reads the template sees: the service has a role of its own"
_HIDDEN = "(not shown)"


def check_variables(container: Container, key: str) -> None:
    """Refuse variables that the server relies on, and AWS's credentials and private keys.

    Args:
        container: The container.
        key: The key that holds its variables.

    Raises:
        RuleError: The first such variable.
    """
    for name, value in container.environment.items():
        if name in _THE_SERVERS:
            raise RuleError(f"{key}.{name}", value, accepted=f"no such variable: {_THE_SERVERS[name]}")
        if name in _OF_AWS or _SECRET_VALUE.search(value):
            raise RuleError(f"{key}.{name}", _HIDDEN, accepted=_BY_A_ROLE)


def check_overridden(service: Service, names: Collection[str], accepted: str) -> None:
    """Refuse variables that a backend sets from other keys.

    Args:
        service: A service.
        names: What its backend sets.
        accepted: What to write instead.

    Raises:
        RuleError: The first such variable.
    """
    for container in service.all_containers:
        for name in container.environment:
            if name in names:
                raise RuleError(f"environment.{name}", container.environment[name], accepted=accepted)


def advise_on_variables(service: Service) -> Iterator[Advice]:
    """Variables whose name says that they are secret."""
    named = {name for container in service.all_containers for name in container.environment}
    for name in sorted(named):
        if _SECRET_NAME.search(name.upper()):
            yield Advice(
                key=f"services.{service.name}.environment.{name}",
                sentence="looks like a secret: anybody who reads the template, the endpoint or the cluster sees it."
                " Pass the name of a secret, which the container fetches by its role",
            )
