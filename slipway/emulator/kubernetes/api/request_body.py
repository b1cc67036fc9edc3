"""Bodies of requests: JSON mostly, and YAML in server-side apply."""

import json
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError


class UnreadableError(Exception):
    """A body that is neither JSON nor YAML."""


def read(body: bytes) -> Any:
    """What a body says.

    Raises:
        UnreadableError: It is neither JSON nor YAML.
    """
    try:
        return json.loads(body)
    except ValueError:
        pass  # YAML, or nothing
    try:
        return YAML(typ="safe").load(body.decode())
    except (ValueError, YAMLError) as error:
        raise UnreadableError(f"the body can not be read: {error}") from error
