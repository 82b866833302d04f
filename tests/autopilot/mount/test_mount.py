"""What a copter's gimbal points at, flown: places, home, waypoints, other vehicles, sticks, a mission's items."""

from __future__ import annotations

from math import acos, degrees, nan, radians
from typing import Any

import pytest

from autopilot.interface import report as R
from autopilot.interface.geo import GeoPoint, Ned, to_global
from autopilot.mav import Cmd, Frame, GimbalFlag, MountMode, Result
from autopilot.mission.items import MissionItem
from autopilot.modes.payload import PayloadAction
from autopilot.mount.gimbal import Posture, optical_axis
from autopilot.mount.items import act
from autopilot.mount.mount import HEARD_LASTS_MS, RATE_LASTS_MS
from autopilot.mount.rotation import joints_of, turn
from tests.fakes.core_bench import Bench, item, takeoff, waypoint
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.sim_copter import GUIDED, LOITER, in_air, on_mission, ready

FIELDS = ("param1", "param2", "param3", "param4", "x", "y", "z")
FITTED = {"MNT1_TYPE": 6, "MNT1_DEFLT_MODE": 1}


def hanging(up: float = 20.0, **parameters: float) -> Bench:
    return in_air(up, **(FITTED | parameters))


def at(north: float, east: float, up: float = 0.0) -> GeoPoint:
    return to_global(ORIGIN, (north, east, -up))


def off(bench: Bench, north: float, east: float, up: float = 0.0) -> float:
    """The angle between the optical axis and a place, seen from where the vehicle really is, deg."""
    r = bench.vehicle.state.report
    way: Ned = (north - float(r[R.TRUE_N]), east - float(r[R.TRUE_E]), -up - float(r[R.TRUE_D]))
    axis = turn(optical_axis(bench.vehicle, bench.core.mount.gimbal), (1.0, 0.0, 0.0))
    size = sum(one * one for one in way) ** 0.5
    return degrees(acos(min(max(sum(a * b for a, b in zip(axis, way, strict=True)) / size, -1.0), 1.0)))


def angles(bench: Bench) -> list[float]:
    """Roll and pitch against the horizon, yaw against the nose, deg."""
    return [degrees(one) for one in joints_of(bench.core.mount.gimbal.pointing().forward)]


def test_without_a_gimbal_nothing_is_there() -> None:
    """MNT1_TYPE 0: no turn, and the camera looks straight down from the body."""
    bench = ready()
    assert bench.core.mount.gimbal is None
    assert "mount" not in [turn.part for turn in bench.core.turns.rows]
    assert turn(optical_axis(bench.vehicle, bench.core.mount.gimbal), (1.0, 0.0, 0.0)) == pytest.approx(
        (0.0, 0.0, 1.0), abs=0.02
    )
    assert turn(optical_axis(bench.vehicle, None, 0.0), (1.0, 0.0, 0.0)) == pytest.approx((1.0, 0.0, 0.0), abs=0.02)


def test_a_gimbal_that_stands_still_asks_for_no_pass() -> None:
    """Angles are given once."""
    bench = ready(**FITTED)
    bench.core.mount.set_angles((0.0, -0.5, 0.2), locked=True)
    assert bench.core.mount.next_deadline_ms() is None


def test_a_place_is_looked_at_while_the_copter_flies_past() -> None:
    """At 8 m/s, 30 m beside it, turning its nose: within 2 deg all the time, and within half a degree when it hangs."""
    bench = hanging(30.0, SIM_WIND_SPD=4)
    assert bench.core.commands.set_roi(at(30.0, 30.0)).ok
    bench.run(3.0)
    assert off(bench, 30.0, 30.0) < 0.5
    assert bench.core.commands.reposition(at(60.0, 0.0, 30.0), bench.now_ms, speed=8.0).ok
    worst = 0.0
    for _ in range(150):
        bench.run(0.1)
        worst = max(worst, off(bench, 30.0, 30.0))
    assert worst < 2.0
    bench.run(5.0)
    assert off(bench, 30.0, 30.0) < 0.5


def test_called_at_every_tick_it_points_the_same() -> None:
    """As by deadlines."""
    ends = []
    for by_tick in (False, True):
        bench = hanging(seed=3)
        bench.by_tick = by_tick
        assert bench.core.commands.set_roi(at(5.0, 5.0)).ok
        assert bench.core.commands.reposition(at(20.0, 0.0, 20.0), bench.now_ms).ok
        bench.run(8.0)
        ends.append((bench.now_ms, optical_axis(bench.vehicle, bench.core.mount.gimbal)))
    assert ends[0] == ends[1]


def test_the_nose_turns_only_where_the_gimbal_does_not() -> None:
    """ArduPilot's has_pan_control."""
    bench = hanging()
    nose = bench.vehicle.state.yaw
    assert bench.core.commands.set_roi(at(0.0, 50.0)).ok
    bench.run(8.0)
    assert bench.vehicle.state.yaw == pytest.approx(nose, abs=0.1)
    fixed = hanging(MNT1_YAW_MIN=0, MNT1_YAW_MAX=0)
    assert fixed.core.commands.set_roi(at(0.0, 50.0)).ok
    fixed.run(12.0)
    assert fixed.vehicle.state.yaw == pytest.approx(radians(90.0), abs=0.1)
    assert off(fixed, 0.0, 50.0) < 3.0


def test_a_place_ends_in_the_default_mode() -> None:
    """MNT1_DEFLT_MODE, also at the start; a pilot's mode does not hinder the gimbal."""
    bench = hanging(MNT1_DEFLT_MODE=0, MNT1_RETRACT_Y=-15)
    assert bench.core.mount.mode is MountMode.RETRACT
    assert bench.core.modes.set(LOITER, bench.now_ms).ok
    assert bench.core.commands.set_roi(at(10.0, 0.0)).ok
    assert bench.core.mount.mode is MountMode.GPS_POINT
    assert bench.core.commands.set_roi(None).ok
    bench.run(3.0)
    assert degrees(bench.core.mount.gimbal.pointing().joints[1]) == pytest.approx(-15.0)


def test_home_is_looked_at() -> None:
    """MAV_MOUNT_MODE_HOME_LOCATION, where home is."""
    bench = hanging()
    assert bench.core.commands.reposition(at(20.0, 0.0, 20.0), bench.now_ms).ok
    bench.core.mount.set_mode(MountMode.HOME_LOCATION)
    bench.run(15.0)
    assert off(bench, 0.0, 0.0) < 1.0


def test_another_vehicle_is_followed_while_it_tells_where_it_is() -> None:
    """DO_SET_ROI_SYSID: between what it tells it is where it moves to; silent for 3 s it is left."""
    bench = hanging()
    mount = bench.core.mount
    assert act(mount, Cmd.DO_SET_ROI_SYSID, (9.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)).ok
    mount.hear(8, at(500.0, 0.0), (0.0, 0.0, 0.0))
    east = 0.0
    for second in range(6):
        east = 5.0 * second
        mount.hear(9, at(30.0, east), (0.0, 5.0, 0.0))
        bench.run(1.0)
    assert off(bench, 30.0, east + 5.0) < 1.0
    bench.run(HEARD_LASTS_MS / 1000.0 + 1.0)
    held = off(bench, 30.0, 100.0)
    bench.run(2.0)
    assert off(bench, 30.0, 100.0) == pytest.approx(held, abs=1.0)
    assert act(mount, Cmd.DO_SET_ROI_SYSID, (0.0,) * 7).result is Result.FAILED


def test_the_next_waypoint_is_looked_at_with_an_offset() -> None:
    """DO_SET_ROI_WPNEXT_OFFSET."""
    bench = hanging()
    assert bench.core.commands.reposition(at(100.0, 0.0, 10.0), bench.now_ms).ok
    assert act(bench.core.mount, Cmd.DO_SET_ROI_WPNEXT_OFFSET, (0.0, 0.0, 0.0, 0.0, nan, 0.0, 0.0)).ok
    bench.run(4.0)
    assert off(bench, 100.0, 0.0, 10.0) < 1.0
    assert act(bench.core.mount, Cmd.DO_SET_ROI_WPNEXT_OFFSET, (0.0, 0.0, 0.0, 0.0, -10.0, 0.0, 0.0)).ok
    bench.run(2.0)
    assert off(bench, 100.0, 0.0, 10.0) == pytest.approx(10.0, abs=1.0)


def test_a_rate_that_nobody_repeats_ends() -> None:
    """After 3 s, as in ArduPilot."""
    bench = ready(**FITTED)
    bench.core.mount.set_rates((0.0, radians(-10.0), 0.0), locked=False)
    bench.run(RATE_LASTS_MS / 1000.0 + 2.0)
    assert angles(bench)[1] == pytest.approx(-30.0, abs=1.0)


def test_a_lock_stays_where_it_looks() -> None:
    """PITCHYAW with flags alone; the same lock again changes nothing."""
    bench = hanging()
    mount = bench.core.mount
    mount.set_angles((0.0, -0.2, 1.0), locked=False)
    bench.run(3.0)
    mount.set_lock(True)
    assert mount.gimbal.pointing().locked
    bench.run(1.0)
    assert angles(bench)[2] == pytest.approx(degrees(1.0), abs=2.0)
    mount.set_angles((0.0, -0.2, 1.0), locked=True)
    mount.set_lock(True)
    bench.run(3.0)
    assert degrees(joints_of(mount.gimbal.pointing().earth)[2]) == pytest.approx(degrees(1.0), abs=0.1)


def test_a_posture_follows_its_parameter() -> None:
    """While it is in it."""
    bench = ready(**FITTED)
    bench.parameters.set("MNT1_NEUTRAL_Y", -25)
    bench.run(3.0)
    assert angles(bench)[1] == pytest.approx(-25.0, abs=0.1)


def test_without_a_position_no_place_is_looked_at() -> None:
    """And somebody is told, once."""
    bench = Bench(vehicle=ready().vehicle, parameters=FITTED)
    bench.vehicle.inject_fault("gps.loss", None, active=True)
    bench.run(20.0)
    assert not bench.core.facts.has_position
    before = angles(bench)
    bench.core.mount.look_at(at(50.0, 50.0))
    bench.run(10.0)
    assert angles(bench) == pytest.approx(before, abs=1.0)
    assert bench.texts.count("Mount: not targeting, no location") == 1


# --- commands and items -----------------------------------------------------------------------------------------------
COMMANDS: list[tuple[str, int, tuple[float, ...], Result, Any]] = [
    ("angles", Cmd.DO_GIMBAL_MANAGER_PITCHYAW, (-30, 40, nan, nan, 12, nan, 0), Result.ACCEPTED, [0.0, -30.0, 40.0]),
    ("of the device", Cmd.DO_GIMBAL_MANAGER_PITCHYAW, (-9, 8, nan, nan, 12, 0, 154), Result.ACCEPTED, [0.0, -9.0, 8.0]),
    ("of another", Cmd.DO_GIMBAL_MANAGER_PITCHYAW, (-30, 40, nan, nan, 12, nan, 2), Result.FAILED, None),
    ("half", Cmd.DO_GIMBAL_MANAGER_PITCHYAW, (-30, nan, nan, nan, 12, nan, 0), Result.FAILED, None),
    ("angles before rates", Cmd.DO_GIMBAL_MANAGER_PITCHYAW, (-30, 40, 5, 5, 12, nan, 0), Result.ACCEPTED,
     [0.0, -30.0, 40.0]),
    ("mount control", Cmd.DO_MOUNT_CONTROL, (-20, 5, 350, 0, 0, 0, 2), Result.ACCEPTED, [5.0, -20.0, -10.0]),
    ("centidegrees", Cmd.DO_MOUNT_CONTROL, (-2000, 0, 0, 0, 0, 0, 2), Result.FAILED, None),
    ("an unknown mode", Cmd.DO_MOUNT_CONTROL, (0, 0, 0, 0, 0, 0, 99), Result.FAILED, None),
    ("no place", Cmd.DO_MOUNT_CONTROL, (0, 0, 0, 0, 1e10, 0, 4), Result.FAILED, None),
    ("configure neutral", Cmd.DO_MOUNT_CONFIGURE, (1, 1, 1, 1, 0, 0, 0), Result.ACCEPTED, [0.0, 0.0, 0.0]),
    ("configure nothing", Cmd.DO_MOUNT_CONFIGURE, (77, 0, 0, 0, 0, 0, 0), Result.FAILED, None),
]  # fmt: skip


@pytest.mark.parametrize(("what", "command", "params", "result", "then"), COMMANDS, ids=[row[0] for row in COMMANDS])
def test_each_command(what: str, command: int, params: tuple[float, ...], result: Result, then: Any) -> None:
    """Its answer, and where the gimbal then points."""
    bench = ready(**FITTED)
    bench.core.mount.set_angles((0.0, -0.1, 0.1), locked=False)
    bench.run(2.0)
    before = angles(bench)
    assert act(bench.core.mount, command, tuple(float(one) for one in params)).result is result
    bench.run(4.0)
    assert angles(bench) == pytest.approx(before if then is None else then, abs=0.05)


def test_flags_retract_and_neutral() -> None:
    """Of DO_GIMBAL_MANAGER_PITCHYAW, whatever angles come with them."""
    bench = ready(**FITTED)
    mount = bench.core.mount
    for flag, posture in ((GimbalFlag.RETRACT, Posture.RETRACTED), (GimbalFlag.NEUTRAL, Posture.NEUTRAL)):
        assert act(mount, Cmd.DO_GIMBAL_MANAGER_PITCHYAW, (-30.0, 0.0, nan, nan, float(flag), 0.0, 0.0)).ok
        assert mount.gimbal.pointing().posture is posture


def test_mount_control_looks_at_a_place_above_home() -> None:
    """MAV_MOUNT_MODE_GPS_POINT: degrees x 1e7, and the height in param4."""
    bench = hanging()
    place = at(20.0, 10.0)
    params = (0.0, 0.0, 0.0, 5.0, place.lat * 1e7, place.lon * 1e7, 4.0)
    assert act(bench.core.mount, Cmd.DO_MOUNT_CONTROL, params).ok
    bench.run(3.0)
    assert off(bench, 20.0, 10.0, 5.0) < 1.0


def gimbal_item(command: int, *params: float) -> MissionItem:
    p = (*params, *([0.0] * 7))[:7]
    return MissionItem(
        command, Frame.MISSION, param1=p[0], param2=p[1], param3=p[2], param4=p[3], x=p[4], y=p[5], z=p[6]
    )


def test_a_mission_moves_the_gimbal() -> None:
    """DO_GIMBAL_MANAGER_PITCHYAW, DO_MOUNT_CONTROL, a region of interest (above the ground too) and its end; when AUTO
    is left the default mode comes back. Nothing of it is only recorded."""
    bench = on_mission(
        [
            takeoff(20.0),
            waypoint(15.0, 0.0, 20.0),
            gimbal_item(Cmd.DO_GIMBAL_MANAGER_PITCHYAW, -35.0, 20.0, nan, nan, 12.0),
            waypoint(30.0, 0.0, 20.0),
            gimbal_item(Cmd.DO_MOUNT_CONTROL, -50.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0),
            waypoint(45.0, 0.0, 20.0),
            item(Cmd.DO_SET_ROI_LOCATION, 60.0, 20.0, 3.0),
            waypoint(60.0, 0.0, 20.0),
            gimbal_item(Cmd.DO_SET_ROI_NONE),
            waypoint(80.0, 0.0, 20.0),
            item(Cmd.DO_SET_ROI_LOCATION, 60.0, 20.0, 3.0),
            waypoint(200.0, 0.0, 20.0),
        ],
        **FITTED,
    )
    seen = []
    for seq in (2, 4, 6, 8, 10):
        bench.run(60.0, lambda seq=seq: seq in bench.reached)
        seen.append((angles(bench), bench.core.mount.mode, off(bench, 60.0, 20.0, 3.0)))
    assert seen[1][0][1:] == pytest.approx([-35.0, 20.0], abs=0.5)
    assert seen[2][0][1] == pytest.approx(-50.0, abs=0.5)
    assert [one[1] for one in seen[2:]] == [MountMode.GPS_POINT, MountMode.NEUTRAL, MountMode.GPS_POINT]
    assert seen[3][2] < 2.0
    assert bench.core.modes.set(GUIDED, bench.now_ms).ok
    assert bench.core.mount.mode is MountMode.NEUTRAL
    assert not bench.events(PayloadAction)


def test_a_mission_takes_control_for_the_vehicle_itself() -> None:
    """DO_GIMBAL_MANAGER_CONFIGURE as an item: -2 takes it, whoever has it, -3 gives it back."""
    bench = ready(**FITTED)
    mount = bench.core.mount
    mount.control.primary = (255, 190)
    keep = (-1.0, -1.0, 0.0, 0.0, 0.0)
    assert act(mount, Cmd.DO_GIMBAL_MANAGER_CONFIGURE, (-2.0, -2.0, *keep)).ok
    assert mount.control.primary == (1, 1)
    assert act(mount, Cmd.DO_GIMBAL_MANAGER_CONFIGURE, (-3.0, -3.0, *keep)).ok
    assert mount.control.primary == (0, 0)
    assert act(mount, Cmd.DO_GIMBAL_MANAGER_CONFIGURE, (-7.0, -7.0, *keep)).result is Result.FAILED


def test_without_a_gimbal_items_are_recorded() -> None:
    """As before there was one."""
    bench = on_mission([takeoff(5.0), gimbal_item(Cmd.DO_MOUNT_CONTROL, -50.0), waypoint(15.0, 0.0, 5.0)])
    bench.run(60.0, lambda: len(bench.reached) >= 2)
    assert [event.command for event in bench.events(PayloadAction)] == [Cmd.DO_MOUNT_CONTROL]


def test_a_nose_turns_where_the_gimbal_cannot() -> None:
    """DO_MOUNT_CONTROL with a yaw: an offset to the heading that is demanded; a gimbal that pans leaves the nose."""
    outputs = {"SERVO5_FUNCTION": 8, "SERVO6_FUNCTION": 7}
    for pans, wanted in ((0, 35.0), (6, 80.0)):
        bench = in_air(15.0, MNT1_TYPE=1, **outputs, SERVO7_FUNCTION=pans)
        assert bench.core.commands.condition_yaw(80.0, 0.0, 0, False).ok
        bench.run(6.0)
        assert act(bench.core.mount, Cmd.DO_MOUNT_CONTROL, (0.0, 0.0, -45.0, 0.0, 0.0, 0.0, 2.0)).ok
        bench.run(6.0)
        assert degrees(float(bench.vehicle.state.report[R.TRUE_YAW])) == pytest.approx(wanted, abs=5.0)
