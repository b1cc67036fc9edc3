"""An environment as it is in another of its regions."""

from inference_constructs.config.errors import KeyPath
from inference_constructs.config.yaml.file import YamlFile
from inference_constructs.config.yaml.overrides import overridden


def in_region(environment: YamlFile, region: str) -> YamlFile:
    """What an environment says in a region: what it says of the first one, with what differs laid over it.

    A problem with what is said under the region's name is told on its line there.

    Args:
        environment: The environment's file.
        region: A key of its `regions`.
    """
    differs = environment.data["regions"][region]
    first = {key: value for key, value in environment.data.items() if key != "regions"}
    there: KeyPath = ("regions", region)
    lines = {path[2:]: line for path, line in environment.lines.items() if path[:2] == there and len(path) > len(there)}
    return YamlFile(
        path=environment.path,
        data=overridden(first, differs) | {"region": region},
        lines={**environment.lines, **lines},
    )
