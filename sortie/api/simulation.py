"""Data that only a simulated vehicle has: its true state, its faults, its wind."""

from __future__ import annotations

from autopilot.interface import report as R
from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.records import dataclass
from sortie.assembly.vehicle import parse_faults
from sortie.config.errors import UserError, nearest
from sortie.nodes.vehicle import VehicleService

__tracebackhide__ = True  # as in `session`
WIND = ("SIM_WIND_SPD", "SIM_WIND_DIR", "SIM_WIND_TURB")
"""Parameters of the wind: m/s, degrees from which it blows, standard deviation of gusts in m/s."""


@dataclass(frozen=True, slots=True)
class Truth:
    """True state of the vehicle, independent of its sensors. `place`: degrees, m AMSL. `position`: NED, m from where it
    was switched on. `velocity`: NED, m/s. `attitude`: roll, pitch, yaw, rad. `wind`: velocity of the air, NE, m/s."""

    place: GeoPoint
    position: Ned
    velocity: Ned
    attitude: tuple[float, float, float]
    wind: tuple[float, float]


def truth_of(service: VehicleService) -> Truth:
    """Return the current true state of a simulated vehicle."""
    r = service.vehicle.state.report
    lat, lon, alt, n, e, d, vn, ve, vd, roll, pitch, yaw, wind_n, wind_e = r[R.TRUE_LAT : R.TRUE_WIND_E + 1].tolist()
    return Truth(GeoPoint(lat, lon, alt), (n, e, d), (vn, ve, vd), (roll, pitch, yaw), (wind_n, wind_e))


def wind_parameters(wind: tuple[float, ...]) -> dict[str, float]:
    """Return the parameters of a wind (m/s, degrees from[, turbulence in m/s]). UserError for another form."""
    if not 2 <= len(wind) <= 3:
        raise UserError(f"wind {wind}: expected (m/s, degrees from) or (m/s, degrees from, turbulence m/s)")
    return dict(zip(WIND, map(float, wind), strict=False))


def inject(service: VehicleService, text: str) -> None:
    """Begin a fault in the form of --fault, at once without a time. UserError for an unknown fault."""
    try:
        (fault,) = parse_faults([text], service.vehicle.fault_names())
    except UserError as error:
        raise UserError(error.worded(error.option)) from None
    service.faults.add(fault, service.now_ms)


def end_fault(service: VehicleService, name: str) -> None:
    """End an active fault. UserError when it is not active."""
    active = [fault.name for fault in service.faults.active]
    if name not in active:
        raise UserError(f"fault {name} is not active{nearest(name, active)}; active are {', '.join(active) or 'none'}")
    service.faults.end(name, service.now_ms)
