"""Circles of a PX4's wings: DO_ORBIT, and which circles ORBIT_EXECUTION_STATUS tells of (PX4 1.16
FixedwingPositionControl.cpp, publishOrbitStatus)."""

from __future__ import annotations

from math import atan2, cos, hypot

import pytest

from autopilot.interface.targets import Circle
from autopilot.mav import Cmd, VtolState
from mavlink_bridge.wire.codec import dialect
from sortie.api.testing.stand_in import HOME
from tests.fakes.px4_station import ARM, HOLD, OFFBOARD, POSITION, SessionLine, Station
from tests.fakes.px4_station import ORBIT as ORBIT_MODE
from tests.mavlink_bridge.px4.test_px4_returns_flown import VTOL_TRANSITION, flown

ORBIT = 34


@pytest.mark.parametrize("kind", ["plane", "quadplane"])
def test_wings_orbit_in_hold_and_tell_of_it(kind: str) -> None:
    """As Hold with another circle; refused amid a transition; outside the fence it stays where it is."""
    with flown(kind) as wings:
        assert wings.command(ARM, 1.0, 0.0) == 0 and wings.command(22) == 0
        wings.until(lambda: wings.height > 15.0)
        wings.until(lambda: wings.mode == HOLD, 60.0)
        lat, lon = wings.beside_home(300.0, 100.0)
        if kind == "quadplane":
            assert not wings.of("ORBIT_EXECUTION_STATUS"), "rotors hold it"
            assert wings.command(VTOL_TRANSITION, VtolState.FW) == 0
            assert wings.command(ORBIT, -120.0) == 1, "amid the transition"
            wings.until(lambda: wings.of("EXTENDED_SYS_STATE")[-1].vtol_state == VtolState.FW)
        altitude = wings.of("GLOBAL_POSITION_INT")[-1].alt / 1000.0
        assert wings.command(ORBIT, -120.0, 0.0, 0.0, 0.0, lat, lon, altitude) == 0
        wings.run(3.0)
        told = wings.of("ORBIT_EXECUTION_STATUS")[-1]
        assert (told.radius, told.frame) == (-120.0, 0) and abs(told.x * 1e-7 - lat) < 1e-6
        wings.run(120.0)
        away = [hypot(m.x - 300.0, m.y - 100.0) for m in wings.of("LOCAL_POSITION_NED")[-200:]]
        assert wings.mode == HOLD and max(abs(one - 120.0) for one in away) < 15.0
        first, last = (wings.of("ORBIT_EXECUTION_STATUS")[at].time_usec for at in (-20, -1))
        assert last - first == 19 * 500_000
        wings.set_param("GF_MAX_HOR_DIST", 1000.0)
        far = wings.beside_home(3000.0, 0.0)
        assert wings.command(ORBIT, 100.0, 0.0, 0.0, 0.0, *far, altitude) == 0
        assert "Orbit is outside geofence" in wings.texts and wings.mode == HOLD
        wings.run(60.0)
        assert hypot(wings.place[0] - 300.0, wings.place[1] - 100.0) < 400.0, "it does not set out"
        wings.set_param("GF_ACTION", 1.0)
        assert wings.command(ORBIT, 100.0, 0.0, 0.0, 0.0, *far, altitude) == 0
        wings.run(3.0)
        assert wings.of("ORBIT_EXECUTION_STATUS")[-1].radius == 100.0, "a fence that warns keeps nothing in"


def test_a_vtol_that_hovers_orbits_on_its_rotors() -> None:
    """Mode Orbit, at the speed asked for, its nose to the middle; no transition to wings is taken out of it."""
    with flown("quadplane") as vtol:
        vtol.fly_to(20.0)
        lat, lon = vtol.beside_home(40.0, 0.0)
        altitude = vtol.of("GLOBAL_POSITION_INT")[-1].alt / 1000.0
        assert vtol.command(ORBIT, 25.0, 3.0, 0.0, 0.0, lat, lon, altitude) == 0
        vtol.run(15.0)
        assert vtol.mode == ORBIT_MODE and vtol.of("ORBIT_EXECUTION_STATUS")[-1].radius == 25.0
        assert vtol.command(VTOL_TRANSITION, VtolState.FW) == 1
        vtol.run(60.0)
        states = vtol.of("LOCAL_POSITION_NED")[-200:]
        assert max(abs(hypot(m.x - 40.0, m.y) - 25.0) for m in states) < 1.5
        assert all(abs(hypot(m.vx, m.vy) - 3.0) < 0.5 for m in states)
        yaw, last = vtol.of("ATTITUDE")[-1].yaw, states[-1]
        assert cos(yaw - atan2(-last.y, 40.0 - last.x)) > 0.95
        assert {one.vtol_state for one in vtol.of("EXTENDED_SYS_STATE")[-100:]} == {VtolState.MC}
        assert vtol.set_mode(HOLD) == 0
        vtol.run(15.0)
        assert hypot(vtol.of("LOCAL_POSITION_NED")[-1].vx, vtol.of("LOCAL_POSITION_NED")[-1].vy) < 0.5


def test_a_circle_that_hands_or_setpoints_fly_is_told_of_by_nobody() -> None:
    with flown("plane") as plane:
        assert not plane.of("ORBIT_EXECUTION_STATUS"), "on the ground"
        assert plane.command(ARM, 1.0, 0.0) == 0 and plane.command(22) == 0
        plane.until(lambda: plane.mode == HOLD, 90.0)
        plane.run(5.0)
        assert plane.set_mode(POSITION) == 0
        plane.run(1.0)
        before = len(plane.of("ORBIT_EXECUTION_STATUS"))
        plane.run(5.0)
        assert plane.mode == POSITION and 0 < before == len(plane.of("ORBIT_EXECUTION_STATUS"))
        place = dialect.MAVLink_set_position_target_local_ned_message(
            0, 1, 1, 1, 0x0DF8, 400.0, 200.0, -60.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        )
        for second in range(40):
            plane.link.send(place)
            if second == 3:
                assert plane.set_mode(OFFBOARD) == 0
            plane.run(0.5)
        assert plane.mode == OFFBOARD and isinstance(plane.link, SessionLine)
        assert isinstance(plane.link.session.autopilot.helm.target, Circle)
        assert before == len(plane.of("ORBIT_EXECUTION_STATUS"))


def test_the_standard_mode_orbit_stays_here(station: Station) -> None:
    """Without DO_ORBIT a PX4 circles 1 m around its place (FlightTaskOrbit.cpp, `activate`)."""
    station.fly_to(8.0)
    place = round((HOME.lat + 0.002) * 1e7), round(HOME.lon * 1e7)
    station.link.send(dialect.MAVLink_command_int_message(1, 1, 5, 192, 0, 0, -1, 1, 0, 0, *place, HOME.alt + 8))
    station.run(6.0)
    assert station.of("VFR_HUD")[-1].groundspeed > 3.0
    assert station.command(Cmd.DO_SET_STANDARD_MODE, 2.0) == 0
    station.run(6.0)
    assert station.mode == ORBIT_MODE and station.of("VFR_HUD")[-1].groundspeed < 1.5
