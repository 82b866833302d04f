"""The autopilot: modes, mission, safety and commands of one vehicle, put together.

`Autopilot` is what protocol services, the run loop, the Python API and the flight manager talk to. It is pure: time
comes in as `now_ms` (vehicle time), decisions go to the `Vehicle`, facts come out as events. It owns the mode and home;
`MissionStorage` owns the items, `MissionSequencer` the indices and the hold timer, `Parameters` the values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autopilot.geo import GeoPoint, Ned
from autopilot.outcome import Outcome

if TYPE_CHECKING:
    from autopilot.mission.items import MissionItem
    from autopilot.vehicle import Sticks, Yaw


class Autopilot:
    """See the module. Every command returns an `Outcome` at once; refusals also leave a StatusText event that says why,
    in ArduPilot's words ("Arm: ...", "Mode change to AUTO failed: ...")."""

    # --- the pass -------------------------------------------------------------------------------------------------
    def update(self, now_ms: int) -> None:
        """Vehicle time is now `now_ms`: take the vehicle's events, run safety and the mode, once."""
        raise NotImplementedError

    def next_deadline_ms(self) -> int | None:
        """The next vehicle time at which `update` must run although the vehicle raised no event."""
        raise NotImplementedError

    def take_events(self) -> list[object]:
        """Facts since the last call, in order (`autopilot.outcome`, `autopilot.mission.events`)."""
        raise NotImplementedError

    # --- facts ----------------------------------------------------------------------------------------------------
    # kind: "copter" | "rover"; mode_number: int; mode_name: str; armed: bool; home: GeoPoint | None (AMSL);
    # failsafe: bool (system_status CRITICAL); system_status: int (MAV_STATE); base_mode: int;
    # vehicle, parameters, journal, sequencer, mission, fence, rally; prearm_ok: bool; sensors_enabled: int bits;
    # fence_breach: (breach_status, breach_types, breach_count, breach_time_ms)

    # --- commands -------------------------------------------------------------------------------------------------
    def set_mode(self, number: int, now_ms: int) -> Outcome: raise NotImplementedError
    def arm(self, now_ms: int, *, force: bool = False) -> Outcome: raise NotImplementedError
    def disarm(self, now_ms: int, *, force: bool = False) -> Outcome: raise NotImplementedError
    def run_prearm_checks(self, now_ms: int) -> Outcome: raise NotImplementedError
    def takeoff(self, height_m: float, now_ms: int) -> Outcome:
        """NAV_TAKEOFF as command: `height_m` above home."""
        raise NotImplementedError
    def land(self, now_ms: int) -> Outcome: raise NotImplementedError
    def return_to_launch(self, now_ms: int) -> Outcome: raise NotImplementedError
    def start_mission(self, now_ms: int, first: float = 0.0, last: float = 0.0) -> Outcome:
        """MISSION_START: enters AUTO by itself."""
        raise NotImplementedError
    def set_current(self, seq: int, now_ms: int, *, reset: bool = False) -> Outcome:
        """MISSION_SET_CURRENT and DO_SET_MISSION_CURRENT."""
        raise NotImplementedError
    def jump_to_tag(self, tag: float, now_ms: int) -> Outcome: raise NotImplementedError
    def land_start(self, now_ms: int) -> Outcome:
        """DO_LAND_START as command."""
        raise NotImplementedError
    def pause(self, now_ms: int) -> Outcome:
        """DO_PAUSE_CONTINUE 0."""
        raise NotImplementedError
    def resume(self, now_ms: int) -> Outcome: raise NotImplementedError
    def reposition(self, lat: float, lon: float, alt_amsl: float, now_ms: int, *, speed: float | None = None,
                   yaw_rad: float | None = None, change_mode: bool = False) -> Outcome:
        """DO_REPOSITION."""
        raise NotImplementedError
    def guided_item(self, lat: float, lon: float, alt_amsl: float, now_ms: int) -> Outcome:
        """MISSION_ITEM with current 2."""
        raise NotImplementedError
    def guided_altitude(self, alt_amsl: float, now_ms: int) -> Outcome:
        """MISSION_ITEM with current 3, DO_CHANGE_ALTITUDE."""
        raise NotImplementedError
    def guided_target(self, now_ms: int, *, position: Ned | None = None, velocity: Ned | None = None,
                      acceleration: Ned | None = None, yaw: Yaw | None = None) -> Outcome:
        """SET_POSITION_TARGET_*: NED about the vehicle's origin, parts not given are ignored. Only in GUIDED."""
        raise NotImplementedError
    def guided_attitude(self, now_ms: int, *, roll: float, pitch: float, yaw: float, yaw_rate: float | None,
                        thrust: float) -> Outcome: raise NotImplementedError
    def change_speed(self, kind: int, speed: float, now_ms: int) -> Outcome:
        """DO_CHANGE_SPEED: kind 0, 1 ground, 2 climb, 3 descent."""
        raise NotImplementedError
    def condition_yaw(self, angle_deg: float, rate_deg_s: float, direction: int, relative: bool,
                      now_ms: int) -> Outcome: raise NotImplementedError
    def set_roi(self, place: GeoPoint | None, now_ms: int) -> Outcome: raise NotImplementedError
    def set_home(self, place: GeoPoint | None, now_ms: int) -> Outcome:
        """None: here."""
        raise NotImplementedError
    def set_reverse(self, backwards: bool, now_ms: int) -> Outcome: raise NotImplementedError
    def payload(self, command: int, params: tuple[float, ...], now_ms: int) -> Outcome:
        """DO_SET_SERVO, DO_SET_RELAY, repeats, camera triggers, gripper: done or recorded."""
        raise NotImplementedError
    def enable_fence(self, mode: float, now_ms: int) -> Outcome: raise NotImplementedError
    def reboot(self, now_ms: int) -> Outcome: raise NotImplementedError
    def set_sticks(self, sticks: Sticks | None, now_ms: int, *, source: str = "override") -> None:
        """RC_CHANNELS_OVERRIDE or MANUAL_CONTROL; None = released."""
        raise NotImplementedError
    def ground_station_heartbeat(self, system: int, now_ms: int) -> None:
        """A GCS HEARTBEAT was heard (FS_GCS counts SYSID_MYGCS only)."""
        raise NotImplementedError

    # --- plans ----------------------------------------------------------------------------------------------------
    def check_plan(self, kind: int, items: tuple[MissionItem, ...]) -> str | None:
        """Is this plan valid as a whole (section 3 of mission-semantics)? The complaint, or None."""
        raise NotImplementedError
    def replace_plan(self, kind: int, items: tuple[MissionItem, ...], now_ms: int) -> None:
        """A new plan of MAV_MISSION_TYPE `kind` has become durable: swap it in at the start of the next tick."""
        raise NotImplementedError
    def may_clear(self, kind: int) -> bool:
        """False while armed and the mission runs (kind 0)."""
        raise NotImplementedError
