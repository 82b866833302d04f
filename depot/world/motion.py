"""Where the skimmer is and what drives it: the seam between the resources of a world and the vehicle that flies.

A `World` has one `Motion` and asks it for everything that depends on the vehicle; what is common to all vehicles
(tanks, batteries, the dock, faults, books) stays with the world. Both act on one `WorldState`: a motion moves `place`,
`way` and the leg, and takes propellant out of the lobes.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from depot.physics.engines import ThrustCommand
from depot.readings import DepotReading, SkimmerReading


class Homing(NamedTuple):
    """What it takes to come home from here: s to the corridor, s until docked, kg of propellant until docked."""

    remaining_s: float
    docked_s: float
    kg: float


Spot = tuple[float, float, float]
"""Latitude, longitude (degrees), altitude (m above mean sea level)."""


class Motion(Protocol):
    """See the module. Commands act at once; `WorldState.place` tells where they have led."""

    stepped: bool
    """Somebody else moves on in small steps (a vehicle with a clock of its own): no need to stop where a rate of the
    world changes."""

    # --- time ---------------------------------------------------------------------------------------------------------
    def now_ms(self) -> int:
        """The loop's time at which the vehicle is; the world follows it."""

    def events_ms(self) -> list[float]:
        """Instants at which it wants to be looked at."""

    def begin(self, seconds: float) -> None:
        """So much time is about to pass for the resources: what acts on the vehicle from outside (weather)."""

    def burn(self, seconds: float) -> None:
        """Propellant that so much time takes goes out of the lobes."""

    def intake_kg(self, seconds: float) -> float:
        """What comes to INTAKE in that time, where the vehicle is: ahead of it, or what has just been surveyed."""

    def filled_ms(self, kg: float) -> float | None:
        """When `kg` more will have been taken in; None where that cannot be told yet."""

    def expected_kg(self) -> float:
        """What the plan would have taken in by now."""

    def sunlit(self) -> bool:
        """Do the arrays of both have the Sun?"""

    def link_open(self) -> bool:
        """Can depot and vehicle hear each other from where they are?"""

    def finish(self, seconds: float) -> None:
        """So much time has passed for the resources."""

    def arrive(self) -> None:
        """It is now: move `place` on to where the vehicle is."""

    # --- commands -----------------------------------------------------------------------------------------------------
    def depart(self) -> None:
        """Latches are open: away from the dock."""

    def fire(self, command: ThrustCommand) -> None:
        """MODE_CTRL has commanded a thruster, of a vehicle whose skimmer commands them itself."""

    def turn_back(self) -> None:
        """On the way to the corridor."""

    def approach(self) -> None:
        """Cleared: from the corridor into the dock."""

    def dispose(self) -> None:
        """On a way that endangers nobody, for good."""

    def stretch_return(self) -> None:
        """The way back takes so long that T_DEATH is missed (`WorldState.late`)."""

    def fall(self) -> None:
        """The vehicle is gone."""

    # --- facts --------------------------------------------------------------------------------------------------------
    def whereabouts(self) -> Spot | None:
        """Where it is on the Earth; None where that means nothing."""

    def homing(self) -> Homing:
        """What it takes to come home from here; at the dock: from the harvest zone."""

    def refuel_kg_s(self) -> float:
        """What its lobes take from the dock."""

    def tell(self, reading: SkimmerReading) -> None:
        """Put what the vehicle's own sensors show into the skimmer's reading."""

    def show(self, reading: DepotReading) -> None:
        """Put what the depot sees of the vehicle into its reading."""
