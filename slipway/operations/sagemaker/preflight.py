"""What an update of a live endpoint would do, and what SageMaker would refuse half-way through it."""

from collections.abc import Iterator, Mapping

from slipway.operations.aws.clients import Aws
from slipway.operations.aws.stacks import Stack, find_stack
from slipway.operations.backend_change import backend_in, refused_backend_change
from slipway.operations.preflight import PreflightResult
from slipway.operations.sagemaker.endpoints import Endpoint, find_endpoint
from slipway.operations.sagemaker.live_variants import live_variants
from slipway.operations.sagemaker.plans import Plan, PlannedVariant
from slipway.operations.sagemaker.scaling_targets import Bounds, scaled_variants
from slipway.operations.sagemaker.service import DeployedSageMakerService
from slipway.operations.sagemaker.variant_changes import configuration_change, refused_update, variant_changes
from slipway.operations.templates.deployed_template import deployed_template
from slipway.operations.templates.stack_state import never_stood, refused_stack
from slipway.operations.templates.template_values import Resolver, Unknown


def preflight(aws: Aws, service: DeployedSageMakerService, plan: Plan, resolver: Resolver) -> PreflightResult:
    """Compare what a template makes of a service with what is live.

    Args:
        aws: The clients.
        service: The service.
        plan: What the template makes of its endpoint.
        resolver: Resolves values of the template that is deployed now.
    """
    stack, endpoint = find_stack(aws, service.stack_name), find_endpoint(aws, service.endpoint_name)
    standing = tuple(_refused_standing(service, stack, endpoint))
    deployed = {} if standing or stack is None or never_stood(stack) else deployed_template(aws, stack)
    # That the new template has the endpoint is known: the plan was read of it.
    before = backend_in(deployed)
    standing += tuple(refused_backend_change(service, service.stack_name, before=before, after=service.backend))
    if standing or stack is None or endpoint is None:
        first = () if standing else (f"The first deployment: there is no endpoint {service.endpoint_name} yet.",)
        return PreflightResult(name=service.full_name, refusals=standing, changes=first)
    live = live_variants(aws, endpoint, resolver)
    scaled = scaled_variants(aws, endpoint.name, list(live))
    return PreflightResult(
        name=service.full_name,
        refusals=(
            *refused_update(deployed, endpoint, stack, plan, resolver),
            *_refused_variants(endpoint, live, scaled, plan),
        ),
        changes=(
            *configuration_change(deployed, stack, endpoint, plan, resolver),
            *variant_changes(endpoint, live, scaled, plan),
        ),
    )


def _refused_standing(
    service: DeployedSageMakerService, stack: Stack | None, endpoint: Endpoint | None
) -> Iterator[str]:
    """What forbids any deployment, whatever it changes."""
    if stack is None or never_stood(stack):
        if endpoint is not None:
            missing = f"no stack {service.stack_name}" if stack is None else f"{stack.name} is {stack.status}"
            yield (
                f"The endpoint {endpoint.name} exists already and {missing}: a deployment would create it anew, which"
                " SageMaker refuses. Delete it first, or give the service another name."
            )
        return
    yield from refused_stack(stack)
    if endpoint is None:
        return
    reason = f" ({endpoint.failure_reason})" if endpoint.failure_reason else ""
    if not endpoint.settled:
        yield f"The endpoint {endpoint.name} is {endpoint.status}, and SageMaker refuses to update it meanwhile. Wait."
    if endpoint.status == "Failed":
        yield f"The endpoint {endpoint.name} is Failed{reason}: it can only be deleted; `cdk destroy` it first."


def _refused_variants(
    endpoint: Endpoint, live: Mapping[str, PlannedVariant], scaled: Mapping[str, Bounds], plan: Plan
) -> Iterator[str]:
    """What SageMaker refuses of registered variants; CloudFormation deregisters only after the endpoint's update."""
    planned = {str(variant.name): variant for variant in plan.variants}
    unknown_names = [variant.name for variant in plan.variants if isinstance(variant.name, Unknown)]
    added = sorted(planned.keys() - live.keys())
    for name, bounds in scaled.items():
        who = f"{endpoint.name}, variant {name}"
        state = f"while it is registered with Application Auto Scaling ({bounds} instances)"
        old, new = live[name].instance_type, planned.get(name)
        if new is None and unknown_names:
            yield f"{who}: whether it stays cannot be known {state}: one variant's name is {unknown_names[0]}."
        elif new is None:
            renamed = (
                f" (if {added[0]} is its new name: SageMaker takes a renamed variant for a removed one)"
                if added
                else ""
            )
            yield f"{who}: it is removed{renamed} {state}, which SageMaker refuses. {_two_steps(name, 'the removal')}"
        elif isinstance(new.instance_type, Unknown):
            yield f"{who}: the new instance type cannot be known {state}: it is {new.instance_type}."
        elif new.instance_type != old:
            change = f"the instance type changes from {old} to {new.instance_type}"
            yield f"{who}: {change} {state}, which SageMaker refuses. {_two_steps(name, 'this change')}"


def _two_steps(variant: str, change: str) -> str:
    return (
        f"In two steps: first deploy with `scaling: {{suspended: true}}` for {variant}, which deregisters it and keeps"
        f" its number of instances; then deploy {change}, and after it remove `suspended`."
    )
