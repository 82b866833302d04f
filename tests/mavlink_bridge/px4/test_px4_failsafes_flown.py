"""PX4's failsafes in the air: what a station of `firmware="px4"` sees, from the cause to the ground."""

from __future__ import annotations

from collections.abc import Callable
from math import nan

import pytest

from mavlink_bridge.wire.codec import dialect
from sortie import MissionItem, Session
from sortie.api.testing.stand_in import HOME
from tests.fakes.px4_station import (
    ARM,
    HOLD,
    LAND,
    MISSION,
    OFFBOARD,
    ORBIT,
    POSITION,
    REPOSITION,
    RETURN,
    SET_MODE,
    TAKE_OFF,
    TAKEOFF,
    SessionLine,
    Station,
    station_of,
)

HELD = "Failsafe activated: entering Hold for 5 seconds"
CRITICAL, ACTIVE = 5, 4
DO_ORBIT = 34
FAR = (MissionItem(16, 6, x=HOME.lat + 0.002, y=HOME.lon, z=12.0), MissionItem(20, 2))


def status(station: Station) -> int:
    return int(station.of("HEARTBEAT")[-1].system_status)


def history(station: Station, seconds: float, each: Callable[[], None] = lambda: None) -> list[tuple[int, int]]:
    """The modes that were shown, without repetitions."""
    seen = [station.mode]
    for _ in range(round(seconds / 0.1)):
        each()
        station.run(0.1)
        if station.mode != seen[-1]:
            seen.append(station.mode)
    return seen


def begin_mission(station: Station) -> None:
    station.upload(FAR)
    station.fly_to()
    assert station.command(SET_MODE, 1.0, *map(float, MISSION)) == 0
    station.run(4.0)
    assert station.mode == MISSION and status(station) == ACTIVE


def test_a_lost_station_holds_and_returns(station: Station) -> None:
    """NAV_DLL_ACT 2 after COM_DL_LOSS_T; mode Mission again is the user's, and ends it."""
    station.set_param("NAV_DLL_ACT", 2.0)
    station.set_param("COM_DL_LOSS_T", 5.0)
    begin_mission(station)
    heard = dialect.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3)
    station.link.send(heard)
    assert history(station, 20.0) == [MISSION, HOLD, RETURN]
    assert status(station) == CRITICAL
    lost, held = station.texts.index("Connection to ground station lost"), station.texts.index(HELD)
    assert lost < held < station.texts.index("Failsafe activated")
    station.link.send(heard)
    station.run(1.0)
    assert "GCS connection regained" in station.texts and station.mode == RETURN
    assert station.command(SET_MODE, 1.0, *map(float, MISSION)) == 0
    station.run(2.0)
    assert station.mode == MISSION and status(station) == ACTIVE


def test_lost_sticks_hold_and_return_but_not_where_they_are_excepted(station: Station) -> None:
    station.set_param("COM_RCL_EXCEPT", 1.0)
    begin_mission(station)
    sticks = dialect.MAVLink_manual_control_message(1, 0, 0, 500, 0, 0)
    history(station, 1.0, lambda: station.link.send(sticks))
    assert history(station, 3.0) == [MISSION] and "Manual control lost" in station.texts
    assert station.command(SET_MODE, 1.0, *map(float, POSITION)) == 0
    assert history(station, 9.0)[-2:] == [HOLD, RETURN] and status(station) == CRITICAL


def test_moved_sticks_take_over_but_not_while_it_holds(station: Station) -> None:
    """COM_RC_OVERRIDE: from a mission at once; from a failsafe's return, not from the Hold before."""
    station.set_param("NAV_DLL_ACT", 2.0)
    station.set_param("COM_RCL_EXCEPT", 3.0)

    def stick(forward: int) -> Callable[[], None]:
        return lambda: station.link.send(dialect.MAVLink_manual_control_message(1, forward, 0, 500, 0, 0))

    begin_mission(station)
    assert history(station, 2.0, stick(200)) == [MISSION], "within COM_RC_STICK_OV"
    assert history(station, 1.0, stick(600))[-1] == POSITION and "Pilot took over using sticks" in station.texts
    assert station.command(SET_MODE, 1.0, *map(float, MISSION)) == 0
    assert isinstance(station.link, SessionLine)
    station.link.session.inject("gcs.loss")
    assert history(station, 4.0, stick(600))[-1] == HOLD and status(station) == CRITICAL
    station.until(lambda: station.mode == RETURN, 10.0)
    assert history(station, 1.0, stick(600))[-1] == POSITION and status(station) == ACTIVE


def test_an_emptying_battery_returns_and_then_lands() -> None:
    """COM_LOW_BAT_ACT 3; a pack that is drained over seconds."""
    with station_of(SIM_BATT_CAP_AH=0.46) as station:
        station.set_param("BAT1_CAPACITY", 420.0)
        station.set_param("COM_LOW_BAT_ACT", 3.0)
        begin_mission(station)
        seen: list[tuple[int, int]] = []
        for _ in range(30):
            seen += history(station, 5.0)
            if not station.armed:
                break
        order = [text for text in station.texts if "battery" in text or "Failsafe" in text]
        assert order[:4] == ["Low battery", "Failsafe activated", "Critical battery", HELD]
        assert "Emergency battery level" in order and LAND in seen and not station.armed


def test_a_pack_that_holds_less_than_is_counted_has_it_landed_in_time() -> None:
    """BAT1_CAPACITY is a pack's of 5.1 Ah; the voltage of one of 1 Ah tells. COM_LOW_BAT_ACT 3, without a crash."""
    with station_of(SIM_BATT_CAP_AH=1.0, COM_LOW_BAT_ACT=3.0, RTL_RETURN_ALT=12.0) as station:
        station.fly_to()
        station.until(lambda: not station.armed, 260.0)
        assert station.mode == LAND or "Emergency battery level" in station.texts
        assert station.texts[-1].startswith("Disarmed by landing") or "Disarmed by landing" in station.texts
        assert not any("crash" in text or "cutoff" in text for text in station.texts)


def test_an_empty_battery_of_which_only_the_voltage_tells_is_landed_with() -> None:
    with station_of(COM_LOW_BAT_ACT=3.0) as station:
        station.fly_to()
        assert isinstance(station.link, SessionLine)
        station.link.session.set_param("SIM_BATT_VOLTAGE", 10.2)
        station.until(lambda: not station.armed, 60.0)
        assert "Emergency battery level" in station.texts and "Disarmed by landing" in station.texts


def test_an_empty_battery_that_is_only_warned_of_ends_the_flight_by_itself() -> None:
    """COM_LOW_BAT_ACT 0, the default: three warnings, then the motors have no power, and it is told."""
    with station_of(SIM_BATT_CAP_AH=0.46) as station:
        station.fly_to()
        station.until(lambda: not station.armed, 130.0)
        levels = [text for text in station.texts if "battery" in text and not text.startswith("Preflight")]
        assert levels == ["Low battery", "Critical battery", "Emergency battery level"]
        assert any("crash" in text or "cutoff" in text for text in station.texts) and station.height < 0.5


def test_a_fence_without_an_action_is_none() -> None:
    """GF_ACTION 0: Navigator does not check the fence (`geofence_breach_check`), nor where it is sent. A place outside
    was refused, and each breach told."""
    with station_of(GF_ACTION=0.0, GF_MAX_HOR_DIST=30.0) as station:
        station.fly_to(6.0)
        heard = len(station.texts)
        assert station.command(REPOSITION, -1.0, 1.0, 0.0, nan, *station.beside_home(60.0, 0.0), HOME.alt + 6.0) == 0
        station.run(25.0)
        here, home = station.of("GLOBAL_POSITION_INT")[-1], station.of("HOME_POSITION")[-1]
        assert (here.lat - home.latitude) * 0.0111319 > 55.0
        assert not [text for text in station.texts[heard:] if "ence" in text]
        station.set_param("GF_ACTION", 3.0)
        station.until(lambda: station.mode == RETURN, 10.0)


def test_a_fence_holds_without_delay_and_lets_the_user_out(station: Station) -> None:
    """GF_ACTION 2 and GF_MAX_HOR_DIST, which is lowered in flight: a mission that leaves it would not begin."""
    begin_mission(station)
    station.set_param("GF_MAX_HOR_DIST", 40.0)
    assert history(station, 15.0) == [MISSION, HOLD] and status(station) == CRITICAL
    assert station.command(SET_MODE, 1.0, *map(float, RETURN)) == 0
    station.run(5.0)
    assert station.mode == RETURN and status(station) == ACTIVE


def test_an_uploaded_fence_counts_without_a_switch(station: Station) -> None:
    """An area that is forbidden, across the way to a place that is not in it."""

    def corner(north: float, east: float) -> MissionItem:
        return MissionItem(5002, 0, param1=4.0, x=HOME.lat + north, y=HOME.lon + east)

    near, far, side = 0.0004, 0.0008, 0.0004
    station.upload(tuple(corner(n, e) for n, e in ((far, side), (far, -side), (near, -side), (near, side))), 1)
    begin_mission(station)
    assert history(station, 15.0) == [MISSION, HOLD] and "Geofence violated" in station.texts


@pytest.mark.parametrize(("radius", "breached"), [(60.0, False), (0.0, True)])
def test_it_stays_within_all_areas_of_a_fence(station: Station, radius: float, breached: bool) -> None:
    """Geofence.cpp, `isInsidePolygonOrCircle`: one after the other. A circle without a radius is one that holds nothing
    (MAVSDK's example uploads one)."""
    north, east = HOME.lat + 0.0003, HOME.lon
    wide = MissionItem(5003, 0, param1=500.0, x=HOME.lat, y=HOME.lon)
    station.upload((wide, MissionItem(5003, 0, param1=radius, x=north, y=east)), 1)
    station.run(1.0)
    assert (station.command(ARM, 1.0, 0.0) != 0) is breached


def test_offboard_without_setpoints_is_left_and_taken_up_again(station: Station) -> None:
    """COM_OF_LOSS_T, then COM_OBL_RC_ACT 0: Position; with setpoints it is Offboard again."""

    def send() -> None:
        station.link.send(
            dialect.MAVLink_set_position_target_local_ned_message(0, 1, 1, 1, 0x0DC7, 0, 0, 0, 2.0, 0, 0, 0, 0, 0, 0, 0)
        )

    station.fly_to()
    history(station, 1.0, send)
    assert station.command(SET_MODE, 1.0, *map(float, OFFBOARD)) == 0
    assert history(station, 2.0, send)[-1] == OFFBOARD
    assert history(station, 3.0) == [OFFBOARD, POSITION] and status(station) == CRITICAL
    assert station.of("VFR_HUD")[-1].groundspeed < 1.0
    assert history(station, 2.0, send) == [POSITION, OFFBOARD] and status(station) == ACTIVE


def test_without_a_position_it_comes_down() -> None:
    """A receiver that fails for good; the mission is at 12 m."""
    with station_of("gps.loss@45") as station:
        begin_mission(station)
        station.until(lambda: station.mode == LAND, 60.0)
        assert "Failsafe activated" in station.texts
        station.until(lambda: not station.armed, 60.0)
        assert "Landing detected" in station.texts and "Disarmed by landing" in station.texts


def test_a_takeoff_goes_on_when_the_position_is_back() -> None:
    """To its height, then it holds."""
    with station_of("gps.loss@12..17", EKF2_NOAID_TOUT=1e6) as station:
        station.set_param("MIS_TAKEOFF_ALT", 40.0)
        assert station.command(ARM, 1.0, 0.0) == 0
        assert station.command(TAKE_OFF) == 0
        station.until(lambda: station.mode == LAND)
        assert station.height < 30.0
        station.until(lambda: station.mode == TAKEOFF, 20.0)
        station.until(lambda: station.mode == HOLD, 40.0)
        assert station.height > 38.0


def test_an_orbit_is_over_when_the_position_is_back() -> None:
    """It holds, and shows that."""
    with station_of("gps.loss@30..35", EKF2_NOAID_TOUT=1e6) as station:
        station.fly_to(20.0)
        assert station.command(DO_ORBIT, 20.0, 3.0, 0.0) == 0
        station.run(1.0)
        assert station.mode == ORBIT
        assert history(station, 30.0) == [ORBIT, LAND, HOLD] and status(station) == ACTIVE


def test_an_injected_failure_wants_its_parameter(station: Station) -> None:
    """SYS_FAILURE_EN 0: refused, on the ground and in the air."""
    assert station.command(420, 101.0, 1.0, 1.0) == 2
    station.fly_to()
    assert station.command(420, 101.0, 1.0, 1.0) == 2
    station.set_param("SYS_FAILURE_EN", 1.0)
    assert station.command(420, 4.0, 1.0, 0.0) == 0


def test_it_is_repeatable() -> None:
    """The same messages, each with the same number and fields, failsafe included."""

    def flown() -> list[str]:
        with station_of("gcs.loss@25") as station:
            station.set_param("NAV_DLL_ACT", 3.0)
            station.set_param("MIS_TAKEOFF_ALT", 5.0)
            station.command(ARM, 1.0, 0.0)
            station.command(TAKE_OFF, nan)
            station.run(30.0)
            assert HELD in station.texts
            return [f"{message.get_seq()} {message.to_dict()}" for message in station.heard]

    assert flown() == flown()


@pytest.mark.parametrize("kind", ["copter", "plane", "rover", "quadplane"])
@pytest.mark.parametrize("trusted_s", [1.0, 5.0, 8.0])
def test_a_position_is_trusted_without_a_fix_for_the_time_that_a_parameter_says(kind: str, trusted_s: float) -> None:
    """EKF2_NOAID_TOUT, in us, 5 s by itself: counted from the last fix, to a tick of the receiver."""
    params = {} if trusted_s == 5.0 else {"EKF2_NOAID_TOUT": 1e6 * trusted_s}
    with Session(f"sim:{kind}", firmware="px4", seed=3, faults=("gps.loss@40",), params=params) as session:
        session.run_for(40.0 + trusted_s - 0.3 - session.time_s)
        assert session.autopilot.facts.has_position
        session.run_for(0.4)
        assert not session.autopilot.facts.has_position


def test_without_a_fix_for_less_than_that_time_nothing_happens() -> None:
    with Session(firmware="px4", seed=3, faults=("gps.loss@40..44.5",)) as session:
        session.wait_armable()
        session.run_for(60.0 - session.time_s)
        assert session.autopilot.facts.has_position and session.autopilot.prearm.ok
