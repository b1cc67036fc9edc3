"""What a deployment would do to a service on EKS, and what of it would fail requests."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from slipway.operations.aws.clients import Aws
from slipway.operations.aws.stacks import find_stack
from slipway.operations.backend_change import backend_in, refused_backend_change
from slipway.operations.eks.bake import CANDIDATE
from slipway.operations.eks.cluster_changes import cluster_warnings, refused_cluster_change
from slipway.operations.eks.cluster_plans import cluster_plan_of
from slipway.operations.eks.plans import EksPlan, PlannedPodVariant, plan_of
from slipway.operations.eks.service import DeployedEksService
from slipway.operations.preflight import PreflightResult
from slipway.operations.templates.deployed_template import deployed_template
from slipway.operations.templates.stack_state import never_stood, refused_stack
from slipway.operations.templates.template_values import Resolver

_STEPWISE: Final = ("canary", "linear")
_KINDS: Final = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "load balancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "target group",
    "AWS::EKS::Cluster": "cluster",
}


def preflight_cell(
    aws: Aws,
    service: DeployedEksService,
    number: int,
    *,
    template: Mapping[str, Any],
    cluster_template: Mapping[str, Any],
    resolver: Resolver,
) -> PreflightResult:
    """Compare the templates of a service and of its cluster with those that are deployed.

    Args:
        aws: The clients.
        service: The service.
        number: The cell's.
        template: The synthesised template of the service's stack in the cell.
        cluster_template: The synthesised template of the cell's cluster.
        resolver: Resolves values of the templates.
    """
    cluster = _cluster_found(aws, service.cluster_stack_name(number), cluster_template, resolver)
    found = PreflightResult(name=service.name_in_cell(number), refusals=cluster.refusals, warnings=cluster.warnings)
    stack = find_stack(aws, service.cell_stack_name(number))
    if stack is None:
        first = f"The first deployment: there is no stack {service.cell_stack_name(number)} yet."
        return replace(found, changes=(first,))
    found = replace(found, refusals=(*found.refusals, *refused_stack(stack)))
    before = deployed_template(aws, stack)
    if not never_stood(stack):
        moved = tuple(
            refused_backend_change(service, stack.name, before=backend_in(before), after=backend_in(template))
        )
        if moved:
            return replace(found, refusals=(*found.refusals, *moved))
    live, new = plan_of(before, resolver), plan_of(template, resolver)
    return replace(
        found,
        refusals=(*found.refusals, *_replaced(live, new), *_refused_variants(live, new)),
        changes=tuple(_changes(live, new)),
    )


@dataclass(frozen=True, kw_only=True)
class _Cluster:
    """What a deployment of a cluster would come to: refusals and warnings, a sentence each."""

    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def _cluster_found(aws: Aws, stack_name: str, template: Mapping[str, Any], resolver: Resolver) -> _Cluster:
    stack = find_stack(aws, stack_name)
    if stack is None:
        return _Cluster()
    before = deployed_template(aws, stack)
    refusals = [*refused_stack(stack), *_replaced(plan_of(before, resolver), plan_of(template, resolver))]
    live, new = cluster_plan_of(before, resolver), cluster_plan_of(template, resolver)
    # A cluster whose creation failed is created again, whatever its settings.
    if live is None or new is None or never_stood(stack):
        return _Cluster(refusals=tuple(refusals))
    return _Cluster(
        refusals=(*refusals, *refused_cluster_change(aws, live, new)), warnings=tuple(cluster_warnings(live, new))
    )


def _replaced(live: EksPlan, new: EksPlan) -> Iterator[str]:
    """What would be replaced, and with it everything that callers and pods are bound to."""
    of_variants = {variant.target_group for variant in live.variants.values()}
    for logical_id, (kind, fixed) in live.fixed.items():
        successor = new.fixed.get(logical_id)
        if successor is not None and successor != (kind, fixed):
            before, after = json.loads(fixed), json.loads(successor[1])
            keys = ", ".join(key for key in before if before[key] != after.get(key))
            yield f"The {_KINDS[kind]} {logical_id} would be replaced, since {keys} changes. {_harm(kind)}"
        elif successor is None and (
            kind != "AWS::ElasticLoadBalancingV2::TargetGroup" or logical_id not in of_variants
        ):
            yield f"The {_KINDS[kind]} {logical_id} would be removed. {_harm(kind)}"


def _harm(kind: str) -> str:
    match kind:
        case "AWS::EKS::Cluster":
            return "Every service on it goes with it: add a cell, move the traffic there by drained_cells, then go on."
        case "AWS::ElasticLoadBalancingV2::LoadBalancer":
            return (
                "CloudFormation makes the new one first, and a target group cannot have two: it fails half-way. Undo"
                " the change; or destroy the service's stack, after its deletion protection is off and, where there"
                " are cells, after this one is drained, and deploy it again."
            )
        case _:
            return "The new one has no targets when the listener moves to it: undo the change."


def _refused_variants(live: EksPlan, new: EksPlan) -> Iterator[str]:
    main = [variant for name, variant in live.variants.items() if name != CANDIDATE]
    added = sorted(new.variants.keys() - live.variants.keys())
    for name in sorted(live.variants.keys() - new.variants.keys()):
        variant = live.variants[name]
        if name == CANDIDATE:
            yield from _refused_candidate(variant, main)
        elif variant.weight:
            renamed = f" (if {added[0]} is its new name: a renamed variant is a removed and a new one)" if added else ""
            yield (
                f"Variant {name} is removed{renamed} while it gets {variant.weight:g} of the traffic's weight: its"
                " targets go in the middle of requests. First deploy it with the weight 0, or keep its name."
            )


def _refused_candidate(candidate: PlannedPodVariant, others: list[PlannedPodVariant]) -> Iterator[str]:
    """A candidate may go when it gets nothing, or when the stable variant already runs the same."""
    if candidate.weight and not any(candidate.runs == other.runs for other in others):
        yield (
            f"The candidate is removed while it gets {candidate.weight:g} of the traffic's weight and the stable"
            " variant still runs another version: the traffic would fall back to that. To promote it, in three"
            " deployments: 1. `candidate.step` at the rollout's last step; 2. `model` (and `image`) of the service set"
            " to the candidate's, the candidate still there; 3. the candidate removed. To give it up: `candidate.step:"
            " 0`, then remove it."
        )


def _changes(live: EksPlan, new: EksPlan) -> Iterator[str]:
    for name, variant in new.variants.items():
        old = live.variants.get(name)
        if old is None:
            yield f"Variant {name} is added, with the weight {variant.weight:g}."
            continue
        said = []
        if old.runs != variant.runs:
            gone = ", ".join(part for part in old.runs if part not in variant.runs)
            come = ", ".join(part for part in variant.runs if part not in old.runs)
            said.append(f"another version: {come or 'nothing new'} instead of {gone or 'nothing less'}")
        if old.weight != variant.weight:
            said.append(f"weight {variant.weight:g} instead of {old.weight:g}")
        yield f"Variant {name}: {'; '.join(said) or 'neither version nor weight changes'}."
    for name in sorted(live.variants.keys() - new.variants.keys()):
        yield f"Variant {name} is removed."
