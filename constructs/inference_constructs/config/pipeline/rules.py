"""Rules between `pipeline.yaml` and the environments that it names."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from inference_constructs.config.errors import Finding, KeyPath, shown
from inference_constructs.config.models.environment import Environment
from inference_constructs.config.models.regions import is_in_partition_aws
from inference_constructs.config.pipeline.pipeline import Pipeline, Wave
from inference_constructs.config.pipeline.promotion import Promotion


def check_environments(pipeline: Pipeline, environments: Iterable[Environment]) -> Iterator[Finding]:
    """Find what does not fit these environments.

    Args:
        pipeline: The file's content.
        environments: Every environment of the project, in each of its regions. A rule holds for an environment if it
            holds in any of them.
    """
    known: dict[str, list[Environment]] = defaultdict(list)
    for environment in environments:
        known[environment.name].append(environment)
    for number, wave in enumerate(pipeline.waves):
        yield from _without_approval(number, wave, known)
        for index, name in enumerate(wave.environments):
            place = ("waves", number, "environments", index)
            if name not in known:
                accepted = f"names out of {', '.join(sorted(known))}"
                yield Finding(path=place, found=shown(name), accepted=accepted)
            elif any(region.account == pipeline.account for region in known[name]):
                accepted = (
                    f"another account than {name}'s: whoever may change the pipeline may change what it can reach"
                )
                yield Finding(path=("account",), found=shown(pipeline.account), accepted=accepted)
            for region in known.get(name, ()):
                if not is_in_partition_aws(region.region):
                    accepted = (
                        "environments in regions of AWS's commercial partition, such as us-east-1:"
                        f" {name} is in {region.region}, whose accounts know nobody of the pipeline's"
                    )
                    yield Finding(path=place, found=shown(name), accepted=accepted)
    for number, promotion in enumerate(pipeline.promotions):
        yield from _wrong_promotion(("promotions", number), promotion, known)


def _without_approval(number: int, wave: Wave, known: Mapping[str, Sequence[Environment]]) -> Iterator[Finding]:
    """What is deployed to an account with production in it is deployed by roles that may change all of that account."""
    if wave.approval:
        return
    in_production = [each for name in sorted(known) for each in known[name] if each.purpose == "production"]
    for name in wave.environments:
        regions = known.get(name, ())
        accounts = {region.account for region in regions}
        beside = next((each for each in in_production if each.account in accounts), None)
        if any(region.purpose == "production" for region in regions):
            reason = f"{name} is for production"
        elif beside is not None:
            reason = f"{name} is in {beside.account} as is {beside.name}, which is for production"
        else:
            continue
        accepted = f"true: {reason}, and somebody has to have seen what changes there"
        yield Finding(path=("waves", number, "approval"), found=shown(wave.approval), accepted=accepted)


def _wrong_promotion(
    place: KeyPath, promotion: Promotion, known: Mapping[str, Sequence[Environment]]
) -> Iterator[Finding]:
    """What `slipway promote` would reject when a model is approved, found at synthesis."""
    if promotion.environment is not None and promotion.environment not in known:
        accepted = f"names out of {', '.join(sorted(known))}"
        yield Finding(path=(*place, "environment"), found=shown(promotion.environment), accepted=accepted)
        return
    regions = [
        each
        for name in sorted(known)
        for each in known[name]
        if promotion.environment in (None, name) and promotion.region in (None, each.region)
    ]
    if not regions:
        accepted = f"regions out of {', '.join(each.region for each in known[promotion.environment or ''])}"
        yield Finding(path=(*place, "region"), found=shown(promotion.region), accepted=accepted)
        return
    services = {
        each.name if promotion.environment is not None else each.folder or each.name
        for region in regions
        for each in region.services
    }
    if promotion.service not in services:
        where = promotion.environment or "any environment"
        accepted = f"a service that {where} runs: {', '.join(sorted(services)) or 'there is none'}"
        yield Finding(path=(*place, "service"), found=shown(promotion.service), accepted=accepted)
    elsewhere = sorted({each.region for each in regions} - {promotion.group_region})
    if promotion.environment is not None and elsewhere:
        accepted = f"a group in {', '.join(elsewhere)}, where {promotion.name} loads its models from"
        found = shown(promotion.model_package_group)
        yield Finding(path=(*place, "model_package_group"), found=found, accepted=accepted)
