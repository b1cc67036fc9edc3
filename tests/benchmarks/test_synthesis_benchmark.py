"""The benchmark of the synthesis measures, and says how figures grow."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.synthesis.__main__ import app
from benchmarks.synthesis.projects import ENVIRONMENTS, write_project
from benchmarks.synthesis.results import KEPT, BackendName, Run, SynthesisResults, per_doubling, read_results, sizes_of
from benchmarks.synthesis.tables import tables
from inference_constructs.config import load_project


def run_of(services: int, *, cpu_s: float, wall_s: float = 1) -> Run:
    return Run(backend=BackendName.EKS, services=services, stacks=services, wall_s=wall_s, cpu_s=cpu_s, peak_mb=100)


@pytest.mark.parametrize("times", [2, 3, 10])
def test_growth_is_per_doubling(times: float) -> None:
    assert per_doubling(5, 5, times=times) == 1, "what does not grow stays"
    assert per_doubling(5, 5 * times, times=times) == pytest.approx(2), "what is linear doubles"
    assert per_doubling(5, 5 * times**2, times=times) == pytest.approx(4), "what is quadratic does so twice"


def test_the_tables_show_medians_and_growth() -> None:
    runs = (run_of(1, cpu_s=9), run_of(1, cpu_s=1), run_of(1, cpu_s=2), run_of(4, cpu_s=8))
    results = SynthesisResults(machine="a machine", rounds=3, load=0, runs=runs)
    assert [(size.services, size.cpu_s) for size in sizes_of(results, BackendName.EKS)] == [(1, 2), (4, 8)]
    (table,) = tables(results, markdown=True)
    assert [*table.columns[5].cells] == ["", "2.00"]
    assert [*table.columns[6].cells] == ["", "1.00"]


def test_the_projects_are_what_they_claim(tmp_path: Path) -> None:
    write_project(tmp_path, services=3, backend=BackendName.MIXED)
    project = load_project(tmp_path)
    assert len(project.environments) == len(ENVIRONMENTS)
    for environment in project.environments:
        assert [service.backend for service in environment.services] == ["sagemaker", "eks", "sagemaker"]


def test_what_the_page_quotes_reaches_from_1_to_100_services() -> None:
    kept = read_results(KEPT)
    for backend in {run.backend for run in kept.runs}:
        smallest, *_, greatest = sizes_of(kept, backend)
        assert (smallest.services, greatest.services) == (1, 100)
        assert greatest.stacks >= 100 * len(ENVIRONMENTS)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--services", "0"], "--services"),
        (["--backend", "ecs"], "--backend"),
    ],
)
def test_bad_input_gets_a_sentence(arguments: list[str], sentence: str) -> None:
    refused = CliRunner().invoke(app, arguments)
    assert refused.exit_code == 2
    assert sentence in refused.output
