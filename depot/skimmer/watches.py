"""Triggers of ABORT-1 in the order of the reference (docs/reference/sortie-loop.md, "ABORT-1"), and control of the
power loads and of ECLIPSE/SURVIVAL in transit (seed 000, 4.4).

The triggers apply to the skimmer's own readings, with the thresholds of the acknowledged plan. Without a plan nothing
is watched.
"""

from __future__ import annotations

from depot.messages import MissionPlan
from depot.names import ABORT_1_NAMES, FaultName, SkimmerMode
from depot.readings import SkimmerReading
from depot.settings import PowerSettings
from depot.skimmer.helm import SkimmerHelm
from depot.watches import AbortWatch

_S = AbortWatch[SkimmerReading, MissionPlan]

ABORT_1: tuple[AbortWatch[SkimmerReading, MissionPlan], ...] = (
    _S(
        FaultName.THRUSTER_FWD_LOSS, "propulsion", lambda r, p: r.thruster_fwd < p.limits.thruster_min,
        ("thruster_fwd",),
    ),
    _S(FaultName.ATTITUDE_AUTHORITY_LOSS, "propulsion", lambda r, p: r.attitude < p.limits.attitude_min, ("attitude",)),
    _S(
        FaultName.FUEL_LOW, "propulsion",
        lambda r, p: r.fuel_kg < r.fuel_need_kg * (1.0 + p.limits.fuel_share * p.fuel_reserve),
        ("fuel_kg", "fuel_need_kg"),
    ),
    _S(
        FaultName.BATTERY_FAILURE, "power", lambda r, p: r.batteries < 2 and r.power_wh < r.power_need_wh,
        ("batteries", "power_wh", "power_need_wh"),
    ),
    _S(FaultName.AVIONICS_POWER_LOSS, "power", lambda r, p: not r.avionics_held, ("avionics_held", "soc")),
    _S(
        FaultName.SURVIVAL_THERMAL_LOSS, "power", lambda r, p: not r.survival_heat_held,
        ("survival_heat_held", "reserve_wh"),
    ),
    _S(FaultName.HOT_SPINE_OVERTEMP, "thermal", lambda r, p: r.spine_k > p.limits.spine_max_k, ("spine_k",)),
    _S(FaultName.CRYO_OVERPRESSURE, "thermal", lambda r, p: r.cryo_bar > p.limits.cryo_max_bar, ("cryo_bar",)),
    _S(
        FaultName.THERMAL_ROUTING_FAILURE, "thermal", lambda r, p: r.thermal_routes < p.limits.thermal_routes_min,
        ("thermal_routes",),
    ),
    _S(
        FaultName.STORE_BREACH, "storage", lambda r, p: r.breach_kg_s > p.limits.breach_kg_s,
        ("breach_kg_s", "store_kg"),
    ),
    _S(FaultName.STORE_LEAK, "storage", lambda r, p: r.leaking > p.limits.leaking_max, ("leaking", "store_kg")),
    _S(FaultName.IMU_LOSS, "navigation", lambda r, p: not r.imu_ok, ("imu_ok",)),
    _S(FaultName.CORRIDOR_DRIFT, "navigation", lambda r, p: r.drift_m > p.limits.corridor_m, ("drift_m",)),
    _S(FaultName.ABORT_SENSORS_FAILURE, "navigation", lambda r, p: not r.abort_sensors_ok, ("abort_sensors_ok",)),
)  # fmt: skip

assert tuple(watch.name for watch in ABORT_1) == ABORT_1_NAMES  # these indices are the numbers on the wire


def trips(reading: SkimmerReading, plan: MissionPlan | None) -> int:
    """Armed triggers that hold, as bits in the order of `ABORT_1`."""
    if plan is None:
        return 0
    bits = 0
    for number, watch in enumerate(ABORT_1):
        if watch.holds(reading, plan):
            bits |= 1 << number
    return bits & plan.limits.triggers


def first_trip(bits: int) -> AbortWatch[SkimmerReading, MissionPlan]:
    """First trigger of `bits`, in the order of `ABORT_1`. ValueError if there is none."""
    if not bits:
        raise ValueError("no watch holds")
    return ABORT_1[(bits & -bits).bit_length() - 1]


RESTORE = 1.2
"""Factor on the shedding charge at which secondary loads are switched on again."""


class PowerLoads:
    """Control of the loads and of the transit mode. `power`: settings of the craft."""

    def __init__(self, helm: SkimmerHelm, power: PowerSettings) -> None:
        self._helm = helm
        self._power = power

    def manage(self, reading: SkimmerReading, now_ms: int) -> None:
        """Shed or restore the secondary loads. They are shed at low charge, long before ECLIPSE/SURVIVAL, and at once
        when arrays and batteries cannot supply all loads, so that INTAKE keeps its power."""
        memory, low = self._helm.memory, self._power.shed_soc
        poor = reading.soc < (RESTORE * low if memory.shed else low)
        supply_w = reading.solar_w + reading.battery_w
        short = reading.demand_w > supply_w
        if (poor or short) is memory.shed:
            return
        facts = {"soc": reading.soc, "limit": low, "demand_w": reading.demand_w, "supply_w": supply_w}
        if memory.shed:
            self._helm.decide(now_ms, "restore_secondary_loads", "power allows them again", facts)
        else:
            why = "charge is low" if poor else "not all can be powered: what the mode is for keeps its power"
            self._helm.decide(now_ms, "shed_secondary_loads", why, facts)
        memory.shed = not memory.shed
        self._helm.vehicle.shed(memory.shed)

    def set_transit_mode(self, reading: SkimmerReading, usual: SkimmerMode, now_ms: int) -> bool:
        """Select ECLIPSE/SURVIVAL while charge is low and in shadow between burns, else `usual`. False if the mode
        stays."""
        memory, low = self._helm.memory, self._power.survival_soc
        poor = reading.soc < (2.0 * low if memory.mode is SkimmerMode.SURVIVAL else low)
        dark = not reading.sunlit and not reading.thrusting
        mode = SkimmerMode.SURVIVAL if poor or dark else usual
        if mode is memory.mode:
            return False
        self._helm.set_mode(mode, now_ms)
        if reading.transmits:
            self._helm.reports.announce(now_ms)
        return True
