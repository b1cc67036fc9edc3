"""Regions are those that botocore knows."""

import botocore.loaders

from inference_constructs.config.models.aws.regions import REGIONS


def test_the_list_is_botocores() -> None:
    partitions = botocore.loaders.Loader().load_data("partitions")["partitions"]
    known = {name for partition in partitions for name in partition["regions"] if not name.endswith("-global")}
    assert known == REGIONS
