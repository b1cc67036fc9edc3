from collections import Counter
from pathlib import Path

import pytest

from slipway.emulator.data_plane.fleet import Fleet, Instance
from slipway.emulator.data_plane.routes import NoSuchVariantError, NoTrafficError, Route, choose
from slipway.emulator.sagemaker.records import Served, VariantState
from tests.emulator.support import chance, stub


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


@pytest.mark.parametrize("target", [None, "main", "idle"])
def test_a_rollout_moves_a_share_of_every_variants_requests(tmp_path: Path, target: str | None) -> None:
    server = stub(tmp_path)
    weights = {"main": 1.0, "idle": 0.0}
    routes = [
        Route(variant, weight, config, server, share)
        for config, share in {"old": 0.9, "new": 0.1}.items()
        for variant, weight in weights.items()
    ]
    seeded = chance()
    counted = Counter(choose(routes, target, seeded).config_name for _ in range(10_000))
    assert counted["new"] == pytest.approx(1000, abs=4 * (10_000 * 0.1 * 0.9) ** 0.5)
    assert {choose(routes, target, seeded).variant for _ in range(100)} == {target or "main"}


def test_fleets_get_their_shares_whatever_their_weights_add_up_to(tmp_path: Path) -> None:
    def served(config: str, weight: float) -> Served:
        fleet = Fleet(config, (Instance("main", stub(tmp_path), None),))
        return Served(fleet, (VariantState("main", "image", "ml.c7i.large", 1, weight, None),))

    routes = (*served("old", 1).routes(0.75), *served("new", 100).routes(0.25))
    seeded = chance()
    counted = Counter(choose(routes, None, seeded).config_name for _ in range(10_000))
    assert counted["new"] == pytest.approx(2500, abs=4 * (10_000 * 0.25 * 0.75) ** 0.5)
