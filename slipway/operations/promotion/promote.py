"""Promotes a model: looks it up, edits the pin, and checks the whole project before a byte is written."""

from inference_constructs.config import Environment, Project, Service
from slipway.operations.errors import OperationError
from slipway.operations.promotion import dry_run_project as overlay
from slipway.operations.promotion.edit import Edit
from slipway.operations.promotion.edited_file import EditedFile, read_text
from slipway.operations.promotion.pin_location import Place, find_place
from slipway.operations.promotion.registries import ModelStores
from slipway.operations.promotion.request import PromotionRequest
from slipway.operations.promotion.sources import MakeStores


def promote(request: PromotionRequest, make_stores: MakeStores = ModelStores.of_region) -> EditedFile:
    """Find out what a promotion would write.

    Raises:
        WrongUsageError: The request makes no sense, or the project could not be accepted afterwards.
        OperationError: The model is not there, not approved or in another region.
    """
    request.check()
    project = overlay.load(request.project)
    place = find_place(request, project)
    before = read_text(place.file)
    applied = Edit(request=request, place=place, text=before).apply(make_stores)
    after = overlay.load_with(request.project, place.file, applied.text)
    changed = _changed(project, after)
    _check_region(changed, applied.region)
    return EditedFile(
        file=place.file,
        before=before,
        after=applied.text,
        name=place.file.relative_to(request.project).as_posix(),
        notes=(*applied.notes, *_reach(changed, place)),
        undo=applied.undo,
    )


def _changed(before: Project, after: Project) -> list[Environment]:
    """Which environments load another model or run another image than before."""
    old = {environment.stage_name: environment for environment in before.environments}
    return [each for each in after.environments if _pins(each) != _pins(old[each.stage_name])]


def _check_region(changed: list[Environment], region: str | None) -> None:
    """Refuse a model that somebody would have to load from another region: SageMaker does not."""
    elsewhere = [each for each in changed if region not in (None, each.region)]
    if elsewhere:
        names = ", ".join(f"{each.stage_name} in {each.region}" for each in elsewhere)
        raise OperationError(f"The model is in {region}, and would be loaded by {names}; nothing was changed.")


def _reach(changed: list[Environment], place: Place) -> list[str]:
    names = [each.stage_name for each in changed]
    untouched = [each.stage_name for each in place.environments if each.stage_name not in names]
    if not changed:
        return ["No environment would serve anything else than now."]
    said = [f"Served by the next deployment of {', '.join(names)}."]
    if untouched:
        said.append(f"Not by {', '.join(untouched)}: it has a pin of its own.")
    return said


def _pins(environment: Environment) -> list[tuple[str, object, object]]:
    return [(each.name, _versions(each), each.candidate) for each in environment.services]


def _versions(service: Service) -> object:
    return [(one.model, one.image) for one in service.all_containers]
