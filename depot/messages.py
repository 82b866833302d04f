"""Messages between depot and skimmer, all that the two share. On the wire: `depot.wire`."""

from __future__ import annotations

from enum import IntEnum

from msgspec import Struct, field

from depot.names import ALL_TRIGGERS, SkimmerMode, SkimmerStage


class AbortLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """The abort thresholds and triggers of a plan (seed 000, 3): beyond which of its own readings the skimmer
    aborts by itself. `triggers`: which of ABORT-1 are armed, bits in the order of `ABORT_1_NAMES`; `fuel_share`: of the
    plan's fuel reserve; fractions 0 to 1."""

    triggers: int = ALL_TRIGGERS
    fuel_share: float = 0.5
    thruster_min: float = 0.5
    attitude_min: float = 0.5
    spine_max_k: float = 380.0
    cryo_max_bar: float = 8.0
    thermal_routes_min: float = 0.5
    breach_kg_s: float = 0.2
    leaking_max: int = 1  # partitions that may leak: beyond, it spreads
    corridor_m: float = 50_000.0


class MissionPlan(Struct, frozen=True):
    """Plan that the depot sends before departure (seed 000, 3): where to, for how long, and when to turn back.

    `waypoints`: latitude, longitude (degrees), altitude (m). `number`: the sortie. The reserves are shares of the
    return need, on top of it. The skimmer obeys the `limits` of the plan that it has acknowledged, and no others.
    """

    number: int
    waypoints: tuple[tuple[float, float, float], ...]
    t_sortie_s: float
    harvest_s: float
    store_kg: float
    fuel_reserve: float
    power_reserve: float
    limits: AbortLimits = AbortLimits()


class DepotCommand(IntEnum):
    """Commands of the depot."""

    GO = 0
    RECALL = 1  # ABORT-2
    CLEARANCE = 2
    EMERGENCY_CLEARANCE = 3
    REPORT = 4  # send your status now
    TOTAL_ABORT = 5  # best-effort broadcast: the depot is leaving
    CONFIGURE = 6  # MODE_CTRL to its pre-launch configuration, and are the sensors alive?
    WAVE_OFF = 7  # out of the approach, back to the gate


FAR = 1e6
"""A margin that has not been measured yet, as a share of the need."""


class RequestResult(IntEnum):
    """Result of a command or upload for the depot."""

    ACCEPTED = 0
    REFUSED = 1
    SILENCE = 2


class Status(Struct):
    """The skimmer's status packet, sent every T_HEARTBEAT and at each change. `boot_ms` restarts at each undocking;
    `wants_ack`: repeated until acknowledged; `taken_over`: somebody else has the vehicle; `trips`: ABORT-1 watches that
    hold, bits in the order of `ABORT_1_NAMES`; `trigger`: number of the one that was declared + 1, 0 = none;
    `plan`: number of the one that was launched last, `loaded`: of the one that it has;
    `least_fuel`, `least_power`: the smallest margins of this sortie's flight, as shares of what the return needed;
    `place`: latitude, longitude (degrees), altitude (m above mean sea level), None = it does not know."""

    seq: int = 0
    boot_ms: int = 0
    stage: SkimmerStage = SkimmerStage.DOCKED
    mode: SkimmerMode = SkimmerMode.DOCKED
    wants_ack: bool = False
    taken_over: bool = field(default=False, name="taken")  # as journals name it
    trigger: int = 0
    trips: int = 0
    plan: int = 0
    loaded: int = 0
    overstress: int = 0
    remaining_s: float = 0.0
    fuel_kg: float = 0.0
    fuel_need_kg: float = 0.0
    soc: float = 1.0
    min_soc: float = 1.0
    power_wh: float = 0.0
    power_need_wh: float = 0.0
    store_kg: float = 0.0
    harvested_kg: float = 0.0
    expected_kg: float = 0.0
    drift_m: float = 0.0
    current_ratio: float = 1.0
    signature_k: float = 0.0
    spine_k: float = 290.0
    seal: float = 0.0
    thrust: float = 1.0
    capacity: float = 1.0
    thrust_ratio: float = 1.0
    least_fuel: float = FAR
    least_power: float = FAR
    deep_discharges: int = 0
    current_spikes: int = 0
    place: tuple[float, float, float] | None = None


class PackageKind(IntEnum):
    """The data packages of a plan (seed 000, 4.1: "required data packages/updates")."""

    LIMITS = 1  # AbortLimits


class DataPackage(Struct, frozen=True):
    """Bytes that have to be in the skimmer before a launch, with their checksum on the wire."""

    kind: PackageKind
    data: bytes


class Upload(Struct, frozen=True):
    """The depot wants its plan in the skimmer."""

    plan: MissionPlan


class CommandMessage(Struct, frozen=True):
    """The depot wants something done. `answered`: it waits for the answer."""

    order: DepotCommand
    answered: bool = True


Request = Upload | CommandMessage
