"""The types of resource that ministack's CloudFormation engine deploys."""

from collections.abc import Callable, Iterable
from typing import Any

from ministack.app import app as ministack_app
from ministack.core.responses import get_account_id
from ministack.services.cloudformation import provisioners, stacks

from slipway.emulator.vendor.compatibility import Expectation, parameters

type_names = provisioners._RESOURCE_HANDLERS.keys  # noqa: SLF001  the types the engine can deploy, ours included

Create = Callable[[str, dict[str, Any], str], tuple[str, dict[str, Any]]]
Update = Callable[[str, dict[str, Any], dict[str, Any], str], tuple[str, dict[str, Any]]]
Delete = Callable[[str, dict[str, Any]], None]


def add_resource_type(
    name: str, *, create: Create, update: Update, delete: Delete, replaced_by: Iterable[str] = ()
) -> None:
    """Teach ministack's CloudFormation engine a resource type.

    Args:
        name: The type, as templates spell it.
        create: Called with the logical name, the properties and the stack's name; answers the physical name
            and the attributes for `Fn::GetAtt`. An exception fails the resource with its text as the reason.
        update: Called with the physical name, the old properties, the new ones and the stack's name.
        delete: Called with the physical name and the properties.
        replaced_by: The properties whose change makes the engine create a new resource and delete the old one.
    """
    provisioners._RESOURCE_HANDLERS[name] = {"create": create, "update": update, "delete": delete}  # noqa: SLF001
    provisioners._REPLACING_PROPERTIES[name] = tuple(replaced_by)  # noqa: SLF001


def add_attributes(name: str, attributes: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Have a type of ministack's answer `Fn::GetAtt` for more attributes.

    Args:
        name: The type, as templates spell it.
        attributes: Makes them of the resource's properties.
    """
    handler = provisioners._RESOURCE_HANDLERS[name]  # noqa: SLF001
    create, update = handler["create"], handler["update"]

    def create_with(logical_id: str, props: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
        physical_id, found = create(logical_id, props, stack_name)
        return physical_id, attributes(props) | found

    # The engine passes a handler more or fewer arguments by a flag beside it; the new properties are always third.
    def update_with(
        physical_id: str, old: dict[str, Any], new: dict[str, Any], *more: str
    ) -> tuple[str, dict[str, Any]]:
        physical_id, found = update(physical_id, old, new, *more)
        return physical_id, attributes(new) | found

    provisioners._RESOURCE_HANDLERS[name] = handler | {"create": create_with, "update": update_with}  # noqa: SLF001


def before_creation(name: str, act: Callable[[dict[str, Any]], None]) -> None:
    """Do something with the properties of each new resource of one of ministack's types, in a thread of its own.

    An exception fails the resource with its text as the reason.
    """
    handler = provisioners._RESOURCE_HANDLERS[name]  # noqa: SLF001
    create = handler["create"]

    def create_after(logical_id: str, props: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
        act(props)
        created: tuple[str, dict[str, Any]] = create(logical_id, props, stack_name)
        return created

    provisioners._RESOURCE_HANDLERS[name] = handler | {"create": create_after}  # noqa: SLF001
    run_in_threads({name})


def check_properties(name: str, check: Callable[[dict[str, Any]], None]) -> None:
    """Look at the properties of one of ministack's types before each creation and each change.

    An exception fails the resource with its text as the reason.
    """
    handler = provisioners._RESOURCE_HANDLERS[name]  # noqa: SLF001
    create, update = handler["create"], handler["update"]

    def create_checked(logical_id: str, props: dict[str, Any], *more: Any, **named: Any) -> Any:
        check(props)
        return create(logical_id, props, *more, **named)

    def update_checked(physical_id: str, old: dict[str, Any], new: dict[str, Any], *more: Any, **named: Any) -> Any:
        check(new)
        return update(physical_id, old, new, *more, **named)

    checked = {"create": create_checked, "update": update_checked}
    provisioners._RESOURCE_HANDLERS[name] = handler | checked  # noqa: SLF001


def follow(name: str, put: Callable[[str, dict[str, Any]], dict[str, Any]], gone: Callable[[str], None]) -> None:
    """Learn of every resource of one of ministack's types.

    Args:
        name: The type, as templates spell it.
        put: Called with the physical name and the properties after a creation or a change; answers attributes that
            take the place of ministack's.
        gone: Called with the physical name before a deletion.
    """
    handler = provisioners._RESOURCE_HANDLERS[name]  # noqa: SLF001
    create, update, delete = handler["create"], handler["update"], handler["delete"]

    def create_and_tell(logical_id: str, props: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
        physical_id, attributes = create(logical_id, props, stack_name)
        return physical_id, attributes | put(physical_id, props)

    def update_and_tell(
        physical_id: str, old: dict[str, Any], new: dict[str, Any], *more: str, **named: str
    ) -> tuple[str, dict[str, Any]]:
        physical_id, attributes = update(physical_id, old, new, *more, **named)
        return physical_id, attributes | put(physical_id, new)

    def delete_and_tell(physical_id: str, props: dict[str, Any]) -> None:
        gone(physical_id)
        delete(physical_id, props)

    told = {"create": create_and_tell, "update": update_and_tell, "delete": delete_and_tell}
    provisioners._RESOURCE_HANDLERS[name] = handler | told  # noqa: SLF001
    run_in_threads({name})


def run_in_threads(names: Iterable[str]) -> None:
    """Run the handlers of these types in threads of their own, since they call the services over HTTP and wait."""
    inner = stacks._runs_on_worker_thread  # noqa: SLF001
    ours = frozenset(names)

    def runs_in_thread(resource_type: str) -> bool:
        return resource_type in ours or bool(inner(resource_type))

    stacks._runs_on_worker_thread = runs_in_thread  # noqa: SLF001


def expectations() -> list[Expectation]:
    """What has to be where it is."""
    alarm = getattr(provisioners, "_RESOURCE_HANDLERS", {}).get("AWS::CloudWatch::Alarm", {})
    replacing = getattr(provisioners, "_REPLACING_PROPERTIES", {})
    return [
        ("ministack app(scope, receive, send)", parameters(ministack_app) == ["scope", "receive", "send"]),
        ("ministack get_account_id()", parameters(get_account_id) == []),
        ("ministack provisioners._RESOURCE_HANDLERS", {"create", "update", "delete"} <= alarm.keys()),
        (
            "ministack handlers' create(logical_id, props, stack_name)",
            parameters(alarm.get("create")) == ["logical_id", "props", "stack_name"],
        ),
        (
            "ministack handlers' delete(physical_id, props)",
            parameters(alarm.get("delete")) == ["physical_id", "props"],
        ),
        ("ministack provisioners._REPLACING_PROPERTIES", replacing.get("AWS::IAM::Role") == ("RoleName", "Path")),
        (
            "ministack stacks._runs_on_worker_thread(resource_type)",
            parameters(getattr(stacks, "_runs_on_worker_thread", None)) == ["resource_type"],
        ),
    ]
