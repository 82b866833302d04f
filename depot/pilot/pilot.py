"""Pilot of a box's copter: flight manager (GO), mission in AUTO, GUIDED for the way back, LAND for the pad.

It commands the autopilot as a ground station would and knows nothing of sorties. The copter is in its dock when it
stands disarmed within `box.position_m` of the pad's middle. A copter that landed elsewhere, or whose motors stopped in
the air, does not fly again; `down` gives the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Final

from autopilot.core.autopilot import Autopilot
from autopilot.flight.lifecycle import FlightState
from autopilot.interface import report
from autopilot.interface.geo import METRES_PER_DEGREE, GeoPoint, longitude_scale, to_local
from autopilot.interface.mathematics import hypot
from autopilot.mav import Cmd
from depot.pilot.body import NO_LINK, Body
from depot.pilot.claim import Claim
from depot.pilot.senses import Sensing, SkimmerSenses, Spot, lean_and_rate, over_a_line, survey_lines
from depot.readings import Relative, SkimmerPlace
from depot.settings import BoxSettings

ENTRY_ITEM = 2
"""Mission item of the harvest zone's entry; item 1 is the takeoff (`flown_items`)."""
STRANDED: Final = "it came down away from its dock"
STOPPED: Final = "its motors have stopped in the air"
ASK_AGAIN_MS: Final = 2000
_STOPPED_MS: Final = 500
_NEAR_M, _SLOW_MPS = 1.5, 0.5
LOST_PAD_MS: Final = 8000
"""Time over a pad that it does not see before it returns to the corridor, ms."""
_NOWHERE = (inf, inf, inf)


class SkimmerPilot:
    """Pilot of one copter. `clock`: vehicle time, ms. `offset_ms`: loop time minus vehicle time."""

    def __init__(
        self, autopilot: Autopilot, box: BoxSettings, body: Body, claim: Claim, clock: Callable[[], int], offset_ms: int
    ) -> None:
        self._autopilot = autopilot
        self._modes = autopilot.facts.vehicle_class.modes
        self._box = box
        self._body = body
        self._claim = claim
        self._clock = clock
        self._offset_ms = offset_ms
        self._state = autopilot.vehicle.state.report
        self._sensing = Sensing(self._state, box)
        self._target = _NOWHERE
        self._refused_ms: int | None = None  # time at which the last target was refused
        self._landing = self._aloft = self._rising = self._missed = False
        self.tries = 0
        self._up = False  # it has left the ground since the launch
        self._stranded = False
        # another party controlled it when it was last in the air; also assumed of a copter found lying at the start
        self._by_others = True
        self._stopped_ms: int | None = None
        self._photo = autopilot.payload.camera.taken  # number of the last photo that was handled
        self._lines: list[tuple[Spot, Spot]] = []
        self._lines_of: int | None = None  # revision of the mission that `_lines` belongs to

    # --- facts --------------------------------------------------------------------------------------------------------
    def now_ms(self) -> int:
        """Loop time, ms."""
        return self._clock() + self._offset_ms

    def whereabouts(self) -> tuple[float, float, float]:
        """Reported latitude, longitude (degrees) and altitude (m above mean sea level)."""
        return float(self._state[report.LAT]), float(self._state[report.LON]), float(self._state[report.ALT])

    def position(self) -> tuple[float, float, float]:
        """Position north and east of the pad's middle and above it, by its own estimate, m."""
        return self._body.position()

    def velocity(self) -> tuple[float, float, float]:
        """Velocity north, east, up, m/s."""
        return float(self._state[report.VN]), float(self._state[report.VE]), -float(self._state[report.VD])

    def off_pad(self) -> tuple[float, float]:
        """Offset from the pad's middle, north and east, by the best sensor, m."""
        return self._body.off_pad()

    def not_ready_reason(self) -> str:
        """Reason against a launch; empty: it is ready."""
        own = self._body.not_ready_reason()
        if own:
            return own
        if not self.at_rest:
            return "it is armed" if self.landed else "it is in the air"
        if not self.docked:
            return f"it stands {hypot(*self.off_pad()):.1f} m from the middle of its dock"
        if not self._autopilot.prearm.ok:
            reasons = self._autopilot.vehicle.armable_reasons
            return "; ".join(reason.text for reason in reasons) or "its pre-arm checks do not pass"
        return "" if self._idle() else "its last flight is not closed yet"

    def called_off(self) -> str:
        """Reason why its last launch was called off; empty: it was not."""
        flights = self._autopilot.flights
        return flights.status.reason if flights is not None and self._idle() else ""

    def _idle(self) -> bool:
        flights = self._autopilot.flights
        return flights is not None and flights.state is FlightState.IDLE

    @property
    def landed(self) -> bool:
        """True on the ground; its motors may still run."""
        return self._autopilot.vehicle.state.landed

    @property
    def at_rest(self) -> bool:
        """True on the ground with its motors off."""
        return self.landed and not self._autopilot.facts.armed

    @property
    def docked(self) -> bool:
        return self.at_rest and hypot(*self.off_pad()) <= max(self._box.position_m, self._body.precision_m)

    def on_pad(self) -> bool:
        """True if it landed within the pad's precision."""
        return not self._missed

    def remaining_s(self) -> float:
        """Time to the corridor on a straight line, s, with a few seconds for acceleration and braking."""
        away, up = self._off_corridor()
        seconds = hypot(away, up) / self._box.speed_mps + min(hypot(away, up), 4.0)
        return seconds * self._box.speed_mps / self._body.speed_mps()

    def _off_corridor(self) -> tuple[float, float]:
        """Horizontal distance to the corridor and height above it, m."""
        north, east, height = self.position()
        return hypot(north - self._box.corridor_m, east), height - self._box.corridor_height_m

    def _still(self) -> bool:
        return float(self._state[report.GROUND_SPEED]) < _SLOW_MPS

    # --- control and ability to fly ---------------------------------------------------------------------------------
    def controlled_by(self) -> str:
        """Other party that controls it, or reason why it cannot be flown; empty: neither."""
        if self._body.deaf:
            return NO_LINK
        if self.at_rest and not (self._by_others and (self._up or self._stranded)):
            return ""
        if self.at_rest and (self._stranded or not self.docked):
            return STRANDED
        return self._claim.other()  # also of one that has just landed in its dock: `place` says so at the next look

    def down(self) -> str:
        """Reason why it does not fly again, whoever controls it; empty: it flies or stands in its dock."""
        if self._body.deaf:
            return ""
        if self._stranded:
            return STRANDED
        stopped = self._stopped_ms is not None and self._clock() - self._stopped_ms >= _STOPPED_MS
        return STOPPED if stopped else ""

    def relative(self) -> Relative:
        """Position, speed, lean and rate as a camera over the pad measures them: up, north and east of the pad's
        middle."""
        (north, east), (_, _, height) = self.off_pad(), self.position()
        north_mps, east_mps, up_mps = self.velocity()
        lean_deg, rate_dps = lean_and_rate(self._state)
        return Relative((height, north, east), (up_mps, north_mps, east_mps), lean_deg, rate_dps)

    def sense(self) -> SkimmerSenses:
        return self._sensing.look(self._clock(), away=self._up and not self.landed)

    # --- place ------------------------------------------------------------------------------------------------------
    def place(self, before: SkimmerPlace) -> SkimmerPlace:
        """Next place along its way; `before` is the last one."""
        if before is SkimmerPlace.DOCK or self._body.deaf:
            return before
        self._up = self._up or not self.landed
        other = self._look()
        if before is SkimmerPlace.FINAL and not self._claim.other() and (self._landing or not self._aloft):
            return self._way(before)
        if self.at_rest and (self._up or before is not SkimmerPlace.NEAR or not self.docked):
            return self._stand()
        self._stranded = False
        if other:
            return before
        if self._refused_ms is not None and self._clock() >= self._refused_ms + ASK_AGAIN_MS:
            self._go_to(*self._target)
        return self._way(before)

    def _look(self) -> str:
        """Find out who controls it in the air, and whether its motors run."""
        if self.landed:
            self._stopped_ms = None
        if self.at_rest:
            return ""
        self._claim.look()
        other = self._claim.other()
        if other or self._autopilot.facts.armed:
            self._by_others = bool(other)
        if self._autopilot.facts.armed:
            self._stopped_ms = None
        elif not self.landed and self._stopped_ms is None:
            self._stopped_ms = self._clock()
        return other

    def _way(self, before: SkimmerPlace) -> SkimmerPlace:
        match before:
            case SkimmerPlace.NEAR:
                return self._leaving()
            case SkimmerPlace.OUT if self._autopilot.sequencer.current_nav_index() > ENTRY_ITEM:
                return SkimmerPlace.ZONE
            case SkimmerPlace.ZONE if self._autopilot.payload.camera.every_m <= 0.0:
                self._switch_camera_on()
                return before
            case SkimmerPlace.BACK:
                away, up = self._off_corridor()
                return SkimmerPlace.CORRIDOR if away < _NEAR_M and abs(up) < _NEAR_M and self._still() else before
            case SkimmerPlace.FINAL:
                return self._descending()
            case _:
                return before

    def _leaving(self) -> SkimmerPlace:
        if self.position()[2] > self._box.clear_m:
            return SkimmerPlace.OUT
        return SkimmerPlace.DOCK if self._idle() else SkimmerPlace.NEAR

    def _descending(self) -> SkimmerPlace:
        if not self._aloft:
            if not self._climb_again():
                return self._stand()
        elif not self._landing:
            if hypot(*self.position()[:2]) < self._body.over_pad_m and self._still():
                self._landing = True
                self.land(on_pad=self._body.sees_pad)
            else:
                self._go_over_pad()
        elif self._lost_pad():
            self._landing = False
            self.fly_back()
            return SkimmerPlace.BACK
        elif self.at_rest:
            self.tries += 1
            self._missed = hypot(*self.off_pad()) > self._body.precision_m
            if not self._missed or self.tries >= self._box.tries:
                return self._stand()
            self._aloft = False
        return SkimmerPlace.FINAL

    def _lost_pad(self) -> bool:
        """True if it hovers after all tries of its precision landing failed."""
        since_ms = self._autopilot.precision.failed_ms
        return since_ms is not None and self._clock() - since_ms >= LOST_PAD_MS and not self.landed

    def _stand(self) -> SkimmerPlace:
        """End the flight where it landed."""
        self._stranded = not self.docked
        return SkimmerPlace.ADRIFT if self._stranded else SkimmerPlace.DOCK

    # --- survey -----------------------------------------------------------------------------------------------------
    def photos(self) -> int:
        """Number of photos since the last call that the skimmer took along the plan's lines."""
        camera, before = self._autopilot.payload.camera, self._photo
        self._photo = camera.taken
        ours = self._autopilot.modes.number == self._modes.auto and not self._claim.other()
        if camera.taken == before or not ours:
            return 0
        places = [self._spot(photo.place) for photo in camera.photos if photo.number > before]
        return sum(over_a_line(place, self._survey(), self._box.line_m) for place in places)

    def _switch_camera_on(self) -> None:
        """Switch the camera trigger on after a restart in the middle of a survey: the mission is past the item that
        does it."""
        for item in self._autopilot.plans.mission.items():
            if item.command == Cmd.DO_SET_CAM_TRIGG_DIST:
                self._autopilot.payload.command(item.command, (item.param1, item.param2, item.param3), self._clock())

    def _spot(self, place: GeoPoint) -> Spot:
        lat, lon, _ = self._box.home
        north, east, _ = to_local(GeoPoint(lat, lon, 0.0), place.lat, place.lon, 0.0)
        return north, east, place.alt - self._body.pad_altitude

    def _survey(self) -> list[tuple[Spot, Spot]]:
        mission = self._autopilot.plans.mission
        if mission.revision != self._lines_of:
            self._lines_of = mission.revision
            self._lines = survey_lines(mission.items(), GeoPoint(*self._box.home))
        return self._lines

    # --- commands -----------------------------------------------------------------------------------------------------
    def launch(self) -> None:
        self._missed, self.tries = False, 0
        self._up = self._stranded = self._by_others = False
        self._stopped_ms = self._refused_ms = None
        self._claim.launched()
        if self._autopilot.flights is not None:
            self._autopilot.flights.go(self._clock())

    def fly_back(self) -> None:
        """Fly to the docking corridor and hold there, without photos."""
        self._autopilot.payload.command(int(Cmd.DO_SET_CAM_TRIGG_DIST), (0.0,), self._clock())
        self._go_to(self._box.corridor_m, 0.0, self._box.corridor_height_m)

    def hold(self) -> None:
        if not self.controlled_by():
            self._go_to(*self.position())

    def approach(self) -> None:
        """Fly from the corridor down to the pad."""
        self._aloft, self._landing, self._target = not self.landed, False, _NOWHERE
        if self._aloft:
            self._go_over_pad()

    def fall(self) -> None:
        """Stop the motors."""
        self._autopilot.arming.disarm(self._clock(), force=True)

    def land(self, *, on_pad: bool = False) -> None:
        """Land here, or on the pad that it sees."""
        if self._body.sees_pad:
            self._autopilot.parameters.set_unstored("PLND_ENABLED", float(on_pad))
        if self._autopilot.commands.land(self._clock()).ok:
            self._claim.commanded()

    def _go_over_pad(self) -> None:
        """Fly over the pad by its own estimate; from there it looks for the pad."""
        target = (0.0, 0.0, 0.5 * self._box.corridor_height_m)
        if target != self._target:
            self._go_to(*target)

    def _go_to(self, north: float, east: float, height: float) -> None:
        self._target = (north, east, height)
        lat, lon, _ = self._box.home
        place = GeoPoint(
            lat + north / METRES_PER_DEGREE,
            lon + east / (METRES_PER_DEGREE * longitude_scale(lat)),
            self._body.pad_altitude + height,
        )
        now_ms = self._clock()
        outcome = self._autopilot.commands.reposition(place, now_ms, change_mode=True)
        self._refused_ms = None if outcome.ok else now_ms
        if outcome.ok:
            self._claim.commanded()

    def _climb_again(self) -> bool:
        """Take off again after a touchdown off the middle of the pad. False: it cannot be armed any more."""
        now_ms, autopilot = self._clock(), self._autopilot
        if not self.landed:
            if self.position()[2] > 0.4 * self._box.corridor_height_m:
                self.approach()
        elif autopilot.facts.armed:
            if not self._rising:
                self._rising = autopilot.commands.takeoff(0.5 * self._box.corridor_height_m).ok
        elif autopilot.arming.arm_request is None and self._idle():
            self._rising = False
            if autopilot.modes.set(self._modes.guided, now_ms).ok:
                self._claim.commanded()
            return autopilot.arming.arm(now_ms).ok
        return True
