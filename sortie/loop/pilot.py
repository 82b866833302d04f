"""Flies the copter of a `drone-box` for its skimmer's party: through the flight manager (GO), the mission in AUTO,
GUIDED for the way back, LAND for the pad. It commands the autopilot as a ground station would and knows nothing of
sorties.
"""

from __future__ import annotations

from math import dist, hypot, inf

from autopilot import report
from autopilot.flight.lifecycle import FlightState
from autopilot.geo import METRES_PER_DEGREE, GeoPoint, longitude_scale
from autopilot.modes.table import CopterMode
from depot.readings import Place
from depot.settings import BoxSettings
from sitl.vehicles.copter import SimulatedCopter
from sortie.nodes.vehicle import Service

ENTRY_ITEM = 2
"""Takeoff is item 1, the entry of the harvest zone item 2 (`flown_items`)."""
_NEAR_M, _SLOW_MS = 1.5, 0.5
_CORRECTION_M = 0.1
_NOWHERE = (inf, inf, inf)


class BoxPilot:
    """What every copter of a box flies alike; where it is and what its battery says is told by those below. Positions
    are metres north and east of the pad's middle and above the pad, by the copter's own estimate; `over_pad_m`: from
    where it may descend."""

    over_pad_m = 0.25

    def __init__(self, service: Service, box: BoxSettings, offset_ms: int) -> None:
        self._offset_ms = offset_ms
        self._target = _NOWHERE
        self._service = service
        self._autopilot = service.autopilot
        self._box = box
        self._state = service.vehicle.state.report
        self._landing = False
        self._aloft = False
        self._rising = False
        self.tries = 0
        self._missed = False
        self._refused_ms: int | None = None  # when the last target was not taken

    def position(self) -> tuple[float, float, float]:
        """Where it is, by its own estimate."""
        raise NotImplementedError

    def off_pad(self) -> tuple[float, float]:
        """North and east of the pad's middle, as well as anybody knows."""
        raise NotImplementedError

    @property
    def pad_altitude(self) -> float:
        """Above sea level as the copter counts it, m."""
        return self._box.home[2]

    # --- facts --------------------------------------------------------------------------------------------------------
    def now_ms(self) -> int:
        """The loop's time."""
        return self._service.now_ms + self._offset_ms

    def whereabouts(self) -> tuple[float, float, float]:
        return float(self._state[report.LAT]), float(self._state[report.LON]), float(self._state[report.ALT])

    def ready(self) -> bool:
        return self._idle() and self._autopilot.prearm_ok and not self._autopilot.armed

    def used_wh(self) -> float:
        return float(self._state[report.BATT_WH])

    def hindrance(self) -> str:
        """Why it is not ready, where that is known."""
        return ""

    def called_off(self) -> str:
        flights = self._autopilot.flights
        return flights.status.reason if flights is not None and self._idle() else ""

    def taken(self) -> str:
        """Who else flies it, or what keeps it from being flown; empty: nobody and nothing."""
        return ""

    def _idle(self) -> bool:
        flights = self._autopilot.flights
        return flights is not None and flights.state is FlightState.IDLE

    def on_pad(self) -> bool:
        return not self._missed

    def remaining_s(self) -> float:
        """Straight to the corridor, with the climb or descent; accelerating and braking take some seconds."""
        box = self._box
        away, up = self._off_corridor()
        return hypot(away, up) / box.speed_ms + min(hypot(away, up), 4.0)

    def _off_corridor(self) -> tuple[float, float]:
        """Horizontal distance to the corridor, height above it, m."""
        north, east, height = self.position()
        return hypot(north - self._box.corridor_m, east), height - self._box.corridor_height_m

    def _still(self) -> bool:
        return float(self._state[report.GROUND_SPEED]) < _SLOW_MS

    @property
    def landed(self) -> bool:
        """On the ground, its motors maybe still turning."""
        return self._service.vehicle.state.landed

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
        if self.position()[2] > self._box.clear_m:
            return Place.OUT
        return Place.DOCK if self._idle() else Place.NEAR

    def _descending(self) -> Place:
        if not self._aloft:
            self._climb_again()
        elif not self._landing:
            if hypot(*self.off_pad()) < self.over_pad_m and self._still():
                self._landing = True
                self._autopilot.land(self._service.now_ms)
            else:
                self._go_over_pad()
        elif self.landed and not self._autopilot.armed:
            self.tries += 1
            self._missed = hypot(*self.off_pad()) > self.precision_m
            if not self._missed or self.tries >= self._box.tries:
                return Place.DOCK
            self._aloft = False
        return Place.FINAL

    @property
    def precision_m(self) -> float:
        """A touchdown farther off than this is flown again."""
        return self._box.precision_m

    # --- commands -----------------------------------------------------------------------------------------------------
    def launch(self) -> None:
        self._missed, self.tries = False, 0
        if self._autopilot.flights is not None:
            self._autopilot.flights.go(self._service.now_ms)

    def fly_back(self) -> None:
        self._go_to(self._box.corridor_m, 0.0, self._box.corridor_height_m)

    def approach(self) -> None:
        self._aloft, self._landing, self._target = not self.landed, False, _NOWHERE
        if self._aloft:
            self._go_over_pad()

    def land_here(self) -> None:
        self._autopilot.land(self._service.now_ms)

    def _go_over_pad(self) -> None:
        """What is known over the pad tells how far the estimate is off."""
        (north, east, _), (off_north, off_east) = self.position(), self.off_pad()
        wanted = (north - off_north, east - off_east, 0.5 * self._box.corridor_height_m)
        if dist(wanted, self._target) > _CORRECTION_M:
            self._go_to(*wanted)

    def _go_to(self, north: float, east: float, height: float) -> None:
        self._target = (north, east, height)
        lat, lon, _ = self._box.home
        place = GeoPoint(
            lat + north / METRES_PER_DEGREE,
            lon + east / (METRES_PER_DEGREE * longitude_scale(lat)),
            self.pad_altitude + height,
        )
        now_ms = self._service.now_ms
        outcome = self._autopilot.reposition(place.lat, place.lon, place.alt, now_ms, change_mode=True)
        self._refused_ms = None if outcome.ok else now_ms

    def _climb_again(self) -> None:
        """Off the middle of the pad: arm, up, and down once more."""
        now_ms, autopilot = self._service.now_ms, self._autopilot
        if not self.landed:
            if self.position()[2] > 0.4 * self._box.corridor_height_m:
                self.approach()
        elif autopilot.armed:
            if not self._rising:
                self._rising = autopilot.takeoff(0.5 * self._box.corridor_height_m, now_ms).ok
        elif autopilot.arm_request is None and self._idle():
            self._rising = False
            autopilot.set_mode(CopterMode.GUIDED, now_ms)
            autopilot.arm(now_ms)


class CopterPilot(BoxPilot):
    """Of a simulated copter, which is where the dock is when it is switched on; implements `depot.world.copter.Pilot`.
    Over the pad, whose camera sees the copter as it is, its position is the simulator's."""

    def __init__(self, service: Service, copter: SimulatedCopter, box: BoxSettings, offset_ms: int) -> None:
        super().__init__(service, box, offset_ms)
        self._copter = copter

    def position(self) -> tuple[float, float, float]:
        north, east, down = self._copter.state.position
        return north, east, -down

    def off_pad(self) -> tuple[float, float]:
        return self._copter.true_place

    def charge(self) -> float:
        return self._copter.charge

    def set_charge(self, charge: float) -> None:
        self._copter.set_charge(charge)

    def set_wind(self, speed_ms: float) -> None:
        self._service.vehicle.set_parameter("SIM_WIND_SPD", speed_ms)

    def hold(self) -> None:
        self._autopilot.set_mode(CopterMode.LOITER, self._service.now_ms)

    def fall(self) -> None:
        self._autopilot.disarm(self._service.now_ms, force=True)
