"""ArduPilot and PX4 behind one protocol: modes, missions, parameters, signs, targets."""

from __future__ import annotations

from math import isnan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopilot.interface.geo import GeoPoint
from autopilot.mav import Cmd, Frame, ParameterType
from autopilot.mission.items import MissionItem
from autopilot.vehicles.kinds import COPTER, KINDS, ROVER, vehicle_class
from autopilot.vehicles.mode_table import CopterMode, RoverMode
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.firmware.ardupilot import ArduPilot
from mavlink_bridge.firmware.identity import Identity
from mavlink_bridge.firmware.known import SPOKEN, firmware_of, firmware_spoken
from mavlink_bridge.firmware.protocol import Aim, Firmware, FlightOrder
from mavlink_bridge.firmware.px4 import Px4
from mavlink_bridge.firmware.setpoints import Facing
from mavlink_bridge.wire.codec import decode, dialect, payload

HOME = GeoPoint(47.0, 8.0, 500.0)
BOTH: list[Firmware] = [ArduPilot(COPTER), Px4(COPTER)]
both = pytest.mark.parametrize("firmware", BOTH, ids=lambda firmware: firmware.name)
POSCTL, HOLD, MISSION, RETURN = 3 << 16, 4 << 16 | 3 << 24, 4 << 16 | 4 << 24, 4 << 16 | 5 << 24
STANDBY, ACTIVE, CRITICAL, EMERGENCY, TERMINATION = 3, 4, 5, 6, 8
PREARM = 0x10000000
INT32, UINT8, REAL32 = 6, 1, 9


def heartbeat(vehicle_type: int, autopilot: int, custom_mode: int = 0) -> Any:
    return dialect.MAVLink_heartbeat_message(vehicle_type, autopilot, 1, custom_mode, 4, 3)


def test_who_sends_a_heartbeat() -> None:
    """A PX4 that drives is none of ours; to speak with, anything has a way."""
    assert firmware_of(heartbeat(2, 12)) == Px4(COPTER)
    assert firmware_of(heartbeat(10, 3)) == ArduPilot(ROVER)
    assert firmware_of(heartbeat(10, 12)) is None
    assert firmware_of(heartbeat(2, 8)) is None
    assert firmware_spoken(12, 2) == Px4(COPTER)
    assert firmware_spoken(None, None).name == "ArduPilot"


@both
def test_modes_go_there_and_back(firmware: Firmware) -> None:
    """Those that both know; DO_SET_MODE's parameters ask for the same."""
    for mode in (CopterMode.AUTO, CopterMode.GUIDED, CopterMode.RTL, CopterMode.LAND, CopterMode.LOITER):
        custom = firmware.custom_mode(mode)
        assert firmware.mode_of(custom) == mode
        assert firmware.custom_of(*firmware.set_mode_params(mode)[1:]) == custom


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_px4_of_each_kind_has_its_own_modes(kind: VehicleClass) -> None:
    """A rover's AUTO, GUIDED and RTL have other numbers than a copter's, whose modes it would be asked for."""
    firmware, modes = Px4(kind), kind.modes
    assert [firmware.custom_mode(mode) for mode in (modes.auto, modes.guided, modes.rtl)] == [MISSION, HOLD, RETURN]
    assert [firmware.mode_of(mode) for mode in (MISSION, HOLD, RETURN)] == [modes.auto, modes.guided, modes.rtl]


def test_px4s_modes() -> None:
    """POSCTL is LOITER, Hold is GUIDED, Mission is AUTO; what Sortie does not know has a number too, and a way back."""
    px4 = Px4(COPTER)
    assert [px4.mode_of(mode) for mode in (POSCTL, HOLD, MISSION, RETURN)] == [5, 4, 3, 6]
    assert [px4.mode_name(mode) for mode in (POSCTL, HOLD, MISSION, 6 << 16)] == [
        "Position",
        "Hold",
        "Mission",
        "Offboard",
    ]
    unknown = 4 << 16 | 11 << 24
    assert px4.mode_of(unknown) >= 1000 and px4.custom_mode(px4.mode_of(unknown)) == unknown
    with pytest.raises(ValueError, match="no mode 17"):
        px4.custom_mode(CopterMode.BRAKE)


def test_modes_of_a_px4_that_drives() -> None:
    """They are the rover's; its Mission was number 3, the copter's AUTO and the rover's STEERING."""
    px4 = Px4(ROVER)
    assert [px4.mode_of(mode) for mode in (POSCTL, HOLD, MISSION, RETURN)] == [3, 15, 10, 11]
    for mode in (RoverMode.MANUAL, RoverMode.STEERING, RoverMode.AUTO, RoverMode.RTL, RoverMode.GUIDED):
        assert px4.mode_of(px4.custom_mode(mode)) == mode
    orbit = 3 << 16 | 1 << 24
    assert px4.mode_of(orbit) >= 1000 and px4.custom_mode(px4.mode_of(orbit)) == orbit


def test_the_prearm_bit_of_each() -> None:
    """ArduPilot sets it in three words, PX4 in one."""
    ardupilot, px4 = BOTH
    assert ardupilot.may_arm(PREARM, PREARM, PREARM) and not ardupilot.may_arm(0, 0, PREARM)
    assert px4.may_arm(0, 0, PREARM) and not px4.may_arm(PREARM, PREARM, 0)


@both
def test_a_flight_in_order_is_no_failsafe(firmware: Firmware) -> None:
    assert not any(firmware.acts_itself(state, mode) for state in (STANDBY, ACTIVE) for mode in (3, 4, 6, 9))


def test_what_says_that_a_failsafe_flies() -> None:
    """ArduPilot by a mode that is not ours, PX4 by its state alone: Hold looks the same."""
    ardupilot, px4 = BOTH
    assert ardupilot.acts_itself(CRITICAL, CopterMode.LAND) and ardupilot.acts_itself(EMERGENCY, CopterMode.RTL)
    assert not ardupilot.acts_itself(CRITICAL, CopterMode.GUIDED), "told to warn only"
    assert px4.acts_itself(CRITICAL, CopterMode.GUIDED) and px4.acts_itself(TERMINATION, CopterMode.STABILIZE)


def test_a_mission_as_each_takes_it() -> None:
    """ArduPilot: home first. PX4: from 0, frame 2 without a place, 0, 0 filled in, jumps counted from 0."""
    items = (
        MissionItem(22, 3, z=10.0, seq=1),
        MissionItem(178, 3, param2=3.0, seq=2),
        MissionItem(16, 3, x=47.1, y=8.1, seq=3),
        MissionItem(177, 3, param1=3.0, param2=2.0, seq=4),
        MissionItem(21, 3, seq=5),
        MissionItem(20, 3, seq=6),
    )
    ardupilot, px4 = BOTH
    assert ardupilot.mission_to(items, HOME)[1:] == items and ardupilot.mission_to(items, HOME)[0].z == 500.0
    sent = px4.mission_to(items, HOME)
    assert [(item.seq, item.command, item.frame) for item in sent] == [
        (0, 22, 3),
        (1, 178, 2),
        (2, 16, 3),
        (3, 177, 2),
        (4, 21, 3),
        (5, 20, 2),
    ]
    assert (sent[0].x, sent[0].y) == (47.0, 8.0) and (sent[4].x, sent[4].y) == (47.1, 8.1)
    assert sent[3].param1 == 2.0
    assert px4.needs_home(items) and not px4.needs_home(items[1:]) and not ardupilot.needs_home(items)
    assert [px4.wire_seq(seq) for seq in (1, 2)] == [0, 1] and px4.seq_of(0) == 1 and ardupilot.seq_of(0) == 0


def test_a_px4_wants_the_start_of_a_landing_without_a_place() -> None:
    """It refuses a mission with a placed DO_LAND_START (mavlink_mission.cpp, `parse_mavlink_mission_item`), which
    stations of an ArduPilot write."""
    item = MissionItem(Cmd.DO_LAND_START, Frame.GLOBAL_RELATIVE_ALT, x=HOME.lat, y=HOME.lon, z=20.0, seq=1)
    assert Px4(COPTER).mission_to((item,), HOME)[0].frame == Frame.MISSION


@pytest.mark.parametrize("command", [Cmd.DO_SET_ROI, Cmd.DO_SET_ROI_LOCATION])
def test_a_px4_looks_where_a_plan_of_an_ardupilot_tells_it(command: Cmd) -> None:
    """Its stations leave param1 of DO_SET_ROI 0, and 0, 0 is the end of a region; for a PX4 param1 0 is its end
    (navigator_main.cpp, `vehicle_roi_s.mode`), and 0, 0 a place off Africa. Nobody flies there."""
    there = MissionItem(command, x=47.3, y=8.3, seq=1)
    end, wait = MissionItem(command, seq=2), MissionItem(Cmd.NAV_LOITER_TIME, param1=5.0, seq=3)
    sent = Px4(COPTER).mission_to((there, end, wait), HOME)
    assert [(item.command, item.frame, item.x) for item in sent] == [
        (Cmd.DO_SET_ROI_LOCATION, Frame.GLOBAL_RELATIVE_ALT, 47.3),
        (Cmd.DO_SET_ROI_NONE, Frame.MISSION, 0.0),
        (Cmd.NAV_LOITER_TIME, Frame.GLOBAL_RELATIVE_ALT, HOME.lat),
    ]


@pytest.mark.parametrize(("param1", "x"), [(1.0, 0.0), (0.0, 0.0), (1.0, 47.3)])
def test_a_px4_sets_its_home_where_it_is(param1: float, x: float) -> None:
    """It knows DO_SET_HOME without a place alone, refuses a whole mission for another (`parse_mavlink_mission_item`),
    and needs param1; for an ArduPilot 0, 0 says it too. Nobody flies there."""
    items = MissionItem(Cmd.DO_SET_HOME, param1=param1, x=x, seq=1), MissionItem(Cmd.NAV_LAND, seq=2)
    home, land = Px4(COPTER).mission_to(items, HOME)
    assert (home.param1, home.frame, land.x) == (1.0, Frame.MISSION, HOME.lat)


def test_a_px4_keeps_what_its_own_station_says_of_a_region() -> None:
    """In frame 2 param1 counts: 1 is the next waypoint."""
    items = (MissionItem(Cmd.DO_SET_ROI, Frame.MISSION, 1.0),)
    assert [(item.command, item.param1) for item in Px4(COPTER).mission_to(items, HOME)] == [(Cmd.DO_SET_ROI, 1.0)]


@given(st.integers(-(2**22), 2**31 - 2**23 - 1))
def test_px4s_integers_are_bytes(value: int) -> None:
    """There and back, through a message; an integer is no small float."""
    px4 = Px4(COPTER)
    sent = dialect.MAVLink_param_value_message(b"SYS_AUTOSTART", px4.wire_value(value, INT32), INT32, 900, 5)
    number, data, _ = payload(sent)
    heard: Any = decode(number, data)
    assert px4.value_of(heard.param_value, INT32) == value


def test_other_types_of_parameters() -> None:
    ardupilot, px4 = BOTH
    assert px4.value_of(px4.wire_value(200.0, UINT8), UINT8) == 200.0
    assert px4.value_of(1.5, REAL32) == 1.5 and px4.wire_value(1.5, REAL32) == 1.5
    assert ardupilot.value_of(7.0, INT32) == 7.0 and ardupilot.wire_value(7.0, INT32) == 7.0


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [(ParameterType.INT32, -(2**31), 2**31 - 1), (ParameterType.UINT32, 0, 2**32 - 1), (ParameterType.INT8, -128, 127)],
)
def test_what_a_type_of_px4_does_not_hold_is_its_nearest_value(kind: int, least: int, most: int) -> None:
    """A float of Sortie's own may lie beyond; what a person writes, too."""
    px4 = Px4(COPTER)
    assert [px4.value_of(px4.wire_value(value, kind), kind) for value in (-1e10, 1e10)] == [least, most]


def test_how_each_is_sent_to_a_place() -> None:
    """ArduPilot by a setpoint, PX4 by a command, with its own speed unless one was asked for; and stopped."""
    ardupilot, px4 = BOTH
    aim = Aim((1, 1), 20, HOME, Facing())
    assert ardupilot.go(aim).get_type() == "SET_POSITION_TARGET_GLOBAL_INT"  # type: ignore[union-attr]
    order = px4.go(aim)
    assert isinstance(order, FlightOrder)
    assert (order.number, order.frame, order.params[:2], order.params[4:]) == (192, 5, (-1.0, 1.0), (47.0, 8.0, 500.0))
    asked = px4.go(Aim((1, 1), 20, HOME, Facing(), speed=3.0))
    assert isinstance(asked, FlightOrder) and asked.params[0] == 3.0
    stop = px4.stop()
    assert stop is not None and all(isnan(value) for value in stop.params[3:]) and ardupilot.stop() is None
    assert (
        px4.take_off(10.0, HOME).params[4:] == (47.0, 8.0, 500.0) and ardupilot.take_off(10.0, HOME).params[6] == 10.0
    )


@pytest.mark.parametrize(
    ("vehicle_type", "kind"), [(1, "plane"), (19, "quadplane"), (21, "quadplane"), (22, "quadplane")]
)
def test_wings_fly_their_own_missions(vehicle_type: int, kind: str) -> None:
    """What cannot stop at a place is not led by Sortie, nor kept from arming by a calibration of its tube."""
    firmware = firmware_of(dialect.MAVLink_heartbeat_message(vehicle_type, 3, 0, 0, STANDBY, 3))
    assert firmware is not None and firmware.vehicle_class.name == kind
    assert (firmware.habits.strategy, firmware.habits.calibration) == ("native", None)
    assert ArduPilot(vehicle_class(kind)).habits == firmware.habits != ArduPilot(COPTER).habits


@pytest.mark.parametrize(
    ("kind", "ardupilot", "px4"), [("copter", 2, 2), ("plane", 1, 1), ("quadplane", 20, 22), ("rover", 10, 10)]
)
def test_the_type_of_a_vehicle_is_its_firmwares(kind: str, ardupilot: int, px4: int) -> None:
    """MAV_TYPE: PX4's standard VTOL is VTOL_FIXEDROTOR; see also `test_as_pymavlink_reads.py`."""
    as_px4 = SPOKEN["px4"](vehicle_class(kind))
    assert (Identity(kind).vehicle_type, Identity(kind, speaks=as_px4).vehicle_type) == (ardupilot, px4)
