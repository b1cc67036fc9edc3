"""IANA's time zones by their canonical names."""

import functools
from importlib import resources

import tzdata


@functools.cache
def time_zones() -> frozenset[str]:
    """The names that Application Auto Scaling takes: canonical ones, and neither aliases nor a machine's own folders.

    "The supported time zones are the canonical names of the IANA time zones supported by Joda-Time"
    (PutScheduledAction, `Timezone`). Joda-Time builds its zones with one for each line of `zone.tab`, besides those of
    `Etc`.
    """
    table = resources.files(tzdata).joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    named = {line.split("\t")[2].strip() for line in table.splitlines() if line and not line.startswith("#")}
    offsets = {f"Etc/GMT{sign}{hours}" for sign, most in (("-", 14), ("+", 12)) for hours in range(1, most + 1)}
    return frozenset(named | offsets | {"UTC", "Etc/UTC", "Etc/GMT"})
