"""Vocabulary of the sortie loop: phases, modes, aborts, states. The values appear in reports and on the wire."""

from __future__ import annotations

from enum import IntEnum, StrEnum, auto


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


class FaultName(StrEnum):
    """Faults of the loop (`--fault NAME@WHEN`); those of aborts have the names of their triggers."""

    # ABORT-1
    THRUSTER_FWD_LOSS = auto()
    ATTITUDE_AUTHORITY_LOSS = auto()
    FUEL_LOW = auto()
    BATTERY_FAILURE = auto()
    AVIONICS_POWER_LOSS = auto()
    SURVIVAL_THERMAL_LOSS = auto()
    HOT_SPINE_OVERTEMP = auto()
    CRYO_OVERPRESSURE = auto()
    THERMAL_ROUTING_FAILURE = auto()
    STORE_BREACH = auto()
    STORE_LEAK = auto()
    IMU_LOSS = auto()
    CORRIDOR_DRIFT = auto()
    ABORT_SENSORS_FAILURE = auto()

    # ABORT-2
    HEARTBEAT_LOSS = auto()
    NAV_DRIFT = auto()
    CURRENT_TREND = auto()
    THERMAL_SIGNATURE = auto()
    HAZARD_REGION = auto()
    DEBRIS = auto()
    SOLAR_EVENT = auto()
    STORE_FULL = auto()
    FUEL_STORE_FULL = auto()
    CRYO_LIMIT = auto()
    MANIFOLD_PRESSURE = auto()
    SOXE_OVERHEAT = auto()
    O2_OVERPRESSURE = auto()
    BUS_UNSTABLE = auto()

    # ABORT-3
    TANK_RUPTURE = auto()
    MANIFOLD_BREACH = auto()
    HULL_FRACTURE = auto()
    SOXE_RUNAWAY = auto()
    BOIL_OFF = auto()
    RADIATOR_FAILURE = auto()
    BATTERY_SHORT = auto()
    BUS_COLLAPSE = auto()
    ARRAY_FAILURE = auto()
    RCS_LOSS = auto()
    TUMBLE = auto()
    AVIONICS_FAILURE = auto()
    IMPACT = auto()
    CONJUNCTION = auto()
    RADIATION = auto()

    # no launch
    NO_GO_POWER = auto()
    NO_GO_THERMAL = auto()
    NO_GO_COMMS = auto()
    NO_GO_TANKS = auto()

    # the link
    LINK_LOSS = auto()
    LINK_LOSSY = auto()

    # dock and skimmer
    DOCK_REFUSED = auto()
    DOCK_DELAYED = auto()
    SKIMMER_LOST = auto()
    SKIMMER_LATE = auto()
    VALVE_STUCK = auto()
    INTERFACE_FAILURE = auto()
    INTAKE_FAILURE = auto()
    STRUCTURAL_FAILURE = auto()
    FLUID_FAILURE = auto()
    DATA_FAILURE = auto()
    POWER_FAILURE = auto()


ABORT_1_NAMES = tuple(FaultName)[:14]
"""Triggers of ABORT-1. Their index is their number on the wire."""
ALL_TRIGGERS = (1 << len(ABORT_1_NAMES)) - 1
"""Bits of all triggers of ABORT-1."""


def trip_names(bits: int) -> list[str]:
    """Names of the triggers of ABORT-1 whose bits are set."""
    return [name for number, name in enumerate(ABORT_1_NAMES) if bits >> number & 1]


class SkimmerStage(IntEnum):
    DOCKED = 0
    UNDOCKING = 1  # still near the depot
    DEPARTURE = 2  # clear of the depot: the departure burn
    OUTBOUND = 3
    HARVEST = 4
    RETURN = 5
    HOLDING = 6  # at the docking corridor, waiting for clearance
    APPROACH = 7
    DISPOSAL = 8  # a return is not feasible

    @property
    def phase(self) -> Phase:
        """Phase of the sortie in which the skimmer is; a docked one is before its launch."""
        return _PHASES[self]


_PHASES = (
    Phase.PREP, Phase.DEPARTURE, Phase.DEPARTURE, Phase.OUTBOUND, Phase.HARVEST, Phase.RETURN, Phase.DOCKING,
    Phase.DOCKING, Phase.RETURN,
)  # fmt: skip

ABORTABLE = frozenset((SkimmerStage.OUTBOUND, SkimmerStage.HARVEST, SkimmerStage.RETURN))
"""Stages in which ABORT-1 may be declared: phases 3, 4 and 5."""


class SortieOutcome(StrEnum):
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
