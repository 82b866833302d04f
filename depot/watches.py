"""Abort triggers as rows: a condition on readings and limits, and the readings to journal.

`depot.skimmer.watches` has the skimmer's, with the limits of its acknowledged plan; `depot.decisions.watches` has the
depot's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from autopilot.interface.records import dataclass

Reading = TypeVar("Reading")
Limits = TypeVar("Limits")


@dataclass(frozen=True)  # no slots: a generic alias sets __orig_class__
class AbortWatch(Generic[Reading, Limits]):
    """Abort trigger. `holds(reading, limits)`: true if the trigger is there. `facts`: names of the readings to
    journal."""

    name: str
    group: str
    holds: Callable[[Reading, Limits], bool]
    facts: tuple[str, ...]

    def measured(self, reading: Reading) -> dict[str, float | int | bool]:
        """Values of the readings that the trigger depends on."""
        return {name: getattr(reading, name) for name in self.facts}


def first(
    watches: Iterable[AbortWatch[Reading, Limits]], reading: Reading, limits: Limits
) -> AbortWatch[Reading, Limits] | None:
    """First trigger that holds, in the order of the reference; None if none does."""
    for watch in watches:
        if watch.holds(reading, limits):
            return watch
    return None
