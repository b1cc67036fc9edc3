from collections import Counter
from pathlib import Path

import pytest

from local.data_plane.routes import NoSuchVariantError, NoTrafficError, Route, choose
from tests.local.support import chance, stub


def _routes(folder: Path, **weights: float) -> list[Route]:
    return [Route(variant, weight, "config", stub(folder)) for variant, weight in weights.items()]


def test_traffic_is_spread_by_weight(tmp_path: Path) -> None:
    routes = _routes(tmp_path, champion=9, challenger=1)
    seeded = chance()
    counted = Counter(choose(routes, None, seeded).variant for _ in range(10_000))
    # Four standard deviations of a binomial share of 10 %.
    assert counted["challenger"] == pytest.approx(1000, abs=4 * (10_000 * 0.1 * 0.9) ** 0.5)
    assert counted.total() == 10_000


def test_a_weight_of_zero_gets_nothing_unless_it_is_named(tmp_path: Path) -> None:
    routes = _routes(tmp_path, champion=1, shadow=0)
    seeded = chance()
    assert {choose(routes, None, seeded).variant for _ in range(1000)} == {"champion"}
    assert choose(routes, "shadow", seeded).variant == "shadow"


def test_a_variant_that_is_not_there_and_traffic_for_nobody_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(NoSuchVariantError):
        choose(_routes(tmp_path, main=1), "other", chance())
    with pytest.raises(NoTrafficError):
        choose(_routes(tmp_path, main=0), None, chance())
