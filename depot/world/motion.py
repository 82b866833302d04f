"""Motion of the skimmer: the seam between the resources of a world and the vehicle that flies.

A `World` has one `Motion` and asks it for everything that depends on the vehicle; what is common to all vehicles
(tanks, batteries, the dock, faults, books) stays with the world. Both act on one `WorldState`: a motion moves `place`,
`way` and the leg, and takes propellant out of the lobes.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from depot.physics.engines import ThrustCommand
from depot.readings import DepotReading, SkimmerReading


class Homing(NamedTuple):
    """Needs of the way home from here: s to the corridor, s until docked, kg of propellant until docked."""

    remaining_s: float
    docked_s: float
    kg: float


Spot = tuple[float, float, float]
"""Latitude, longitude (degrees), altitude (m above mean sea level)."""


class Motion(Protocol):
    """See the module. Commands act at once; `WorldState.place` tells where they have led."""

    stepped: bool
    """True when the motion has its own simulator, which moves on in small steps (a vehicle with a clock of its own):
    no need to stop where a rate of the world changes."""

    # --- time ---------------------------------------------------------------------------------------------------------
    def now_ms(self) -> int:
        """The loop's time at which the vehicle is; the world follows it."""

    def events_ms(self) -> list[float]:
        """Instants at which it wants to be looked at."""

    def begin(self, seconds: float) -> None:
        """Advance the outside by this time, s, before the resources: what acts on the vehicle (weather)."""

    def burn(self, seconds: float) -> None:
        """Propellant that so much time takes goes out of the lobes."""

    def intake_kg(self, seconds: float) -> float:
        """Intake in that time, kg, where the vehicle is: ahead of it, or what has just been surveyed."""

    def filled_ms(self, kg: float) -> float | None:
        """Time when `kg` more will have been taken in, ms; None where that cannot be told yet."""

    def expected_kg(self) -> float:
        """Intake that the plan would have brought by now, kg."""

    def sunlit(self) -> bool:
        """True while the arrays of both have the Sun."""

    def link_open(self) -> bool:
        """True while depot and vehicle can hear each other from where they are."""

    def finish(self, seconds: float) -> None:
        """Advance the motion after the resources by this time, s."""

    def arrive(self) -> None:
        """Move `place` on to where the vehicle is now."""

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
        """Position on the Earth; None where that means nothing."""

    def homing(self) -> Homing:
        """Needs of the way home from here; at the dock: from the harvest zone."""

    def refuel_kg_s(self, seconds: float) -> float:
        """Mean flow that its lobes take from the dock in so long, kg/s."""

    def tell(self, reading: SkimmerReading) -> None:
        """Put what the vehicle's own sensors show into the skimmer's reading."""

    def show(self, reading: DepotReading) -> None:
        """Put what the depot sees of the vehicle into its reading."""
