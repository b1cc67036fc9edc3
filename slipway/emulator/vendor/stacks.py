"""What ministack's CloudFormation engine lets happen and CloudFormation does not: names, exports and objects in use."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from ministack.services import cloudformation as engine
from ministack.services import cloudwatch, cloudwatch_logs, iam, s3
from ministack.services.cloudformation import handlers, provisioners, stacks

from slipway.emulator.vendor.compatibility import Expectation, parameters

#: The property that names a resource, and whether there is one of this name.
_NAMED: Final[dict[str, tuple[str, Callable[[str], bool]]]] = {
    "AWS::CloudWatch::Alarm": ("AlarmName", lambda name: name in cloudwatch._alarms),  # noqa: SLF001
    "AWS::IAM::Role": ("RoleName", lambda name: name in iam._roles),  # noqa: SLF001
    "AWS::Logs::LogGroup": ("LogGroupName", lambda name: name in cloudwatch_logs._log_groups),  # noqa: SLF001
}
_BUCKET: Final = "AWS::S3::Bucket"


class InUseError(Exception):
    """Something that is in use, in CloudFormation's words."""


def refuse_what_is_in_use() -> None:
    """Have the engine fail a resource whose name is taken, an export in use that changes, and a bucket with objects."""
    for kind, (name, is_taken) in _NAMED.items():
        _create_only_new(kind, name, is_taken)
    _keep_objects()
    _keep_exports()


def _create_only_new(kind: str, name: str, is_taken: Callable[[str], bool]) -> None:
    handler = provisioners._RESOURCE_HANDLERS[kind]  # noqa: SLF001
    create = handler["create"]

    def create_new(logical_id: str, props: dict[str, Any], *more: Any, **named: Any) -> Any:
        wanted = props.get(name)
        if wanted and is_taken(str(wanted)):
            raise InUseError(f"Resource of type '{kind}' with identifier '{wanted}' already exists.")
        return create(logical_id, props, *more, **named)

    provisioners._RESOURCE_HANDLERS[kind] = handler | {"create": create_new}  # noqa: SLF001


def _keep_objects() -> None:
    handler = provisioners._RESOURCE_HANDLERS[_BUCKET]  # noqa: SLF001
    delete = handler["delete"]

    def delete_empty(physical_id: str, props: dict[str, Any]) -> None:
        bucket = s3._buckets.get(physical_id)  # noqa: SLF001
        if bucket is not None and (bucket["objects"] or s3._bucket_has_versions(physical_id)):  # noqa: SLF001
            raise InUseError(f"The bucket you tried to delete is not empty: {physical_id} (Status Code: 409)")
        delete(physical_id, props)

    provisioners._RESOURCE_HANDLERS[_BUCKET] = handler | {"delete": delete_empty}  # noqa: SLF001


def _keep_exports() -> None:
    resolve = stacks._resolve_stack_outputs  # noqa: SLF001

    def resolve_unused(*given: Any) -> Any:
        outputs, exports = resolve(*given)
        stack_id = given[-1]
        for name, known in list(engine._exports.items()):  # noqa: SLF001
            is_mine = known["StackId"] == stack_id
            if name in exports and not is_mine:
                raise InUseError(f"Export with name {name} is already exported by stack {known['StackId']}.")
            if is_mine and exports.get(name, {}).get("Value") != known["Value"]:
                for user in _importing(name, stack_id):
                    raise InUseError(f"Cannot update export {name} as it is in use by {user}.")
        return outputs, exports

    stacks._resolve_stack_outputs = resolve_unused  # noqa: SLF001


def _importing(export: str, exported_by: str) -> Iterator[str]:
    for name, stack in list(engine._stacks.items()):  # noqa: SLF001
        status = stack.get("StackStatus", "")
        if stack["StackId"] == exported_by or not status.endswith("_COMPLETE") or "DELETE" in status:
            continue
        if export in handlers._imported_export_names(stack, name):  # noqa: SLF001
            yield name


def expectations() -> list[Expectation]:
    """What has to be where it is."""
    outputs = parameters(getattr(stacks, "_resolve_stack_outputs", None))
    imported = parameters(getattr(handlers, "_imported_export_names", None))
    return [
        ("ministack stacks._resolve_stack_outputs(…, stack_id)", outputs[-1:] == ["stack_id"]),
        ("ministack handlers._imported_export_names(stack, stack_name)", imported == ["stack", "stack_name"]),
        ("ministack cloudformation._exports, _stacks", hasattr(engine, "_exports") and hasattr(engine, "_stacks")),
        ("ministack s3._buckets", hasattr(s3, "_buckets")),
        ("ministack s3._bucket_has_versions(name)", parameters(getattr(s3, "_bucket_has_versions", None)) == ["name"]),
        (
            "ministack cloudwatch_logs._log_groups, iam._roles",
            hasattr(cloudwatch_logs, "_log_groups") and hasattr(iam, "_roles"),
        ),
    ]
