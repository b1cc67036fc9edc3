"""What a service on EKS comes to: its variants, and what a candidate does to the traffic."""

from typing import Any

import pytest

from inference_constructs.config import Pods, ServiceOnEks, read_service
from tests.unit.config.test_service import USUAL, service

NEW = {"s3_uri": "s3://bucket/next.tar.gz", "sha256": "ab" * 32}


def on_eks(**values: Any) -> ServiceOnEks:
    read = read_service(USUAL | {"backend": "eks", "eks": {"cpu": "2", "memory": "4Gi"}} | values)
    assert isinstance(read, ServiceOnEks)
    return read


def weights(service: ServiceOnEks) -> dict[str, float]:
    return {variant.name: variant.weight for variant in service.pod_variants}


def test_one_word_moves_a_service_from_one_backend_to_the_other() -> None:
    sagemaker = service(eks={"cpu": "2", "memory": "4Gi"})
    eks = on_eks(sagemaker={"instance_type": "ml.c7i.large"})
    assert sagemaker.model_dump(exclude={"backend"}) == eks.model_dump(exclude={"backend"})
    (variant,), (pods,) = sagemaker.production_variants, eks.pod_variants
    assert (variant.name, variant.containers, variant.scaling) == (pods.name, (pods.container,), pods.scaling)


@pytest.mark.parametrize(
    ("rollout", "shares"),
    [
        ({"strategy": "canary", "canary_percent": 10}, [0, 10, 100]),
        ({"strategy": "canary"}, [0, 10, 100]),
        ({"strategy": "linear", "step_percent": 25}, [0, 25, 50, 75, 100]),
        ({"strategy": "linear", "step_percent": 30}, [0, 30, 60, 90, 100]),
    ],
)
def test_one_value_moves_the_traffic_to_a_candidate_and_back(rollout: dict[str, Any], shares: list[int]) -> None:
    steps = [
        on_eks(rollout=rollout, candidate={"model": NEW, "step": step}, scaling={"min": 2, "max": 2})
        for step in range(len(shares))
    ]
    assert [weights(step) for step in steps] == [{"main": 100 - share, "candidate": share} for share in shares]


def test_a_candidate_differs_from_what_serves_in_nothing_but_what_it_says() -> None:
    main, candidate = on_eks(rollout={"strategy": "canary"}, candidate={"model": NEW, "step": 1}).pod_variants
    assert candidate.container.model is not None
    assert candidate.container.model.s3_uri == NEW["s3_uri"]
    assert candidate.container.image == main.container.image
    assert candidate.scaling == main.scaling, "as many pods as what serves, or the last step would overload it"


def test_variants_share_the_traffic_by_weight() -> None:
    split = on_eks(variants={"old": {"weight": 9.0}, "new": {"weight": 1.0, "model": NEW}})
    assert weights(split) == {"old": 9, "new": 1}


@pytest.mark.parametrize(
    ("cpu", "millicores", "threads"), [("2", 2000, 2), ("1.5", 1500, 1), ("500m", 500, 1), ("16", 16_000, 16)]
)
def test_a_pod_computes_as_many_requests_at_once_as_it_has_cores(cpu: str, millicores: int, threads: int) -> None:
    pods = Pods(cpu=cpu, memory="1536Mi")
    assert (pods.cpu_millicores, pods.threads, pods.memory_mebibytes) == (millicores, threads, 1536)


@pytest.mark.parametrize(("extra", "kind"), [({}, "cpu"), ({"gpus": 1}, "gpu"), ({"neuron_devices": 2}, "inferentia")])
def test_what_a_pod_needs_says_which_nodes_it_runs_on(extra: dict[str, Any], kind: str) -> None:
    assert Pods(cpu="2", memory="4Gi", **extra).kind == kind


_VLLM = {"deep_learning_container": "vllm", "version": "0.28.0-gpu-py312-cu130-ubuntu24.04-sagemaker"}
_GPUS = {"cpu": "8", "memory": "64Gi", "gpus": 4}
_FIXED = {"min": 2, "max": 2}


@pytest.mark.parametrize(
    ("image", "eks"),
    [
        (_VLLM, _GPUS),
        (_VLLM | {"version": "0.28.0-gpu-py312-cu130-ubuntu24.04-ec2"}, _GPUS),
        (
            {"deep_learning_container": "djl-inference", "version": "0.30.0-neuronx-sdk2.20.1"},
            {"cpu": "8", "memory": "64Gi", "neuron_devices": 2},
        ),
    ],
)
def test_awss_images_run_on_the_nodes_they_are_built_for(image: dict[str, Any], eks: dict[str, Any]) -> None:
    assert on_eks(image=image, eks=eks, scaling=_FIXED).image is not None


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"image": _VLLM, "scaling": _FIXED}, "what has a gpu, which it computes on"),
        (
            {
                "image": {"deep_learning_container": "djl-inference", "version": "0.31.0-cpu-full"},
                "eks": _GPUS,
                "scaling": _FIXED,
            },
            "it would use none",
        ),
        (
            {
                "image": {
                    "deep_learning_container": "pytorch-inference-arm64",
                    "version": "2.6.0-cpu-py312-ubuntu22.04-sagemaker",
                },
                "scaling": _FIXED,
            },
            "built for arm64",
        ),
        ({"image": _VLLM, "eks": _GPUS, "scaling": {"min": 2, "max": 4, "target": 8}}, "min equal to max"),
        ({"candidate": {"image": _VLLM, "step": 0}, "rollout": {"strategy": "canary"}}, "candidate.image.version"),
    ],
)
def test_awss_images_are_refused_where_they_cannot_work(values: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        on_eks(**values)
