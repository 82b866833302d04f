"""Flight mode: an object that sets the vehicle's targets and reads its events.

A mode is entered, updated once in each pass and left. It must decide the same whether it is updated at every tick or
only at events and at its own deadline: so it looks at vehicle events, or at a time that it has itself announced by
`next_deadline_ms`, never at a value that merely drifts.
"""

from __future__ import annotations

from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.interface.records import dataclass
from autopilot.interface.targets import Sticks, Yaw
from autopilot.interface.vehicle import VehicleEvent
from autopilot.precision.lander import PrecisionLanding
from autopilot.vehicles.mode_table import ModeSpec


@dataclass(frozen=True, slots=True)
class VehicleContext:
    """Context that a flight mode, or an executor of mission items, flies with."""

    facts: VehicleFacts
    announcer: Announcer
    helm: Helm
    precision: PrecisionLanding | None = None


class Mode:
    """Base of all modes: flies nothing, refuses everything special. It flies by `helm`, looks at `facts`, and what it
    says is said by `announcer`; `context` has the three."""

    def __init__(self, context: VehicleContext, spec: ModeSpec) -> None:
        self.context = context
        self.facts, self.announcer, self.helm = context.facts, context.announcer, context.helm
        self.spec = spec

    def refusal(self, now_ms: int) -> str | None:
        """Reason that this mode cannot be entered now, or None. Changes nothing, but may say more to people."""
        return None

    def enter(self, now_ms: int) -> None:
        """Begin. Asked only when `refusal` gave None, and after the other mode has been left."""

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        """Vehicle time is `now_ms`, and `events` have just happened (may be none)."""

    def exit(self) -> None:
        """Leave: another mode takes over."""

    def next_deadline_ms(self) -> int | None:
        return None

    @property
    def is_landing(self) -> bool:
        """The vehicle is being brought down to the ground."""
        return self.spec.landing

    @property
    def takes_targets(self) -> bool:
        """Targets of a ground station or companion are flown now."""
        return False

    @property
    def finished(self) -> bool:
        """True when the mode has done what it was for and the vehicle stands on the ground: the motors may be
        stopped."""
        return False

    @property
    def holds_arming(self) -> bool:
        """Sitting armed on the ground is intended now: DISARM_DELAY waits."""
        return False

    def armed(self, now_ms: int) -> None:
        """The vehicle has just been armed in this mode."""

    def disarmed(self) -> None:
        """The vehicle has just been disarmed in this mode."""

    def take_off(self, down: float) -> bool:
        """Climb to `down` (NED m) on a pilot's or ground station's command; False when the mode does not do that."""
        return False

    def pause(self) -> bool:
        """Stop here and wait; False when the mode has nothing to pause. Repeating it is no failure."""
        return False

    def resume(self) -> bool:
        return False

    def go_around(self, height_m: float = 0.0) -> bool:
        """Abort the landing on wings that is being flown, and climb to `height_m` above home (0: as the landing says);
        False when there is none in the air."""
        return False

    def turn(self, yaw: Yaw) -> bool:
        """Point the nose (CONDITION_YAW as a command); False when the mode does not steer the nose itself."""
        return False

    def begin_with_pause(self, now_ms: int) -> None:
        """A failsafe has just entered this mode: what cannot be undone may wait a little."""

    def refresh_yaw(self) -> None:
        """The region of interest has changed."""

    def refresh_height(self) -> None:
        """The range finder counts now, or no longer."""

    def sticks_moved(self, sticks: Sticks) -> None:
        """The pilot's sticks are there now; the vehicle knows already."""

    def parameter_changed(self, name: str) -> None:
        """A parameter has another value now."""
