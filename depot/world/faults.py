"""Effect of each named fault on the model of `space` (docs/reference/sortie-loop.md, "Names of triggers").

A fault changes the model, and the abort follows from the trigger that watches the model. Each is sized so that its own
trigger holds at once in phases 3, 4 and 5; a fault of ABORT-2 stays below the limits of aborts of higher precedence.
Slow faults grow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot.interface.mathematics import whole_power
from depot.names import FaultName
from depot.readings import SkimmerPlace, SkimmerReading
from depot.settings import Profile
from depot.world.depot import SLOW_FAULT
from depot.world.energy import J_PER_WH
from depot.world.matter import Tank, let_out, take_in
from depot.world.state import ActiveFault, WorldState

Strike = Callable[[WorldState, Profile, SkimmerReading], float]
Withdraw = Callable[[WorldState, Profile, float], None]

BETWEEN = 0.5
"""Position of a quantity between its warning limit and the limit of the next higher abort, for a fault of ABORT-2."""
GROWING = frozenset(
    (
        FaultName.STORE_BREACH,
        FaultName.STORE_LEAK,
        FaultName.SOXE_RUNAWAY,
        FaultName.BOIL_OFF,
        FaultName.RADIATOR_FAILURE,
    )
)


def _between(low: float, high: float) -> float:
    return low + BETWEEN * (high - low)


def _fuel_low(state: WorldState, profile: Profile, reading: SkimmerReading) -> float:
    """Leak down to half-way between the need of the return and the ABORT-1 margin; the capacity stays there.

    During the departure burn it waits for the end (`leave_dock`), when the need of the return is known.
    """
    if state.place is SkimmerPlace.NEAR:
        return 0.0
    keep = reading.fuel_need_kg * (1.0 + 0.25 * profile.skimmer.fuel_reserve)
    state.skimmer.lobes.capacity_kg = keep
    return let_out(state.skimmer.lobes, state.skimmer.lobes.kg - keep, state.outside, "leak")


def _mend_lobes(state: WorldState, profile: Profile, amount: float) -> None:
    state.skimmer.lobes.capacity_kg = profile.skimmer.propellant_kg


def _battery_failure(state: WorldState, profile: Profile, reading: SkimmerReading) -> float:
    """BATT_A drops out of the bus, and BATT_B holds at most half of the return need."""
    skimmer = state.skimmer
    skimmer.batt_a.connected = False
    keep = 0.5 * reading.power_need_wh * J_PER_WH
    state.accounts.book("fault", skimmer.batt_b.draw(skimmer.batt_b.j - keep))
    skimmer.batt_b.capacity_j = keep
    return 0.0


def _hot_spine(state: WorldState, profile: Profile, reading: SkimmerReading) -> float:
    """A heat pulse beyond the maximum, and a radiator without effect."""
    spine = state.skimmer.spine
    before = spine.j
    spine.k = max(spine.k, profile.thermal.spine_max_k + 15.0)
    state.accounts.book("fault", before - spine.j)
    spine.coupling = 0.0
    return 0.0


def _cool_spine(state: WorldState, profile: Profile, amount: float) -> None:
    spine = state.skimmer.spine
    spine.coupling = 1.0
    before = spine.j
    spine.k = min(spine.k, profile.thermal.settled_k)  # repaired at the dock, by the depot's radiators
    state.accounts.book("fault", before - spine.j)


def _fill(tank: Tank, state: WorldState, fill: float) -> float:
    """Fill a tank of the depot to a fraction, as a visitor's delivery does."""
    return take_in(tank, fill * tank.capacity_kg - tank.kg, state.outside, "visitor")


def _store_breach(state: WorldState, profile: Profile, reading: SkimmerReading) -> float:
    state.skimmer.leak_kg_s[0] = 5.0 * profile.watch.breach_kg_s
    return 0.0


def _store_leak(state: WorldState, profile: Profile, reading: SkimmerReading) -> float:
    for number in range(min(2, len(state.skimmer.leak_kg_s))):
        state.skimmer.leak_kg_s[number] = 0.1 * profile.watch.breach_kg_s
    return 0.0


def _seal(state: WorldState, profile: Profile, amount: float) -> None:
    count = len(state.skimmer.partitions)
    state.skimmer.leak_kg_s = [0.0] * count
    state.skimmer.leaked_kg = [0.0] * count


def _rupture(state: WorldState, profile: Profile, reading: SkimmerReading) -> float:
    return let_out(state.depot.co2, state.depot.co2.kg, state.outside, "rupture")


def _sets(
    part: Callable[[WorldState], object],
    field: str,
    value: Callable[[Profile], float | bool],
    whole: Callable[[Profile], float | bool] | None = None,
) -> tuple[Strike, Withdraw]:
    """Fault that sets a field of `part` to `value`; its end sets it to `whole`, None: it stays."""

    def strike_it(state: WorldState, profile: Profile, reading: SkimmerReading) -> float:
        setattr(part(state), field, value(profile))
        return 0.0

    def put_right(state: WorldState, profile: Profile, amount: float) -> None:
        if whole is not None:
            setattr(part(state), field, whole(profile))

    return strike_it, put_right


def _health(field: str, value: Callable[[Profile], float | bool], whole: float | bool) -> tuple[Strike, Withdraw]:
    return _sets(lambda state: state.skimmer.health, field, value, lambda profile: whole)


def _depot(field: str, value: Callable[[Profile], float], whole: Callable[[Profile], float]) -> tuple[Strike, Withdraw]:
    return _sets(lambda state: state.depot, field, value, whole)


def _nothing(state: WorldState, profile: Profile, reading: SkimmerReading) -> float:
    return 0.0


def _stays(state: WorldState, profile: Profile, amount: float) -> None:
    """Do nothing: the loss is permanent."""


def _reconnect(state: WorldState, profile: Profile, amount: float) -> None:
    state.skimmer.batt_a.connected = True
    state.skimmer.batt_b.capacity_j = profile.power.batt_b_wh * J_PER_WH


def hold_full(state: WorldState, profile: Profile) -> None:
    """Keep tanks as full as the faults `store_full` and `fuel_store_full` made them."""
    for name, tank in ((FaultName.STORE_FULL, state.depot.co2), (FaultName.FUEL_STORE_FULL, state.depot.ch4)):
        active = state.faults.get(name)
        if active is not None:
            active.amount += _fill(tank, state, _between(profile.watch.fill_max, 1.0))


def _filler(tank: Callable[[WorldState], Tank]) -> tuple[Strike, Withdraw]:
    def fill(state: WorldState, profile: Profile, reading: SkimmerReading) -> float:
        return _fill(tank(state), state, _between(profile.watch.fill_max, 1.0))

    def empty(state: WorldState, profile: Profile, amount: float) -> None:
        # at most what is above the usual level: a part of the delivery has been used since
        above = tank(state).kg - profile.depot.start_fill * tank(state).capacity_kg
        let_out(tank(state), min(amount, above), state.outside, "visitor")

    return fill, empty


def _stick(state: WorldState, profile: Profile, reading: SkimmerReading) -> float:
    state.depot.plumbing.co2_ring.stick()
    return 0.0


def _free(state: WorldState, profile: Profile, amount: float) -> None:
    state.depot.plumbing.co2_ring.free()


def _vanish(state: WorldState, profile: Profile, reading: SkimmerReading) -> float:
    """Destroy a skimmer that has left the dock."""
    if state.place is SkimmerPlace.DOCK:
        return 0.0
    state.destroyed = True
    state.skimmer.harvesting = False  # else the world would look for the time when its store is full
    return 0.0


_SOXE: Final = _depot("soxe_k", lambda p: _between(p.watch.soxe_warn_k, p.watch.soxe_max_k), lambda p: p.depot.soxe_k)
ACTIONS: dict[str, tuple[Strike, Withdraw]] = {
    **dict.fromkeys(FaultName, (_nothing, _stays)),  # most only set a reading: `sensors` asks whether they hold
    FaultName.THRUSTER_FWD_LOSS: _health("thruster_fwd", lambda p: 0.4 * p.watch.thruster_min, 1.0),
    FaultName.ATTITUDE_AUTHORITY_LOSS: _health("attitude", lambda p: 0.4 * p.watch.attitude_min, 1.0),
    FaultName.INTAKE_FAILURE: _health("intake", lambda p: 0.2, 1.0),
    FaultName.FUEL_LOW: (_fuel_low, _mend_lobes),
    FaultName.BATTERY_FAILURE: (_battery_failure, _reconnect),
    FaultName.AVIONICS_POWER_LOSS: _health("bus_pri", lambda p: 0.3, 1.0),
    FaultName.SURVIVAL_THERMAL_LOSS: _health("survival_heat", lambda p: 0.0, 1.0),
    FaultName.HOT_SPINE_OVERTEMP: (_hot_spine, _cool_spine),
    FaultName.CRYO_OVERPRESSURE: _health("cryo_extra_bar", lambda p: p.thermal.cryo_max_bar, 0.0),
    FaultName.THERMAL_ROUTING_FAILURE: _health("thermal_routes", lambda p: 0.4 * p.watch.thermal_routes_min, 1.0),
    FaultName.STORE_BREACH: (_store_breach, _seal),
    FaultName.STORE_LEAK: (_store_leak, _seal),
    FaultName.IMU_LOSS: _health("imu_ok", lambda p: False, True),
    FaultName.CORRIDOR_DRIFT: _health("drift_m", lambda p: 1.2 * p.watch.corridor_m, 0.0),
    FaultName.ABORT_SENSORS_FAILURE: _health("abort_sensors_ok", lambda p: False, True),
    FaultName.HEARTBEAT_LOSS: _health("transmits", lambda p: False, True),
    FaultName.NAV_DRIFT: _health("drift_m", lambda p: _between(p.watch.drift_warn_m, p.watch.corridor_m), 0.0),
    FaultName.CURRENT_TREND: _health("current_ratio", lambda p: 1.1 * p.watch.current_ratio_max, 1.0),
    FaultName.THERMAL_SIGNATURE: _health("signature_k", lambda p: 1.5 * p.watch.signature_max_k, 0.0),
    FaultName.STORE_FULL: _filler(lambda state: state.depot.co2),
    FaultName.FUEL_STORE_FULL: _filler(lambda state: state.depot.ch4),
    FaultName.CRYO_LIMIT: _depot("cryo_k", lambda p: 1.05 * p.watch.cryo_warn_k, lambda p: p.depot.cryo_k),
    FaultName.MANIFOLD_PRESSURE: _depot("manifold_bar", lambda p: 1.2 * p.watch.manifold_warn_bar, lambda p: 3.0),
    FaultName.SOXE_OVERHEAT: _SOXE,
    FaultName.O2_OVERPRESSURE: _depot("o2_extra_bar", lambda p: p.watch.o2_max_bar, lambda p: 0.0),
    FaultName.BUS_UNSTABLE: _depot("bus_ripple", lambda p: 2.0 * p.watch.bus_ripple_max, lambda p: 0.0),
    FaultName.TANK_RUPTURE: (_rupture, _stays),
    FaultName.SOXE_RUNAWAY: (_nothing, _SOXE[1]),  # it grows
    FaultName.BOIL_OFF: _depot("boil_off_bar", lambda p: 3.0, lambda p: 3.0),
    FaultName.RADIATOR_FAILURE: _sets(lambda state: state.depot.core, "coupling", lambda p: 0.0, lambda p: 1.0),
    FaultName.BUS_COLLAPSE: _depot("bus", lambda p: 0.5 * p.watch.bus_min, lambda p: 1.0),
    FaultName.ARRAY_FAILURE: _sets(lambda state: state.depot, "array", lambda p: 0.5 * p.watch.array_min),
    FaultName.SKIMMER_LOST: (_vanish, _stays),
    FaultName.SKIMMER_LATE: _sets(lambda state: state, "late", lambda p: True),
    FaultName.VALVE_STUCK: (_stick, _free),
}

_SHARED: tuple[tuple[FaultName, ...], ...] = (
    (FaultName.STORE_LEAK, FaultName.STORE_BREACH),
    (FaultName.NAV_DRIFT, FaultName.CORRIDOR_DRIFT),
    (FaultName.SOXE_OVERHEAT, FaultName.SOXE_RUNAWAY),
)
"""Faults of one quantity, the heaviest last: it counts while several hold, and what is left goes on after one ends."""


def strike(state: WorldState, profile: Profile, name: str, reading: SkimmerReading) -> None:
    """Begin a fault. One that holds already is applied again (another valve)."""
    amount = ACTIONS[name][0](state, profile, reading)
    before = state.faults.get(name)
    state.faults[name] = ActiveFault(state.now_ms, amount + (before.amount if before else 0.0), name in GROWING)
    _go_on(state, profile, name, reading)


def leave_dock(state: WorldState, profile: Profile, reading: SkimmerReading) -> None:
    """Apply the faults that were injected at the dock and need a skimmer that is away."""
    for name in (FaultName.FUEL_LOW, FaultName.SKIMMER_LOST):
        if name in state.faults:
            state.faults[name].amount += ACTIONS[name][0](state, profile, reading)


def withdraw(state: WorldState, profile: Profile, name: str, reading: SkimmerReading) -> None:
    """End a fault, if it holds."""
    active = state.faults.pop(name, None)
    if active is not None:
        ACTIONS[name][1](state, profile, active.amount)
        _go_on(state, profile, name, reading)


def _go_on(state: WorldState, profile: Profile, name: str, reading: SkimmerReading) -> None:
    """Apply the faults that hold of the quantity that this one has changed."""
    for group in _SHARED:
        for other in group if name in group else ():
            if other in state.faults:
                ACTIONS[other][0](state, profile, reading)


def grow(state: WorldState, profile: Profile) -> None:
    """Advance faults that grow with time, and keep filled tanks full."""
    if not state.faults:
        return
    hold_full(state, profile)
    for name, fault in state.faults.items():
        part = (state.now_ms - fault.since_ms) / 1000.0 / (profile.plan.t_sortie_s / SLOW_FAULT)
        if name == FaultName.SOXE_RUNAWAY:  # exothermic: the rise accelerates
            rise_k = profile.watch.soxe_max_k - profile.depot.soxe_k
            grown_k = profile.depot.soxe_k + rise_k * whole_power(part, 3) * 1.05
            state.depot.soxe_k = max(state.depot.soxe_k, grown_k)
        elif name == FaultName.BOIL_OFF:
            state.depot.boil_off_bar = 3.0 + (profile.watch.boil_off_bar - 3.0) * part * 1.05
