"""From what was asked to a pin that was looked up: it exists, it is approved, it is in the right region."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from slipway.operations.backend import Backend
from slipway.operations.errors import OperationError, WrongUsageError
from slipway.operations.promotion.model_pin import Pin, read_image
from slipway.operations.promotion.pin_location import Place
from slipway.operations.promotion.registries import ModelStores, RegisteredPackage, StoredObject, folder_of
from slipway.operations.promotion.request import PromotionRequest
from slipway.operations.registry import backend_of

MakeStores = Callable[[str], ModelStores]


def find_pin(request: PromotionRequest, place: Place, said: dict[str, Any] | None, make_stores: MakeStores) -> Pin:
    """Look up what a request names.

    Args:
        request: What was asked.
        place: Where the pin is.
        said: The keys of `model:` now, None without one.
        make_stores: Makes the clients for a region; not called for a model in a folder.

    Raises:
        OperationError: It is not there, not approved, or in another region than the environments that would load it.
        WrongUsageError: The request cannot be meant for this service.
    """
    if request.model_package is not None or request.latest_approved is not None:
        return _packaged(request, place, said, make_stores)
    model: dict[str, Any] | None = said
    if request.model_path is not None:
        model = _folder(request, place)
    elif request.inherit:
        model = None
    elif request.s3_uri is not None:
        # Whichever region is asked, S3 finds a bucket where it is.
        stores = make_stores(place.environments[0].region)
        return _stored(request, place, said, stores, request.s3_uri)
    return _with_image(request, Pin(model=model))


def _with_image(request: PromotionRequest, pin: Pin) -> Pin:
    """The same pin with the image that was asked for, if one was."""
    if request.image is None:
        return pin
    return replace(pin, image=read_image(request.image), moves_image=True)


def _packaged(request: PromotionRequest, place: Place, said: dict[str, Any] | None, make_stores: MakeStores) -> Pin:
    package, stores = _find_package(request, place, make_stores)
    by_archive = _pinned_by_archive(place)
    if by_archive is not None:
        # It loads an archive, not a package, and runs the service's own image: the package only names the archive.
        pin = _stored(request, place, said, stores, package.data)
        where = f"On {by_archive.title} the archive of {package.arn}"
        note = f"{where} is pinned by its checksum; the image stays the service's."
        return replace(pin, notes=(note, *pin.notes))
    found = stores.find_object(package.data)
    if found.region != package.region:
        raise OperationError(f"{package.arn} loads {package.data}, which is in {found.region}; nothing was changed.")
    prefix = request.package_artifacts or _kept_prefix(said, package.data) or folder_of(package.data)
    if not package.data.startswith(prefix):
        raise WrongUsageError(f"--package-artifacts: `{prefix}`; accepted: a prefix of {package.data}, which it loads.")
    model = {"model_package_arn": package.arn, "package_artifacts": prefix, **_key(request, said, found)}
    image, moves = {"uri": package.image}, _runs_another(place, package)
    return _with_image(request, Pin(model=model, image=image, moves_image=moves, region=found.region))


def _folder(request: PromotionRequest, place: Place) -> dict[str, str]:
    path = request.model_path or ""
    within = request.project / "model_artifacts" / (place.service.folder or place.service.name)
    folder = within / path
    if not folder.is_dir() or not any(folder.iterdir()):
        what = "an empty folder" if folder.is_dir() else "no folder"
        raise WrongUsageError(f"--model-path: `{path}` is {what}; accepted: a folder within {within} with the model.")
    return {"path": path}


def _find_package(
    request: PromotionRequest, place: Place, make_stores: MakeStores
) -> tuple[RegisteredPackage, ModelStores]:
    if request.model_package is not None:
        parts = request.model_package.split(":")
        if len(parts) != 6 or parts[2] != "sagemaker" or not parts[5].startswith("model-package/"):  # noqa: PLR2004
            raise WrongUsageError(
                f"--model-package: `{request.model_package}`; accepted:"
                " arn:aws:sagemaker:REGION:ACCOUNT:model-package/GROUP/VERSION."
            )
        stores = make_stores(parts[3])
        package = stores.package(request.model_package)
    else:
        group = request.latest_approved or ""
        stores = make_stores(group.split(":")[3] if group.startswith("arn:") else _region(place))
        package = stores.latest_approved(group)
    return package, stores


def _stored(request: PromotionRequest, place: Place, said: dict[str, Any] | None, stores: ModelStores, uri: str) -> Pin:
    found = stores.find_object(uri)
    key = _key(request, said, found)
    notes: tuple[str, ...] = ()
    if found.kms_key_arn and "kms_key_arn" not in key:
        notes = (f"{uri} is encrypted with {found.kms_key_arn}; name it by --kms-key-arn unless it is AWS's own.",)
    if uri.endswith("/"):
        return _with_image(request, Pin(model={"s3_prefix": uri, **key}, region=found.region, notes=notes))
    had = said is not None and "sha256" in said
    wanted = request.sha256 if request.sha256 is not None else had or _pinned_by_archive(place) is not None
    digest = {"sha256": stores.sha256(found)} if wanted else {}
    model = {"s3_uri": uri, **digest, **key}
    return _with_image(request, Pin(model=model, region=found.region, notes=notes))


def _key(request: PromotionRequest, said: dict[str, Any] | None, found: StoredObject) -> dict[str, str]:
    """The customer's key: the one named, or the one that is set and still right."""
    if request.kms_key_arn is not None:
        return {"kms_key_arn": request.kms_key_arn}
    known = (said or {}).get("kms_key_arn")
    return {"kms_key_arn": known} if known is not None and known == found.kms_key_arn else {}


def _kept_prefix(said: dict[str, Any] | None, data: str) -> str | None:
    prefix = (said or {}).get("package_artifacts")
    return prefix if prefix is not None and data.startswith(prefix) else None


def _runs_another(place: Place, package: RegisteredPackage) -> bool:
    """Whether the image has to change with the package: a service may name the package's image in its own way."""
    image = place.service.image
    if image is None or image.build is not None:
        return True
    if image.deep_learning_container is not None:
        return not package.image.endswith(f"/{image.deep_learning_container}:{image.version}")
    return image.uri != package.image


def _pinned_by_archive(place: Place) -> Backend[Any] | None:
    """The backend of the service, in any environment, that loads archives only; None if none does."""
    folder, name = place.service.folder or place.service.name, place.service.name
    services = [each for environment in place.environments for each in environment.services]
    mine = [each for each in services if (each.name == name if place.path else (each.folder or each.name) == folder)]
    return next((backend for each in mine if (backend := backend_of(each.backend)).pins_archives), None)


def _region(place: Place) -> str:
    regions = sorted({environment.region for environment in place.environments})
    if len(regions) > 1:
        names = ", ".join(environment.stage_name for environment in place.environments)
        raise WrongUsageError(
            f"{place.service.name} runs in {', '.join(regions)} ({names}), and a model package group is in one region;"
            " choose one by --environment and --region, or name the group by its ARN."
        )
    return regions[0]
