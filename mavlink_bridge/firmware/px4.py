"""`Firmware` of PX4 for a multicopter, a fixed wing and a standard VTOL (src/modules/commander: px4_custom_mode.h,
Commander.cpp, failsafe/; src/modules/mavlink: mavlink_mission.cpp, mavlink_parameters.cpp, streams/HEARTBEAT.hpp,
streams/SYS_STATUS.hpp; version 1.16)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import nan
from typing import Final
from zlib import crc32

from autopilot.interface.geo import ABOVE_HOME, ABOVE_SEA, GeoPoint
from autopilot.interface.records import dataclass
from autopilot.mav import (
    AutopilotType,
    Capability,
    Cmd,
    Component,
    Frame,
    MissionResult,
    ParameterType,
    RepositionFlag,
    Result,
    Sensor,
    SystemState,
    VehicleType,
)
from autopilot.mission.commands import has_position
from autopilot.mission.items import MissionItem
from autopilot.parameters.parameters import Parameters
from autopilot.personality.px4 import modes as px4
from autopilot.personality.px4.parameters import Px4Parameters, equipment
from autopilot.vehicles.mode_table import CopterMode
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.firmware.protocol import (
    Aim,
    FirmwareHabits,
    FirmwareTexts,
    FlightOrder,
    Mirrored,
    Rates,
    ServedParameters,
)
from mavlink_bridge.routing.service import Message

_CUSTOM: Final = 1.0  # MAV_MODE_FLAG_CUSTOM_MODE_ENABLED
_CHANGE_MODE: Final = float(RepositionFlag.CHANGE_MODE)
_OWN_SPEED: Final = -1.0
_UNKNOWN_BASE: Final = 1000
_INVERTED: Final = 0xFFFFFFFF

# PX4's modes to ArduPilot's numbers, and back
_NUMBERS: Final = px4.COPTER | {
    px4.ORBIT: CopterMode.CIRCLE, px4.POSITION_SLOW: CopterMode.POSHOLD, px4.FOLLOW: CopterMode.FOLLOW,
}  # fmt: skip
_SECOND: Final = (px4.MANUAL, px4.TAKEOFF, px4.OFFBOARD, px4.PRECISION)  # modes with the number of another
_MODES: Final = {number: pair for pair, number in _NUMBERS.items() if pair not in _SECOND}
_NAMES: Final = {pair: name for pair, name in px4.LISTED if pair not in px4.EXTERNAL} | {(4, 1): "Ready"}
# states of a HEARTBEAT: failsafe, engine failure, termination
_FAILSAFES: Final = (SystemState.CRITICAL, SystemState.EMERGENCY, SystemState.FLIGHT_TERMINATION)
_INTEGERS: Final[dict[int, str]] = {
    ParameterType.UINT8: "<B", ParameterType.INT8: "<b", ParameterType.UINT16: "<H", ParameterType.INT16: "<h",
    ParameterType.UINT32: "<I", ParameterType.INT32: "<i",
}  # fmt: skip

# items of plans by their frame: global, MAV_FRAME_MISSION
_PLACED: Final = frozenset((
    Cmd.NAV_WAYPOINT, Cmd.NAV_LOITER_UNLIM, Cmd.NAV_LOITER_TIME, Cmd.NAV_LAND, Cmd.NAV_TAKEOFF, Cmd.NAV_LOITER_TO_ALT,
    Cmd.NAV_VTOL_TAKEOFF, Cmd.NAV_VTOL_LAND, Cmd.DO_SET_ROI, Cmd.DO_SET_ROI_LOCATION, Cmd.DO_AUTOTUNE_ENABLE,
    Cmd.CONDITION_GATE, Cmd.COMPONENT_ARM_DISARM,
    Cmd.NAV_FENCE_RETURN_POINT, Cmd.NAV_FENCE_POLYGON_VERTEX_INCLUSION, Cmd.NAV_FENCE_POLYGON_VERTEX_EXCLUSION,
    Cmd.NAV_FENCE_CIRCLE_INCLUSION, Cmd.NAV_FENCE_CIRCLE_EXCLUSION, Cmd.NAV_RALLY_POINT,
))  # fmt: skip
_WITHOUT_PLACE: Final = frozenset((
    Cmd.NAV_RETURN_TO_LAUNCH, Cmd.NAV_DELAY, Cmd.CONDITION_DELAY, Cmd.CONDITION_DISTANCE, Cmd.DO_JUMP,
    Cmd.DO_CHANGE_SPEED, Cmd.DO_SET_HOME, Cmd.DO_LAND_START, Cmd.DO_SET_ROI, Cmd.DO_SET_ROI_WPNEXT_OFFSET,
    Cmd.DO_SET_ROI_NONE, Cmd.DO_DIGICAM_CONTROL, Cmd.DO_MOUNT_CONFIGURE, Cmd.DO_MOUNT_CONTROL,
    Cmd.DO_SET_CAM_TRIGG_DIST, Cmd.DO_GRIPPER, Cmd.DO_WINCH, Cmd.DO_AUTOTUNE_ENABLE, Cmd.SET_CAMERA_MODE,
    Cmd.SET_CAMERA_ZOOM, Cmd.SET_CAMERA_FOCUS, Cmd.SET_CAMERA_SOURCE, Cmd.DO_GIMBAL_MANAGER_PITCHYAW,
    Cmd.DO_GIMBAL_MANAGER_CONFIGURE, Cmd.IMAGE_START_CAPTURE, Cmd.IMAGE_STOP_CAPTURE, Cmd.VIDEO_START_CAPTURE,
    Cmd.VIDEO_STOP_CAPTURE, Cmd.DO_VTOL_TRANSITION, Cmd.DO_SET_ACTUATOR, Cmd.DO_SET_CAM_TRIGG_INTERVAL,
    Cmd.DO_TRIGGER_CONTROL, Cmd.DO_CONTROL_VIDEO, Cmd.OBLIQUE_SURVEY, Cmd.COMPONENT_ARM_DISARM,
))  # fmt: skip

_CAPABILITIES: Final = (
    Capability.MISSION_FLOAT | Capability.MISSION_INT | Capability.COMMAND_INT | Capability.PARAM_ENCODE_BYTEWISE
    | Capability.SET_ATTITUDE_TARGET | Capability.SET_POSITION_TARGET_LOCAL_NED
    | Capability.SET_POSITION_TARGET_GLOBAL_INT | Capability.FLIGHT_TERMINATION | Capability.MAVLINK2
    | Capability.MISSION_FENCE | Capability.MISSION_RALLY
)  # fmt: skip

_HABITS: Final = FirmwareHabits(
    strategy="native", home_is_item_0=False, starts_by_arming=True, takes_off_by_itself=True, repeats_targets=False,
    circles_by_velocity=False, speed_with_target=True, answers_by_index=True, acks_what_it_does=False,
    pauses_well=False, download_window=1, calibration=None, introduces_itself=False,
    texts_for_stations="NAV_DLL_ACT", repeats_changes=True, empty_circles=True, approaches=True,
    announces_plans=False, begins_at_marked=True, station_port=14550,
    commit_as_number=True, first_log=0, asks_by_int=True, gap_is_error=False, guided_items=(),
    answers_for=frozenset({Component.MISSIONPLANNER, Component.WINCH}),
    vtol_type=VehicleType.VTOL_FIXEDROTOR, capabilities_by_1=False, wrong_frame=Result.COMMAND_UNSUPPORTED_MAV_FRAME,
    sets_by_type=True, stations_by_type=True,
)  # fmt: skip
_WORDS: Final = FirmwareTexts(
    prearm=("Preflight Fail: ", "Preflight: "), arm=("Arming denied", "Preflight Fail"), disarm=("Disarming denied",),
    mode=("Switching to",), takeoff=("Arming denied", "Takeoff"), failsafe=("Failsafe activated",),
)  # fmt: skip
# HEARTBEAT shows failsafes but is not sent at their beginning, and its stream stays at 1 Hz; REQUEST_MESSAGE is
# answered at once (mavlink_receiver.cpp: set_message_interval, handle_request_message_command). EXTENDED_SYS_STATE is
# faster, so that stopped motors are reported after the landing.
_RATES: Final = Rates(
    {
        "GLOBAL_POSITION_INT": 10.0, "ATTITUDE": 10.0, "LOCAL_POSITION_NED": 10.0, "SYS_STATUS": 2.0,
        "GPS_RAW_INT": 2.0, "ESTIMATOR_STATUS": 2.0, "EXTENDED_SYS_STATE": 10.0, "BATTERY_STATUS": 1.0,
        "SYSTEM_TIME": 1.0, "VFR_HUD": 2.0,
    },
    heartbeat_hz=5.0,
)  # fmt: skip
# streams for which MAVSDK and QGroundControl wait (mavlink_main.cpp, `configure_streams_to_default`)
_LINK_RATES: Final = {
    "ATTITUDE_QUATERNION": 4.0, "CURRENT_MODE": 0.5, "ALTITUDE": 1.0, "HIGHRES_IMU": 1.0, "WIND_COV": 0.5,
}  # fmt: skip
_MIRRORED: Final = {
    "MPC_XY_CRUISE": Mirrored("WPNAV_SPEED", 100.0),
    "MPC_Z_V_AUTO_UP": Mirrored("WPNAV_SPEED_UP", 100.0),
    "MPC_Z_V_AUTO_DN": Mirrored("WPNAV_SPEED_DN", 100.0),
    "MPC_LAND_SPEED": Mirrored("LAND_SPEED", 100.0),
    "RTL_RETURN_ALT": Mirrored("RTL_ALT", 100.0),
}
_MIRRORED_ON_WINGS: Final = {
    "FW_AIRSPD_TRIM": Mirrored("AIRSPEED_CRUISE"),
    "NAV_LOITER_RAD": Mirrored("WP_LOITER_RAD"),
    "RTL_RETURN_ALT": Mirrored("RTL_ALTITUDE"),
}


@dataclass(frozen=True, slots=True)
class Px4:
    """`Firmware` of PX4: missions in its own AUTO.MISSION, single targets by DO_REPOSITION in AUTO.LOITER."""

    vehicle_class: VehicleClass
    name: str = "PX4"
    autopilot: int = int(AutopilotType.PX4)
    habits: FirmwareHabits = _HABITS
    words: FirmwareTexts = _WORDS
    version: tuple[int, int, int] = (1, 16, 0)
    capabilities: int = _CAPABILITIES
    rates: Rates = _RATES

    @property
    def link_rates(self) -> Mapping[str, float] | None:
        return _LINK_RATES

    @property
    def mirrored(self) -> Mapping[str, Mirrored]:
        return _MIRRORED_ON_WINGS if self.vehicle_class.has_stall_speed else _MIRRORED

    # --- modes ----------------------------------------------------------------------------------------------------
    def mode_of(self, custom_mode: int) -> int:
        pair, kind = px4.pair_of(custom_mode), self.vehicle_class
        numbers = _NUMBERS if kind.hovers else px4.flown(kind)
        return int(numbers.get(pair, _UNKNOWN_BASE + pair[0] * 100 + pair[1]))

    def custom_mode(self, mode: int) -> int:
        return px4.custom_of(self._modes(mode))

    def set_mode_params(self, mode: int) -> tuple[float, float, float]:
        return (_CUSTOM, *self.mode_params(self.custom_mode(mode)))

    def _modes(self, mode: int) -> px4.Pair:
        """PX4's main and sub mode; also for a number above `_UNKNOWN_BASE`."""
        modes = _MODES if self.vehicle_class.hovers else px4.shown(self.vehicle_class)
        if mode in modes:
            return modes[mode]
        if mode < _UNKNOWN_BASE:
            raise ValueError(f"PX4 has no mode {mode}")
        return divmod(mode - _UNKNOWN_BASE, 100)

    def mode_params(self, custom_mode: int) -> tuple[float, float]:
        main, sub = px4.pair_of(custom_mode)
        return (float(main), float(sub))

    def custom_of(self, param2: float, param3: float) -> int:
        return px4.custom_of((int(param2), int(param3)))

    def mode_name(self, custom_mode: int) -> str:
        main, sub = px4.pair_of(custom_mode)
        return _NAMES.get((main, sub), f"mode {main}, {sub}")

    def named_mode(self, name: str) -> int | None:
        return next((px4.custom_of(pair) for pair, own in _NAMES.items() if own == name), None)

    def mode_of_item(self, command: int) -> int | None:
        return self.vehicle_class.modes.rtl if command == Cmd.NAV_RETURN_TO_LAUNCH else None

    @property
    def mode_at_end(self) -> int | None:
        """Hold (Commander.cpp: "Transition to loiter when the mission is cleared and/or finished")."""
        return self.vehicle_class.modes.guided

    @property
    def velocity_mode(self) -> tuple[int, tuple[float, float, float]] | None:
        custom = px4.custom_of(px4.OFFBOARD)
        return custom, (_CUSTOM, *self.mode_params(custom))

    # --- signs ----------------------------------------------------------------------------------------------------
    def may_arm(self, present: int, enabled: int, health: int) -> bool:
        """PX4 sets this bit in `health` only."""
        return bool(health & Sensor.PREARM_CHECK)

    def acts_itself(self, system_status: int, mode: int) -> bool:
        """In any mode: the Hold of a failsafe is also the Hold that follows targets."""
        return system_status in _FAILSAFES

    # --- missions -------------------------------------------------------------------------------------------------
    def mission_to(self, items: Sequence[MissionItem], home: GeoPoint | None) -> tuple[MissionItem, ...]:
        """Mission without home. Items without a place have frame 2, and DO_LAND_START, which has one only for ArduPilot
        (`parse_mavlink_mission_item`), and a DO_SET_HOME that means here. DO_SET_ROI is sent by its newer names: PX4
        reads what it is from param1, which is 0 for ArduPilot. A place of 0, 0 is the end of a region; elsewhere it
        is replaced by the place before it or home, because PX4 would fly there."""
        sent: list[MissionItem] = []
        last = (home.lat, home.lon) if home is not None else (0.0, 0.0)
        for item in items:
            item = replace(item, seq=len(sent))
            if item.command in (Cmd.DO_SET_ROI, Cmd.DO_SET_ROI_LOCATION) and item.frame != Frame.MISSION:
                end = replace(item, command=Cmd.DO_SET_ROI_NONE, frame=Frame.MISSION)
                item = replace(item, command=Cmd.DO_SET_ROI_LOCATION) if item.is_somewhere else end
            elif item.command == Cmd.DO_SET_HOME and (item.param1 == 1.0 or not item.is_somewhere):
                item = replace(item, param1=1.0, frame=Frame.MISSION)
            elif not has_position(item.command) or item.command == Cmd.DO_LAND_START:
                item = replace(self.item_to(item), frame=Frame.MISSION)
            elif item.is_somewhere:
                last = (item.x, item.y)
            else:
                item = replace(item, x=last[0], y=last[1])
            sent.append(item)
        return tuple(sent)

    def needs_home(self, items: Sequence[MissionItem]) -> bool:
        """True if the first place is 0, 0, which stands for home."""
        first = next((item for item in items if has_position(item.command)), None)
        return first is not None and not first.is_somewhere

    def wire_seq(self, seq: int) -> int:
        return max(seq - 1, 0)

    def seq_of(self, wire_seq: int) -> int:
        return wire_seq + 1

    def item_to(self, item: MissionItem) -> MissionItem:
        return replace(item, param1=item.param1 - 1.0) if item.command == Cmd.DO_JUMP else item

    def item_from(self, item: MissionItem) -> MissionItem:
        return replace(item, param1=item.param1 + 1.0) if item.command == Cmd.DO_JUMP else item

    def refuses(self, item: MissionItem) -> MissionResult | None:
        """Refusal by `parse_mavlink_mission_item`: what has a place needs a global frame, others MAV_FRAME_MISSION."""
        if item.frame not in ABOVE_SEA | ABOVE_HOME | {Frame.MISSION}:
            return MissionResult.UNSUPPORTED_FRAME
        known, regions = (_WITHOUT_PLACE, (0, 1, 2)) if item.frame == Frame.MISSION else (_PLACED, (0, 3))
        if item.command == Cmd.DO_SET_ROI and item.param1 not in regions:  # MAV_ROI: none, next, index; none, location
            return MissionResult.INVALID_PARAM1
        return None if item.command in known else MissionResult.UNSUPPORTED

    # --- parameters -----------------------------------------------------------------------------------------------
    def served_parameters(self, core: Parameters) -> ServedParameters:
        return Px4Parameters(core, {})

    def value_of(self, wire: float, kind: int) -> float:
        """Integers are stored in the bytes of the float (mavlink.io: byte-wise encoding)."""
        form = _INTEGERS.get(kind)
        return wire if form is None else float(struct.unpack_from(form, struct.pack("<f", wire))[0])

    def wire_value(self, value: float, kind: int) -> float:
        form = _INTEGERS.get(kind)
        if form is None:
            return value
        bits = 8 * struct.calcsize(form)
        least = 0 if form[1].isupper() else -1 << (bits - 1)
        whole = min(max(round(value), least), least + (1 << bits) - 1)  # Sortie's own may be a float beyond it
        return float(struct.unpack("<f", struct.pack(form, whole).ljust(4, b"\0"))[0])

    def equipment(self, stored: Mapping[str, float]) -> Mapping[str, float]:
        return equipment(stored)

    def parameters_hash(self, values: Iterable[tuple[str, float, int]]) -> int | None:
        """CRC-32 without inversions over names and the four bytes of values (parameters.cpp, `param_hash_check`)."""
        crc = _INVERTED
        for name, value, kind in values:
            crc = crc32(name.encode() + struct.pack("<f", self.wire_value(value, kind)), crc)
        return crc ^ _INVERTED

    # --- flying ---------------------------------------------------------------------------------------------------
    def go(self, aim: Aim) -> Message | FlightOrder:
        heading = nan if aim.nose.angle is None else aim.nose.angle
        speed = _OWN_SPEED if aim.speed is None else aim.speed
        place = aim.place
        return FlightOrder(
            Cmd.DO_REPOSITION, (speed, _CHANGE_MODE, 0.0, heading, place.lat, place.lon, place.alt), Frame.GLOBAL_INT
        )

    def stop(self) -> FlightOrder | None:
        """DO_REPOSITION without a place (NaN: Navigator keeps the present one)."""
        return FlightOrder(Cmd.DO_REPOSITION, (_OWN_SPEED, _CHANGE_MODE, 0.0, nan, nan, nan, nan))

    def take_off(self, height: float, place: GeoPoint | None) -> FlightOrder:
        """Takeoff order, which needs a place and the height above mean sea level."""
        position = (nan, nan, nan) if place is None else (place.lat, place.lon, place.alt)
        return FlightOrder(Cmd.NAV_TAKEOFF, (0.0, 0.0, 0.0, nan, *position), prefixes=self.words.takeoff)
