"""Projects that are nearly right: the checkout's own and the showcase, with a few values changed by chance.

Each has a number, by which it is made again. `make mutations NUMBER=3000` loads that many and reports what became of
them; `SYNTHESES=40` also synthesises as many of those that are accepted.
"""

import argparse
import copy
import json
import random
import re
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from inference_constructs.common.artifact import ArtifactError
from inference_constructs.config import ConfigError, Project, load_project
from stacks.advice import advice
from stacks.application import create_app
from stacks.limits import findings as sizes
from stacks.security_rules import unexplained_findings
from tests.conftest import ROOT

_MODEL = ROOT / "model_artifacts" / "tumor-triage" / "model"
SHOWCASE = ROOT / "tests" / "showcase"
_PATTERNS = ("environments/*.yaml", "model_artifacts/*/service.yaml", "pipeline.yaml")
_ONE_ENVIRONMENT = 0.7
_MOST_CHANGES = 3
#: Of each kind of change in `_changed`: another value for the same key, and another number, are what people write.
_HOW_OFTEN = (1, 1, 1, 5, 1, 5, 1)
#: Values that are of the wrong type, at the edge of a range, or that a parser takes for something else.
_ODD: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 2, 7, 60, 10**12, 0.5, 1e300, float("inf"), float("nan"), "", " ", "x", "0", "null",
    "*", "?", "${a}", "%s", "{}", "a/b", "../a", "/etc", "ä", "\u2028", "x" * 300, "2026-01-01", "10.0.0.0/16",
    "999999999999", "eu-west-1", "ml.p5.48xlarge", "512Mi", "500m", "latest", [], {}, [None], [[]], {"a": None}, [{}],
)  # fmt: skip
_SENTENCE = re.compile(r"(environments|model_artifacts|pipeline)[^:]*(:\d+)?: .*; accepted: .+", re.DOTALL)

_SYNTHESES = ("synthesis accepted", "synthesis refused", "synthesis failed")

Key = str | int
Place = tuple[Key, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a project.

    Attributes:
        number: Its number.
        kind: accepted, refused, or failed, which none may be.
        said: The sentences, or the traceback.
    """

    number: int
    kind: str
    said: str


def write(number: int, folder: Path) -> Path:
    """Write the project of a number.

    Args:
        number: Any number; the same one makes the same project.
        folder: An empty folder.
    """
    chance = random.Random(number)  # noqa: S311 - not for secrets
    root = _copy(chance.choice((ROOT, SHOWCASE)), folder)
    files = {file: YAML(typ="safe").load(file) for pattern in _PATTERNS for file in sorted(root.glob(pattern))}
    known = list(_harvest(files.values()))
    for _ in range(chance.randint(1, _MOST_CHANGES)):
        file = chance.choice(list(files))
        if isinstance(files[file], dict):
            files[file] = _changed(files[file], chance, known)
    for file, data in files.items():
        file.write_text(_text(data), encoding="utf-8")
    if chance.random() < 0.1:  # a slip of the keyboard
        file = chance.choice(list(files))
        file.write_text(_slip(file.read_text(encoding="utf-8"), chance), encoding="utf-8")
    return root


def outcome(number: int, folder: Path) -> tuple[Outcome, Project | None]:
    """Load the project of a number, and ask for advice, as `app.py` does before it synthesises."""
    root = write(number, folder)
    try:
        project = load_project(root)
        said = "\n".join(advice(project))
    except ConfigError as error:
        wrong = [str(problem) for problem in error.problems if not _SENTENCE.fullmatch(str(problem))]
        if wrong or not error.problems:
            return Outcome(number, "failed", f"no sentence: {wrong}"), None
        return Outcome(number, "refused", str(error)), None
    except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
        return Outcome(number, "failed", traceback.format_exc()), None
    return Outcome(number, "accepted", said), project


def synthesised(number: int, project: Project, folder: Path) -> Outcome:
    """Synthesise a project with its pipeline, or one environment, and look for what ends `app.py` with status 1."""
    chance = random.Random(number)  # noqa: S311 - not for secrets
    context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    if chance.random() < _ONE_ENVIRONMENT:
        context["environments"] = chance.choice(project.environments).stage_name
    try:
        assembly = create_app(project, context=context, outdir=folder).synth()
    except (ArtifactError, ConfigError) as error:
        return Outcome(number, "refused", str(error))
    except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
        return Outcome(number, "failed", traceback.format_exc())
    told = [str(each) for each in unexplained_findings(assembly)]
    told += [str(size) for size in sizes(assembly) if size.is_exceeded]
    return Outcome(number, "failed" if told else "accepted", "\n".join(told))


def _copy(source: Path, folder: Path) -> Path:
    """The YAML files, and links to whatever they name; services of the showcase have the sample model."""
    for pattern in _PATTERNS:
        for file in source.glob(pattern):
            there = folder / file.relative_to(source)
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, there)
    for service in (folder / "model_artifacts").iterdir():
        for name in ("model", "candidate"):
            (service / name).symlink_to(_MODEL)
    for name in ("slipway", "package.json"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def _harvest(documents: Any) -> Iterator[tuple[Key, Any]]:
    """Every key with its value, of all files: what is right in one place is wrong in another."""
    for document in documents:
        for place in _places(document):
            yield place[-1], _at(document, place)


def _places(value: Any, place: Place = ()) -> Iterator[Place]:
    if place:
        yield place
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _places(inner, (*place, key))


def _at(value: Any, place: Place) -> Any:
    for key in place:
        value = value[key]
    return value


def _changed(document: dict[str, Any], chance: random.Random, known: list[tuple[Key, Any]]) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    places = list(_places(changed))
    if not places:
        return changed
    place = chance.choice(places)
    owner: Any = _at(changed, place[:-1])
    key: Any = place[-1]
    match chance.choices(range(7), weights=_HOW_OFTEN)[0]:
        case 0:
            del owner[key]
        case 1:
            owner[key] = copy.deepcopy(chance.choice(_ODD))
        case 2:
            owner[key] = copy.deepcopy(chance.choice(known)[1])
        case 3:
            same = [value for name, value in known if name == key]
            owner[key] = copy.deepcopy(chance.choice(same)) if same else None
        case 4 if isinstance(owner, dict):
            name, value = chance.choice([each for each in known if isinstance(each[0], str)])
            owner[name] = copy.deepcopy(value)
        case 5 if isinstance(owner[key], int | float) and not isinstance(owner[key], bool):
            owner[key] = chance.choice((owner[key] * 10, owner[key] + 1, owner[key] - 1, -owner[key], str(owner[key])))
        case _ if isinstance(owner, list):
            owner.insert(0, copy.deepcopy(owner[key]))
        case _:
            owner[f"{key}{chance.choice(('', 's', '_', '-2'))}"] = copy.deepcopy(owner[key])
    return changed


def _text(data: Any) -> str:
    stream = StringIO()
    YAML(typ="safe").dump(data, stream)
    return stream.getvalue()


def _slip(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    put = chance.choice(("", "\t", ":", "[", "}", '"', "&a ", "*a ", "#", "\n", "  ", "\x07", "%", "!!x "))
    return text[:at] + put + text[at + chance.randrange(3) :]


def main() -> int:
    """Make many, and report what became of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=3000, help="how many projects")
    parser.add_argument("--first", type=int, default=0, help="the number of the first one")
    parser.add_argument("--syntheses", type=int, default=0, help="how many accepted ones to synthesise")
    wanted = parser.parse_args()
    counts: Counter[str] = Counter()
    started = time.process_time()
    for number in range(wanted.first, wanted.first + wanted.number):
        with tempfile.TemporaryDirectory() as folder:
            loaded, project = outcome(number, Path(folder))
            counts[loaded.kind] += 1
            found = [loaded]
            if project is not None and sum(counts[each] for each in _SYNTHESES) < wanted.syntheses:
                with tempfile.TemporaryDirectory() as out:
                    found.append(synthesised(number, project, Path(out)))
                counts[f"synthesis {found[-1].kind}"] += 1
                if found[-1].kind == "refused":
                    sys.stdout.write(f"{number}: {found[-1].said}\n")
        for each in found:
            if each.kind == "failed":
                sys.stdout.write(f"--- {number}\n{each.said}\n")
    seconds = time.process_time() - started
    sys.stdout.write(f"{dict(sorted(counts.items()))} in {seconds:.0f} CPU seconds\n")
    return 1 if counts["failed"] or counts["synthesis failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
