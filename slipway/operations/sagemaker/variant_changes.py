"""Says what an update changes: the configuration, and of each variant model, instances and weight."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from slipway.operations.aws.stacks import Stack
from slipway.operations.errors import WrongUsageError
from slipway.operations.sagemaker.endpoints import Endpoint, LiveVariant
from slipway.operations.sagemaker.plans import Plan, PlannedVariant, plan_of
from slipway.operations.sagemaker.scaling_targets import Bounds
from slipway.operations.templates.template_values import Resolver, Unknown

_VERSION: Final = re.compile(r"(?<=RollbackAlarms)[0-9a-f]{8}|(?<=\w)[0-9A-F]{8}(?=\")")


def configuration_change(
    template: Mapping[str, Any], stack: Stack, endpoint: Endpoint, plan: Plan, resolver: Resolver
) -> Iterator[str]:
    """Whether the update makes a new endpoint configuration, by the template that is deployed now."""
    deployed = deployed_plan(template, endpoint, resolver)
    if deployed is None or deployed.configuration != plan.configuration:
        yield f"A new endpoint configuration takes the place of {endpoint.config_name}."
        if deployed is not None and deployed.content == plan.content:
            yield from _second_fleet(endpoint, deployed, plan)
        return
    yield f"The endpoint configuration stays {stack.config_name}."
    if endpoint.config_name != stack.config_name:
        yield (
            f"{endpoint.name} runs {endpoint.config_name}, though, since SageMaker rolled back: CloudFormation sees no"
            " difference, and a deployment without another change will not move it."
        )


def refused_update(
    template: Mapping[str, Any], endpoint: Endpoint, stack: Stack, plan: Plan, resolver: Resolver
) -> Iterator[str]:
    """What would change the endpoint, but not the configuration that it runs."""
    deployed = deployed_plan(template, endpoint, resolver)
    if deployed is None or deployed.configuration != plan.configuration or endpoint.config_name != stack.config_name:
        return
    changed = _changed(deployed, plan)
    if changed:
        yield (
            f"{endpoint.name}: {', '.join(changed)} changes and the configuration {endpoint.config_name} stays, which"
            " SageMaker refuses: it takes no update with the configuration in use. Write the templates with this"
            " version of Slipway (`make synth`), which gives such a change a configuration of its own."
        )


def deployed_plan(template: Mapping[str, Any], endpoint: Endpoint, resolver: Resolver) -> Plan | None:
    """What the template that is deployed now makes of the endpoint, None if it has none that can be followed."""
    try:
        return plan_of(template, endpoint.name, resolver)
    except WrongUsageError:
        return None


def _second_fleet(endpoint: Endpoint, deployed: Plan, plan: Plan) -> Iterator[str]:
    """Why new instances start though models and instances stay as they are."""
    changed = [name for name in _changed(deployed, plan) if _unversioned(deployed, name) != _unversioned(plan, name)]
    old, new = ([(each.name, each.weight) for each in one.variants] for one in (deployed, plan))
    if old != new:
        yield (
            "Only weights change, and new instances start for it, since a configuration cannot be changed. Without new"
            f" instances: `aws sagemaker update-endpoint-weights-and-capacities --endpoint-name {endpoint.name}"
            " --desired-weights-and-capacities VariantName=…,DesiredWeight=…`."
        )
    elif changed:
        yield (
            f"Models and instances stay as they are; {', '.join(changed)} changes. New instances start for it, since"
            " SageMaker takes no update with the configuration in use."
        )
    else:
        yield "Models and instances stay as they are; new instances start for it nevertheless."


def _changed(deployed: Plan, plan: Plan) -> list[str]:
    names = sorted(deployed.update.keys() | plan.update.keys())
    return [name for name in names if deployed.update.get(name) != plan.update.get(name)]


def _unversioned(plan: Plan, name: str) -> str:
    """A property without the digests in the names of rollback alarms, which change with every configuration."""
    return _VERSION.sub("", plan.update.get(name, ""))


def variant_changes(
    endpoint: Endpoint, live: Mapping[str, PlannedVariant], scaled: Mapping[str, Bounds], plan: Plan
) -> Iterator[str]:
    """What changes of each variant."""
    running = {variant.name: variant for variant in endpoint.variants}
    planned = {str(variant.name): variant for variant in plan.variants}
    for name, new in planned.items():
        if name not in live:
            size = (
                "serverless" if new.instance_type == "serverless" else f"{_number(new.instances)} x {new.instance_type}"
            )
            yield f"Variant {name} is added: {size}, weight {_number(new.weight)}."
            continue
        changes = [
            *_model_change(live[name], new),
            *_capacity_change(live[name], running.get(name), new, plan),
            *_weight_change(running.get(name), new, plan),
            *_registration_change(scaled.get(name), registered=name in plan.scaled),
        ]
        yield f"Variant {name}: {'; '.join(changes) or 'nothing changes'}."
    for name in live.keys() - planned.keys():
        yield f"Variant {name} is removed."


def _model_change(old: PlannedVariant, new: PlannedVariant) -> Iterator[str]:
    unknown = [container for container in new.containers if isinstance(container, Unknown)]
    if unknown:
        yield f"whether the model changes cannot be known (the template says {unknown[0]})"
    elif old.containers != new.containers:
        gone = [str(part) for part in old.containers if part not in new.containers]
        come = [str(part) for part in new.containers if part not in old.containers]
        yield f"another model: {', '.join(come) or 'nothing new'} instead of {', '.join(gone) or 'nothing less'}"


def _capacity_change(
    old: PlannedVariant, running: LiveVariant | None, new: PlannedVariant, plan: Plan
) -> Iterator[str]:
    if old.instance_type != new.instance_type:
        yield f"{new.instance_type} instead of {old.instance_type}"
    live = running.desired_instances if running else None
    if live is None or live == new.instances or isinstance(new.instances, Unknown):
        return
    if not plan.keeps_instances:
        yield f"{_number(new.instances)} instances instead of {live}"
    elif old.instances != new.instances:
        yield f"{_number(new.instances)} initial instances, not {_number(old.instances)}; the {live} live ones stay"


def _weight_change(running: LiveVariant | None, new: PlannedVariant, plan: Plan) -> Iterator[str]:
    if running is not None and not plan.keeps_weights and running.weight != new.weight:
        yield f"weight {_number(new.weight)} instead of {_number(running.weight)}"


def _registration_change(live: Bounds | None, *, registered: bool) -> Iterator[str]:
    if live and not registered:
        yield f"no longer scaled automatically ({live} instances until now)"
    elif registered and not live:
        yield "scaled automatically from now on"


def _number(value: float | Unknown) -> str:
    return str(value) if isinstance(value, Unknown) else f"{value:g}"
