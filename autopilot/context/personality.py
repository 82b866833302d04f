"""`Personality`: decisions in which ArduPilot and PX4 differ, including failsafe rules.

Parts of the core and services ask `VehicleFacts.personality`; they receive no callbacks. `autopilot.personality` has
the two implementations. They are called in every pass, so they allocate nothing when the answer is a number or None.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.targets import Circle
from autopilot.interface.traffic import Contact
from autopilot.mission.items import MissionItem
from autopilot.vehicles.vehicle_class import FailsafeAction, Texts


class FailsafeCause(Enum):
    """Cause of a failsafe; the value is its name in ArduPilot's texts."""

    BATTERY = "Battery"
    GROUND_STATION = "GCS"
    RADIO = "Radio"
    TERRAIN = "Terrain"
    WIND = "Wind"
    TRANSITION = "Transition"


class FailsafeRules(Protocol):
    """Port: how a kind of vehicle, or a firmware, acts on a failure. `deadline_ms`: when `update` must run, vehicle
    time; `warns_of_variance`: it tells that the estimator has failed, whatever follows; `needs_sticks`,
    `needs_station`: it is not armed while they are lost."""

    @property
    def warns_of_variance(self) -> bool: ...
    @property
    def needs_sticks(self) -> bool: ...
    @property
    def needs_station(self) -> bool: ...

    @property
    def deadline_ms(self) -> int | None: ...

    def update(self, now_ms: int) -> None:
        """A loss may have lasted long enough now."""

    def in_force(self, *, failing: bool) -> bool:
        """True while a failsafe is in force (system_status CRITICAL). `failing`: battery or estimator have failed."""

    def armed(self, armed: bool) -> None:
        """Begin or end a flight."""

    def battery_failed(self, *, critical: bool, now_ms: int) -> None:
        """Act on a battery that is low, or critical, while armed."""

    def position_lost(self, *, lost: bool) -> None:
        """The receiver has no fix, or one again."""

    def thrust_lost(self, now_ms: int) -> None:
        """Act on a multicopter that sinks at full thrust."""

    def crashed(self, check: int, now_ms: int) -> None:
        """Act on a crash; FS_CRASH_CHECK is `check`, not 0."""

    def estimator_failed(self, now_ms: int) -> None:
        """Act on an estimator that has failed while armed."""

    def estimator_recovered(self, now_ms: int) -> None:
        """Act on an estimator that is right again, after a failure that was acted on."""

    def ground_station_silent(self, setting: int, now_ms: int) -> None:
        """FS_GCS_ENABLE is `setting`, not 0."""

    def sticks_silent(self, setting: int, now_ms: int) -> None:
        """FS_THR_ENABLE is `setting`, not 0."""

    def found(self, cause: FailsafeCause) -> None:
        """GROUND_STATION or RADIO is heard again."""

    def fail(self, cause: FailsafeCause, action: FailsafeAction, now_ms: int) -> None:
        """Announce `cause`, and take `action`; a firmware with settings of its own takes what these say."""


class Personality(Protocol):
    """See the module. `texts`: the firmware's words. `asks_for_gimbal`: a gimbal is moved only for a party that has
    asked for control of it. `own_fence_action`: a breach is acted on by `fence_breached`, not by FENCE_ACTION; a
    change of mode outside the fence is then no recovery by hand. `keeps_upright`: wings that hover with lift motors do
    so in the next mode, too, NAV_VTOL_TAKEOFF ends on wings, a mission waits for DO_VTOL_TRANSITION, and an approach is
    not told; `lands_in_place`: wings told to land come down where they are, not at home; `climbs_to_return`: wings
    climb round where they are to the height of their return, and never sink on the way; `circles_level`: on their way
    to a circle that leads to a height they keep theirs, and they leave circles of a mission wherever they are, but
    where an item asks for the course to the next place."""

    @property
    def texts(self) -> Texts: ...
    @property
    def failsafes(self) -> FailsafeRules: ...
    @property
    def asks_for_gimbal(self) -> bool: ...
    @property
    def own_fence_action(self) -> bool: ...
    @property
    def keeps_upright(self) -> bool: ...
    @property
    def lands_in_place(self) -> bool: ...
    @property
    def climbs_to_return(self) -> bool: ...
    @property
    def circles_level(self) -> bool: ...

    def fence_breached(self, now_ms: int) -> None:
        """Act on a breach, where `own_fence_action`."""

    def aircraft_heard(self, contact: Contact) -> bool:
        """Judge a report of another aircraft, where it is not AVD_ that does; True: that takes a pass."""

    def landed_delay_s(self) -> float | None:
        """Seconds for which motors run on after a landing, whatever the mode; 0 or less: until a command stops them.
        None: a mode that was for landing stops them at once, DISARM_DELAY does otherwise."""

    def landing_strictness(self) -> int | None:
        """PLND_STRICT of the landing that begins or goes on now; negative: it does not look for a target. None:
        PLND_ENABLED and PLND_STRICT decide."""

    def highest_speed_mps(self) -> float:
        """Bound of the speed over ground, m/s, whatever is asked for; inf: none."""

    def transition_limit_s(self, airspeed: float) -> float:
        """Seconds after which a transition to the wings has failed that is no faster than `airspeed`, m/s."""

    def return_place(self) -> GeoPoint | None:
        """Destination of a return, its altitude that of its ground; None: home or a rally point, by RALLY_*."""

    def return_height(self, goal: Ned) -> float | None:
        """Height of a return to `goal`, m above home, that it climbs to; None: by RTL_ALT, RTL_ALTITUDE."""

    def return_approach(self, goal: Ned) -> Circle | None:
        """Circle down which wings come from their return to a landing at `goal`, at which the ground is; None: round
        that place to Q_RTL_ALT, and against the wind."""

    def return_path(self) -> Sequence[MissionItem]:
        """Items by which a return comes home; none: straight."""

    def shown_modes(self) -> tuple[int, int]:
        """Read custom_mode of HEARTBEAT, and that of the mode that a person wanted last."""

    def standard_mode(self, custom_mode: int) -> int:
        """MAV_STANDARD_MODE that a shown mode is listed as."""
