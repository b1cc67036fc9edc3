"""A YAML file is read by YAML 1.2, with merge keys, or refused in a sentence: never with a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_constructs.config import ConfigError, load_project
from inference_constructs.config.yaml.file import YamlFile, read_yaml
from inference_constructs.config.yaml.nodes import ShallowComposer
from tests.conftest import ROOT
from tests.unit.config.projects import ENVIRONMENT, with_line, write_project
from tests.unit.config.test_wrong_files import ENVIRONMENT_FILE, SERVICE_FILE, problem_of

#: What a text says and what is told of it.
REFUSED = {
    "b: 1\na: \a\n": "2: the character U+0007; accepted: YAML 1.2, which has no control characters",
    "a: \0\n": "1: the character U+0000; accepted: YAML 1.2, which has no control characters",
    "a:\n\tb: 1\n": "2: found character '\\t' that cannot start any token; accepted: YAML 1.2",
    "a: &x [*x]\n": "1: a[0]: an alias inside its own node; accepted: values that do not hold themselves",
    "a: &x\n  b: 1\n  <<: *x\n": "1: a: an alias inside its own node; accepted: values that do not hold themselves",
    "a: *x\n": "1: found undefined alias 'x'; accepted: YAML 1.2",
    "a: " + "[" * 60 + "]" * 60: "1: a[0]: nested too deep; accepted: up to 50 levels",
    "1: 2\n": "1: `1` as a key; accepted: a key that is text, in quotes if it looks like something else",
    "a:\n  null: x\n": "2: a: `null` as a key; accepted: a key that is text",
    "true: x\n": "1: `true` as a key; accepted: a key that is text",
    "? [a, b]\n: x\n": "1: a list as a key; accepted: a key that is text",
    "{a: b}: x\n": "1: a mapping as a key; accepted: a key that is text",
    '"a\\nb": 1\n': "1: `'a\\nb'` as a key; accepted: a key of characters that can be seen",
    "a: 1\n---\nb: 2\n": "2: a second document; accepted: one document in a file",
    "a: 1\na: 2\n": '2: found duplicate key "a", first set on line 1; accepted: each key once',
    "a: {<<: 1}\n": "1: a: `<<` with what is no mapping; accepted: one `<<`, with an alias of a mapping",
    "x: &x {a: 1}\nc:\n  <<: *x\n  <<: *x\n": "4: c: a second `<<`; accepted: one `<<`, with an alias of a mapping",
    "a: !!python/object:os.system x\n": "1: a: the tag !!python/object:os.system; accepted: values without a tag",
    "a: !ours {b: 1}\n": "1: a: the tag !ours; accepted: values without a tag",
    "a: !!set {b, c}\n": "1: a: the tag !!set; accepted: values without a tag",
    "a: !!int x\n": "1: a: `'x'` with the tag !!int; accepted: values without a tag",
    "a: !!bool x\n": "1: a: `'x'` with the tag !!bool; accepted: values without a tag",
    "a: !!int ''\n": "1: a: `''` with the tag !!int; accepted: values without a tag",
    "a: " + "9" * 5000: "1: a: a number of 5000 characters; accepted: up to 100, or text in quotes",
    'a: "\\ud800"\n': "1: a: half of a surrogate pair; accepted: characters that UTF-8 has",
    'a: "\\UFFFFFFFF"\n': " an escape or a version that is out of range; accepted: YAML 1.2",
    "%YAML 9.9\n---\na: b\n": "1: found incompatible YAML document (version 1.* is required); accepted: YAML 1.2",
    "just a word\n": " a single value; accepted: a mapping of keys to values",
    "---\n": " an empty file; accepted: a mapping of keys to values",
}
LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcde", "bcdef", strict=True)
)


def read(folder: Path, text: str) -> YamlFile:
    file = folder / "x.yaml"
    file.write_bytes(text.encode())
    return read_yaml(file, root=folder)


@pytest.mark.parametrize(("text", "told"), REFUSED.items(), ids=lambda text: repr(text[:30]))
def test_what_is_no_file_of_a_project_is_told_in_a_sentence(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(tmp_path, text)
    (line,) = str(error.value).splitlines()
    assert line.startswith(f"x.yaml:{told}")


def test_what_is_nested_deeper_than_the_interpreter_can_go_is_told_as_well(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^x\.yaml:.* nested too deep; accepted: up to 50 levels$"):
        read(tmp_path, "a: " + "[" * 400 + "]" * 400)


@pytest.mark.parametrize("opened", ["[", "{a: "])
def test_what_is_nested_is_refused_before_all_of_it_is_composed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: str
) -> None:
    composed = []
    compose = ShallowComposer.compose_node

    def counted(composer: ShallowComposer, parent: object, index: object) -> object:
        composed.append(index)
        return compose(composer, parent, index)

    monkeypatch.setattr(ShallowComposer, "compose_node", counted)
    with pytest.raises(ConfigError, match=r"^x\.yaml:2: nested too deep; accepted: up to 50 levels$"):
        read(tmp_path, "# nested\na: " + opened * 3000)
    assert len(composed) < 300


def test_aliases_that_multiply_are_told_before_they_fill_the_memory(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a document that is too large; accepted: up to 100000 values, each alias"):
        read(tmp_path, LAUGHS)


def test_what_is_merged_is_read_and_told_where_it_is_written(tmp_path: Path) -> None:
    text = (
        "one: &one {a: 1, b: {c: 2}}\n"
        "two: &two\n"
        "  a: 3\n"
        "  d: 4\n"
        "block:\n"
        "  <<: *one\n"
        "  e: 5\n"
        "flow: {<<: [*one, *two], b: {f: 6}}\n"
    )
    source = read(tmp_path, text)
    assert source.data["block"] == {"a": 1, "b": {"c": 2}, "e": 5}
    assert source.data["flow"] == {"a": 1, "b": {"f": 6}, "d": 4}, (
        "the first mapping counts most, and what is said more"
    )
    lines = {".".join(map(str, path)): line for path, line in source.lines.items() if len(path) > 1}
    assert [lines[f"block.{key}"] for key in ("a", "b", "b.c", "e")] == [1, 1, 1, 7]
    assert [lines[f"flow.{key}"] for key in ("a", "b", "b.f", "d")] == [1, 8, 8, 4]
    assert "flow.b.c" not in lines


def test_a_service_that_merges_is_wrong_on_the_line_of_what_is_merged(tmp_path: Path) -> None:
    """Once valid YAML ended as a TypeError."""
    twice = "triage: &common\n        scaling: {min: 2, max: 0}\n      triage-b: {<<: *common, folder: triage}"
    root = write_project(tmp_path, environment=with_line(ENVIRONMENT, "triage: {}", twice))
    assert [line.split(": ")[:2] for line in problem_of(root).splitlines()] == [
        [f"{ENVIRONMENT_FILE}:8", "services.triage.scaling.max"],
        [f"{ENVIRONMENT_FILE}:8", "services.triage-b.scaling.max"],
    ]
    file = root / ENVIRONMENT_FILE
    file.write_text(with_line(file.read_text(), "max: 0", "max: 4"))
    services = load_project(root).environments[0].services
    assert [(each.name, each.scaling.max) for each in services] == [("triage", 4), ("triage-b", 4)]


@pytest.mark.filterwarnings("error")
def test_text_is_what_yaml_1_2_takes_for_it(tmp_path: Path) -> None:
    """An anchor may be used again, a file may begin with a byte order mark, and the core schema has no dates."""
    text = "\ufeffa: &x 1\nb: &x 2\nc: *x\nd: 2026-02-30\ne: yes\nf: 0o17\ng: 1:30\nh: 1e3\ni: true\nj: ~\nk: !!str 5\n"
    assert list(read(tmp_path, text).data.values()) == [1, 2, 2, "2026-02-30", "yes", 15, "1:30", 1e3, True, None, "5"]


@pytest.mark.parametrize("file", [ENVIRONMENT_FILE, SERVICE_FILE, "pipeline.yaml"])
def test_a_folder_is_no_file(tmp_path: Path, file: str) -> None:
    root = write_project(tmp_path)
    (root / file).unlink(missing_ok=True)
    (root / file).mkdir()
    assert problem_of(root) == f"{file}: cannot be read (is a directory); accepted: a YAML file"


def test_a_link_that_leads_to_itself_is_told(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    (root / "environments" / "loop.yaml").symlink_to("loop.yaml")
    assert problem_of(root).startswith("environments/loop.yaml: cannot be read (")


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_other_encodings_than_utf_8_are_told(tmp_path: Path, encoding: str) -> None:
    root = write_project(tmp_path)
    (root / ENVIRONMENT_FILE).write_bytes("name: dév\n".encode(encoding))
    assert " is not UTF-8; accepted: UTF-8 text" in problem_of(root)


def test_the_exit_status_is_2(tmp_path: Path) -> None:
    """As `cdk synth` sees it."""
    root = write_project(tmp_path)
    (root / ENVIRONMENT_FILE).write_text("a: \a\n")
    (root / "app.py").write_text((ROOT / "app.py").read_text())
    path = os.pathsep.join([str(ROOT), str(ROOT / "constructs")])
    run = subprocess.run(
        [sys.executable, str(root / "app.py")],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    told = f"{ENVIRONMENT_FILE}:1: the character U+0007; accepted: YAML 1.2, which has no control characters\n"
    assert (run.returncode, run.stderr) == (2, told)


@given(st.text(st.sampled_from(list("ab12:-?[]{},&*!|>'\"%#@` \n\t~<.=_\\xu0\ufeff\x85\ud83d")), max_size=40))
def test_whatever_the_text_it_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_bytes(text.encode(errors="surrogatepass"))
    try:
        data = read_yaml(file, root=file.parent).data
    except ConfigError as error:
        told = str(error)
    else:
        told = "" if all(isinstance(key, str) for key in data) else f"a key of {data} is no text"
    assert told == "" or (told.startswith("any.yaml:") and len(told.splitlines()) == 1)
