"""Whether services in several regions load models from one bucket, which is in one region only."""

import re
from collections.abc import Iterator, Sequence

from inference_constructs.config.errors import Finding, KeyPath, shown
from inference_constructs.config.models.environment import Environment
from inference_constructs.config.rules.references import iter_models
from inference_constructs.config.sagemaker.service import ServiceOnSageMaker

_BUCKET = re.compile(r"s3://([^/]+)/")


def check_buckets(environments: Sequence[Environment]) -> Iterator[tuple[Environment, Finding]]:
    """Find buckets that services on SageMaker name in two regions: at least one of them would not load its model.

    Args:
        environments: Every environment of the project, in each of its regions.

    Yields:
        The later environment, with the place that names the bucket.
    """
    first: dict[str, Environment] = {}
    for environment in environments:
        for path, uri, bucket in _named(environment):
            known = first.setdefault(bucket, environment)
            if known.region != environment.region:
                accepted = (
                    f"a bucket in {environment.region}: {known.name} names this one in {known.region}, and SageMaker"
                    " loads nothing from another region; under `regions:` each region sets its own"
                )
                yield environment, Finding(path=path, found=shown(uri), accepted=accepted)


def _named(environment: Environment) -> Iterator[tuple[KeyPath, str, str]]:
    elsewhere: KeyPath = () if environment.first_region is None else ("regions", environment.region)
    for service in environment.services_of(ServiceOnSageMaker):
        for path, model in iter_models(service):
            for key in ("s3_uri", "s3_prefix", "package_artifacts"):
                uri = getattr(model, key)
                found = _BUCKET.match(uri) if uri is not None else None
                if found is not None:
                    yield (*elsewhere, "services", service.name, *path, key), uri, found[1]
