"""The command line: `python -m serving serve`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from serving.golden_answers import write_golden_answers
from serving.logs import set_up_logs
from serving.model import ModelError, load_model
from serving.refusals import RefusalError
from serving.server import run
from serving.settings import OPTIONS, Settings, SettingsError, read_settings

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
        description="Answer GET /ping and POST /invocations until SIGTERM. A flag wins over its environment variable.",
    )
    defaults = Settings()
    for option in OPTIONS:
        name = option.variables[-1]
        note = f"{option.help} (default {getattr(defaults, option.name)}; {name})"
        serve.add_argument(option.flag, dest=option.name, metavar="VALUE", help=note)
    answers = commands.add_parser(
        "answer",
        help="write the answers expected for sample requests",
        description="For every NAME.request.json or NAME.request.csv write NAME.response.json or .csv beside it,"
        " exactly as the server would answer.",
    )
    answers.add_argument("--model-dir", type=Path, required=True, help="folder with model.onnx and signature.json")
    answers.add_argument("requests", type=Path, nargs="+", metavar="REQUEST", help="files with a request's body")
    return parser


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


def _answer(model_dir: Path, requests: Sequence[Path]) -> int:
    try:
        write_golden_answers(load_model(model_dir), requests)
    except ModelError as error:
        return _fail(str(error), _FAILED)
    except RefusalError as refusal:
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
        settings = read_settings(vars(given), os.environ)
    except SettingsError as error:
        return _fail(str(error), _WRONG_USAGE)
    return _serve(settings)


if __name__ == "__main__":
    sys.exit(main())
