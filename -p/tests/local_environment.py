"""The environment `local` of a checkout, cut down to what a test is about."""

import re
from pathlib import Path


def leave_only_sagemaker(environments: Path) -> None:
    """Take the cluster and its service out of `local.yaml`: a test about SageMaker need not deploy them."""
    file = environments / "local.yaml"
    text, service, _ = file.read_text().partition("  tumor-triage-eks:")
    without, clusters = re.subn(r"(?m)^eks:\n(?:  .*\n)+", "", text)
    assert service, "local.yaml names no service on EKS"
    assert clusters == 1, "local.yaml has no clusters"
    file.write_text(without)
