"""Whether the folders are there that models are read and images are built from."""

import os.path
from collections.abc import Iterator
from pathlib import Path

from inference_constructs.config.errors import Finding, KeyPath, shown
from inference_constructs.config.models.image import Image
from inference_constructs.config.models.service import Service
from inference_constructs.config.rules.references import iter_images, iter_models

#: Slipway's own model server, by the name that YAML files use, and where a checkout of Slipway has it.
_OWN_SERVER, _OWN_SERVER_FOLDER = "serving", "slipway/serving"


def build_folder(root: Path, build: str) -> Path:
    """The folder that an image is built from.

    Args:
        root: The project's folder.
        build: A folder relative to it. `serving` is Slipway's own server, unless the project has a folder of that name.
    """
    folder = root / build
    if build == _OWN_SERVER and not _is_folder(folder):
        return root / _OWN_SERVER_FOLDER
    return folder


def missing_folders(service: Service, root: Path) -> Iterator[Finding]:
    """Find what a service names and the project does not have.

    Args:
        service: The service.
        root: The project's folder.
    """
    folder = f"model_artifacts/{service.folder or service.name}"
    for path, model in iter_models(service):
        if model.path is not None and not _is_folder(root / folder / model.path):
            accepted = f"a folder within {folder}/ that holds the model"
            yield Finding(path=(*path, "path"), found=f"{shown(model.path)} is no folder", accepted=accepted)
    for path, image in iter_images(service):
        yield from missing_dockerfile(image, path, root)


def missing_dockerfile(image: Image, path: KeyPath, root: Path) -> Iterator[Finding]:
    """Find whether an image cannot be built.

    Args:
        image: The image.
        path: The keys that set it.
        root: The project's folder.
    """
    if image.build is not None and not _is_file(build_folder(root, image.build) / "Dockerfile"):
        accepted = "a folder of the project with a Dockerfile, such as serving"
        yield Finding(path=(*path, "build"), found=f"{shown(image.build)} has no Dockerfile", accepted=accepted)


def _is_folder(path: Path) -> bool:
    """Unlike pathlib's, these are no error at a name that no file can have, such as one of 300 characters."""
    return os.path.isdir(path)  # noqa: PTH112


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113
