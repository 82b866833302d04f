"""A real PX4 in our world, where its binary is (PX4_SITL)."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from math import hypot, nan
from pathlib import Path
from typing import Any

import pytest

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import Cmd, Frame
from autopilot.mission.items import MissionItem
from sortie import Fleet, Session, mavlink
from sortie.api.link import SessionLink
from sortie.api.simulation import inject
from sortie.campaign.flown import fly_run
from sortie.campaign.study import Study
from sortie.config.errors import UserError
from tests.fakes import ordered

ROOT = Path(__file__).parents[3]
COPTER = "px4:copter,world=ours"
pytestmark = pytest.mark.skipif(
    not Path(os.environ.get("PX4_SITL", "") or "nowhere").exists(), reason="PX4_SITL names no PX4"
)


command = partial(ordered.command, within_s=20.0)


def speed(session: Session) -> float:
    """m/s over ground."""
    return hypot(*session.truth.velocity[:2])


def up(session: Session, height_m: float = 10.0) -> SessionLink:
    """A copter in Hold at a height."""
    session.wait_armable(120.0)
    link = session.connect()
    assert command(link, Cmd.COMPONENT_ARM_DISARM, 1.0) == 0
    assert command(link, Cmd.NAV_TAKEOFF, 0.0, 0.0, 0.0, nan, nan, nan, session.stood[0].alt + height_m) == 0
    session.run_until(lambda flown: -flown.truth.position[2] > height_m - 0.5, 40.0)
    return link


def test_a_station_breaks_its_gps_and_a_motor_of_the_body() -> None:
    """Without GPS it lands; with three motors it falls."""
    with Session(COPTER) as session:
        link = up(session)
        assert command(link, Cmd.INJECT_FAILURE, 4.0, 1.0) == 0  # GPS, OFF
        session.run_until(lambda flown: flown.state.mode == "LAND", 15.0)
        assert command(link, Cmd.INJECT_FAILURE, 101.0, 1.0, 1.0) == 0  # motor, OFF, the first
        session.run_for(4.0)
        assert -session.truth.position[2] < 0.5


def track(folder: Path) -> list[tuple[float, ...]]:
    """Where it truly was, each 40 ms: up, and 20 m aside in wind."""
    with Session(COPTER, seed=5, params={"SIM_WIND_SPD": 5.0}, log_dir=folder) as session:
        link, flown = up(session), []
        home = session.stood[0]
        place = to_global(home, (0.0, 20.0, 0.0))
        to = round(1e7 * place.lat), round(1e7 * place.lon), home.alt + 10.0
        link.send(mavlink.MAVLink_command_int_message(1, 1, 0, Cmd.DO_REPOSITION, 0, 0, -1.0, 1.0, 0.0, nan, *to))
        for _ in range(250):
            session.run_for(0.04)
            flown.append((session.time_s, *session.truth.position))
        return flown


def keeps_order() -> bool:
    """May PX4 give its threads the priorities that it wants? Without them Linux runs them in an order of its own."""
    asks = "import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(99))"
    return subprocess.run([sys.executable, "-c", asks], check=False, stderr=subprocess.DEVNULL).returncode == 0


@pytest.mark.skipif(not keeps_order(), reason="no right to real-time priorities")
def test_the_same_seed_is_the_same_flight(tmp_path: Path) -> None:
    """Not only to a millimetre: what was true is equal to the last bit."""
    first, second = (track(tmp_path / name) for name in ("a", "b"))
    assert first[-1][2] > 10.0
    assert first == second


def test_a_pad_that_its_body_sees_is_landed_on() -> None:
    """2 m beside the place where it stands; its camera tells of it on its link."""
    with Session(COPTER, params={"SIM_PLD_ENABLE": 1.0, "SIM_PLD_N": 1.8, "SIM_PLD_E": -0.8}) as session:
        link = up(session)
        assert command(link, Cmd.DO_SET_MODE, 1.0, 4.0, 9.0) == 0  # Precision Landing
        session.run_until(lambda flown: not flown.state.armed, 90.0)
        north, east, _ = session.truth.position
        assert hypot(north - 1.8, east + 0.8) < 0.4


def test_it_returns_when_its_transmitter_is_lost() -> None:
    with Session(COPTER, params={"COM_RC_IN_MODE": 0.0, "NAV_RCL_ACT": 2.0}) as session:
        up(session)
        session.run_for(5.0)
        assert session.state.mode != "RTL"
        inject(session.service, "rc.loss")
        session.run_until(lambda flown: flown.state.mode == "RTL", 10.0)
    with pytest.raises(UserError, match="no PX4 in Sortie's simulator can have it"):
        Session(COPTER, faults=["rc.loss@20"])


def test_its_gripper_lets_a_load_go() -> None:
    """Its payload_deliverer closes it by itself, when the outputs run; without the load it hovers with less."""
    with Session(COPTER, params={"PD_GRIPPER_EN": 1, "PWM_MAIN_FUNC5": 430, "SIM_GRIP_LOAD": 0.3}) as session:
        link, throttles = up(session), []
        for answer in (mavlink.MAV_RESULT_IN_PROGRESS, None):
            session.run_for(6.0)
            huds: list[Any] = link.messages("VFR_HUD")
            throttles.append(huds[-1].throttle)
            assert answer is None or command(link, Cmd.DO_GRIPPER, 1.0, 0.0) == answer
        assert throttles[0] > 1.1 * throttles[1], throttles


def test_a_shutdown_ends_the_run_and_a_reboot_is_refused() -> None:
    with Session(COPTER) as session:
        session.wait_armable(120.0)
        link = session.connect()
        assert command(link, Cmd.PREFLIGHT_REBOOT_SHUTDOWN, 1.0) == mavlink.MAV_RESULT_DENIED
        link.send(mavlink.MAVLink_command_long_message(1, 1, Cmd.PREFLIGHT_REBOOT_SHUTDOWN, 0, 2, 0, 0, 0, 0, 0, 0))
        with pytest.raises(UserError, match=r"ended \(status 0\)"):
            session.run_for(5.0)


def test_a_fleet_of_two_with_ours_outlives_one_of_them(tmp_path: Path) -> None:
    """The one whose firmware is killed falls, the others fly on."""
    (tmp_path / "fleet.toml").write_text(
        f'[[vehicle]]\nkind = "{COPTER}"\ncount = 2\n\n[[vehicle]]\noffset = [0.0, -20.0]\n'
    )
    with Fleet(file=tmp_path / "fleet.toml") as fleet:
        fleet.wait_armable(120.0)
        for flown in fleet:
            flown.set_mode("GUIDED")
            flown.arm()
        fleet.run_for(2.0)
        for flown in fleet:
            flown.takeoff(10.0)
        fleet.run_until(lambda all_of_them: all(-flown.truth.position[2] > 8.5 for flown in all_of_them), 40.0)
        assert fleet._assembly.firmwares is not None
        os.kill(fleet._assembly.firmwares.node.locksteps[0].child.pid, 9)
        fleet.run_for(4.0)
        assert fleet.failures.keys() == {0}
        assert -fleet[0].truth.position[2] < 0.5
        assert -fleet[1].truth.position[2] > 8.5 and -fleet[2].truth.position[2] > 8.5


def test_a_run_of_a_campaign_is_flown_and_judged(tmp_path: Path) -> None:
    (tmp_path / "square.plan").write_bytes((ROOT / "examples" / "square.plan").read_bytes())
    (tmp_path / "study.toml").write_text(
        f'plan = "square.plan"\nvehicle = "{COPTER}"\nlimit_s = 300\n[judge]\nnear = "always(plan_distance < 8)"\n'
    )
    row = fly_run(Study.read(tmp_path / "study.toml", 1), 0, {}).row
    assert (row.result, row.ok) == ("completed", True)


def station_mission(session: Session, items: list[MissionItem]) -> None:
    """A mission as stations begin it on a PX4: uploaded, mode Mission, armed."""
    session.wait_armable(120.0)
    session.upload(items)
    session.run_for(3.0)
    link = session.connect()
    assert command(link, Cmd.DO_SET_MODE, 1.0, 4.0, 4.0) == 0
    assert command(link, Cmd.COMPONENT_ARM_DISARM, 1.0) == 0


def item(
    home: GeoPoint, number: int, north: float, east: float, up: float, first: float = 0.0, second: float = 0.0
) -> MissionItem:
    """An item at a place, m from home."""
    place = to_global(home, (north, east, -up))
    return MissionItem(number, Frame.GLOBAL_RELATIVE_ALT, x=place.lat, y=place.lon, z=up, param1=first, param2=second)


def test_a_vtol_goes_over_to_its_wings_and_lands_upright() -> None:
    """A square at the speed of its wings."""
    with Session("px4:quadplane,world=ours") as session:
        home = session.stood[0]
        corners = [item(home, Cmd.NAV_WAYPOINT, *place, 60.0) for place in ((600, 0), (600, 600), (0, 600))]
        up, down = item(home, Cmd.NAV_VTOL_TAKEOFF, 0, 0, 40.0), item(home, Cmd.NAV_VTOL_LAND, 0, 0, 0.0)
        station_mission(session, [up, *corners, down])
        session.run_until(lambda flown: speed(flown) > 20.0, 90.0)
        assert -session.truth.position[2] > 20.0
        session.run_until(lambda flown: not flown.state.armed, 400.0)
        assert hypot(*session.truth.position[:2]) < 5.0


def test_a_plane_takes_off_from_the_ground_and_lands() -> None:
    """A square with QGroundControl's landing pattern."""
    with Session("px4:plane,world=ours") as session:
        home = session.stood[0]
        up = item(home, Cmd.NAV_TAKEOFF, 300, 0, 50.0, 12.0)
        corners = [item(home, Cmd.NAV_WAYPOINT, *place, 60.0) for place in ((600, 0), (600, 600), (-300, 600))]
        circle = item(home, Cmd.NAV_LOITER_TO_ALT, -900, 0, 40.0, 1.0, 80.0)
        start = MissionItem(Cmd.DO_LAND_START, Frame.MISSION)
        station_mission(session, [up, *corners, start, circle, item(home, Cmd.NAV_LAND, 0, 0, 0.0)])
        session.run_until(lambda flown: -flown.truth.position[2] > 45.0, 90.0)
        session.run_until(lambda flown: not flown.state.armed, 500.0)
        assert hypot(*session.truth.position[:2]) < 200.0
