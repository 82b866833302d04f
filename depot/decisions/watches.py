"""Watches of the depot: the triggers of ABORT-2 and ABORT-3, in the order of the reference
(docs/reference/sortie-loop.md, "ABORT-2", "ABORT-3")."""

from __future__ import annotations

from depot.messages import Status
from depot.names import FaultName
from depot.readings import DepotReading
from depot.settings import WatchSettings
from depot.watches import AbortWatch

_T = AbortWatch[Status, WatchSettings]
_D = AbortWatch[DepotReading, WatchSettings]

ABORT_2_TELEMETRY: tuple[AbortWatch[Status, WatchSettings], ...] = (
    _T(FaultName.NAV_DRIFT, "telemetry", lambda r, w: r.drift_m > w.drift_warn_m, ("drift_m",)),
    _T(FaultName.CURRENT_TREND, "telemetry", lambda r, w: r.current_ratio > w.current_ratio_max, ("current_ratio",)),
    _T(FaultName.THERMAL_SIGNATURE, "telemetry", lambda r, w: r.signature_k > w.signature_max_k, ("signature_k",)),
)
"""Triggers that the depot evaluates on the skimmer's reports."""

HEARTBEAT_LOSS = FaultName.HEARTBEAT_LOSS
"""Fourth telemetry trigger. It is a timer, not a reading."""

ABORT_2_DEPOT: tuple[AbortWatch[DepotReading, WatchSettings], ...] = (
    _D(FaultName.HAZARD_REGION, "environment", lambda r, w: r.hazard_region, ("hazard_region",)),
    _D(FaultName.DEBRIS, "environment", lambda r, w: r.debris, ("debris",)),
    _D(FaultName.SOLAR_EVENT, "environment", lambda r, w: r.solar_event, ("solar_event",)),
    _D(FaultName.STORE_FULL, "tank farm", lambda r, w: r.co2_fill > w.fill_max, ("co2_fill",)),
    _D(FaultName.FUEL_STORE_FULL, "tank farm", lambda r, w: r.fuel_fill > w.fill_max, ("fuel_fill",)),
    _D(FaultName.CRYO_LIMIT, "tank farm", lambda r, w: r.cryo_k > w.cryo_warn_k, ("cryo_k",)),
    _D(FaultName.MANIFOLD_PRESSURE, "tank farm", lambda r, w: r.manifold_bar > w.manifold_warn_bar, ("manifold_bar",)),
    _D(FaultName.SOXE_OVERHEAT, "processing", lambda r, w: r.soxe_k > w.soxe_warn_k, ("soxe_k",)),
    _D(FaultName.O2_OVERPRESSURE, "processing", lambda r, w: r.o2_bar > w.o2_max_bar, ("o2_bar",)),
    _D(FaultName.BUS_UNSTABLE, "processing", lambda r, w: r.bus_ripple > w.bus_ripple_max, ("bus_ripple",)),
)

ABORT_3: tuple[AbortWatch[DepotReading, WatchSettings], ...] = (
    _D(FaultName.TANK_RUPTURE, "structure", lambda r, w: not r.rings_intact, ("rings_intact",)),
    _D(FaultName.MANIFOLD_BREACH, "structure", lambda r, w: not r.manifolds_intact, ("manifolds_intact",)),
    _D(FaultName.HULL_FRACTURE, "structure", lambda r, w: not r.hull_intact, ("hull_intact",)),
    _D(FaultName.SOXE_RUNAWAY, "thermal", lambda r, w: r.soxe_k > w.soxe_max_k, ("soxe_k",)),
    _D(FaultName.BOIL_OFF, "thermal", lambda r, w: r.boil_off_bar > w.boil_off_bar, ("boil_off_bar",)),
    _D(FaultName.RADIATOR_FAILURE, "thermal", lambda r, w: r.core_k > w.core_max_k, ("core_k",)),
    _D(FaultName.BATTERY_SHORT, "power", lambda r, w: r.battery_shorted, ("battery_shorted",)),
    _D(FaultName.BUS_COLLAPSE, "power", lambda r, w: r.bus < w.bus_min, ("bus",)),
    _D(FaultName.ARRAY_FAILURE, "power", lambda r, w: r.array < w.array_min, ("array",)),
    _D(FaultName.RCS_LOSS, "attitude", lambda r, w: r.rcs < w.rcs_min, ("rcs",)),
    _D(FaultName.TUMBLE, "attitude", lambda r, w: r.tumble_dps > w.tumble_max_dps, ("tumble_dps",)),
    _D(FaultName.AVIONICS_FAILURE, "attitude", lambda r, w: not r.avionics_ok, ("avionics_ok",)),
    _D(FaultName.IMPACT, "environment", lambda r, w: r.impact_g > w.impact_max_g, ("impact_g",)),
    _D(FaultName.CONJUNCTION, "environment", lambda r, w: r.conjunction_m < w.conjunction_min_m, ("conjunction_m",)),
    _D(FaultName.RADIATION, "environment", lambda r, w: r.radiation > w.radiation_max, ("radiation",)),
)

UNSTABLE = frozenset(watch.name for watch in ABORT_2_DEPOT if watch.group in ("tank farm", "processing"))
"""Triggers during which the depot takes no offload after an ABORT-2."""


def unstable(reading: DepotReading, limits: WatchSettings) -> list[str]:
    """Names of the triggers of `UNSTABLE` that hold now."""
    return [watch.name for watch in ABORT_2_DEPOT if watch.name in UNSTABLE and watch.holds(reading, limits)]


ABORT_2_NAMES = (HEARTBEAT_LOSS, *(w.name for w in ABORT_2_TELEMETRY), *(w.name for w in ABORT_2_DEPOT))
ABORT_3_NAMES = tuple(watch.name for watch in ABORT_3)
