"""A watch: an abort trigger as what is measured, and the limit beyond which it holds.

The skimmer's are in `depot.skimmer.watches` (limits of the plan that it acknowledged), the depot's in
`depot.decisions.watches`. What a decision was taken on is what its row measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from autopilot.interface.records import dataclass

Reading = TypeVar("Reading")
Limits = TypeVar("Limits")


@dataclass(frozen=True)  # no slots: a generic alias sets __orig_class__
class AbortWatch(Generic[Reading, Limits]):
    """`holds(reading, limits)`: the trigger is there. `facts`: names of the readings to journal."""

    name: str
    group: str
    holds: Callable[[Reading, Limits], bool]
    facts: tuple[str, ...]

    def measured(self, reading: Reading) -> dict[str, float | int | bool]:
        """Return the measured values behind its judgement."""
        return {name: getattr(reading, name) for name in self.facts}


def first(
    watches: Iterable[AbortWatch[Reading, Limits]], reading: Reading, limits: Limits
) -> AbortWatch[Reading, Limits] | None:
    """The first watch that holds: of several in the order of the reference, the first is the trigger."""
    for watch in watches:
        if watch.holds(reading, limits):
            return watch
    return None
