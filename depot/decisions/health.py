"""Phase 8: relaunch, derate or retire (seed 000, 4.8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from depot.messages import Status
from depot.names import ABORT_1_NAMES, FaultName, SkimmerState, trip_names
from depot.readings import DepotReading
from depot.settings import Profile, RetirementSettings


class HealthVerdict(Struct, frozen=True):
    """Result of a review. `repairs`: faults that are repaired before the next sortie."""

    state: SkimmerState
    reason: str
    repairs: tuple[str, ...] = ()


def _wear(rules: RetirementSettings, status: Status, cycles: int, near: int) -> list[tuple[str, float]]:
    """Wear by each retirement criterion: 0 new, 1 retire."""
    return [
        ("max_cycles", cycles / rules.max_cycles),
        ("thermal_overstress", status.overstress / rules.max_overstress),
        ("seal_degradation", status.seal / rules.seal_max),
        ("propulsion_trend", _fallen(status.thrust, rules.thrust_min)),
        ("thrust_achieved", _fallen(status.thrust_ratio, rules.thrust_min)),
        ("power_trend", _fallen(status.capacity, rules.capacity_min)),
        ("deep_discharges", status.deep_discharges / rules.max_deep_discharges),
        ("current_spikes", status.current_spikes / rules.max_current_spikes),
        ("near_misses", near / rules.max_near_misses),
    ]


def _fallen(value: float, least: float) -> float:
    """Wear of a quantity that falls from 1 (new) to `least` (worn out), 0 to 1."""
    return (1.0 - value) / (1.0 - least) if least < 1.0 else float(value < 1.0)


def review(
    profile: Profile, status: Status, cycles: int, anomalies: tuple[str, ...], *, fuel_tells: bool = True, near: int = 0
) -> HealthVerdict:
    """Decide whether the skimmer flies on, is derated or is retired.

    After ABORT-1 it is retired unless the profile says that this fault can be repaired; after ABORT-2 it is judged as
    usual. `anomalies`: faults seen at the dock. `near`: sorties with a near miss so far. `fuel_tells`: a low fuel level
    counts as a fault. It is False right after a flight, when tight lobes are nearly empty.
    """
    rules = profile.retirement
    broken = [name for name in trip_names(status.trips) if fuel_tells or name != FaultName.FUEL_LOW]
    if status.trigger:
        broken = list(dict.fromkeys([ABORT_1_NAMES[status.trigger - 1], *broken]))
    beyond = [name for name in (*broken, *anomalies) if name not in rules.repairable]
    if beyond:
        return HealthVerdict(SkimmerState.RETIRED, beyond[0])
    repairs = (*broken, *anomalies)
    wear = _wear(rules, status, cycles, near)
    worn = [name for name, part in wear if part >= 1.0]
    if worn:
        return HealthVerdict(SkimmerState.RETIRED, worn[0])
    marginal = [name for name, part in wear if part >= rules.derate_at]
    if marginal:
        return HealthVerdict(SkimmerState.DERATED, marginal[0], repairs)
    return HealthVerdict(SkimmerState.ACTIVE, "health acceptable", repairs)


def near_misses(profile: Profile, status: Status, reading: DepotReading, approaches: Sequence[str] = ()) -> list[str]:
    """Near misses of this sortie: low return margins, passing the depot too closely, each failed approach and each
    contact that was pushed off."""
    near = profile.retirement.near_margin
    found = [
        ("fuel_margin", status.least_fuel < near),
        ("power_margin", status.least_power < near),
        ("keep_out", reading.closest_m < profile.corridor.keep_out_m),
    ]
    return [name for name, is_near in found if is_near] + [*approaches, *["bump"] * reading.bumps]


def review_facts(
    profile: Profile, status: Status, cycles: int, anomalies: tuple[str, ...], *, near: int
) -> dict[str, Any]:
    """Inputs of the review, for the decision log."""
    return {
        "cycles": cycles,
        "overstress": status.overstress,
        "seal": status.seal,
        "thrust": status.thrust,
        "capacity": status.capacity,
        "min_soc": status.min_soc,
        "thrust_ratio": status.thrust_ratio,
        "deep_discharges": status.deep_discharges,
        "current_spikes": status.current_spikes,
        "least_fuel": status.least_fuel,
        "least_power": status.least_power,
        "near_misses": near,
        "trips": trip_names(status.trips),
        "anomalies": list(anomalies),
        "wear": {name: round(part, 4) for name, part in _wear(profile.retirement, status, cycles, near)},
    }
