"""Readings that each side can measure. Both controllers decide on these alone."""

from __future__ import annotations

from enum import IntEnum

from msgspec import Struct, field

from depot.names import SkimmerMode

RINGS = ("CO2", "CH4", "H2", "HE3")
"""Species that a skimmer harvests; the tank farm has a ring for each."""

EMPTY_KG = 1.0
EMPTY_SHARE = 1e-3
"""A store is empty below the smaller of `EMPTY_KG` and `EMPTY_SHARE` of its capacity."""


class SkimmerPlace(IntEnum):
    DOCK = 0
    NEAR = 1  # undocked, not yet clear
    OUT = 2
    ZONE = 3
    BACK = 4
    CORRIDOR = 5
    FINAL = 6
    ADRIFT = 7


class Relative(Struct):
    """Motion of a skimmer as the depot's own sensors measure it; Hill frame (x up, y along the track, z across), m,
    m/s."""

    position_m: tuple[float, float, float]
    velocity_mps: tuple[float, float, float]
    attitude_error_deg: float = 0.0
    rate_dps: float = 0.0


class SkimmerReading(Struct):
    """Readings of the skimmer's own sensors in kg, Wh, K, bar, m, s; fractions 0 to 1."""

    place: SkimmerPlace = SkimmerPlace.DOCK
    mode: SkimmerMode = SkimmerMode.DOCKED
    coasting: bool = False
    remaining_s: float = 0.0  # time to the corridor if it turned back now
    fuel_kg: float = 0.0
    fuel_need_kg: float = 0.0  # to return and dock from here
    power_wh: float = 0.0  # usable in BATT_A and BATT_B
    power_need_wh: float = 0.0  # to return and dock from here in CRUISE
    soc: float = 1.0
    reserve_wh: float = 0.0
    reserve_need_wh: float = 0.0  # to return and dock from here in ECLIPSE/SURVIVAL
    thruster_fwd: float = 1.0
    attitude: float = 1.0
    batteries: int = 2  # working batteries of BATT_A and BATT_B
    avionics_held: bool = True
    survival_heat_held: bool = True
    spine_k: float = 290.0
    cryo_bar: float = 3.0
    thermal_routes: float = 1.0
    breach_kg_s: float = 0.0  # fastest loss of one partition
    leaking: int = 0  # partitions that have lost more than the leak limit
    imu_ok: bool = True
    drift_m: float = 0.0
    abort_sensors_ok: bool = True
    current_ratio: float = 1.0  # measured / expected current
    signature_k: float = 0.0  # thermal signature above the expected one
    store_kg: float = 0.0
    store_full: bool = False
    harvested_kg: float = 0.0  # taken in since launch
    expected_kg: float = 0.0  # planned intake until now
    seal: float = 0.0  # wear, 0: new
    thrust: float = 1.0  # fraction of a new engine's thrust
    capacity: float = 1.0  # fraction of new batteries' capacity
    overstress: int = 0  # sorties in which HOT_SPINE went over its stress limit
    min_soc: float = 1.0  # smallest charge since the launch
    thrust_ratio: float = 1.0  # achieved / commanded, of this sortie's burns
    deep_discharges: int = 0  # since the craft was new
    current_spikes: int = 0
    transmits: bool = True  # the heartbeat transmitter works
    powered: bool = True  # something on board has power
    ready: bool = True  # it could undock now
    not_ready_reason: str = ""  # reason against undocking, if known
    called_off: str = ""  # reason why the last launch was called off
    down: str = ""  # reason why the vehicle does not fly again and is not in its dock; empty: none
    controlled_by: str = ""  # other party that controls the vehicle; empty: none
    clearance_m: float = 0.0  # distance to the depot, measured while it is near, else the range
    load_w: float = 0.0  # draw of the powered buses
    demand_w: float = 0.0  # draw of the buses with nothing shed
    battery_w: float = 0.0  # power that BATT_A and BATT_B can give without the arrays (`solar_w`)
    position_m: tuple[float, float, float] = (0.0, 0.0, 0.0)  # by its own navigation: up, along the track, across it
    velocity_mps: tuple[float, float, float] = (0.0, 0.0, 0.0)
    in_zone: bool = False  # by its own navigation
    thrusting: bool = False  # it burns, or turns for a burn
    sunlit: bool = True
    solar_w: float = 0.0
    link_open: bool = True  # the depot can receive it
    detour_s: float = 0.0  # least time of the way back


class DepotReading(Struct):
    """Readings of the depot's own sensors."""

    soc: float = 1.0
    cryo_k: float = 90.0
    comms_open: bool = True
    co2_fill: float = 0.0
    fuel_fill: float = 0.0
    room_kg: dict[str, float] = field(default_factory=lambda: dict.fromkeys(RINGS, 0.0))  # reachable from the dock
    fuel_stock_kg: float = 0.0  # reachable from the dock
    hazard_region: bool = False
    debris: bool = False
    solar_event: bool = False
    manifold_bar: float = 3.0
    soxe_k: float = 1073.0
    o2_bar: float = 5.0
    bus_ripple: float = 0.0
    rings_intact: bool = True
    manifolds_intact: bool = True
    hull_intact: bool = True
    boil_off_bar: float = 3.0
    core_k: float = 293.0
    bus: float = 1.0  # primary bus voltage of nominal
    battery_shorted: bool = False
    array: float = 1.0
    rcs: float = 1.0
    tumble_dps: float = 0.0
    avionics_ok: bool = True
    impact_g: float = 0.0
    conjunction_m: float = 1e9
    radiation: float = 1.0
    failed_segments: list[str] = field(default_factory=list)  # segments of the tank farm that report a failure
    burn_need_kg: float = 0.0  # propellant of a return-to-origin burn
    burn_available_kg: float = 0.0  # part of it that can reach the engine
    burn_remaining_kg: float = 0.0  # propellant that the present burn still needs
    burnt_mps: float = 0.0  # change of velocity achieved by it
    power_hold: bool = False  # set from outside: hard constraints of the go/no-go
    thermal_hold: bool = False
    dock_blocked: bool = False
    dock_delay: bool = False
    wind_mps: float = 0.0  # at the dock
    bumps: int = 0  # contacts that were pushed off since the last undocking
    closest_m: float = 1e9  # smallest distance of the skimmer since its launch, outside corridor and dock
    in_dock: bool = True  # the latches hold the skimmer
    locks_ok: bool = True
    fluids_ok: bool = True
    data_ok: bool = True
    power_ok: bool = True
    window_left_s: float = 1e9  # remaining time of the comms window; 0: closed
    next_window_s: float = 0.0  # time until the next window while it is closed
    hears: bool = True  # the skimmer can be received at its present place
    sunlit: bool = True
    clearance_m: float = 0.0  # distance to the skimmer, measured while it is near
    relative: Relative | None = None  # the skimmer, within the range of the depot's sensors
    offloadable_kg: float = 0.0  # mass in the store of a docked skimmer
    empty_kg: float = EMPTY_KG  # below this the store counts as empty
    delivered_kg: float = 0.0  # since the last docking
    moving_kg_s: float = 0.0  # offload flow
    dock_fuels: bool = True  # the dock can refuel; otherwise a person must
    lobes_tight: bool = True  # FUEL_LOBES of a docked skimmer pass their test
    refuelled: bool = False
    charged: bool = False
    skimmer_settled: bool = False
    depot_settled: bool = True

    @property
    def interfaces(self) -> dict[str, bool]:
        """Interfaces that are verified after a capture (seed 000, 4.6), with their state."""
        return {
            "structural_locks": self.locks_ok,
            "fluid_connections": self.fluids_ok,
            "data_connection": self.data_ok,
            "power_connection": self.power_ok,
        }

    @property
    def interfaces_pass(self) -> bool:
        return all(self.interfaces.values())

    @property
    def settled(self) -> bool:
        """True if both vehicles have settled thermally."""
        return self.skimmer_settled and self.depot_settled

    @property
    def margins_restored(self) -> bool:
        """True with propellant and charge for another sortie and both vehicles settled."""
        return self.refuelled and self.charged and self.settled

    @property
    def emptied(self) -> bool:
        """True when the skimmer's store is empty."""
        return self.offloadable_kg < self.empty_kg
