"""`Personality`: decisions in which ArduPilot and PX4 differ, including failsafe rules.

Parts of the core and services ask `VehicleFacts.personality`; they receive no callbacks. `autopilot.personality` has
the two implementations. They are called in every pass, so they allocate nothing when the answer is a number or None.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from math import inf
from typing import Protocol

from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.result import Outcome
from autopilot.interface.targets import Circle
from autopilot.interface.traffic import Contact
from autopilot.mav import StandardMode, SystemState, WireMissionState
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


class FailsafeRules:
    """Base of the failsafe rules of a kind of vehicle or a firmware: no failure is acted on. `warns_of_variance`: it
    announces a failed estimator, whatever follows."""

    warns_of_variance = True

    @property
    def needs_sticks(self) -> bool:
        """True if the vehicle cannot be armed while the sticks are lost."""
        return True

    @property
    def needs_station(self) -> bool:
        """True if the vehicle cannot be armed while the ground station is lost."""
        return True

    @property
    def deadline_ms(self) -> int | None:
        """Vehicle time at which `update` must run, ms; may be past. None: a loss acts at once."""
        return None

    def update(self, now_ms: int) -> None:
        """Check whether a loss has lasted long enough."""

    def in_force(self, *, failing: bool) -> bool:
        """True while a failsafe is in force (system_status CRITICAL). `failing`: battery or estimator have failed."""
        return failing

    def armed(self, armed: bool) -> None:
        """Begin or end a flight."""

    def position_lost(self, *, lost: bool) -> None:
        """Act on a lost or recovered fix."""

    def thrust_lost(self, now_ms: int) -> None:
        """Act on a multicopter that sinks at full thrust."""

    def crashed(self, check: int, now_ms: int) -> None:
        """Act on a crash; FS_CRASH_CHECK is `check`, not 0."""

    def estimator_failed(self, now_ms: int) -> None:
        """Act on a failed estimator while armed."""

    def ground_station_silent(self, setting: int, now_ms: int) -> None:
        """Act on a silent ground station; FS_GCS_ENABLE is `setting`, not 0."""

    def sticks_silent(self, setting: int, now_ms: int) -> None:
        """Act on silent sticks; FS_THR_ENABLE is `setting`, not 0."""

    def found(self, cause: FailsafeCause) -> None:
        """Act on GROUND_STATION or RADIO being heard again."""

    def fail(self, cause: FailsafeCause, action: FailsafeAction, now_ms: int) -> None:
        """Announce `cause`, and take `action`; a firmware with its own settings follows these instead."""


class Personality(Protocol):
    """Decisions of a firmware; see the module. Answers that stand here are ArduPilot's. `texts`: its words.
    `asks_for_gimbal`: only a party that has requested control moves a gimbal. `own_fence_action`: `fence_breached` acts
    on a breach, not FENCE_ACTION, and a change of mode outside the fence is no recovery by hand. `keeps_upright`: wings
    that hover continue to hover in the next mode, NAV_VTOL_TAKEOFF ends on wings, and a mission waits for
    DO_VTOL_TRANSITION. `lands_in_place`: wings told to land come down where they are, not at home. `climbs_to_return`:
    wings climb in a circle to the height of their return, and never sink on the way. `circles_level`: wings keep their
    height on the way to a circle at another height, leave circles of a mission at any place unless an item asks for the
    course to the next place, and fly a timed one at its own radius. `wings_need_fix`: wings are not armed without a fix
    in any mode. `returns_in_auto`: an RTL item of wings is flown within AUTO; otherwise it changes to the mode RTL.
    `approaches_anew`: a mission that is left in the landing of wings goes on with its approach.
    `holds_without_mission`: a mission may be cleared while it is flown. `resumes_on_ground`: a mission goes on at its
    item after a disarming, unless that is the last. `turns_to_items`: copters turn to the yaw of their items.
    `keeps_home_of_items`: DO_SET_HOME of a mission sets home as a person does. `home_follows_m`: home of a disarmed
    vehicle on the ground moves to it once it is that far away, m; None: only at arming. `seeks_new_home`: a return goes
    to a home that is set on the way. `sticks_add_speed`: a throttle stick drives faster on the way to a place."""

    texts: Texts
    failsafes: FailsafeRules
    asks_for_gimbal: bool = False
    own_fence_action: bool = False
    keeps_upright: bool = False
    lands_in_place: bool = False
    climbs_to_return: bool = False
    wings_need_fix: bool = True
    circles_level: bool = False
    returns_in_auto: bool = False
    approaches_anew: bool = True
    turns_to_items: bool = False
    keeps_home_of_items: bool = False
    holds_without_mission: bool = False
    resumes_on_ground: bool = False
    home_follows_m: float | None = None
    seeks_new_home: bool = False
    sticks_add_speed: bool = True

    def refuses_mission(self, *, takes_off: bool) -> str | None:
        """Reason not to fly the mission from the ground; `takes_off`: it begins with a takeoff."""

    def begin_mission(self, now_ms: int) -> Outcome | None:
        """Begin the mission; None: AUTO does."""
        return None

    def battery_failed(self, *, critical: bool, now_ms: int) -> None:
        """Act on a low or critical battery while armed."""

    def estimator_recovered(self, now_ms: int) -> None:
        """Act on a recovered estimator, after a failure that was acted on."""

    def fence_breached(self, now_ms: int) -> None:
        """Act on a breach, if `own_fence_action`."""

    def aircraft_heard(self, contact: Contact) -> bool:
        """Judge a report of another aircraft, if the firmware does not use AVD_; True if it needs a pass."""
        return False

    def preflight_delay_s(self) -> float | None:
        """Seconds after arming until the motors of a vehicle that has not taken off stop; 0 or less: never. None:
        DISARM_DELAY."""
        return None

    def landed_delay_s(self) -> float | None:
        """Seconds after a landing until the motors stop, in any mode; 0 or less: only a command stops them. None: a
        landing mode stops them at once, otherwise after DISARM_DELAY."""
        return None

    def landing_strictness(self) -> int | None:
        """PLND_STRICT of the landing that begins or goes on now; negative: it does not look for a target. None:
        PLND_ENABLED and PLND_STRICT decide."""
        return None

    def highest_speed_mps(self) -> float:
        """Upper limit of the ground speed, m/s, for any request; inf: none."""
        return inf

    def transition_limit_s(self, airspeed: float) -> float:
        """Time after which a transition to the wings that has not exceeded `airspeed`, m/s, has failed, s."""

    def return_place(self) -> GeoPoint | None:
        """Destination of a return, at the altitude of its ground; None: home or a rally point, by RALLY_*."""
        return None

    def return_height(self, goal: Ned) -> float | None:
        """Height to which a return to `goal` climbs, m above home; None: by RTL_ALT, RTL_ALTITUDE."""
        return None

    def return_approach(self, goal: Ned) -> Circle | None:
        """Circle in which wings descend from their return to a landing at `goal` (on the ground); None: about that
        place to Q_RTL_ALT, and then against the wind."""
        return None

    def return_path(self) -> Sequence[MissionItem]:
        """Items of the way home of a return; empty: straight."""
        return ()

    def mode_flags(self) -> int:
        """MAV_MODE_FLAG bits of the present mode."""

    def system_state(self) -> SystemState:
        """MAV_STATE of HEARTBEAT outside of failsafes."""

    def landed_as(self) -> int | None:
        """MAV_LANDED_STATE that is shown; None: as the vehicle reports it."""

    def mission_shown(self) -> tuple[WireMissionState, bool] | None:
        """MISSION_STATE, and whether the present mode flies missions; None: by the sequencer's state and AUTO."""
        return None

    def shown_modes(self) -> tuple[int, int]:
        """Shown custom_mode of HEARTBEAT, and that of the mode that a person requested last."""

    def standard_mode(self, custom_mode: int) -> int:
        """MAV_STANDARD_MODE of a shown mode."""
        return StandardMode.NON_STANDARD
