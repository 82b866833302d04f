"""Flies the copter of a `drone-box` for its skimmer's party: through the flight manager (GO), the mission in AUTO,
GUIDED for the way back, LAND for the pad. It commands the autopilot as a ground station would and knows nothing of
sorties.
"""

from __future__ import annotations

from math import dist, hypot

from autopilot import report
from autopilot.depot.readings import Place
from autopilot.depot.settings import BoxSettings
from autopilot.flight.lifecycle import FlightState
from autopilot.geo import METRES_PER_DEGREE, GeoPoint, longitude_scale
from autopilot.modes.table import CopterMode
from sitl.copter import SimulatedCopter
from sortie.service import Service

ENTRY_ITEM = 2
"""Takeoff is item 1, the entry of the harvest zone item 2 (`flown_items`)."""
_NEAR_M, _SLOW_MS = 1.5, 0.5
_OVER_PAD_M = 0.25
_CORRECTION_M = 0.1


class CopterPilot:
    """See the module; implements `sitl.resources.box.Pilot`. Horizontal positions are those of the estimator but over
    the pad, whose camera sees the copter as it is."""

    def __init__(self, service: Service, copter: SimulatedCopter, box: BoxSettings, offset_ms: int) -> None:
        self._offset_ms = offset_ms
        self._target = (0.0, 0.0, 0.0)
        self._service = service
        self._autopilot = service.autopilot
        self._copter = copter
        self._box = box
        self._state = copter.state.report
        self._landing = False
        self._aloft = False
        self.tries = 0
        self._missed = False

    # --- facts --------------------------------------------------------------------------------------------------------
    def now_ms(self) -> int:
        """The loop's time."""
        return self._service.now_ms + self._offset_ms

    def whereabouts(self) -> tuple[float, float, float]:
        return float(self._state[report.LAT]), float(self._state[report.LON]), float(self._state[report.ALT])

    def ready(self) -> bool:
        flights = self._autopilot.flights
        idle = flights is not None and flights.state is FlightState.IDLE
        return idle and self._autopilot.prearm_ok and not self._autopilot.armed

    def used_wh(self) -> float:
        return float(self._state[report.BATT_WH])

    def charge(self) -> float:
        return self._copter.charge

    def set_charge(self, charge: float) -> None:
        self._copter.set_charge(charge)

    def set_wind(self, speed_ms: float) -> None:
        self._service.vehicle.set_parameter("SIM_WIND_SPD", speed_ms)

    def on_pad(self) -> bool:
        return not self._missed

    def remaining_s(self) -> float:
        """Straight to the corridor, with the climb or descent; accelerating and braking take some seconds."""
        box = self._box
        away, up = self._off_corridor()
        return hypot(away, up) / box.speed_ms + min(hypot(away, up), 4.0)

    def _off_corridor(self) -> tuple[float, float]:
        """Horizontal distance to the corridor, height above it, m."""
        north, east, down = self._copter.state.position
        return hypot(north - self._box.corridor_m, east), -down - self._box.corridor_height_m

    def _still(self) -> bool:
        return float(self._state[report.GROUND_SPEED]) < _SLOW_MS

    # --- where it is --------------------------------------------------------------------------------------------------
    def place(self, before: Place) -> Place:
        match before:
            case Place.NEAR:
                return self._leaving()
            case Place.OUT if self._autopilot.sequencer.current_nav_index() > ENTRY_ITEM:
                return Place.ZONE
            case Place.BACK:
                away, up = self._off_corridor()
                return Place.CORRIDOR if away < _NEAR_M and abs(up) < _NEAR_M and self._still() else before
            case Place.FINAL:
                return self._descending()
            case _:
                return before

    def _leaving(self) -> Place:
        if -self._copter.state.position[2] > self._box.clear_m:
            return Place.OUT
        flights = self._autopilot.flights
        called_off = flights is not None and flights.state is FlightState.IDLE
        return Place.DOCK if called_off else Place.NEAR

    def _descending(self) -> Place:
        state = self._copter.state
        if not self._aloft:
            self._climb_again()
        elif not self._landing:
            if self._off_pad() < _OVER_PAD_M and self._still():
                self._landing = True
                self._autopilot.land(self._service.now_ms)
            else:
                self._go_over_pad()
        elif state.landed and not self._autopilot.armed:
            self.tries += 1
            self._missed = self._off_pad() > self._box.precision_m
            if not self._missed or self.tries >= self._box.tries:
                return Place.DOCK
            self._aloft = False
        return Place.FINAL

    def _off_pad(self) -> float:
        return hypot(*self._copter.true_place)

    # --- commands -----------------------------------------------------------------------------------------------------
    def launch(self) -> None:
        self._missed, self.tries = False, 0
        if self._autopilot.flights is not None:
            self._autopilot.flights.go(self._service.now_ms)

    def fly_back(self) -> None:
        self._go_to(self._box.corridor_m, 0.0, self._box.corridor_height_m)

    def hold(self) -> None:
        self._autopilot.set_mode(CopterMode.LOITER, self._service.now_ms)

    def approach(self) -> None:
        self._aloft, self._landing = not self._copter.state.landed, False
        if self._aloft:
            self._go_over_pad()

    def land_here(self) -> None:
        self._autopilot.land(self._service.now_ms)

    def fall(self) -> None:
        self._autopilot.disarm(self._service.now_ms, force=True)

    def _go_over_pad(self) -> None:
        """The camera over the pad tells how far the estimator is off."""
        north, east, _ = self._copter.state.position
        true_north, true_east = self._copter.true_place
        wanted = (north - true_north, east - true_east, 0.5 * self._box.corridor_height_m)
        if dist(wanted, self._target) > _CORRECTION_M:
            self._go_to(*wanted)

    def _go_to(self, north: float, east: float, height: float) -> None:
        self._target = (north, east, height)
        lat, lon, alt = self._box.home
        place = GeoPoint(
            lat + north / METRES_PER_DEGREE, lon + east / (METRES_PER_DEGREE * longitude_scale(lat)), alt + height
        )
        self._autopilot.reposition(place.lat, place.lon, place.alt, self._service.now_ms, change_mode=True)

    def _climb_again(self) -> None:
        """Off the middle of the pad: arm, up, and down once more."""
        now_ms, autopilot = self._service.now_ms, self._autopilot
        flights = autopilot.flights
        if not self._copter.state.landed:
            if -self._copter.state.position[2] > 0.4 * self._box.corridor_height_m:
                self.approach()
        elif autopilot.armed:
            autopilot.takeoff(0.5 * self._box.corridor_height_m, now_ms)
        elif autopilot.arm_request is None and flights is not None and flights.state is FlightState.IDLE:
            autopilot.set_mode(CopterMode.GUIDED, now_ms)
            autopilot.arm(now_ms)
