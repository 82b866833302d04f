"""Vocabulary of the sortie loop: phases, modes, aborts, states. The values appear in reports and on the wire."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Phase(IntEnum):
    """Phase of a sortie (seed 000, 2)."""

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
    """Mode of the skimmer's MODE_CTRL; it sets which buses and loads are powered."""

    DOCKED = "DOCKED"
    CRUISE = "CRUISE"
    ACTIVE_HARVEST = "ACTIVE-HARVEST"
    STANDBY = "IDLE/STANDBY"
    SURVIVAL = "ECLIPSE/SURVIVAL"


MODES = tuple(SkimmerMode)
"""Modes in the order of their numbers on the wire."""


class Abort(IntEnum):
    """Aborts in the order of precedence: 3, 1, 2, none (docs/reference/sortie-loop.md, "ABORT-3")."""

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
"""Triggers of ABORT-1. Their index is their number on the wire."""
ALL_TRIGGERS = (1 << len(ABORT_1_NAMES)) - 1
"""Bits of all triggers of ABORT-1."""


def trip_names(bits: int) -> list[str]:
    """Names of the triggers of ABORT-1 whose bits are set."""
    return [name for number, name in enumerate(ABORT_1_NAMES) if bits >> number & 1]


class SkimmerStage(IntEnum):
    """Stage of the sortie that the skimmer reports."""

    DOCKED = 0
    UNDOCKING = 1  # still near the depot
    DEPARTURE = 2  # clear of the depot: the departure burn
    OUTBOUND = 3
    HARVEST = 4
    RETURN = 5
    HOLDING = 6  # at the docking corridor, waiting for clearance
    APPROACH = 7
    DISPOSAL = 8  # a return is not feasible


ABORTABLE = frozenset((SkimmerStage.OUTBOUND, SkimmerStage.HARVEST, SkimmerStage.RETURN))
"""Stages in which ABORT-1 may be declared: phases 3, 4 and 5."""


class SortieOutcome(StrEnum):
    """Final result of a sortie."""

    COMPLETED = "completed"
    ABORTED = "aborted"
    LOST = "lost"


class SkimmerState(StrEnum):
    """State of the skimmer by the depot's judgement."""

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
