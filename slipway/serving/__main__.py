"""The command line: `python -m serving serve`, `fetch` and `answer`."""

import argparse
import dataclasses
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from .download.settings import FETCH_OPTIONS, FetchSettings, read_fetch_settings
from .errors import RequestError
from .golden_answers import write_golden_answers
from .logs import set_up_logs
from .model import ModelError, load_model
from .server import run
from .settings import OPTIONS, Option, Settings, SettingsError, read_settings

_WRONG_USAGE = 2
_FAILED = 1


class _OneSentence(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(_WRONG_USAGE, f"{self.prog}: {message}. Try --help.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _OneSentence(prog="python -m serving", description="Serve a tabular ONNX model over HTTP.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser(
        "serve",
        help="answer GET /ping and POST /invocations",
        description="Answer GET /ping, POST /invocations and GET /metrics until SIGTERM."
        " A flag wins over its environment variable.",
    )
    _add_options(serve, OPTIONS, Settings)
    fetch = commands.add_parser(
        "fetch",
        help="bring a model.tar.gz from S3 and unpack it",
        description="Download a model.tar.gz from S3, compare its SHA-256, and unpack it into the model folder; keep"
        " what is there if it is complete and has that SHA-256. A flag wins over its environment variable.",
    )
    _add_options(fetch, FETCH_OPTIONS, FetchSettings)
    answers = commands.add_parser(
        "answer",
        help="write the answers expected for sample requests",
        description="For every NAME.request.json or NAME.request.csv write NAME.response.json or .csv beside it,"
        " exactly as the server would answer.",
    )
    answers.add_argument("--model-dir", type=Path, required=True, help="folder with model.onnx and signature.json")
    answers.add_argument("requests", type=Path, nargs="+", metavar="REQUEST", help="files with a request's body")
    return parser


def _add_options(parser: argparse.ArgumentParser, options: Sequence[Option], settings: type[Any]) -> None:
    defaults = {field.name: _default(field) for field in dataclasses.fields(settings)}
    for option in options:
        note = f"{option.help} ({defaults[option.name]}; {', '.join(option.variables)})"
        parser.add_argument(option.flag, dest=option.name, metavar="VALUE", help=note)


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default_factory is not dataclasses.MISSING:
        return f"default {field.default_factory()}"
    return "needed" if field.default is dataclasses.MISSING else f"default {field.default or 'what boto3 finds'}"


def _fail(sentence: str, status: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return status


def _serve(settings: Settings) -> int:
    set_up_logs(settings.log_level)
    try:
        model = load_model(settings.model_dir, onnx_threads=settings.onnx_threads)
    except ModelError as error:
        return _fail(str(error), _FAILED)
    try:
        run(model, settings)
    except OSError as error:
        return _fail(f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}.", _FAILED)
    return 0


def _fetch(settings: FetchSettings) -> int:
    # boto3 takes about half a second to import, which a server that starts need not wait for.
    from .download.fetch import FetchError, fetch, stop_at_once_on_signals  # noqa: PLC0415

    set_up_logs(settings.log_level)
    stop_at_once_on_signals()
    try:
        fetch(settings)
    except FetchError as error:
        return _fail(str(error), _FAILED)
    return 0


def _answer(model_dir: Path, requests: Sequence[Path]) -> int:
    try:
        write_golden_answers(load_model(model_dir), requests)
    except ModelError as error:
        return _fail(str(error), _FAILED)
    except RequestError as refusal:
        return _fail(refusal.message, _FAILED)
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}.", _FAILED)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0, 1 for what failed, 2 for wrong usage."""
    given = _parser().parse_args(arguments)
    if given.command == "answer":
        return _answer(given.model_dir, given.requests)
    try:
        if given.command == "fetch":
            return _fetch(read_fetch_settings(vars(given), os.environ))
        return _serve(read_settings(vars(given), os.environ))
    except SettingsError as error:
        return _fail(str(error), _WRONG_USAGE)


if __name__ == "__main__":
    sys.exit(main())
