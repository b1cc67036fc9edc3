"""An edit touches its value and nothing else, however the file is laid out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from slipway.operations.errors import WrongUsageError
from slipway.operations.promotion.yaml_edit import remove, set_value

FILE = """\
# a comment at the top

name:   tumor-triage      # odd spaces
backend: sagemaker
model: {path: model/}   # trained in March
image: {build: serving}
scaling:   {min: 2,max: 20}


# the end
"""


def test_only_the_value_changes() -> None:
    edited = set_value(FILE, ("model",), {"s3_uri": "s3://models/1.4.0/model.tar.gz"})
    assert edited == FILE.replace("path: model/", "s3_uri: s3://models/1.4.0/model.tar.gz")


def test_quotes_stay_as_they_were() -> None:
    assert set_value("a: {b: 'x'}  # c\n", ("a", "b"), "it's") == "a: {b: 'it''s'}  # c\n"
    assert set_value('a: "x"\n', ("a",), "y") == 'a: "y"\n'


def test_a_checksum_of_digits_stays_text() -> None:
    """Plain, YAML would read `12e4…` as a number."""
    digits = "12e4" + "0" * 60
    edited = set_value("model: {s3_uri: s3://b/k.tar.gz, sha256: abc}\n", ("model", "sha256"), digits)
    assert edited == f'model: {{s3_uri: s3://b/k.tar.gz, sha256: "{digits}"}}\n'


def test_a_service_that_overrides_nothing_gets_its_first_key() -> None:
    before = "services:\n  churn:   # as it is\n  vision:\n"
    after = set_value(before, ("services", "churn", "model"), {"path": "new/"})
    assert after == "services:\n  churn:   # as it is\n    model: {path: new/}\n  vision:\n"
    assert remove(after, ("services", "churn", "model")) == before


def test_a_new_key_goes_behind_the_last_one_and_its_comment() -> None:
    before = "services:\n  churn:\n    scaling: {min: 1}   # enough\n\n  # the other\n  vision:\n"
    after = set_value(before, ("services", "churn", "model"), {"path": "new/"})
    assert after == before.replace("# enough\n", "# enough\n    model: {path: new/}\n")
    assert remove(after, ("services", "churn", "model")) == before


def test_a_file_that_does_not_end_with_a_line_feed() -> None:
    after = set_value("a:\n  b: 1", ("a", "c"), 2)
    assert after == "a:\n  b: 1\n  c: 2"
    assert remove(after, ("a", "c")) == "a:\n  b: 1"


def test_line_feeds_of_windows_stay() -> None:
    assert set_value("a: 1\r\nb:\r\n  c: 1\r\n", ("b", "d"), 2) == "a: 1\r\nb:\r\n  c: 1\r\n  d: 2\r\n"


def test_a_long_mapping_is_written_over_several_lines() -> None:
    arn = "arn:aws:sagemaker:us-east-1:111122223333:model-package/churn/7"
    value = {"model_package_arn": arn, "package_artifacts": "s3://pipelines-111122223333/churn/"}
    after = set_value("name: churn\n", ("model",), value)
    assert after == (
        f"name: churn\nmodel:\n  model_package_arn: {arn}\n  package_artifacts: s3://pipelines-111122223333/churn/\n"
    )


def test_an_anchor_is_left_to_its_author() -> None:
    shared = "a: &m {path: one/}\nb: *m\n"
    with pytest.raises(WrongUsageError, match="edit it by hand"):
        set_value(shared, ("b",), {"path": "two/"})


# --- there and back ---------------------------------------------------------------------------------------------------

_WORD = st.from_regex(r"[a-z][a-z0-9.-]{0,12}", fullmatch=True)
# One checksum in ten billion looks like a number and needs quotes, which then stay: not what is asked here.
_DIGEST = st.text("0123456789abcdef", min_size=62, max_size=62).map(lambda digits: f"c{digits}d")
_PINS = st.one_of(
    st.builds(lambda word: {"path": f"{word}/"}, _WORD),
    st.builds(lambda word: {"s3_uri": f"s3://models/{word}/model.tar.gz"}, _WORD),
    st.builds(lambda word, sha: {"s3_uri": f"s3://models/{word}/model.tar.gz", "sha256": sha}, _WORD, _DIGEST),
    st.builds(
        lambda word, version: {
            "model_package_arn": f"arn:aws:sagemaker:us-east-1:111122223333:model-package/{word}/{version}",
            "package_artifacts": f"s3://pipelines/{word}/",
        },
        _WORD,
        st.integers(1, 99),
    ),
)
_COMMENT = st.sampled_from(["", " # why", "      # a 'quoted' {word}: here"])
_BLANK = st.sampled_from(["", "\n", "\n\n# between\n"])


@st.composite
def _files(draw: st.DrawFn) -> tuple[str, tuple[str, ...], dict[str, str]]:
    """A file with a pin in it, laid out in one of many ways, and the way to the pin."""
    pin = draw(_PINS)
    nested = draw(st.booleans())
    indent = "    " if nested else ""
    quoted = {key: draw(st.sampled_from(["", "'", '"'])) for key in pin}
    written = {key: _quoted(value, quoted[key]) for key, value in pin.items()}
    if draw(st.booleans()):
        space = draw(st.sampled_from(["", " "]))
        model = f"{indent}model: {{{space}{(',' + ' ').join(f'{k}: {v}' for k, v in written.items())}{space}}}"
        model += draw(_COMMENT) + "\n"
    else:
        step = indent + " " * draw(st.sampled_from([2, 4]))
        # What stands behind a key that goes, goes with it: only the first of several keys is sure to be replaced.
        comments = [draw(_COMMENT), ""]
        lines = [f"{step}{k}: {v}{c}\n" for (k, v), c in zip(written.items(), comments, strict=False)]
        model = f"{indent}model:{draw(_COMMENT)}\n" + draw(_BLANK) + "".join(lines)
    rest = f"{indent}name:   x{draw(_COMMENT)}\n{draw(_BLANK)}"
    tail = draw(_BLANK) + f"{indent}image: {{build:  serving}}{draw(_COMMENT)}\n" + draw(_BLANK)
    body = rest + model + tail
    if nested:
        return f"services:\n  one:{draw(_COMMENT)}\n{body}  two:\n", ("services", "one", "model"), pin
    return body, ("model",), pin


def _quoted(value: str, quote: str) -> str:
    plain = YAML(typ="safe", pure=True).load(f"{{k: {value}}}") == {"k": value}
    return value if plain and not quote else f"{quote or chr(34)}{value}{quote or chr(34)}"


@settings(deadline=None)
@given(_files(), _PINS)
def test_promoting_and_promoting_back_gives_the_very_same_bytes(
    file: tuple[str, tuple[str, ...], dict[str, str]], pin: dict[str, str]
) -> None:
    before, path, old = file
    after = set_value(before, path, pin)
    loaded = YAML(typ="safe", pure=True).load(after)
    for part in path:
        loaded = loaded[part]
    assert loaded == pin
    back = set_value(after, path, old)
    if set(pin) == set(old) or len(pin) >= len(old):
        assert back == before
    # A key that went took its quotes along, so it comes back as the project writes it; every other line is the same.
    else:
        assert [line for line in before.splitlines() if not _of_pin(line)] == [
            line for line in back.splitlines() if not _of_pin(line)
        ]


def _of_pin(line: str) -> bool:
    return any(f"{key}:" in line for key in ("sha256", "package_artifacts", "model_package_arn", "s3_uri"))
