"""Interface between the resources of a world and the vehicle that flies.

A `World` has one `Motion` for everything that depends on the vehicle. What all vehicles share (tanks, batteries, dock,
faults, accounts) stays in the world. Both change one `WorldState`: a motion changes `place`, `way` and the leg, and
takes propellant out of the lobes.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from depot.physics.engines import ThrustCommand
from depot.readings import DepotReading, SkimmerReading


class Homing(NamedTuple):
    """Need of the way home: s to the corridor, s until docked, kg of propellant until docked."""

    remaining_s: float
    docked_s: float
    kg: float


Spot = tuple[float, float, float]
"""Latitude, longitude (degrees), altitude (m above mean sea level)."""


class Motion(Protocol):
    """Motion of a vehicle. Commands act at once; `WorldState.place` shows their result."""

    stepped: bool
    """True if the vehicle has a simulator with small steps of its own, so that the world need not stop where rates
    change."""

    # --- time ---------------------------------------------------------------------------------------------------------
    def now_ms(self) -> int:
        """Loop time of the vehicle, ms; the world follows it."""

    def events_ms(self) -> list[float]:
        """Times at which its place is to be checked, ms."""

    def begin(self, seconds: float) -> None:
        """Advance what acts on the vehicle (weather) by `seconds`, before the resources."""

    def burn(self, seconds: float) -> None:
        """Take the propellant of `seconds` out of the lobes."""

    def intake_kg(self, seconds: float) -> float:
        """Intake in `seconds`, kg."""

    def filled_ms(self, kg: float) -> float | None:
        """Time at which `kg` more will have been taken in, ms; None: not predictable."""

    def expected_kg(self) -> float:
        """Intake of the plan until now, kg."""

    def sunlit(self) -> bool:
        """True while the arrays of depot and skimmer are in sunlight."""

    def link_open(self) -> bool:
        """True while depot and vehicle can receive each other."""

    def finish(self, seconds: float) -> None:
        """Advance the motion by `seconds`, after the resources."""

    def arrive(self) -> None:
        """Update `place` to the vehicle's present place."""

    # --- commands -----------------------------------------------------------------------------------------------------
    def depart(self) -> None:
        """Leave the dock; the latches are open."""

    def fire(self, command: ThrustCommand) -> None:
        """Fire a thruster of a vehicle without an autopilot."""

    def turn_back(self) -> None:
        """Fly to the corridor."""

    def approach(self) -> None:
        """Fly from the corridor into the dock."""

    def dispose(self) -> None:
        """Leave on a course that endangers nobody."""

    def stretch_return(self) -> None:
        """Stretch the way back until T_DEATH is missed (`WorldState.late`)."""

    def fall(self) -> None:
        """Remove the vehicle."""

    # --- facts --------------------------------------------------------------------------------------------------------
    def whereabouts(self) -> Spot | None:
        """Position on the Earth; None if it has none."""

    def homing(self) -> Homing:
        """Need of the way home from here; at the dock, from the harvest zone."""

    def refuel_kg_s(self, seconds: float) -> float:
        """Mean flow from the dock into the lobes over `seconds`, kg/s."""

    def tell(self, reading: SkimmerReading) -> None:
        """Put what the vehicle's own sensors show into the skimmer's reading."""

    def show(self, reading: DepotReading) -> None:
        """Put what the depot sees of the vehicle into its reading."""
