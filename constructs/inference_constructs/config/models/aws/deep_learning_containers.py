"""AWS's own images for serving models: where they are, and what their names and tags say of what they run on.

Accounts: the registries of `vllm` and `sglang` in the SageMaker Python SDK (`image_uri_config`), read 2026-12. They are
the same for every repository here; whether one has a tag in a region, ECR alone can tell.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from inference_constructs.config.models.instance_types import Accelerator, Architecture

_COMMON = "763104351884"
_WITH_THE_COMMON_ACCOUNT = (
    "ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1"
    " eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2"
)
#: The account in each region, but for the isolated partitions, whose registries have other domains.
ACCOUNTS: Mapping[str, str] = dict.fromkeys(_WITH_THE_COMMON_ACCOUNT.split(), _COMMON) | {
    "af-south-1": "626614931356",
    "ap-east-1": "871362719292",
    "ap-east-2": "975050140332",
    "ap-northeast-3": "364406365360",
    "ap-south-2": "772153158452",
    "ap-southeast-3": "907027046896",
    "ap-southeast-4": "457447274322",
    "ap-southeast-5": "550225433462",
    "ap-southeast-6": "633930458069",
    "ap-southeast-7": "590183813437",
    "ca-west-1": "204538143572",
    "cn-north-1": "727897471807",
    "cn-northwest-1": "727897471807",
    "eu-central-2": "380420809688",
    "eu-south-1": "692866216735",
    "eu-south-2": "503227376785",
    "il-central-1": "780543022126",
    "me-central-1": "914824155844",
    "me-south-1": "217643126080",
    "me-west-1": "124382933778",
    "mx-central-1": "637423239942",
    "us-gov-east-1": "446045086412",
    "us-gov-west-1": "442386744353",
}

#: Repositories whose name alone says that they serve models.
_SERVING = re.compile(r"[a-z][a-z0-9-]*-inference(-[a-z0-9]+)*")
#: Others, and what they run on unless a tag says otherwise; None for what the tag does not tell.
_OTHERS: Mapping[str, Accelerator | None] = {
    "vllm": "gpu",
    "vllm-arm64": "gpu",
    "sglang": "gpu",
    "huggingface-vllm": "gpu",
    "huggingface-sglang": "gpu",
    "sagemaker-tritonserver": None,
}
ACCEPTED_REPOSITORIES = f"a repository such as pytorch-inference, djl-inference or one of {', '.join(_OTHERS)}"

_CUDA = re.compile(r"cu(\d{2})\d")
_TRITON = re.compile(r"(\d{2})\.(\d{2})-")
#: Before, Triton was in accounts of its own.
_OLDEST_TRITON = (23, 12)


@dataclass(frozen=True, kw_only=True)
class DeepLearningContainer:
    """One of the images.

    Attributes:
        repository: Such as `vllm`.
        tag: Such as `0.28.0-gpu-py312-cu130-ubuntu24.04-sagemaker`.
    """

    repository: str
    tag: str

    @property
    def architecture(self) -> Architecture:
        """The processor that it is built for."""
        arm = {"arm64", "graviton"} & self._words
        return "arm64" if arm else "x86_64"

    @property
    def accelerator(self) -> Accelerator | None:
        """What it computes on besides the CPU: None for the CPU alone, or if nothing tells."""
        words = self._words
        if {"neuron", "neuronx"} & words:
            return "neuron"
        if "cpu" in words:
            return None
        if {"gpu", "cuda"} & words or self.cuda is not None:
            return "gpu"
        return _OTHERS.get(self.repository)

    @property
    def for_cpus_alone(self) -> bool:
        """Whether it uses no accelerator, and says so."""
        return "cpu" in self._words

    @property
    def cuda(self) -> int | None:
        """The major version of CUDA, as far as its tag tells."""
        found = (_CUDA.fullmatch(word) for word in self._words)
        return next((int(match[1]) for match in found if match is not None), None)

    @property
    def without_a_sagemaker_server(self) -> bool:
        """Whether it is the build for EC2, ECS and EKS, which answers no `/ping` on port 8080 by itself."""
        return "ec2" in self._words

    @property
    def first_generation_neuron(self) -> bool:
        """Whether it is for Inferentia, and not for Inferentia2 or Trainium."""
        return "neuron" in self._words

    @property
    def _words(self) -> set[str]:
        return {*self.repository.split("-"), *self.tag.split("-")}


def is_serving_repository(name: str) -> bool:
    """Whether AWS has images for serving models in a repository of this name."""
    return name in _OTHERS or _SERVING.fullmatch(name) is not None


def is_in_the_usual_accounts(container: DeepLearningContainer) -> bool:
    """Whether an image is in the accounts of `ACCOUNTS`."""
    if container.repository != "sagemaker-tritonserver":
        return True
    version = _TRITON.match(container.tag)
    return version is None or (int(version[1]), int(version[2])) >= _OLDEST_TRITON


def mismatches(
    container: DeepLearningContainer, *, architecture: Architecture, accelerator: Accelerator | None
) -> Iterator[str]:
    """Why an image does not run on an instance or a node: what would be accepted, each as the end of a sentence.

    Args:
        container: The image.
        architecture: The processor.
        accelerator: What computes besides it, if anything does.
    """
    if container.architecture != architecture:
        yield f"an image for {architecture}, or another processor: it is built for {container.architecture}"
    if container.accelerator is not None and container.accelerator != accelerator:
        yield f"an image for {accelerator or 'cpu'}, or what has a {container.accelerator}, which it computes on"
    if container.for_cpus_alone and accelerator is not None:
        yield f"an image for {accelerator}, or what has no accelerator: it would use none"
