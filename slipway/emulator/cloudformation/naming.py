"""How the same names are spelled by CloudFormation, and by the APIs behind it."""

from typing import Any


def camel(value: Any) -> Any:
    """CloudFormation's properties as an API such as that of EKS spells them."""
    if isinstance(value, dict):
        return {first_lower(name): camel(part) for name, part in value.items()}
    return [camel(part) for part in value] if isinstance(value, list) else value


def first_lower(name: str) -> str:
    """One name as those APIs spell it."""
    return name[:1].lower() + name[1:]
