"""A box's copter as a thing: where it is, over the pad too, and what its battery holds.

`SimulatedBody` is where the dock is when it is switched on; the dock, whose camera and latches notice the copter as it
is, knows the simulator's truth, the copter does not: it comes down by what its own sensor sees of the pad. Of
`ControllerBody`, behind a flight controller, only what it tells is known.
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
    """See the module. Positions are metres north and east of the pad's middle and above the pad."""

    over_pad_m: float
    """From where it may descend, by its own estimate."""
    sees_pad: bool
    """True when the body lands by a sensor of its own that looks for the pad."""
    precision_m: float
    """A touchdown farther off than this is flown again."""

    @property
    def deaf(self) -> bool:
        """True while nothing is received from the body."""

    def position(self) -> tuple[float, float, float]:
        """By its own estimate."""

    def off_pad(self) -> tuple[float, float]:
        """North and east of the pad's middle, as the dock has it; without one that knows: by its own estimate."""

    @property
    def pad_altitude(self) -> float:
        """Above sea level as the copter counts it, m."""

    def not_ready_reason(self) -> str:
        """Reason of the body itself against a launch; empty: none."""

    def speed_mps(self) -> float:
        """At which it really flies."""

    def used_wh(self) -> float:
        """Drawn from its battery since it was switched on."""

    def charge(self) -> float:
        """0 to 1."""

    def set_charge(self, charge: float) -> None: ...
    def set_wind(self, speed_mps: float) -> None: ...


class SimulatedBody:
    """See the module; implements `Body`."""

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
        return self._copter.true_place

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
    """See the module; implements `Body`. `parameter`: the value of one of Sortie's."""

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
        """Altitude of the pad as measured where the motors were armed, m: controllers differ from maps by metres."""
        return float(self._state[report.ALT] - self._state[report.RANGE])

    def not_ready_reason(self) -> str:
        if self._vehicle.link.lost:
            return NO_LINK
        return "" if self._vehicle.known else "it has not told yet where it is"

    def speed_mps(self) -> float:
        """The controller's own where that is less than the profile's."""
        return min(self._box.speed_mps, self._parameter("WPNAV_SPEED") / _CM)

    def used_wh(self) -> float:
        return float(self._state[report.BATT_WH])

    def charge(self) -> float:
        known = self._vehicle.readings.charge
        return float(self._state[report.BATT_FRACTION]) if known is None else known

    def set_charge(self, charge: float) -> None:
        self._vehicle.reset_battery(charge)

    def set_wind(self, speed_mps: float) -> None:
        """The weather is real."""
