"""Settings of a profile, typed. Units are in the names: s, kg, w, wh, k (kelvin), m.

These are plain values; `sortie.loop.profile` reads them from TOML. Defaults are those of the profile `space`: a
skimmer that takes some four days for a sortie of 18 t. They are plausible sizes of our own (the seed gives no
numbers), chosen so that energy, propellant and storage close over a sortie with a margin.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(ge=0.01, le=1e9)]
Positive = Annotated[float, Meta(gt=0, le=1e12)]
NotNegative = Annotated[float, Meta(ge=0, le=1e12)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Degrees = Annotated[float, Meta(ge=-360, le=360)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Loads = tuple[NotNegative, NotNegative, NotNegative]
TankName = Literal["CO2_TANK_RING", "O2_TANK_RING", "H2_TANK_RING", "CH4_TANK_RING", "HE3_TANKS"]

DEATH_FACTOR = 1.5
"""T_DEATH = 1.5 x T_SORTIE (seed 000, 3)."""


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    pass


class UnitSettings(_Table, frozen=True):
    """Real quantity that one "kg" of the profile stands for, and names of the depot's tanks, as views and reports have
    them. With names, tanks without one are not shown; without any, all are."""

    store: Annotated[str, Meta(min_length=1, max_length=8)] = "kg"  # harvest, store, tank farm
    propellant: Annotated[str, Meta(min_length=1, max_length=8)] = "kg"
    tanks: dict[TankName, Annotated[str, Meta(min_length=1, max_length=24)]] = {}

    def tank(self, name: str) -> str | None:
        """Name of a tank for people; None: it is not shown."""
        return next((shown for tank, shown in self.tanks.items() if tank == name), None) if self.tanks else name


class PlanSettings(_Table, frozen=True):
    """The usual length of each part of a sortie, s, and where it goes (latitude, longitude, altitude m; at
    most 83 km, as mission items have it). In `space` places move with the depot: longitude counts along its orbit from
    it, latitude across. The last place is the lowest of the dips: 60 km behind the depot and 11.5 km below."""

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
    harvest_least: Fraction = 0.5  # of what is expected: with less the harvest is ended, and the sortie no success
    waypoints: tuple[tuple[float, float, float], ...] = (
        (0.0, 0.0, 82_000.0), (0.0, -8.3775, 77_000.0), (0.0, -6.2278, 70_500.0),
    )  # fmt: skip

    @property
    def t_sortie_s(self) -> float:
        """Prep + out + harvest + return + dock + offload (docs/reference/sortie-loop.md, "Vocabulary")."""
        return reduce(add, (self.usual_s(phase) for phase in range(1, 8)))

    def usual_s(self, phase: int) -> float:
        """The usual length of phase 1 to 8."""
        way_s = self.prep_s, self.departure_s, self.outbound_s, self.harvest_s
        return (*way_s, self.return_s, self.dock_s, self.offload_s, self.review_s)[phase - 1]


class HeartbeatSettings(_Table, frozen=True):
    """T_HEARTBEAT, how a missing beat is asked for, and the patience of commands."""

    period_s: Seconds = 1_500.0
    misses: Count = 2
    grace_s: Seconds = 2.0
    polls: Count = 10  # a beat that did not come is asked for so often before it counts as missed
    poll_s: Seconds = 4.0
    retry_s: Seconds = 20.0  # commands and uploads
    attempts: Count = 10
    home_after_s: Seconds = 43_200.0  # the skimmer comes home by itself when it has heard nothing for so long


class SkimmerSettings(_Table, frozen=True):
    """Tanks, engines and intake of the skimmer."""

    propellant_kg: Positive = 8_000.0
    launch_propellant_kg: Positive = 5_000.0
    departure_kg: NotNegative = 50.0
    outbound_kg: NotNegative = 15.0
    harvest_kg: NotNegative = 2_750.0  # drag make-up over the whole harvest
    return_kg: NotNegative = 110.0
    dock_kg: NotNegative = 60.0
    fuel_reserve: Fraction = 0.6  # of the return need, on top: the margin
    co2_store_kg: Positive = 16_000.0
    partitions: Annotated[int, Meta(ge=1, le=100)] = 4
    fuel_store_kg: Positive = 5_000.0
    fill: Fraction = 0.9  # planned capacity
    fuel_fraction: Fraction = 0.25  # of what comes in
    rho_env: Positive = 8.1e-7  # kg/m3
    v_sweep: Positive = 150_000.0  # m3/s
    eta_intake: Fraction = 0.75
    spread: Fraction = 0.05  # of the intake from sortie to sortie
    h2_share: Fraction = 0.02  # of the fuel that comes in; the rest is CH4
    he3_share: Fraction = 0.0004
    clear_m: Positive = 30.0  # from the depot: nothing is burnt nearer

    @property
    def intake_kg_s(self) -> float:
        """m_h = rho_env x V_sweep x eta_intake, for a second."""
        return self.rho_env * self.v_sweep * self.eta_intake

    @property
    def shares(self) -> dict[str, float]:
        """Shares of the intake by species; 1 in all."""
        fuel = self.fuel_fraction
        h2, he3 = fuel * self.h2_share, fuel * self.he3_share
        return {"CO2": 1.0 - fuel, "CH4": fuel - h2 - he3, "H2": h2, "HE3": he3}


class PowerSettings(_Table, frozen=True):
    """Batteries (Wh), arrays and loads (W) of the skimmer; loads as (primary, secondary, survival)."""

    batt_a_wh: Positive = 40_000.0
    batt_b_wh: Positive = 40_000.0
    batt_res_wh: Positive = 20_000.0
    battery_w: Positive = 5_500.0  # what BATT_A and BATT_B can each give at once
    solar_w: NotNegative = 9_500.0
    launch_soc: Fraction = 0.9
    power_reserve: Fraction = 0.36
    survival_soc: Fraction = 0.15  # below: ECLIPSE/SURVIVAL in transit; back at twice of it
    shed_soc: Fraction = 0.3  # below: secondary loads are shed
    thruster_w: NotNegative = 250.0  # what the reserve pays for a return in ECLIPSE/SURVIVAL
    docked_w: Loads = (500.0, 100.0, 200.0)
    prelaunch_w: Loads = (1_200.0, 0.0, 300.0)  # at the dock, configured: avionics, thrusters, sensors; no payload
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
    """Limits of the abort watches that no other table has."""

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
    eta_route: Fraction = 0.93
    offload_kg_s: Positive = 1.2
    refuel_kg_s: Positive = 0.5
    patience_s: Seconds = 86_400.0  # for an offload that stands
    soxe_kg_s: NotNegative = 0.06
    soxe_j_kg: NotNegative = 4.0e6
    soxe_k: Positive = 1_073.0
    drain_o2_kg_s: NotNegative = 0.03  # customers
    drain_ch4_kg_s: NotNegative = 0.02
    drain_h2_kg_s: NotNegative = 0.002
    drain_he3_kg_s: NotNegative = 0.0001
    keep: Fraction = 0.3  # customers take what is above
    array_w: NotNegative = 340_000.0
    battery_wh: Positive = 200_000.0
    primary_w: NotNegative = 15_000.0
    secondary_w: NotNegative = 4_000.0
    survival_w: NotNegative = 3_000.0
    go_soc: Fraction = 0.4
    go_cryo_k: Positive = 98.0
    go_payload: Fraction = 0.5  # of the usual payload: with room for less nothing is launched
    dry_kg: Positive = 150_000.0
    origin_dv_mps: NotNegative = 40.0  # the return-to-origin burn of ABORT-3; 0 = it stands on the ground
    engine_exhaust_mps: Positive = 3_600.0
    engine_kg_s: Positive = 12.0
    engine_mixture: Positive = 3.4  # kg of O2 for each kg of CH4
    cryo_k: Positive = 90.0
    eta_use: Fraction = 0.8


class RetirementSettings(_Table, frozen=True):
    """Limits at which a skimmer is derated or retired, and what becomes of it then."""

    max_cycles: Count = 1_500
    max_overstress: Count = 3
    seal_max: Annotated[float, Meta(gt=0, le=1)] = 0.9
    thrust_min: Fraction = 0.8
    capacity_min: Fraction = 0.7
    derate_at: Fraction = 0.8  # of the way to a limit
    derate_payload: Fraction = 0.7
    derate_time: Fraction = 0.75
    seal_wear: NotNegative = 0.0006  # a cycle
    thrust_wear: NotNegative = 0.0001
    capacity_wear: NotNegative = 0.0001
    deep_soc: Fraction = 0.1  # a discharge below counts as deep,
    max_deep_discharges: Count = 20
    spike_ratio: Positive = 1.2  # a current beyond this, of what is expected, as a spike,
    max_current_spikes: Count = 20
    near_margin: Fraction = 0.1  # and a return margin that went below this share of the need as a near miss
    max_near_misses: Count = 10
    repairable: tuple[str, ...] = ("corridor_drift",)
    disposal: Annotated[str, Meta(pattern="^(docked|jettison)$")] = "docked"


class OrbitSettings(_Table, frozen=True):
    """The depot's circular orbit, the Sun and the antennas on it. Gravity and size are those of a small world (Ceres:
    Russell et al. 2016), where what is swept in can be carried: on a large one the speed of the intake would cost more
    propellant than it brings. Angles count along the orbit from orbit noon."""

    mu_m3_s2: Positive = 6.2629e10
    body_m: Positive = 470_000.0
    altitude_m: Positive = 82_000.0
    start_deg: Degrees = 0.0  # when the loop begins
    beta_deg: Annotated[float, Meta(ge=-89, le=89)] = 10.0  # the Sun above the plane of the orbit
    blocked_at_deg: Degrees = 260.0  # the middle of the arc on which the depot hides its antenna from the track,
    blocked_deg: Annotated[float, Meta(ge=0, le=350)] = 55.0  # and how long it is
    near_m: NotNegative = 5_000.0  # within it the link is always there


class EngineSettings(_Table, frozen=True):
    """THRUSTER_FWD, THRUSTER_ATT and the mass that they move. `execution` and `pointing_deg`: how far burns differ from
    what was commanded (standard deviations)."""

    dry_kg: Positive = 12_000.0
    fwd_n: Positive = 1_000.0
    fwd_exhaust_mps: Positive = 3_000.0
    att_n: Positive = 400.0
    att_exhaust_mps: Positive = 2_200.0
    att_least_mps: NotNegative = 0.0005  # a smaller change of velocity is not made
    fwd_least_mps: Positive = 0.5  # a smaller one is THRUSTER_ATT's
    inertia_kg_m2: Positive = 120_000.0
    arm_m: Positive = 3.0
    rate_max_dps: Positive = 1.0
    accel_dps2: Positive = 0.02
    execution: Fraction = 0.004
    pointing_deg: Annotated[float, Meta(ge=0, le=30)] = 0.15


class NavigationSettings(_Table, frozen=True):
    """Errors of the skimmer's own navigation (standard deviations): the depot's ranging corrects it while the comms
    window is open; in between it grows. `dispersion_mps`: of the springs that part it from the dock."""

    fix_m: NotNegative = 0.02
    fix_per_m: NotNegative = 0.00005  # of the distance
    fix_mps: NotNegative = 0.0005
    growth_mps: NotNegative = 0.002
    seen_m: Positive = 20_000.0  # the depot's own sensors see a skimmer so far
    dispersion_mps: NotNegative = 0.002


class ZoneSettings(_Table, frozen=True):
    """The harvest zone: a band of heights about the middle of the pattern, and how fast INTAKE can work."""

    floor_m: Positive = 69_500.0
    ceiling_m: Positive = 77_000.0
    half_length_m: Positive = 40_000.0
    half_width_m: Positive = 5_000.0
    scale_height_m: Positive = 6_000.0
    speed_min_mps: NotNegative = 250.0
    speed_max_mps: Positive = 450.0


class CorridorSettings(_Table, frozen=True):
    """The docking corridor: a cone behind the depot, from the gate to the dock, with its glide slope, and the limits of
    capture."""

    gate_m: Positive = 1_000.0
    half_angle_deg: Annotated[float, Meta(gt=0, le=80)] = 10.0
    glide_mps_per_m: Positive = 0.0013
    speed_max_mps: Positive = 1.5
    contact_mps: Positive = 0.04
    capture_m: Positive = 0.4
    attitude_max_deg: Positive = 4.0
    rate_max_dps: Positive = 0.2
    commit_m: NotNegative = 20.0  # nearer than this nobody is waved off: capture is the safer end
    tries: Count = 3  # approaches that are cleared in a sortie
    separation_mps: Positive = 0.1
    pulses: Annotated[int, Meta(ge=1, le=50)] = 10
    keep_out_m: Positive = 500.0  # no way leads through, but for the corridor's
    axis: tuple[float, float, float] = (0.0, -1.0, 0.0)  # from the dock to the gate, unit length: up, along, across


class BoxSettings(_Table, frozen=True):
    """A skimmer that flies as a copter, and its dock as a landing pad. Unused where `vehicle` is "kinematic"."""

    home: tuple[float, float, float] = (-35.363261, 149.165230, 584.0)  # the pad: latitude, longitude, altitude m
    heading_deg: Degrees = 353.0
    clear_m: Positive = 8.0  # height at which it is clear of the dock
    corridor_m: NotNegative = 15.0  # the docking corridor: so far north of the pad,
    corridor_height_m: Positive = 15.0  # and so high above it
    speed_mps: Positive = 8.0
    precision_m: Positive = 0.5  # a touchdown farther off the middle of the pad is flown again,
    tries: Count = 3  # so often in all; then the locks do not hold
    wind_max_mps: Positive = 9.0  # no launch and no clearance above
    wind_mps: NotNegative = 4.0  # mean wind
    wind_spread: Fraction = 0.5  # by this share the wind of ten minutes differs from it
    wind_from_deg: Degrees = 270.0
    countdown_s: NotNegative = 3.0
    position_m: Positive = 2.5  # without a sensor for the pad: at rest within this of its middle it is in its dock
    battery: Annotated[str, Meta(pattern="^(reported|modelled)$")] = "reported"  # its charge, with a flight controller
    taper: Fraction = 0.8  # charging slows down above this charge, to a fifth of its rate
    mains_kg_s: NotNegative = 0.3  # what the mains give to the dock's store of energy
    photo_m: Positive = 8.0  # the survey takes a photo every so many metres of its lines,
    photo_kg: Positive = 0.05  # of so much data,
    line_m: Positive = 5.0  # which counts when it was taken within this of a line
    flight_w: Positive = 180.0  # what the motors usually draw
    spike_a: Positive = 40.0  # more is a current spike
    deep_soc: Fraction = 0.15  # less is a deep discharge
    empty_v: Positive = 9.0  # at rest: the battery has nothing left to give
    gps_age_s: NotNegative = 0.3  # how old a fix is when it is compared with the estimate


class Profile(_Table, frozen=True):
    """A whole profile. `vehicle`: "kinematic" or a `--vehicle`; `hazards`: chance of a fault in a sortie, by name;
    `kinds`: values of the tables that differ where a kind of vehicle flies it."""

    name: str = "space"
    vehicle: str = "kinematic"
    kinds: dict[str, dict[str, dict[str, Any]]] = msgspec.field(default_factory=dict)
    units: UnitSettings = msgspec.field(default_factory=UnitSettings)
    plan: PlanSettings = msgspec.field(default_factory=PlanSettings)
    heartbeat: HeartbeatSettings = msgspec.field(default_factory=HeartbeatSettings)
    skimmer: SkimmerSettings = msgspec.field(default_factory=SkimmerSettings)
    power: PowerSettings = msgspec.field(default_factory=PowerSettings)
    thermal: ThermalSettings = msgspec.field(default_factory=ThermalSettings)
    watch: WatchSettings = msgspec.field(default_factory=WatchSettings)
    depot: DepotSettings = msgspec.field(default_factory=DepotSettings)
    retirement: RetirementSettings = msgspec.field(default_factory=RetirementSettings)
    box: BoxSettings = msgspec.field(default_factory=BoxSettings)
    orbit: OrbitSettings = msgspec.field(default_factory=OrbitSettings)
    engines: EngineSettings = msgspec.field(default_factory=EngineSettings)
    navigation: NavigationSettings = msgspec.field(default_factory=NavigationSettings)
    zone: ZoneSettings = msgspec.field(default_factory=ZoneSettings)
    corridor: CorridorSettings = msgspec.field(default_factory=CorridorSettings)
    hazards: dict[str, Fraction] = {}
