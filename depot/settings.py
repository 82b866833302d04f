"""Typed settings of a profile. Units are in the names: s, kg, w, wh, k (kelvin), m.

The values are plain; `sortie.loop.profile` reads them from TOML. Defaults are those of the profile `space`, whose
skimmer takes about four days for a sortie of 18 t. The seed gives no numbers; these are plausible sizes, chosen so that
energy, propellant and storage close over a sortie with a margin.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(ge=0.01, le=1e9)]
Positive = Annotated[float, Meta(gt=0, le=1e12)]
NotNegative = Annotated[float, Meta(ge=0, le=1e12)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Efficiency = Annotated[float, Meta(gt=0, le=1)]
Loss = Annotated[float, Meta(ge=0, lt=1)]  # a fraction after which something remains
Degrees = Annotated[float, Meta(ge=-360, le=360)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Loads = tuple[NotNegative, NotNegative, NotNegative]
TankName = Literal["CO2_TANK_RING", "O2_TANK_RING", "H2_TANK_RING", "CH4_TANK_RING", "HE3_TANKS"]

DEATH_FACTOR = 1.5
"""T_DEATH = 1.5 x T_SORTIE (seed 000, 3)."""


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    pass


class UnitSettings(_Table, frozen=True):
    """Real unit of the profile's "kg", and names of the depot's tanks for views and reports. If any tank has a name,
    those without one are not shown."""

    store: Annotated[str, Meta(min_length=1, max_length=8)] = "kg"  # of harvest, store and tank farm
    propellant: Annotated[str, Meta(min_length=1, max_length=8)] = "kg"
    tanks: dict[TankName, Annotated[str, Meta(min_length=1, max_length=24)]] = {}

    def tank(self, name: str) -> str | None:
        """Name of a tank for people; None: not shown."""
        return next((shown for tank, shown in self.tanks.items() if tank == name), None) if self.tanks else name


class PlanSettings(_Table, frozen=True):
    """Usual length of each part of a sortie, s, and its waypoints (latitude, longitude, altitude m).

    The altitude is at most 83 km, as in mission items. In `space` places move with the depot: longitude counts along
    its orbit from the depot, latitude across it. The last place is the lowest point of the dips, 60 km behind the depot
    and 11.5 km below it.
    """

    prep_s: Seconds = 21_600.0
    departure_s: Seconds = 1_200.0
    outbound_s: Seconds = 38_000.0
    coast_s: NotNegative = 3_600.0  # in the middle of the way out, in IDLE/STANDBY
    harvest_s: Seconds = 216_000.0
    return_s: Seconds = 43_200.0
    dock_s: Seconds = 3_600.0
    offload_s: Seconds = 18_000.0
    review_s: Seconds = 1_800.0
    wait_s: Seconds = 7_200.0  # after a no-go
    # fraction of the expected mass; a harvest below it is ended, and the sortie is not completed
    harvest_least: Fraction = 0.5
    waypoints: tuple[tuple[float, float, float], ...] = (
        (0.0, 0.0, 82_000.0), (0.0, -8.3775, 77_000.0), (0.0, -6.2278, 70_500.0),
    )  # fmt: skip

    @property
    def t_sortie_s(self) -> float:
        """Prep + out + harvest + return + dock + offload (docs/reference/sortie-loop.md, "Vocabulary")."""
        return reduce(add, (self.usual_s(phase) for phase in range(1, 8)))

    def usual_s(self, phase: int) -> float:
        """Usual length of phase 1 to 8, s."""
        way_s = self.prep_s, self.departure_s, self.outbound_s, self.harvest_s
        return (*way_s, self.return_s, self.dock_s, self.offload_s, self.review_s)[phase - 1]


class HeartbeatSettings(_Table, frozen=True):
    """T_HEARTBEAT, requests for a missing heartbeat, and retries of commands."""

    period_s: Seconds = 1_500.0
    misses: Count = 2
    grace_s: Seconds = 2.0
    polls: Count = 10  # requests for a late heartbeat before it counts as missed
    poll_s: Seconds = 4.0
    retry_s: Seconds = 20.0  # commands and uploads
    attempts: Count = 10
    home_after_s: Seconds = 43_200.0  # the skimmer comes home when it has received nothing for this time


class SkimmerSettings(_Table, frozen=True):
    """Tanks, engines and intake of the skimmer."""

    propellant_kg: Positive = 8_000.0
    launch_propellant_kg: Positive = 5_000.0
    departure_kg: NotNegative = 50.0
    outbound_kg: NotNegative = 15.0
    harvest_kg: NotNegative = 2_750.0  # drag make-up over the whole harvest
    return_kg: NotNegative = 110.0
    dock_kg: NotNegative = 60.0
    fuel_reserve: Fraction = 0.6  # fraction of the return need, added to it
    co2_store_kg: Positive = 16_000.0
    partitions: Annotated[int, Meta(ge=1, le=100)] = 4
    fuel_store_kg: Positive = 5_000.0
    fill: Fraction = 0.9  # planned capacity
    fuel_fraction: Fraction = 0.25  # fraction of the intake
    rho_env: Positive = 8.1e-7  # kg/m3
    v_sweep: Positive = 150_000.0  # m3/s
    eta_intake: Efficiency = 0.75
    spread: Loss = 0.05  # variation of the intake from sortie to sortie
    h2_share: Fraction = 0.02  # of the fuel that comes in; the rest is CH4
    he3_share: Fraction = 0.0004
    clear_m: Positive = 30.0  # least distance from the depot for a burn

    @property
    def intake_kg_s(self) -> float:
        """Mass taken in per second: m_h = rho_env x V_sweep x eta_intake."""
        return self.rho_env * self.v_sweep * self.eta_intake

    @property
    def shares(self) -> dict[str, float]:
        """Fractions of the intake by species; their sum is 1."""
        fuel = self.fuel_fraction
        h2, he3 = fuel * self.h2_share, fuel * self.he3_share
        return {"CO2": 1.0 - fuel, "CH4": fuel - h2 - he3, "H2": h2, "HE3": he3}


class PowerSettings(_Table, frozen=True):
    """Batteries (Wh), arrays and loads (W) of the skimmer. Loads are (primary, secondary, survival)."""

    batt_a_wh: Positive = 40_000.0
    batt_b_wh: Positive = 40_000.0
    batt_res_wh: Positive = 20_000.0
    battery_w: Positive = 5_500.0  # largest power of BATT_A and of BATT_B
    solar_w: NotNegative = 9_500.0
    launch_soc: Fraction = 0.9
    power_reserve: Fraction = 0.36
    survival_soc: Fraction = 0.15  # below it: ECLIPSE/SURVIVAL in transit, until the charge is twice this
    shed_soc: Fraction = 0.3  # below it secondary loads are shed
    thruster_w: NotNegative = 250.0  # draw of a return in ECLIPSE/SURVIVAL, from the reserve
    docked_w: Loads = (500.0, 100.0, 200.0)
    prelaunch_w: Loads = (1_200.0, 0.0, 300.0)  # docked and configured: avionics, thrusters and sensors on, payload off
    cruise_w: Loads = (1_800.0, 400.0, 300.0)
    harvest_w: Loads = (5_000.0, 800.0, 300.0)
    standby_w: Loads = (700.0, 100.0, 300.0)
    survival_w: Loads = (0.0, 0.0, 350.0)
    charge_w: Positive = 4_000.0


class ThermalSettings(_Table, frozen=True):
    """HOT_SPINE and the cryogenic store of the skimmer."""

    spine_j_k: Positive = 4.0e6
    spine_w_k: Positive = 60.0
    environment_k: Positive = 220.0
    spine_stress_k: Positive = 345.0
    spine_max_k: Positive = 380.0
    cryo_max_bar: Positive = 8.0
    settled_k: Positive = 300.0
    depot_settled_k: Positive = 300.0  # the depot's core after a transfer


class WatchSettings(_Table, frozen=True):
    thruster_min: Fraction = 0.5
    attitude_min: Fraction = 0.5
    thermal_routes_min: Fraction = 0.5
    breach_kg_s: Positive = 0.2
    leak_kg: Positive = 5.0
    corridor_m: Positive = 50_000.0
    drift_warn_m: Positive = 20_000.0
    current_ratio_max: Positive = 1.3
    signature_max_k: Positive = 15.0
    fill_max: Fraction = 0.95
    cryo_warn_k: Positive = 100.0
    manifold_warn_bar: Positive = 6.0
    soxe_warn_k: Positive = 1_120.0
    soxe_max_k: Positive = 1_200.0
    o2_max_bar: Positive = 12.0
    bus_ripple_max: Positive = 0.1
    boil_off_bar: Positive = 10.0
    core_max_k: Positive = 330.0
    bus_min: Fraction = 0.4
    array_min: Fraction = 0.3
    rcs_min: Fraction = 0.4
    tumble_max_dps: Positive = 2.0
    impact_max_g: Positive = 3.0
    conjunction_min_m: Positive = 200.0
    radiation_max: Positive = 10.0


class DepotSettings(_Table, frozen=True):
    """Tanks, reactor, power and transfer rates of the depot."""

    co2_kg: Positive = 60_000.0
    o2_kg: Positive = 40_000.0
    h2_kg: Positive = 5_000.0
    ch4_kg: Positive = 60_000.0
    he3_kg: Positive = 100.0
    start_fill: Fraction = 0.4
    eta_route: Efficiency = 0.93
    offload_kg_s: Positive = 1.2
    refuel_kg_s: Positive = 0.5
    patience_s: Seconds = 86_400.0  # for an offload without progress
    soxe_kg_s: NotNegative = 0.06
    soxe_j_kg: NotNegative = 4.0e6
    soxe_k: Positive = 1_073.0
    drain_o2_kg_s: NotNegative = 0.03  # drawn by customers
    drain_ch4_kg_s: NotNegative = 0.02
    drain_h2_kg_s: NotNegative = 0.002
    drain_he3_kg_s: NotNegative = 0.0001
    keep: Fraction = 0.3  # customers take only what is above this fill
    array_w: NotNegative = 340_000.0
    battery_wh: Positive = 200_000.0
    primary_w: NotNegative = 15_000.0
    secondary_w: NotNegative = 4_000.0
    survival_w: NotNegative = 3_000.0
    go_soc: Fraction = 0.4
    go_cryo_k: Positive = 98.0
    go_payload: Fraction = 0.5  # fraction of the usual payload; with less room nothing is launched
    dry_kg: Positive = 150_000.0
    origin_dv_mps: NotNegative = 40.0  # return-to-origin burn of ABORT-3; 0: the depot stands on the ground
    engine_exhaust_mps: Positive = 3_600.0
    engine_kg_s: Positive = 12.0
    engine_mixture: Positive = 3.4  # kg of O2 for each kg of CH4
    cryo_k: Positive = 90.0
    eta_use: Fraction = 0.8


class RetirementSettings(_Table, frozen=True):
    """Limits at which a skimmer is derated or retired, and its disposal."""

    max_cycles: Count = 1_500
    max_overstress: Count = 3
    seal_max: Annotated[float, Meta(gt=0, le=1)] = 0.9
    thrust_min: Fraction = 0.8
    capacity_min: Fraction = 0.7
    derate_at: Fraction = 0.8  # fraction of the way to a limit
    derate_payload: Fraction = 0.7
    derate_time: Fraction = 0.75
    seal_wear: NotNegative = 0.0006  # per cycle
    thrust_wear: Loss = 0.0001
    capacity_wear: Loss = 0.0001
    deep_soc: Fraction = 0.1  # a discharge below it is deep
    max_deep_discharges: Count = 20
    spike_ratio: Positive = 1.2  # a current above this multiple of the expected one is a spike
    max_current_spikes: Count = 20
    near_margin: Fraction = 0.1  # a return margin below this fraction of the need is a near miss
    max_near_misses: Count = 10
    repairable: tuple[str, ...] = ("corridor_drift",)
    disposal: Annotated[str, Meta(pattern="^(docked|jettison)$")] = "docked"


class OrbitSettings(_Table, frozen=True):
    """The depot's circular orbit, the Sun and the antennas.

    Gravity and size are those of Ceres (Russell et al. 2016). On a large world the intake's drag would cost more
    propellant than the harvest brings. Angles count along the orbit from orbit noon.
    """

    mu_m3_s2: Positive = 6.2629e10
    body_m: Positive = 470_000.0
    altitude_m: Positive = 82_000.0
    start_deg: Degrees = 0.0  # at the beginning of the loop
    beta_deg: Annotated[float, Meta(ge=-89, le=89)] = 10.0  # elevation of the Sun above the orbit's plane
    blocked_at_deg: Degrees = 260.0  # middle of the arc on which the depot blocks its antenna
    blocked_deg: Annotated[float, Meta(ge=0, le=350)] = 55.0  # length of this arc
    near_m: NotNegative = 5_000.0  # distance within which the link is always open


class EngineSettings(_Table, frozen=True):
    """THRUSTER_FWD, THRUSTER_ATT and the mass that they move. `execution`, `pointing_deg`: standard deviations of a
    burn's size (fraction) and direction."""

    dry_kg: Positive = 12_000.0
    fwd_n: Positive = 1_000.0
    fwd_exhaust_mps: Positive = 3_000.0
    att_n: Positive = 400.0
    att_exhaust_mps: Positive = 2_200.0
    att_least_mps: NotNegative = 0.0005  # smaller changes of velocity are not flown
    fwd_least_mps: Positive = 0.5  # smaller changes are flown by THRUSTER_ATT
    inertia_kg_m2: Positive = 120_000.0
    arm_m: Positive = 3.0
    rate_max_dps: Positive = 1.0
    accel_dps2: Positive = 0.02
    execution: Fraction = 0.004
    pointing_deg: Annotated[float, Meta(ge=0, le=30)] = 0.15


class NavigationSettings(_Table, frozen=True):
    """Errors of the skimmer's own navigation, standard deviations.

    The depot's ranging corrects it while the comms window is open; in between the error grows. `dispersion_mps`:
    variation of the springs that push it from the dock.
    """

    fix_m: NotNegative = 0.02
    fix_per_m: NotNegative = 0.00005  # of the distance
    fix_mps: NotNegative = 0.0005
    growth_mps: NotNegative = 0.002
    seen_m: Positive = 20_000.0  # range of the depot's own sensors
    dispersion_mps: NotNegative = 0.002


class ZoneSettings(_Table, frozen=True):
    """Harvest zone: a band of heights about the middle of the pattern, and the speeds at which INTAKE works."""

    floor_m: Positive = 69_500.0
    ceiling_m: Positive = 77_000.0
    half_length_m: Positive = 40_000.0
    half_width_m: Positive = 5_000.0
    scale_height_m: Positive = 6_000.0
    speed_min_mps: NotNegative = 250.0
    speed_max_mps: Positive = 450.0


class CorridorSettings(_Table, frozen=True):
    """Docking corridor: a cone behind the depot from the gate to the dock, its glide slope, and the limits of
    capture."""

    gate_m: Positive = 1_000.0
    half_angle_deg: Annotated[float, Meta(gt=0, le=80)] = 10.0
    glide_mps_per_m: Positive = 0.0013
    speed_max_mps: Positive = 1.5
    contact_mps: Positive = 0.04
    capture_m: Positive = 0.4
    attitude_max_deg: Positive = 4.0
    rate_max_dps: Positive = 0.2
    commit_m: NotNegative = 20.0  # nearer than this no approach is waved off, because capture is safer
    tries: Count = 3  # cleared approaches in a sortie
    separation_mps: Positive = 0.1
    pulses: Annotated[int, Meta(ge=1, le=50)] = 10
    keep_out_m: Positive = 500.0  # no transfer leads through this sphere
    axis: tuple[float, float, float] = (0.0, -1.0, 0.0)  # from the dock to the gate, unit length: up, along, across


class BoxSettings(_Table, frozen=True):
    """A copter as the skimmer, and a landing pad as its dock. Unused if `vehicle` is "kinematic"."""

    home: tuple[float, float, float] = (-35.363261, 149.165230, 584.0)  # the pad: latitude, longitude, altitude m
    heading_deg: Degrees = 353.0
    clear_m: Positive = 8.0  # height at which it is clear of the dock
    corridor_m: NotNegative = 15.0  # docking corridor: distance north of the pad
    corridor_height_m: Positive = 15.0  # and height above it
    speed_mps: Positive = 8.0
    precision_m: Positive = 0.5  # a touchdown farther from the pad's middle is flown again
    tries: Count = 3  # landings in all; after these the locks do not hold
    wind_max_mps: Positive = 9.0  # no launch and no clearance above it
    wind_mps: NotNegative = 4.0  # mean wind
    wind_spread: Fraction = 0.5  # variation of the wind from one ten minutes to the next, as a fraction
    wind_from_deg: Degrees = 270.0
    countdown_s: NotNegative = 3.0
    position_m: Positive = 2.5  # without a pad sensor: within this distance of the middle it is in its dock
    # source of its charge behind a flight controller
    battery: Annotated[str, Meta(pattern="^(reported|modelled)$")] = "reported"
    taper: Fraction = 0.8  # above this charge, charging slows down to a fifth of its rate
    mains_kg_s: NotNegative = 0.3  # power of the mains into the dock's store of energy
    photo_m: Positive = 8.0  # distance between two photos of the survey
    photo_kg: Positive = 0.05  # data of one photo
    line_m: Positive = 5.0  # a photo counts within this distance of a line
    flight_w: Positive = 180.0  # usual draw of the motors
    spike_a: Positive = 40.0  # a current above it is a spike
    deep_soc: Fraction = 0.15  # a discharge below it is deep
    empty_v: Positive = 9.0  # an empty battery's voltage at rest
    gps_age_s: NotNegative = 0.3  # age of a fix when it is compared with the estimate


class Profile(_Table, frozen=True):
    """Whole profile. `vehicle`: "kinematic" or a value of `--vehicle`. `hazards`: probability of a fault in a sortie,
    by name. `kinds`: settings that differ for a kind of vehicle."""

    name: str = "space"
    vehicle: str = "kinematic"
    kinds: dict[str, dict[str, dict[str, Any]]] = {}
    units: UnitSettings = UnitSettings()
    plan: PlanSettings = PlanSettings()
    heartbeat: HeartbeatSettings = HeartbeatSettings()
    skimmer: SkimmerSettings = SkimmerSettings()
    power: PowerSettings = PowerSettings()
    thermal: ThermalSettings = ThermalSettings()
    watch: WatchSettings = WatchSettings()
    depot: DepotSettings = DepotSettings()
    retirement: RetirementSettings = RetirementSettings()
    box: BoxSettings = BoxSettings()
    orbit: OrbitSettings = OrbitSettings()
    engines: EngineSettings = EngineSettings()
    navigation: NavigationSettings = NavigationSettings()
    zone: ZoneSettings = ZoneSettings()
    corridor: CorridorSettings = CorridorSettings()
    hazards: dict[str, Fraction] = {}
