"""When schedules come, and which never would."""

from typing import Any

import pytest

from inference_constructs.config import Scaling, Schedule
from inference_constructs.config.models.aws.cron import CronError, check_cron
from inference_constructs.config.models.aws.time_zones import time_zones
from slipway.emulator.requests.cron import cron_error

#: The rows of "Schedule recurring scaling actions using Application Auto Scaling" and of EventBridge's "Cron
#: expressions reference", and what the latter says of each wildcard.
ACCEPTED = (
    "0 10 * * ? *",
    "15 12 * * ? *",
    "0 18 ? * MON-FRI *",
    "0 8 1 * ? *",
    "0/15 * * * ? *",
    "0/10 * ? * MON-FRI *",
    "0/5 8-17 ? * MON-FRI *",
    "30 6 ? * MON *",
    "0/30 20-2 ? * MON-FRI *",
    "0 9 ? * 2#1 *",
    "0 9 ? * TUE#2 *",
    "15 10 ? * 6L 2026-2030",
    "0 0 L * ? *",
    "0 0 LW * ? *",
    "0 0 3W * ? *",
    "0 0 ? JAN,FEB,MAR L *",
    "1/10 0,12 ? 1-6 sun,2-4 2026/2",
    "0 0 29 FEB ? *",
    "0 0 31 2-3 ? *",
)
REFUSED = (
    ("0 8 * * * *", "? in either day of month or day of week, and not in both"),
    ("0 7 ? * ? *", "? in either day of month or day of week, and not in both"),
    ("0 7 1 * MON *", "? in either day of month or day of week, and not in both"),
    ("99 7 ? * MON *", "minutes of 0-59; it has 99"),
    ("0 25 ? * MON *", "hours of 0-23; it has 25"),
    ("0 7 32 * ? *", "day of month of 1-31; it has 32"),
    ("0 7 40W * ? *", "day of month of 1-31; it has 40W"),
    ("0 7 ? 13 MON *", "month of 1-12 or JAN-DEC; it has 13"),
    ("0 7 ? MON 2 *", "month of 1-12 or JAN-DEC; it has MON"),
    ("0 7 ? * MON-FRY *", "day of week of 1-7 or SUN-SAT; it has MON-FRY"),
    ("0 7 ? * FUN-DAY *", "day of week of 1-7 or SUN-SAT; it has FUN-DAY"),
    ("0 7 ? * 0 *", "day of week of 1-7 or SUN-SAT; it has 0"),
    ("0 7 ? * 8#1 *", "day of week of 1-7 or SUN-SAT; it has 8#1"),
    ("0 7 ? * 2#1,3#2 *", "day of week of 1-7 or SUN-SAT; it has 2#1"),
    ("0/0 7 ? * MON *", "minutes of 0-59, and behind / how far apart; it has 0/0"),
    ("0/x 7 ? * MON *", "minutes of 0-59, and behind / how far apart; it has 0/x"),
    ("1-2-3 7 ? * MON *", "minutes of 0-59; it has 1-2-3"),
    ("? 7 ? * MON *", "minutes of 0-59; it has ?"),
    ("0 7 ? * MON 2201", "year of 1970-2199; it has 2201"),
    ("0 7 ? * MON 2030-2028", "year from the earlier to the later one; it has 2030-2028"),
    ("0 7 ? * MON 1999", "a year to come, 2026 or later"),
    ("0 7 30 2 ? *", "a day of month up to 29"),
    ("0 7 29 FEB ? 2027", "a day of month up to 28"),
    ("0 7 31 4,6 ? *", "a day of month up to 30"),
    ("0 7 ? * MON", "six fields"),
    ("0  7 ? * MON *", "six fields"),
    ("cron(0 7 ? * MON *)", "minutes of 0-59; it has cron(0"),
    ("٣ 7 ? * MON *", "minutes of 0-59"),
)


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_aws_documents_is_a_schedule(text: str) -> None:
    check_cron(text)


@pytest.mark.parametrize(("text", "accepted"), REFUSED)
def test_what_means_no_time_is_refused(text: str, accepted: str) -> None:
    with pytest.raises(CronError) as refused:
        check_cron(text)
    assert accepted in str(refused.value)


@pytest.mark.parametrize("text", ACCEPTED)
def test_the_embedded_aws_takes_what_is_accepted(text: str) -> None:
    assert cron_error(text) is None


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Europe/Stockholm", "Etc/GMT+9", "Pacific/Tahiti"])
def test_zones_have_canonical_names(zone: str) -> None:
    Schedule(name="day", cron="0 8 ? * MON-FRI *", time_zone=zone, min=2, max=4)


@pytest.mark.parametrize(
    "zone", ["US/Pacific", "posix/Europe/Berlin", "right/UTC", "localtime", "EST", "europe/berlin", "/etc/passwd", ""]
)
def test_aliases_and_folders_of_a_machine_are_no_zones(zone: str) -> None:
    with pytest.raises(ValueError, match="the canonical name of an IANA time zone"):
        Schedule(name="day", cron="0 8 ? * MON-FRI *", time_zone=zone, min=2, max=4)
    assert zone not in time_zones()


SCALED: dict[str, Any] = {"min": 2, "max": 20, "target": 8}


def steps(*above: float, metric: str = "concurrent_requests") -> dict[str, Any]:
    return {"metric": metric, "steps": [{"above": each, "add": 1} for each in above]}


def at(name: str, cron: str, most: int) -> dict[str, Any]:
    return {"name": name, "cron": cron, "min": 2, "max": most}


@pytest.mark.parametrize(
    ("scaling", "accepted"),
    [
        ({"metric": "cpu_utilization", "target": 0.7}, "percent of the instance, from 1 to 100"),
        ({"steps": steps(8)}, "more than 8, the concurrent_requests per instance that target tracking holds"),
        ({"steps": steps(1, 30)}, "more than 8, the concurrent_requests per instance"),
        ({"steps": steps(50, 150, metric="cpu_utilization")}, "less than 100"),
        ({"steps": steps(*range(9, 30))}, "up to 20 steps of a policy"),
        (
            {"schedules": [at("a", "0 8 ? * MON *", 4), at("b", "0 8 ? * mon *", 5)]},
            "another time than a has, or the same bounds",
        ),
    ],
)
def test_scaling_that_costs_money_or_never_acts_is_refused(scaling: dict[str, Any], accepted: str) -> None:
    with pytest.raises(ValueError, match=accepted):
        Scaling.model_validate(SCALED | scaling)


@pytest.mark.parametrize(
    "scaling",
    [
        {"metric": "cpu_utilization", "target": 1},
        {"steps": steps(8.5, *range(9, 28))},
        {"steps": steps(5, 99, metric="cpu_utilization")},
        {"schedules": [at("a", "0 8 ? * MON *", 4), at("b", "0 8 ? * TUE *", 5)]},
    ],
)
def test_other_scaling_is_taken(scaling: dict[str, Any]) -> None:
    Scaling.model_validate(SCALED | scaling)
