"""Messages between depot and skimmer. The two share nothing else; `depot.wire` carries them."""

from __future__ import annotations

from enum import IntEnum

from msgspec import Struct, field

from depot.names import ALL_TRIGGERS, SkimmerMode, SkimmerStage


class AbortLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """Abort thresholds and triggers of a plan (seed 000, 3): the skimmer aborts when its own readings pass them.

    `triggers`: armed triggers of ABORT-1, bits in the order of `ABORT_1_NAMES`. `fuel_share`: fraction of the plan's
    fuel reserve. Fractions are 0 to 1.
    """

    triggers: int = ALL_TRIGGERS
    fuel_share: float = 0.5
    thruster_min: float = 0.5
    attitude_min: float = 0.5
    spine_max_k: float = 380.0
    cryo_max_bar: float = 8.0
    thermal_routes_min: float = 0.5
    breach_kg_s: float = 0.2
    leaking_max: int = 1  # partitions that may leak before the leak counts as spreading
    corridor_m: float = 50_000.0


class MissionPlan(Struct, frozen=True):
    """Plan that the depot sends before departure (seed 000, 3): destination, times, and limits for turning back.

    `waypoints`: latitude, longitude (degrees), altitude (m). `number`: the sortie. The reserves are fractions of the
    return need, added to it. The skimmer obeys only the `limits` of the plan that it has acknowledged.
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
    GO = 0
    RECALL = 1  # ABORT-2
    CLEARANCE = 2
    EMERGENCY_CLEARANCE = 3
    REPORT = 4  # send a status now
    TOTAL_ABORT = 5  # the depot leaves; broadcast, not acknowledged
    CONFIGURE = 6  # set MODE_CTRL to its pre-launch configuration and verify the sensors
    WAVE_OFF = 7  # break off the approach and return to the gate


FAR = 1e6
"""Margin that has not been measured yet, as a fraction of the need."""


class RequestResult(IntEnum):
    """Result of a command or upload for the depot."""

    ACCEPTED = 0
    REFUSED = 1
    SILENCE = 2


class Status(Struct):
    """Status packet of the skimmer, sent every T_HEARTBEAT and at each change.

    `boot_ms`: ms since undocking. `wants_ack`: repeated until the depot acknowledges it. `taken_over`: another party
    controls the vehicle. `trips`: triggers of ABORT-1 that hold, bits in the order of `ABORT_1_NAMES`; `trigger`: 1 +
    the number of the declared one, 0 none. `plan`: number of the plan launched last; `loaded`: number of the plan on
    board. `least_fuel`, `least_power`: smallest margins of this flight as fractions of the return need. `place`:
    latitude, longitude (degrees), altitude (m above mean sea level); None: unknown.
    """

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
    """Kind of a data package of a plan (seed 000, 4.1: "required data packages/updates")."""

    LIMITS = 1  # AbortLimits


class DataPackage(Struct, frozen=True):
    """Data that must be on board before a launch. Its checksum is added on the wire."""

    kind: PackageKind
    data: bytes


class Upload(Struct, frozen=True):
    """Request to load a plan into the skimmer."""

    plan: MissionPlan


class CommandMessage(Struct, frozen=True):
    """Request to carry out a command. `answered`: the depot waits for the answer."""

    order: DepotCommand
    answered: bool = True


Request = Upload | CommandMessage
