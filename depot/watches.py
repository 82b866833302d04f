"""Every abort trigger as a row: what is measured, and the limit beyond which it holds (sortie-loop.md, ABORT-1 to -3).

The rows are in the order of the reference; of several that hold at once the first is the trigger. What a decision was
taken on is what its row measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from depot.readings import DepotReading, SkimmerReading
from depot.settings import Profile

Reading = TypeVar("Reading")


class Telemetry(Protocol):
    """What the depot judges of a skimmer that is away: a `Status` has it."""

    drift_m: float
    current_ratio: float
    signature_k: float


@dataclass(frozen=True)  # no slots: a generic alias sets __orig_class__
class Watch(Generic[Reading]):
    """`holds(reading, profile)`: the trigger is there. `facts`: names of the readings to journal."""

    name: str
    group: str
    holds: Callable[[Reading, Profile], bool]
    facts: tuple[str, ...]

    def measured(self, reading: Reading) -> dict[str, float | int | bool]:
        """What it saw."""
        return {name: getattr(reading, name) for name in self.facts}


_S = Watch[SkimmerReading]
_T = Watch[Telemetry]
_D = Watch[DepotReading]

ABORT_1: tuple[Watch[SkimmerReading], ...] = (
    _S("thruster_fwd_loss", "propulsion", lambda r, p: r.thruster_fwd < p.watch.thruster_min, ("thruster_fwd",)),
    _S("attitude_authority_loss", "propulsion", lambda r, p: r.attitude < p.watch.attitude_min, ("attitude",)),
    _S(
        "fuel_low", "propulsion",
        lambda r, p: r.fuel_kg < r.fuel_need_kg * (1.0 + 0.5 * p.skimmer.fuel_reserve), ("fuel_kg", "fuel_need_kg"),
    ),
    _S(
        "battery_failure", "power", lambda r, p: r.batteries < 2 and r.power_wh < r.power_need_wh,
        ("batteries", "power_wh", "power_need_wh"),
    ),
    _S("avionics_power_loss", "power", lambda r, p: not r.avionics_held, ("avionics_held", "soc")),
    _S("survival_thermal_loss", "power", lambda r, p: not r.survival_heat_held, ("survival_heat_held", "reserve_wh")),
    _S("hot_spine_overtemp", "thermal", lambda r, p: r.spine_k > p.thermal.spine_max_k, ("spine_k",)),
    _S("cryo_overpressure", "thermal", lambda r, p: r.cryo_bar > p.thermal.cryo_max_bar, ("cryo_bar",)),
    _S(
        "thermal_routing_failure", "thermal", lambda r, p: r.thermal_routes < p.watch.thermal_routes_min,
        ("thermal_routes",),
    ),
    _S("store_breach", "storage", lambda r, p: r.breach_kg_s > p.watch.breach_kg_s, ("breach_kg_s", "store_kg")),
    _S("store_leak", "storage", lambda r, p: r.leaking > 1, ("leaking", "store_kg")),
    _S("imu_loss", "navigation", lambda r, p: not r.imu_ok, ("imu_ok",)),
    _S("corridor_drift", "navigation", lambda r, p: r.drift_m > p.watch.corridor_m, ("drift_m",)),
    _S("abort_sensors_failure", "navigation", lambda r, p: not r.abort_sensors_ok, ("abort_sensors_ok",)),
)  # fmt: skip

ABORT_2_TELEMETRY: tuple[Watch[Telemetry], ...] = (
    _T("nav_drift", "telemetry", lambda r, p: r.drift_m > p.watch.drift_warn_m, ("drift_m",)),
    _T("current_trend", "telemetry", lambda r, p: r.current_ratio > p.watch.current_ratio_max, ("current_ratio",)),
    _T("thermal_signature", "telemetry", lambda r, p: r.signature_k > p.watch.signature_max_k, ("signature_k",)),
)
"""Judged by the depot on what the skimmer reports."""

HEARTBEAT_LOSS = "heartbeat_loss"
"""The fourth telemetry trigger: a timer, not a reading."""

ABORT_2_DEPOT: tuple[Watch[DepotReading], ...] = (
    _D("hazard_region", "environment", lambda r, p: r.hazard_region, ("hazard_region",)),
    _D("debris", "environment", lambda r, p: r.debris, ("debris",)),
    _D("solar_event", "environment", lambda r, p: r.solar_event, ("solar_event",)),
    _D("store_full", "tank farm", lambda r, p: r.co2_fill > p.watch.fill_max, ("co2_fill",)),
    _D("fuel_store_full", "tank farm", lambda r, p: r.fuel_fill > p.watch.fill_max, ("fuel_fill",)),
    _D("cryo_limit", "tank farm", lambda r, p: r.cryo_k > p.watch.cryo_warn_k, ("cryo_k",)),
    _D("manifold_pressure", "tank farm", lambda r, p: r.manifold_bar > p.watch.manifold_warn_bar, ("manifold_bar",)),
    _D("soxe_overheat", "processing", lambda r, p: r.soxe_k > p.watch.soxe_warn_k, ("soxe_k",)),
    _D("o2_overpressure", "processing", lambda r, p: r.o2_bar > p.watch.o2_max_bar, ("o2_bar",)),
    _D("bus_unstable", "processing", lambda r, p: r.bus_ripple > p.watch.bus_ripple_max, ("bus_ripple",)),
)

ABORT_3: tuple[Watch[DepotReading], ...] = (
    _D("tank_rupture", "structure", lambda r, p: not r.rings_intact, ("rings_intact",)),
    _D("manifold_breach", "structure", lambda r, p: not r.manifolds_intact, ("manifolds_intact",)),
    _D("hull_fracture", "structure", lambda r, p: not r.hull_intact, ("hull_intact",)),
    _D("soxe_runaway", "thermal", lambda r, p: r.soxe_k > p.watch.soxe_max_k, ("soxe_k",)),
    _D("boil_off", "thermal", lambda r, p: r.boil_off_bar > p.watch.boil_off_bar, ("boil_off_bar",)),
    _D("radiator_failure", "thermal", lambda r, p: r.core_k > p.watch.core_max_k, ("core_k",)),
    _D("battery_short", "power", lambda r, p: r.battery_shorted, ("battery_shorted",)),
    _D("bus_collapse", "power", lambda r, p: r.bus < p.watch.bus_min, ("bus",)),
    _D("array_failure", "power", lambda r, p: r.array < p.watch.array_min, ("array",)),
    _D("rcs_loss", "attitude", lambda r, p: r.rcs < p.watch.rcs_min, ("rcs",)),
    _D("tumble", "attitude", lambda r, p: r.tumble_dps > p.watch.tumble_max_dps, ("tumble_dps",)),
    _D("avionics_failure", "attitude", lambda r, p: not r.avionics_ok, ("avionics_ok",)),
    _D("impact", "environment", lambda r, p: r.impact_g > p.watch.impact_max_g, ("impact_g",)),
    _D("conjunction", "environment", lambda r, p: r.conjunction_m < p.watch.conjunction_min_m, ("conjunction_m",)),
    _D("radiation", "environment", lambda r, p: r.radiation > p.watch.radiation_max, ("radiation",)),
)

UNSTABLE = frozenset(watch.name for watch in ABORT_2_DEPOT if watch.group in ("tank farm", "processing"))
"""While one of these holds the depot takes no offload after an ABORT-2."""


def unstable(reading: DepotReading, profile: Profile) -> list[str]:
    """Names of those that hold now."""
    return [watch.name for watch in ABORT_2_DEPOT if watch.name in UNSTABLE and watch.holds(reading, profile)]


ABORT_1_NAMES = tuple(watch.name for watch in ABORT_1)
ABORT_2_NAMES = (HEARTBEAT_LOSS, *(w.name for w in ABORT_2_TELEMETRY), *(w.name for w in ABORT_2_DEPOT))
ABORT_3_NAMES = tuple(watch.name for watch in ABORT_3)


def first(watches: Iterable[Watch[Reading]], reading: Reading, profile: Profile) -> Watch[Reading] | None:
    """The first watch that holds."""
    for watch in watches:
        if watch.holds(reading, profile):
            return watch
    return None


def trips(reading: SkimmerReading, profile: Profile) -> int:
    """ABORT-1 watches that hold, as bits in the order of `ABORT_1`."""
    bits = 0
    for number, watch in enumerate(ABORT_1):
        if watch.holds(reading, profile):
            bits |= 1 << number
    return bits


def trip_names(bits: int) -> list[str]:
    """The names of the set bits."""
    return [name for number, name in enumerate(ABORT_1_NAMES) if bits >> number & 1]
