"""How a storm ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from tests.storm.invariant import Broken
from tests.storm.story import Story


class Plan(Protocol):
    """A storm as it was drawn."""

    @property
    def seed(self) -> int: ...
    @property
    def summary(self) -> str:
        """What it consists of, in a line."""


P = TypeVar("P", bound=Plan)


@dataclass
class Verdict(Generic[P]):
    """`broken` None, or the invariant that did not hold."""

    plan: P
    broken: Broken | None
    story: Story
    vehicle_s: float
    """Vehicle time that passed, of all vehicles together."""
    ended_ms: int = 0
    """Time of the storm at which it ended."""
    flown_s: float = 0.0
    """Of `vehicle_s` with the motors on."""
    steps: int = 0
    """Events: times at which the storm went on to the next thing that happens."""
