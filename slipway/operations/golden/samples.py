"""The golden samples beside every model: requests, and the answers expected for them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Final

from slipway.operations.errors import WrongUsageError
from slipway.operations.golden.comparison import problem_of

#: The media types of requests and answers, by the suffix of their files.
MEDIA_TYPES: Final[Mapping[str, str]] = {".json": "application/json", ".csv": "text/csv"}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One golden sample.

    Attributes:
        name: The request's file name without `.request`, such as `benign-patient.json`.
        content_type: The media type of the request.
        request: The body to send.
        accept: The media type of the answer.
        response: The body expected.
    """

    name: str
    content_type: str
    request: bytes
    accept: str
    response: bytes

    @property
    def request_file(self) -> str:
        """The name of the request's file."""
        stem, suffix = PurePath(self.name).stem, PurePath(self.name).suffix
        return f"{stem}.request{suffix}"


@dataclass(frozen=True, kw_only=True)
class Samples:
    """The samples of a service.

    Attributes:
        shared: What every variant is asked.
        by_variant: What a variant is asked instead, for those with a folder of their own.
    """

    shared: tuple[Sample, ...]
    by_variant: Mapping[str, tuple[Sample, ...]] = field(default_factory=dict)

    def of(self, variant: str) -> tuple[Sample, ...]:
        """What a variant is asked, ordered by name."""
        return self.by_variant.get(variant, self.shared)

    def versions_of(self, sample: Sample) -> tuple[Sample, ...]:
        """A sample as each variant is asked it: the request is the same, the answer expected may be another."""
        groups = (self.shared, *self.by_variant.values())
        same = (own for group in groups for own in group if (own.name, own.request) == (sample.name, sample.request))
        return tuple(dict.fromkeys(same))


def read_samples(folder: Path) -> Samples:
    """Read the samples of a service.

    `<name>.request.json` or `.csv` is a request, `<name>.response.*` the answer expected: the one of the same suffix,
    or the only one. A file under `<variant>/` takes the place of the shared one of the same name, for that variant.

    Args:
        folder: The service's `samples/`.

    Raises:
        WrongUsageError: There are none, a request has no response, or a file is not of a known type.
    """
    shared = _files(folder)
    if not shared:
        raise WrongUsageError(f"{folder} holds no NAME.request.json or NAME.request.csv, so no answer can be checked.")
    own = {path.name: _files(path) for path in sorted(folder.iterdir()) if path.is_dir()}
    return Samples(
        shared=tuple(_pair(shared)),
        by_variant={variant: tuple(_pair(shared | files)) for variant, files in own.items()},
    )


def read_request(path: Path) -> tuple[bytes, str]:
    """The content of a request file, and the media type of its suffix.

    Raises:
        WrongUsageError: It cannot be read, or its suffix has none.
    """
    if path.suffix not in MEDIA_TYPES:
        raise WrongUsageError(f"{path} is of no known type; accepted: {', '.join(MEDIA_TYPES)}.")
    try:
        return path.read_bytes(), MEDIA_TYPES[path.suffix]
    except OSError as error:
        raise WrongUsageError(f"{path} cannot be read: {error.strerror}.") from error


def _files(folder: Path) -> dict[str, Path]:
    """The files of a folder that are part of a sample, by name."""
    if not folder.is_dir():
        return {}
    return {path.name: path for path in folder.iterdir() if {".request", ".response"} & set(path.suffixes)}


def _pair(files: Mapping[str, Path]) -> Iterator[Sample]:
    for name, path in sorted(files.items()):
        stem, kind, suffix = _parts(name)
        if kind != "request":
            continue
        request, content_type = read_request(path)
        answer = _response(files, stem, suffix, path)
        response, accept = read_request(answer)
        if problem := problem_of(response, accept):
            raise WrongUsageError(f"{answer} is no {accept}: {problem}.")
        yield Sample(
            name=f"{stem}{suffix}", content_type=content_type, request=request, accept=accept, response=response
        )


def _response(files: Mapping[str, Path], stem: str, suffix: str, request: Path) -> Path:
    same = files.get(f"{stem}.response{suffix}")
    any_suffix = [path for name, path in files.items() if _parts(name)[:2] == (stem, "response")]
    if same is None and len(any_suffix) != 1:
        raise WrongUsageError(f"{request} has no expected answer beside it; accepted: {stem}.response{suffix}.")
    return same or any_suffix[0]


def _parts(name: str) -> tuple[str, str, str]:
    """`a.b.request.json` as `("a.b", "request", ".json")`."""
    rest, _, suffix = name.rpartition(".")
    stem, _, kind = rest.rpartition(".")
    return stem, kind, f".{suffix}"
