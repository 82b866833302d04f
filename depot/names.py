"""The vocabulary of the sortie loop: phases, modes, abort paths, states. Values are what reports and the wire show."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Phase(IntEnum):
    """Seed 000, 2."""

    PREP = 1
    DEPARTURE = 2
    OUTBOUND = 3
    HARVEST = 4
    RETURN = 5
    DOCKING = 6
    OFFLOAD = 7
    HEALTH = 8

    @property
    def title(self) -> str:
        """The seed's name of the phase."""
        return _TITLES[self - 1]


_TITLES = (
    "Pre-Departure Prep", "Departure Burn", "Transit Outbound", "Harvest Operations", "Transit Return", "Docking",
    "Offload & Refuel", "Health Check & Relaunch",
)  # fmt: skip


class SkimmerMode(StrEnum):
    """Mode of the skimmer's MODE_CTRL; each fixes buses and loads."""

    DOCKED = "DOCKED"
    CRUISE = "CRUISE"
    ACTIVE_HARVEST = "ACTIVE-HARVEST"
    STANDBY = "IDLE/STANDBY"
    SURVIVAL = "ECLIPSE/SURVIVAL"


MODES = tuple(SkimmerMode)
"""In the order of their numbers on the wire."""


class Abort(IntEnum):
    """The paths in the order of precedence: 3 over 1 over 2 over routine (docs/reference/sortie-loop.md, "ABORT-3")."""

    NONE = 0
    ABORT_2 = 1
    ABORT_2B = 2
    ABORT_1 = 3
    ABORT_3 = 4

    @property
    def label(self) -> str | None:
        """Name of the abort in reports; None for none."""
        return (None, "ABORT-2", "ABORT-2B", "ABORT-1", "ABORT-3")[self]


ABORT_1_NAMES = (
    "thruster_fwd_loss", "attitude_authority_loss", "fuel_low", "battery_failure", "avionics_power_loss",
    "survival_thermal_loss", "hot_spine_overtemp", "cryo_overpressure", "thermal_routing_failure", "store_breach",
    "store_leak", "imu_loss", "corridor_drift", "abort_sensors_failure",
)  # fmt: skip
"""Triggers of ABORT-1 in the reference's order: their numbers on the wire."""
ALL_TRIGGERS = (1 << len(ABORT_1_NAMES)) - 1
"""Every trigger of ABORT-1 armed, as bits."""


def trip_names(bits: int) -> list[str]:
    """The triggers of ABORT-1 whose bits are set."""
    return [name for number, name in enumerate(ABORT_1_NAMES) if bits >> number & 1]


class SkimmerStage(IntEnum):
    """Stage of the skimmer in its sortie, as it tells the depot."""

    DOCKED = 0
    UNDOCKING = 1  # not yet clear of the depot
    DEPARTURE = 2  # clear: the initial burn
    OUTBOUND = 3
    HARVEST = 4
    RETURN = 5
    HOLDING = 6  # at the docking corridor, waiting for clearance
    APPROACH = 7
    DISPOSAL = 8  # return was not feasible


ABORTABLE = frozenset((SkimmerStage.OUTBOUND, SkimmerStage.HARVEST, SkimmerStage.RETURN))
"""Phases 3, 4, 5 as the skimmer sees them."""


class SortieOutcome(StrEnum):
    """Final result of a sortie."""

    COMPLETED = "completed"
    ABORTED = "aborted"
    LOST = "lost"


class SkimmerState(StrEnum):
    """The depot's judgement of its skimmer."""

    ACTIVE = "ACTIVE"
    DERATED = "DERATED"
    RETIRED = "RETIRED"
    LOST = "LOST"


class EndedBy(StrEnum):
    """Reason why the loop ended."""

    SORTIES_DONE = "sorties_done"
    RETIRED = "retired"
    LOST = "lost"
    TOTAL_ABORT = "total_abort"
    STOPPED = "stopped"
