"""Flight mode: an object that sets the vehicle's targets and reads its events.

A mode is entered, updated once in each pass and left. It must decide the same whether it is updated in every tick or
only at events and at its own deadline. So it reacts to vehicle events, or to a time that it has announced by
`next_deadline_ms`, never to a value that changes gradually.
"""

from __future__ import annotations

from dataclasses import replace

from autopilot.context.staying import loiter
from autopilot.context.vehicle_context import Announcer, Helm, PilotLink, VehicleFacts
from autopilot.interface.records import dataclass
from autopilot.interface.targets import Circle, Idle, Sticks, Yaw
from autopilot.interface.vehicle import VehicleEvent
from autopilot.precision.lander import PrecisionLanding
from autopilot.vehicles.mode_table import ModeSpec


@dataclass(frozen=True, slots=True)
class VehicleContext:
    """Context of a flight mode, or of an executor of mission items."""

    facts: VehicleFacts
    announcer: Announcer
    helm: Helm
    precision: PrecisionLanding | None = None
    pilot: PilotLink | None = None


class Mode:
    """Base of all modes: flies nothing, refuses everything special. `helm` sets targets, `facts` has the state,
    `announcer` takes texts; `context` has all three."""

    def __init__(self, context: VehicleContext, spec: ModeSpec) -> None:
        self.context = context
        self.facts, self.announcer, self.helm = context.facts, context.announcer, context.helm
        self.spec = spec

    def refusal(self, now_ms: int) -> str | None:
        """Reason to refuse entering this mode now, or None. It changes nothing, but may announce more."""
        return None

    def enter(self, now_ms: int) -> None:
        """Begin. Called only if `refusal` returned None, after the other mode was left."""

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        """Update at vehicle time `now_ms`, with new `events` (possibly none)."""

    def exit(self) -> None:
        """End, because another mode follows."""

    def next_deadline_ms(self) -> int | None:
        return None

    @property
    def is_landing(self) -> bool:
        """True while it brings the vehicle down to the ground."""
        return self.spec.landing

    @property
    def comes_down(self) -> bool:
        """True while it lands, or descends at the end of a return (RTL_ALT_FINAL): the landing gear is needed."""
        return self.is_landing

    @property
    def leads_down(self) -> bool:
        """True while it lands, or flies the part of a mission that ends so (from DO_LAND_START on)."""
        return self.is_landing

    def goes_on_to_land(self) -> bool:
        """True if it leads down, or is to, because no other way to a landing is shorter."""
        return self.leads_down

    @property
    def takes_targets(self) -> bool:
        """True while it flies targets of a ground station or companion."""
        return False

    @property
    def finished(self) -> bool:
        """True when the mode is done and the vehicle is on the ground: the motors may be stopped."""
        return False

    @property
    def holds_arming(self) -> bool:
        """True while the vehicle is intended to stay armed on the ground: DISARM_DELAY waits."""
        return False

    @property
    def delays_failsafes(self) -> bool:
        """True while the action for a lasting loss waits: a takeoff must end first."""
        return False

    @property
    def rises_upright(self) -> bool:
        """True during a takeoff of a mission on lift motors."""
        return False

    @property
    def rises_on_wings(self) -> bool:
        """True during a takeoff of a mission on wings."""
        return False

    def armed(self, now_ms: int) -> None:
        """Handle arming in this mode."""

    def disarmed(self) -> None:
        """Handle disarming in this mode."""

    def take_off(self, down: float) -> bool:
        """Climb to `down` (NED m) by a command of a pilot or ground station; False if the mode does not take off."""
        return False

    def pause(self) -> bool:
        """Stop and wait; False if the mode has nothing to pause. Repeating it is not a failure."""
        return False

    def resume(self) -> bool:
        return False

    def go_around(self, height_m: float = 0.0) -> bool:
        """Abort the present landing on wings, and climb to `height_m` above home (0: the landing's own height); False
        if there is none in the air."""
        return False

    def turn(self, yaw: Yaw) -> bool:
        """Set the yaw (CONDITION_YAW as a command); False if the mode does not control the yaw."""
        return False

    def begin_with_pause(self, now_ms: int) -> None:
        """Begin after a failsafe: an irreversible action may wait a little."""

    def refresh_height(self) -> None:
        """Handle the range finder being switched on or off."""

    def sticks_moved(self, sticks: Sticks) -> None:
        """Handle moved sticks; the vehicle already has them."""

    def parameter_changed(self, name: str) -> None:
        """Handle a changed parameter: a circle of the usual radius takes the new one, unless its turns are counted
        (ArduPlane's update_loiter)."""
        target, measure = self.helm.target, self.facts.vehicle_class.measures.circle_radius
        if name == measure.name and isinstance(target, Circle) and target.usual and not target.turns:
            new = loiter(self.facts, target.center)
            self.helm.fly(replace(target, radius=new.radius, direction=new.direction))


class SelfFlownMode(Mode):
    """Base of modes that fly by themselves while the vehicle is armed. Disarmed, they end, and it idles."""

    def enter(self, now_ms: int) -> None:
        if self.facts.armed:
            self.begin(now_ms)
        else:
            self.helm.fly(Idle())

    def begin(self, now_ms: int) -> None:
        """Begin to fly."""

    def disarmed(self) -> None:
        self.exit()
        self.helm.fly(Idle())
