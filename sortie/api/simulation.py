"""Simulation: what only a simulated vehicle has: the truth, its faults, and the wind around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autopilot.interface import report as R
from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.records import dataclass
from sortie.assembly.vehicle import parse_faults
from sortie.config.errors import UserError, nearest

if TYPE_CHECKING:
    from sortie.nodes.vehicle import VehicleService

WIND = ("SIM_WIND_SPD", "SIM_WIND_DIR", "SIM_WIND_TURB")
"""Parameters: m/s, degrees from which it blows, standard deviation of gusts in m/s."""


@dataclass(frozen=True, slots=True)
class Truth:
    """True state of the vehicle, whatever its sensors say. `place`: degrees, metres AMSL; `position`, `velocity`:
    NED m from where it was switched on, m/s; `attitude`: roll, pitch, yaw in rad; `wind`: NE m/s, towards where the
    air moves."""

    place: GeoPoint
    position: Ned
    velocity: Ned
    attitude: tuple[float, float, float]
    wind: tuple[float, float]


def truth_of(service: VehicleService) -> Truth:
    """The truth about a simulated vehicle now."""
    r = service.vehicle.state.report
    lat, lon, alt, n, e, d, vn, ve, vd, roll, pitch, yaw, wind_n, wind_e = r[R.TRUE_LAT : R.TRUE_WIND_E + 1].tolist()
    return Truth(GeoPoint(lat, lon, alt), (n, e, d), (vn, ve, vd), (roll, pitch, yaw), (wind_n, wind_e))


def wind_parameters(wind: tuple[float, ...]) -> dict[str, float]:
    """The parameters of (speed m/s, from degrees[, turbulence m/s]); UserError for anything else."""
    if not 2 <= len(wind) <= 3:
        raise UserError(f"wind {wind}: expected (m/s, degrees from) or (m/s, degrees from, turbulence m/s)")
    return dict(zip(WIND, map(float, wind), strict=False))


def inject(service: VehicleService, text: str) -> None:
    """A fault as --fault has it, from now on when it names no time. UserError when there is no such fault."""
    (fault,) = parse_faults([text], service.vehicle.fault_names())
    service.faults.add(fault, service.now_ms)


def end_fault(service: VehicleService, name: str) -> None:
    """End a fault that holds. UserError when it does not."""
    held = [fault.name for fault in service.faults.active]
    if name not in held:
        raise UserError(f"fault {name} does not hold{nearest(name, held)}; {', '.join(held) or 'none'} does")
    service.faults.end(name, service.now_ms)
