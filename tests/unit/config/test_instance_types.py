"""The table of instance types says what AWS says."""

from typing import Any

import botocore.session
import pytest

from inference_constructs.config.models.instance_types import FAMILIES, find_instance_type, instance_type_names


def test_the_table_names_what_the_sagemaker_api_accepts() -> None:
    api = botocore.session.get_session().get_service_model("sagemaker")
    shape: Any = api.shape_for("ProductionVariantInstanceType")
    assert set(instance_type_names()) == set(shape.enum)


@pytest.mark.parametrize(
    ("name", "vcpus"),
    [
        ("ml.c7i.large", 2), ("ml.m5.xlarge", 4), ("ml.c5.9xlarge", 36), ("ml.c4.8xlarge", 36), ("ml.t2.medium", 2),
        ("ml.t2.2xlarge", 8), ("ml.c8g.medium", 1), ("ml.m4.10xlarge", 40), ("ml.p4d.24xlarge", 96),
        ("ml.g5.48xlarge", 192),
    ],
)  # fmt: skip
def test_vcpus_are_those_of_the_ec2_instance_type_pages(name: str, vcpus: int) -> None:
    instance = find_instance_type(name)
    assert instance is not None
    assert instance.vcpus == vcpus


def test_local_nvme_storage_is_a_table_and_no_letter_in_a_name() -> None:
    """SageMaker fact 10: a volume key is refused for these, though only some have a `d` in their name."""
    with_storage = {name for name, family in FAMILIES.items() if family.local_nvme}
    assert {"m5d", "c5d", "r5d", "g4dn", "g5", "g6", "p4d", "p5", "trn1"} <= with_storage
    assert not {"m5", "c7i", "inf1", "inf2", "p3", "t2"} & with_storage


def test_graviton_families_need_arm_images() -> None:
    arm = {name for name, family in FAMILIES.items() if family.architecture == "arm64"}
    assert {"c6g", "c7g", "m8g", "r7gd"} <= arm
    assert not {"g4dn", "g5", "c7i", "m5"} & arm


@pytest.mark.parametrize(
    "name", ["", "c7i.large", "ml.c7i", "ml.c7i.48large", "ml.m5.medium", "ml.c7i.large ", "ML.C7I.LARGE"]
)
def test_other_names_are_unknown(name: str) -> None:
    assert find_instance_type(name) is None
