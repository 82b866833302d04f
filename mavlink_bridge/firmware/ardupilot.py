"""`Firmware` of ArduPilot (docs/reference/real-vehicles.md, 2; ArduCopter/mode.h, Rover/mode.h; GCS_Copter.cpp,
`vehicle_system_status`; GCS_Common.cpp)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass
from autopilot.mav import AutopilotType, Capability, Cmd, Frame, MissionResult, Sensor, SystemState
from autopilot.mission.commands import PX4S
from autopilot.mission.items import MissionItem
from autopilot.parameters.parameters import Parameters
from autopilot.vehicles.kinds import DEFAULT
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
from mavlink_bridge.firmware.setpoints import global_target
from mavlink_bridge.routing.service import Message

_CUSTOM: Final = 1.0  # MAV_MODE_FLAG_CUSTOM_MODE_ENABLED
_GROUND_PRESSURE: Final = (0.0, 0.0, 1.0)
_FAILSAFES: Final = (SystemState.CRITICAL, SystemState.EMERGENCY)

_CAPABILITIES: Final = (
    Capability.MISSION_FLOAT | Capability.PARAM_FLOAT | Capability.MISSION_INT | Capability.COMMAND_INT
    | Capability.SET_ATTITUDE_TARGET | Capability.SET_POSITION_TARGET_LOCAL_NED
    | Capability.SET_POSITION_TARGET_GLOBAL_INT | Capability.COMPASS_CALIBRATION | Capability.MAVLINK2
    | Capability.MISSION_FENCE | Capability.MISSION_RALLY
)  # fmt: skip
"""MAV_PROTOCOL_CAPABILITY bits of all kinds, without FTP."""


def _fastest_us(loop_hz: int) -> int:
    """Shortest message interval, us: the whole milliseconds that reach 80 % of SCHED_LOOP_RATE (GCS_Common.cpp,
    set_message_interval, cap_message_interval)."""
    return -(-1_000_000 // (800 * loop_hz)) * 1000


_HABITS: Final = FirmwareHabits(
    strategy="guided", home_is_item_0=True, starts_by_arming=False, takes_off_by_itself=False, repeats_targets=True,
    circles_by_velocity=True, speed_with_target=False, answers_by_index=False, acks_what_it_does=True,
    pauses_well=True, download_window=5, calibration=_GROUND_PRESSURE, introduces_itself=True,
    reports_multicopter=True, reports_goal=True, fastest_us=_fastest_us(400), origin_with_home=True,
)  # fmt: skip
_DRIVING_HABITS: Final = replace(_HABITS, fastest_us=_fastest_us(50))
_WING_HABITS: Final = replace(_DRIVING_HABITS, strategy="native", calibration=None, starts_by_arming=True)
_LIFT_HABITS: Final = replace(_WING_HABITS, fastest_us=_fastest_us(300))
"""Habits of planes. A plane cannot stop at a target, cannot be armed for some seconds after a calibration of its pitot
tube, and takes off when it is armed in AUTO."""
_WORDS: Final = FirmwareTexts(
    prearm=("PreArm: ",), arm=("Arm:", "PreArm:"), disarm=("Disarm:",), mode=("Mode change",), takeoff=("Takeoff",)
)
_RATES: Final = Rates(
    {
        "GLOBAL_POSITION_INT": 10.0, "ATTITUDE": 10.0, "LOCAL_POSITION_NED": 10.0, "SYS_STATUS": 2.0,
        "GPS_RAW_INT": 2.0, "EKF_STATUS_REPORT": 2.0, "EXTENDED_SYS_STATE": 2.0, "POSITION_TARGET_GLOBAL_INT": 2.0,
        "BATTERY_STATUS": 1.0, "SYSTEM_TIME": 1.0, "VFR_HUD": 2.0,
    },
    {"MISSION_CURRENT": 2.0},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ArduPilot:
    vehicle_class: VehicleClass
    name: str = "ArduPilot"
    autopilot: int = int(AutopilotType.ARDUPILOTMEGA)
    words: FirmwareTexts = _WORDS
    version: tuple[int, int, int] = (4, 6, 2)
    rates: Rates = _RATES

    @property
    def capabilities(self) -> int:
        """Copters always terminate a flight; other kinds only by an advanced failsafe (AFS_ENABLE), which is off."""
        return _CAPABILITIES | (Capability.FLIGHT_TERMINATION if self.vehicle_class.hovers else 0)

    @property
    def habits(self) -> FirmwareHabits:
        kind = self.vehicle_class
        if kind.has_stall_speed:
            return _LIFT_HABITS if kind.lands_anywhere else _WING_HABITS
        return _HABITS if kind.hovers else _DRIVING_HABITS

    @property
    def link_rates(self) -> Mapping[str, float] | None:
        return None

    @property
    def mirrored(self) -> Mapping[str, Mirrored]:
        return {name: Mirrored(name) for name in self.vehicle_class.mirrored}

    # --- modes ----------------------------------------------------------------------------------------------------
    def mode_of(self, custom_mode: int) -> int:
        return custom_mode

    def custom_mode(self, mode: int) -> int:
        return mode

    def set_mode_params(self, mode: int) -> tuple[float, float, float]:
        return (_CUSTOM, float(mode), 0.0)

    def mode_params(self, custom_mode: int) -> tuple[float, float]:
        return (float(custom_mode), 0.0)

    def custom_of(self, param2: float, param3: float) -> int:
        return int(param2)

    def mode_name(self, custom_mode: int) -> str:
        return self.vehicle_class.modes.name_of(custom_mode) or f"mode {custom_mode}"

    def named_mode(self, name: str) -> int | None:
        return next((mode.value for mode in self.vehicle_class.modes.known if mode.name == name), None)

    def mode_of_item(self, command: int) -> int | None:
        return None

    @property
    def mode_at_end(self) -> int | None:
        return None

    @property
    def velocity_mode(self) -> tuple[int, tuple[float, float, float]] | None:
        return None

    # --- signs ----------------------------------------------------------------------------------------------------
    def may_arm(self, present: int, enabled: int, health: int) -> bool:
        return bool(present & enabled & health & Sensor.PREARM_CHECK)

    def acts_itself(self, system_status: int, mode: int) -> bool:
        """True for a failsafe status in a mode other than GUIDED and AUTO: all failsafe actions change the mode. In
        these two the failsafe was configured to warn only or to continue (FS_OPTIONS)."""
        modes = self.vehicle_class.modes
        return system_status in _FAILSAFES and mode not in (modes.guided, modes.auto)

    # --- missions -------------------------------------------------------------------------------------------------
    def mission_to(self, items: Sequence[MissionItem], home: GeoPoint | None) -> tuple[MissionItem, ...]:
        return (home_item(home), *items)

    def needs_home(self, items: Sequence[MissionItem]) -> bool:
        return False

    def wire_seq(self, seq: int) -> int:
        return seq

    def seq_of(self, wire_seq: int) -> int:
        return wire_seq

    def item_to(self, item: MissionItem) -> MissionItem:
        return item

    def item_from(self, item: MissionItem) -> MissionItem:
        return item

    def refuses(self, item: MissionItem) -> MissionResult | None:
        """Refuse what only a PX4 knows of the core's table."""
        return MissionResult.UNSUPPORTED if item.command in PX4S else None

    # --- parameters -----------------------------------------------------------------------------------------------
    def served_parameters(self, core: Parameters) -> ServedParameters:
        return core

    def value_of(self, wire: float, kind: int) -> float:
        return wire

    def wire_value(self, value: float, kind: int) -> float:
        return value

    def equipment(self, stored: Mapping[str, float]) -> Mapping[str, float]:
        return {}

    def parameters_hash(self, values: Iterable[tuple[str, float, int]]) -> int | None:
        return None

    # --- flying ---------------------------------------------------------------------------------------------------
    def go(self, aim: Aim) -> Message | FlightOrder:
        return global_target(aim.ids, aim.now_ms, aim.place, aim.nose, aim.velocity)

    def stop(self) -> FlightOrder | None:
        return None

    def take_off(self, height: float, place: GeoPoint | None) -> FlightOrder:
        """Takeoff order, which uses only the height above home."""
        return FlightOrder(Cmd.NAV_TAKEOFF, (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, height), prefixes=self.words.takeoff)


def home_item(home: GeoPoint | None) -> MissionItem:
    """Item 0 of a mission: home as a waypoint above mean sea level; zeros without a home, as ArduPilot sends it."""
    if home is None:
        return MissionItem(Cmd.NAV_WAYPOINT, Frame.GLOBAL)
    return MissionItem(Cmd.NAV_WAYPOINT, Frame.GLOBAL, x=home.lat, y=home.lon, z=home.alt)


OWN: Final = ArduPilot(DEFAULT)
"""Firmware as which Sortie speaks by default."""
