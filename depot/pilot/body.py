"""Physical state of a box's copter: position, also over the pad, and battery.

`SimulatedBody` knows the simulator's true position, which the dock's camera and latches use; the copter lands by its
own pad sensor. `ControllerBody`, behind a flight controller, knows only what the controller reports.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from autopilot.interface import report
from autopilot.interface.geo import GeoPoint, to_local
from autopilot.precision.lander import SeesPads
from depot.settings import BoxSettings

if TYPE_CHECKING:
    from mavlink_bridge.flight_controller.controller import FlightController
    from sitl.vehicles.simulated import SimulatedMachine

NO_LINK: Final = "no link to the flight controller"
_CM: Final = 100.0


class Body(Protocol):
    """Copter as an object. Positions are metres north, east and up from the middle of the pad."""

    over_pad_m: float
    """Horizontal distance from the pad, by its own estimate, within which it may descend, m."""
    sees_pad: bool
    """True if the copter has a sensor that looks for the pad."""
    precision_m: float
    """Largest accepted distance of a touchdown, m; a touchdown farther off is flown again."""

    @property
    def deaf(self) -> bool:
        """True while nothing is received from the body."""

    def position(self) -> tuple[float, float, float]:
        """Position by its own estimate."""

    def off_pad(self) -> tuple[float, float]:
        """Distance north and east of the pad's middle, as the dock measures it; else by the copter's own estimate."""

    @property
    def pad_altitude(self) -> float:
        """Altitude of the pad above sea level, as the copter measures it, m."""

    def not_ready_reason(self) -> str:
        """Reason of the body against a launch; empty: none."""

    def speed_mps(self) -> float:
        """Speed of its flight, m/s."""

    def used_wh(self) -> float:
        """Energy drawn since it was switched on, Wh."""

    def charge(self) -> float:
        """State of charge, 0 to 1."""

    def set_charge(self, charge: float) -> None: ...
    def set_wind(self, speed_mps: float) -> None: ...


class SimulatedBody:
    """`Body` of a simulated copter."""

    over_pad_m = 0.5
    deaf = False

    def __init__(self, copter: SimulatedMachine, box: BoxSettings) -> None:
        self._copter = copter
        self._box = box
        self.sees_pad = isinstance(copter, SeesPads)
        self.precision_m = box.precision_m if self.sees_pad else max(box.precision_m, box.position_m)
        self.pad_altitude = box.home[2]

    def position(self) -> tuple[float, float, float]:
        north, east, down = self._copter.state.position
        return north, east, -down

    def off_pad(self) -> tuple[float, float]:
        return self._copter.true_ned[:2]

    def not_ready_reason(self) -> str:
        return ""

    def speed_mps(self) -> float:
        return self._box.speed_mps

    def used_wh(self) -> float:
        return float(self._copter.state.report[report.BATT_WH])

    def charge(self) -> float:
        return self._copter.charge

    def set_charge(self, charge: float) -> None:
        self._copter.set_charge(charge)

    def set_wind(self, speed_mps: float) -> None:
        self._copter.set_parameter("SIM_WIND_SPD", speed_mps)


class ControllerBody:
    """`Body` of a copter behind a flight controller. `parameter`: reads one of Sortie's parameters."""

    over_pad_m = 0.5
    sees_pad = False

    def __init__(self, vehicle: FlightController, box: BoxSettings, parameter: Callable[[str], float]) -> None:
        self._vehicle = vehicle
        self._state = vehicle.state.report
        self._box = box
        self._parameter = parameter
        self.precision_m = max(box.precision_m, box.position_m)

    @property
    def deaf(self) -> bool:
        return self._vehicle.link.lost

    def position(self) -> tuple[float, float, float]:
        lat, lon, _ = self._box.home
        r = self._state
        north, east, _ = to_local(GeoPoint(lat, lon, 0.0), float(r[report.LAT]), float(r[report.LON]), 0.0)
        return north, east, float(r[report.RANGE])

    def off_pad(self) -> tuple[float, float]:
        return self.position()[:2]

    @property
    def pad_altitude(self) -> float:
        """Altitude of the pad, measured where the motors were armed, m. A controller's altitude differs from maps by
        metres."""
        return float(self._state[report.ALT] - self._state[report.RANGE])

    def not_ready_reason(self) -> str:
        if self._vehicle.link.lost:
            return NO_LINK
        return "" if self._vehicle.known else "it has not told yet where it is"

    def speed_mps(self) -> float:
        """Speed of the profile or of the controller, whichever is less, m/s."""
        return min(self._box.speed_mps, self._parameter("WPNAV_SPEED") / _CM)

    def used_wh(self) -> float:
        return float(self._state[report.BATT_WH])

    def charge(self) -> float:
        known = self._vehicle.readings.charge
        return float(self._state[report.BATT_FRACTION]) if known is None else known

    def set_charge(self, charge: float) -> None:
        self._vehicle.reset_battery(charge)

    def set_wind(self, speed_mps: float) -> None:
        """Do nothing: the wind is real."""
