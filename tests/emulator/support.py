"""What the tests of the embedded AWS share."""

import io
import os
import random
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from slipway.emulator.data_plane.model_server import Launch, ModelServer

ROOT: Final = Path(__file__).resolve().parents[2]
STUB: Final = Path(__file__).with_name("stub_server.py")
MODEL: Final = ROOT / "model_artifacts" / "tumor-triage"

#: What a browser sends with `fetch(url, {method: "POST", body: text})` of a page of another site, without asking first.
FETCHED: Final = {
    "Origin": "http://evil.example",
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
    "Referer": "http://evil.example/",
    "Content-Type": "text/plain;charset=UTF-8",
}
#: With `<img>`, `<script>` and with `no-cors`, which have no Origin.
EMBEDDED: Final = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
#: Before a request that a page may not send without.
ASKED_FIRST: Final = {
    "Origin": "http://evil.example",
    "Access-Control-Request-Method": "PUT",
    "Sec-Fetch-Site": "cross-site",
}

T = TypeVar("T")


def eventually(probe: Callable[[], T | None], within: float = 60.0) -> T:
    """The first answer of a probe that is true, asked again and again until a deadline."""
    deadline = time.monotonic() + within
    while not (answer := probe()):
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.02)
    return answer


def chance() -> random.Random:
    """The same choices in every run."""
    return random.Random(7)  # noqa: S311  spread traffic, no secret


def stub(folder: Path, *options: str, name: str = "stub") -> ModelServer:
    """A model server that runs the stub, not started yet."""
    return ModelServer(
        Launch(
            name=name,
            command=(sys.executable, str(STUB), "--name", name, *options),
            environment={"PATH": os.environ["PATH"]},
            log=folder / f"{name}.log",
            records=folder / "processes",
        )
    )


def tar_gz(**files: bytes) -> bytes:
    """An archive with these members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def packed_model() -> bytes:
    """The tumour triage model as `model.tar.gz`."""
    return tar_gz(**{path.name: path.read_bytes() for path in sorted((MODEL / "model").iterdir())})
