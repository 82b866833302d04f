"""NAV_PAYLOAD_PLACE: descends with a load, releases it when it stands on the ground, and climbs back.

The load stands on the ground when the thrust has been below PLDP_THRESH of its minimum in two seconds of steady descent
for half a second (with PLDP_RNG_MAX also only if the range finder measures no larger distance), or when the vehicle has
landed. Then the gripper releases, and after PLDP_DELAY the vehicle climbs to the beginning of the descent. It also
climbs if it does not reach the ground within param1 metres (0: no limit). Source: ArduCopter/mode_auto.cpp,
PayloadPlace::run, do_payload_place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final

from autopilot.interface import report
from autopilot.interface.targets import Land, Leg, TakeOff
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import GripperAction, Severity
from autopilot.mission.items import MissionItem, positive
from autopilot.modes.heading import KEEP, Heading
from autopilot.modes.landing import above_place
from autopilot.modes.maneuver import Maneuver
from autopilot.modes.mode import VehicleContext
from autopilot.modes.outputs import Grip
from autopilot.modes.payload import Payload
from autopilot.modes.speeds import SpeedControl
from autopilot.vehicles.vehicle_class import LANDING_SPEED

_LOOK_MS: Final = 100
_CALIBRATION_MS: Final = 2000
_BORNE_MS: Final = 500
_STEADY: Final = 0.95  # share of the descent speed


class Stage(Enum):
    """Stages of placing, in order."""

    GOING = auto()
    DESCENDING = auto()
    RELEASING = auto()
    WAITING = auto()
    CLIMBING = auto()


class Placing(Maneuver):
    """Place the load of `item` at (n, e) m, or with None in place. The way there is flown as a leg; the descent ends
    what has turned the nose, and from there the vertical speeds are the parameters' (PayloadPlace::start_descent)."""

    def __init__(
        self,
        context: VehicleContext,
        item: MissionItem,
        place: tuple[float, float] | None,
        heading: Heading,
        speeds: SpeedControl,
        payload: Payload,
    ) -> None:
        super().__init__(context)
        self._item = item
        self._place = place
        self._heading = heading
        self._speeds = speeds
        self._payload = payload
        self._deepest_m = positive(item.param1)
        self._stage = Stage.GOING
        self._top = 0.0  # NED d at the beginning of the descent
        self._speed_mps = 0.0
        self._least_thrust = 1.0
        self._steady_ms = self._borne_ms = 0  # times since which the descent is steady, and the ground carries the load

    @property
    def _opened(self) -> bool:
        gripper = self._payload.gripper
        return gripper.fitted and gripper.state is Grip.RELEASED

    def start(self, now_ms: int) -> None:
        if self._place is not None:
            self._speeds.begin_leg()
            end, over = above_place(self.facts, self._place)
            self.helm.fly(Leg((*self._place, end), None, yaw=self._heading.for_leg(), over_ground=over))
        self.update(now_ms, VehicleEvent(0))

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        _STAGES[self._stage](self, now_ms)
        looks = not self.done and (
            self._stage in _LOOKS or (self._stage is Stage.GOING and self._payload.gripper.fitted)
        )
        self.deadline_ms = now_ms + _LOOK_MS if looks else None

    def _say(self, text: str, severity: Severity = Severity.INFO) -> None:
        self.announcer.say(severity, f"PayloadPlace: {text}")

    # --- the stages -----------------------------------------------------------------------------------------------
    def _go(self, now_ms: int) -> None:
        if self._opened:
            self._say("Abort: Gripper Open")
            self.done = True
        elif self._place is None or self.helm.arrived:
            self._descend(now_ms)

    def _descend(self, now_ms: int) -> None:
        self._heading.reset()
        self._speeds.leave_legs()
        param = self.facts.param
        own = param("PLDP_SPEED_DN")
        speed = own if own > 0.0 else self.facts.measure(LANDING_SPEED)
        self._speed_mps = min(speed, self.facts.first(self.facts.vehicle_class.measures.descent))
        self._top = self.facts.vehicle.state.position[2]
        self._steady_ms = self._borne_ms = now_ms
        self._stage = Stage.DESCENDING
        self.helm.fly(Land(self._place, KEEP, sink=self._speed_mps, directly=True))

    def _look(self, now_ms: int) -> None:
        if self.facts.landed:
            self._say("landed")
            self._release(now_ms)
        elif self._opened:
            self._say("Manual release")
            self._release(now_ms)
        elif 0.0 < self._deepest_m < self.facts.vehicle.state.position[2] - self._top:
            self._say("Reached maximum descent", Severity.WARNING)
            self._climb()
        else:
            self._feel(now_ms)

    def _feel(self, now_ms: int) -> None:
        """Release when the thrust is less than the load needs."""
        vector, param = self.facts.vehicle.state.report, self.facts.param
        thrust, slowest = float(vector[report.THROTTLE]), min(self._speed_mps, self.facts.measure(LANDING_SPEED))
        threshold = param("PLDP_THRESH", 0.9) * self._least_thrust
        farthest = param("PLDP_RNG_MAX")
        if float(vector[report.TARGET_VD]) < _STEADY * slowest:
            self._steady_ms = self._borne_ms = now_ms
        elif now_ms - self._steady_ms < _CALIBRATION_MS:
            self._least_thrust = min(self._least_thrust, thrust)
            self._borne_ms = now_ms
        elif thrust > threshold:
            self._borne_ms = now_ms
        elif farthest > 0.0 and param("RNGFND1_TYPE") == 0.0:
            self._say("PLDP_RNG_MAX set and rangefinder not enabled", Severity.WARNING)
            self._climb()
        elif self.facts.uses_range_finder and float(vector[report.RANGE_FINDER]) > farthest > 0.0:
            self._borne_ms = now_ms
        elif now_ms - self._borne_ms > _BORNE_MS:
            self._say(f"payload release thrust threshold: {threshold:f}")
            self._release(now_ms)

    def _release(self, now_ms: int) -> None:
        item, gripper = self._item, self._payload.gripper
        self.helm.fly(Land(self._place, KEEP, sink=0.0, directly=True))
        if gripper.fitted:
            self._say("Releasing the gripper")
            gripper.order(GripperAction.RELEASE, now_ms)
        self._stage = Stage.RELEASING
        self._payload.act(item.command, item.params, now_ms)

    def _let_go(self, now_ms: int) -> None:
        if self._opened or not self._payload.gripper.fitted:
            self._stage = Stage.WAITING
            self._wait(now_ms)

    def _wait(self, now_ms: int) -> None:
        if now_ms - self._borne_ms >= _BORNE_MS + 1000.0 * self.facts.param("PLDP_DELAY"):
            self._climb()

    def _climb(self) -> None:
        self._stage = Stage.CLIMBING
        north, east, _ = self.facts.vehicle.state.position
        self.end = (north, east, self._top)
        self.helm.fly(TakeOff(self._top, KEEP))

    def _rise(self, now_ms: int) -> None:
        self.done = self.helm.arrived


_LOOKS: Final = (Stage.DESCENDING, Stage.RELEASING, Stage.WAITING)
_STAGES: Final[Mapping[Stage, Callable[[Placing, int], None]]] = {
    Stage.GOING: Placing._go,
    Stage.DESCENDING: Placing._look,
    Stage.RELEASING: Placing._let_go,
    Stage.WAITING: Placing._wait,
    Stage.CLIMBING: Placing._rise,
}
