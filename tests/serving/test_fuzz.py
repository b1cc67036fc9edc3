"""No body and no header whatever makes the server fail: property tests against the running server."""

import json
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slipway.serving.signature import load_signature
from tests.serving.running import TUMOR_TRIAGE, running_server
from tests.serving.small_models import regressor

NAMES = load_signature(TUMOR_TRIAGE / "model" / "signature.json").feature_names
TYPES = ["application/json", "text/csv"]
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=9), inner, max_size=5)
)
almost_rows = st.lists(
    st.lists(st.floats(0, 1) | scalars, min_size=29, max_size=31)
    | st.fixed_dictionaries({name: st.floats(0, 1) | scalars for name in NAMES})
    | documents,
    max_size=3,
)
cells = st.floats().map(repr) | st.integers().map(str) | st.text(max_size=6)
almost_csv = st.lists(st.lists(cells, min_size=29, max_size=31).map(",".join), max_size=4).map("\n".join)
visible = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60).map(str.strip)


def assert_answered(response: httpx.Response) -> None:
    assert response.status_code in {200, 400, 406, 415}, response.text
    if response.status_code != 200:
        error = response.json()["error"]
        assert error["message"].endswith(".")
    elif response.headers["content-type"] == "application/json":
        assert "NaN" not in response.text
        assert response.json()["predictions"]


def post(client: httpx.Client, body: bytes, content_type: str, accept: str = "*/*") -> None:
    headers = {"Content-Type": content_type, "Accept": accept}
    assert_answered(client.post("/invocations", content=body, headers=headers))


@FUZZ
@given(body=st.binary(max_size=2000), content_type=st.sampled_from(TYPES))
def test_any_bytes(client: httpx.Client, body: bytes, content_type: str) -> None:
    post(client, body, content_type)


@FUZZ
@given(document=documents)
def test_any_json(client: httpx.Client, document: object) -> None:
    post(client, json.dumps(document).encode(), "application/json")


@FUZZ
@given(rows=almost_rows)
def test_json_that_is_almost_right(client: httpx.Client, rows: object) -> None:
    post(client, json.dumps({"instances": rows}).encode(), "application/json")


@FUZZ
@given(text=almost_csv)
def test_csv_that_is_almost_right(client: httpx.Client, text: str) -> None:
    post(client, text.encode(errors="surrogatepass"), "text/csv")


@FUZZ
@given(content_type=visible | st.sampled_from(TYPES), accept=visible, body=st.binary(max_size=50))
def test_any_header(client: httpx.Client, content_type: str, accept: str, body: bytes) -> None:
    post(client, body, content_type, accept)


@pytest.fixture(scope="module")
def unlimited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A model whose features have no range: what float32 can hold goes in, and sums beyond it come out."""
    with (
        running_server(regressor(tmp_path_factory.mktemp("regressor"))) as server,
        httpx.Client(base_url=server.url) as http,
    ):
        yield http


@FUZZ
@given(rows=st.lists(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2), min_size=1))
def test_any_numbers(unlimited: httpx.Client, rows: list[list[float]]) -> None:
    post(unlimited, json.dumps({"instances": rows}).encode(), "application/json")
