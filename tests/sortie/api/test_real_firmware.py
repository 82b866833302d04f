"""Real ArduPilots in our world, where their binaries are (ARDUPILOT_SITL names a folder with them)."""

from __future__ import annotations

import os
from functools import partial
from math import hypot
from pathlib import Path
from typing import Any

import pytest
from pymavlink import mavutil

from autopilot.context.events import StatusText
from autopilot.mav import VehicleType
from autopilot.mission.events import ItemReached
from autopilot.vehicles.kinds import vehicle_class
from sortie import Fleet, Session, mavlink
from sortie.api.link import SessionLink
from sortie.api.sample import sample
from sortie.api.simulation import end_fault, inject
from sortie.campaign.flown import fly_run
from sortie.campaign.study import Study
from sortie.config.errors import UserError
from sortie.config.fittings import fitted
from tests.fakes import ordered

ROOT = Path(__file__).parents[3]
FOLDER = Path(os.environ.get("ARDUPILOT_SITL", "") or "nowhere")
needs_copter = pytest.mark.skipif(
    not (FOLDER / "arducopter").exists() and FOLDER.name != "arducopter",
    reason="ARDUPILOT_SITL names no arducopter, nor a folder with one",
)
needs_all = pytest.mark.skipif(
    not all((FOLDER / name).exists() for name in ("ardurover", "arduplane")),
    reason="ARDUPILOT_SITL names no folder with ardurover and arduplane",
)
COPTER = "ardupilot:copter,world=ours"
SET_MODE, ARM, TAKEOFF, INJECT_FAILURE, SET_MESSAGE_INTERVAL = 176, 400, 22, 420, 511
DO_GRIPPER, DO_WINCH = 211, 42600
GUIDED, LAND, PLANE_AUTO, ROVER_GUIDED = 4, 9, 10, 15


command = partial(ordered.command, within_s=20.0)


GO_NORTH = mavlink.MAVLink_set_position_target_local_ned_message(
    0, 1, 1, 1, 0x0DF8, 60.0, 0.0, -15.0, 0, 0, 0, 0, 0, 0, 0, 0
)


def up(session: Session, height_m: float = 10.0) -> SessionLink:
    """A copter in GUIDED at a height."""
    session.wait_armable(120.0)
    link = session.connect()
    assert command(link, SET_MODE, 1.0, GUIDED) == 0
    assert command(link, ARM, 1.0) == 0
    assert command(link, TAKEOFF, 0, 0, 0, 0, 0, 0, height_m) == 0
    session.run_until(lambda flown: -flown.truth.position[2] > height_m - 0.5, 40.0)
    return link


def mean_pulse(session: Session, link: SessionLink) -> float:
    """Of a copter's four motors from now on, us."""
    now_us = 1e6 * session.time_s
    said: Any = link.receive("SERVO_OUTPUT_RAW", 5.0, lambda message: message.time_usec > now_us)
    return float(said.servo1_raw + said.servo2_raw + said.servo3_raw + said.servo4_raw) / 4.0


def go_to(session: Session, link: SessionLink, north_m: float, east_m: float, down_m: float = -10.0) -> None:
    target = mavlink.MAVLink_set_position_target_local_ned_message(
        0, 1, 1, 1, 0x0DF8, north_m, east_m, down_m, 0, 0, 0, 0, 0, 0, 0, 0
    )
    link.send(target)
    session.run_until(
        lambda flown: abs(flown.truth.position[0] - north_m) + abs(flown.truth.position[1] - east_m) < 2.0, 40.0
    )


@needs_copter
def test_arducopter_flies_a_square_untuned_and_lands() -> None:
    with Session(COPTER) as session:
        link = up(session)
        for place in ((20.0, 0.0), (20.0, 20.0), (0.0, 20.0), (0.0, 0.0)):
            go_to(session, link, *place)
            assert abs(session.truth.position[2] + 10.0) < 1.0
        assert command(link, SET_MODE, 1.0, LAND) == 0
        session.run_until(lambda flown: not flown.state.armed, 60.0)
        assert abs(session.truth.position[2]) < 0.3


@needs_copter
@pytest.mark.parametrize(
    ("frame", "shown"),
    [((1, 0), VehicleType.QUADROTOR), ((2, 1), VehicleType.HEXAROTOR), ((3, 1), VehicleType.OCTOROTOR)],
)
def test_arducopter_flies_its_other_frames_untuned(frame: tuple[int, int], shown: VehicleType) -> None:
    """Quad +, hexa X, octa X; the octa without one of its motors, too."""
    with Session(COPTER, params={"FRAME_CLASS": frame[0], "FRAME_TYPE": frame[1], "SIM_WIND_SPD": 5.0}) as session:
        link = up(session)
        assert link.messages("HEARTBEAT")[-1].type == shown
        go_to(session, link, 20.0, 20.0)
        if frame[0] == 3:
            inject(session.service, "motor8.loss")
        session.run_for(10.0)
        assert abs(session.truth.position[2] + 10.0) < 1.0
        assert hypot(session.truth.position[0] - 20.0, session.truth.position[1] - 20.0) < 2.0


@needs_all
def test_ardurover_steers_a_boat_to_its_places_and_holds_it_there_in_a_current() -> None:
    with Session("ardupilot:boat,world=ours", params={"SIM_TIDE_DIR": 270.0, "SIM_WIND_SPD": 4.0}) as session:
        session.wait_armable(120.0)
        link = session.connect()
        assert command(link, SET_MODE, 1.0, ROVER_GUIDED) == 0
        assert command(link, ARM, 1.0) == 0
        go_to(session, link, 20.0, 0.0)
        go_to(session, link, 20.0, 20.0)
        assert link.messages("HEARTBEAT")[-1].type == VehicleType.SURFACE_BOAT
        session.set_param("SIM_TIDE_SPEED", 0.5)
        session.run_for(60.0)
        assert hypot(session.truth.position[0] - 20.0, session.truth.position[1] - 20.0) < 3.0
        assert hypot(*session.truth.velocity[:2]) < 0.6


def track(folder: Path) -> list[tuple[Any, ...]]:
    """Sampled position, attitude and outputs of the firmware's own log."""
    (log,) = (folder / "ardupilot" / "logs").glob("*.BIN")
    reader: Any = mavutil.mavlink_connection(str(log))
    found = []
    while (message := reader.recv_match(type=["POS", "ATT", "RCOU", "RATE", "IMU", "GPS"])) is not None:
        found.append(tuple(message.to_dict().items()))
    return found


@needs_copter
def test_the_same_seed_is_the_same_flight_to_the_last_bit(tmp_path: Path) -> None:
    """Of ArduPilot's own log, from when it is armed on."""
    tracks = []
    for name in ("a", "b"):
        with Session(COPTER, seed=5, params={"SIM_WIND_SPD": 5.0}, log_dir=tmp_path / name) as session:
            link = up(session, 5.0)
            armed_us = (session.time_s - 10.0) * 1e6
            go_to(session, link, 5.0, 5.0, -5.0)
        tracks.append([row for row in track(tmp_path / name) if dict(row)["TimeUS"] > armed_us])
    common = min(len(rows) for rows in tracks) - 100  # the end of a log is what was written when it was ended
    assert common > 1000
    assert tracks[0][:common] == tracks[1][:common]


@needs_copter
def test_a_lost_gps_makes_arducopter_land_and_a_station_may_break_it_too() -> None:
    with Session(COPTER) as session:
        link = up(session)
        inject(session.service, "compass.loss")
        end_fault(session.service, "compass.loss")
        assert command(link, INJECT_FAILURE, 4.0, 1.0) == 0  # GPS, OFF
        link.messages()
        session.run_for(20.0)
        modes = {message.custom_mode for message in link.messages("HEARTBEAT") if message.get_srcComponent() == 1}
        assert LAND in modes


@needs_copter
def test_other_aircraft_and_obstacles_are_there_for_arducopter(tmp_path: Path) -> None:
    """It climbs out of the way of an aircraft that its link tells of, sees a wall, and is wrecked where it flies into
    that."""
    (tmp_path / "sky.toml").write_text(
        "[[aircraft]]\nat = [3000, 0, 10]\ntrack_deg = 180\nspeed_mps = 50\nstart_s = 40\nfor_s = 90\n"
    )
    (tmp_path / "wall.toml").write_text('[[wall]]\nname = "long wall"\npath = [[20, -80], [20, 80]]\nheight = 500\n')
    around = {"traffic": tmp_path / "sky.toml", "obstacles": tmp_path / "wall.toml"}
    params = {"AVD_ENABLE": 1.0, "AVD_F_ACTION": 2.0, "AVD_F_RCVRY": 1.0}
    with Session(COPTER, params=params, **around) as session:
        link = up(session)
        session.run_until(lambda flown: flown.state.mode == "AVOID_ADSB", 90.0)
        session.run_until(lambda flown: -flown.truth.position[2] > 15.0, 30.0)
        session.run_until(lambda flown: flown.state.mode == "GUIDED", 60.0)
        assert command(link, SET_MESSAGE_INTERVAL, 132.0, 200_000.0) == 0  # DISTANCE_SENSOR, also of its proximity
        seen: Any = link.receive("DISTANCE_SENSOR", 5.0, lambda message: message.orientation == 0)
        assert 1700 < seen.current_distance < 2300
        link.send(GO_NORTH)
        session.run_until(lambda flown: not flown.state.armed or -flown.truth.position[2] < 1.0, 60.0)
        texts = [event.text for event in session.events_of(StatusText)]
        assert any(text.startswith("Hit long wall at ") for text in texts), texts


@needs_copter
def test_what_arducopter_carries_weighs() -> None:
    """Its motors slow down when its gripper opens, and again when its winch has let the load down to the ground."""
    given = (word.split("=") for word in fitted(["gripper", "winch"]))
    with Session(COPTER, params={name: float(value) for name, value in given}) as session:
        session.wait_armable(120.0)
        assert command(session.connect(), DO_GRIPPER, 1.0, 1.0) == 0
        link, driven = up(session), list[float]()
        assert command(link, SET_MESSAGE_INTERVAL, 36.0, 5e5) == 0
        for order in ((DO_GRIPPER, 1.0, 0.0), (DO_WINCH, 1.0, 1.0, 12.0)):
            session.run_for(6.0)
            driven.append(mean_pulse(session, link))
            assert command(link, *order) == 0
        session.run_for(18.0)
        driven.append(mean_pulse(session, link))
        assert driven[0] > driven[1] + 20.0 and driven[1] > driven[2] + 20.0, driven


@needs_copter
def test_a_reboot_comes_back_in_the_same_place() -> None:
    with Session(COPTER) as session:
        session.wait_armable(120.0)
        link = session.connect()
        before = session.truth.place
        link.send(mavlink.MAVLink_command_long_message(1, 1, 246, 0, 1, 0, 0, 0, 0, 0, 0))
        session.run_for(20.0)
        assert any("ArduPilot Ready" in message.text for message in link.messages("STATUSTEXT"))
        assert session.truth.place == before


@needs_copter
def test_a_parameter_that_only_the_firmware_has_reaches_it(tmp_path: Path) -> None:
    with Session(COPTER, params={"EK3_ALT_M_NSE": 3.5, "SIM_WIND_SPD": 1.0}, log_dir=tmp_path) as session:
        link = session.connect()
        session.run_for(3.0)
        link.send(mavlink.MAVLink_param_request_read_message(1, 1, b"EK3_ALT_M_NSE", -1))
        answer: Any = link.receive("PARAM_VALUE", 20.0, lambda message: message.param_id == "EK3_ALT_M_NSE")
        assert answer.param_value == 3.5


@needs_copter
def test_a_fleet_of_theirs_flies_with_ours_and_a_collision_counts(tmp_path: Path) -> None:
    """One flies into another, and both fall; ours flies on."""
    entries = f'[[vehicle]]\nkind = "{COPTER}"\ncount = 2\nspacing = 8.0\n', "[[vehicle]]\noffset = [0.0, -8.0]\n"
    (tmp_path / "fleet.toml").write_text("".join(entries))
    with Fleet(file=tmp_path / "fleet.toml", params={"SIM_COLLIDE": 1.0}) as fleet:
        fleet.wait_armable(120.0)
        for flown in fleet:
            flown.set_mode("GUIDED")
            flown.arm()
        fleet.run_for(2.0)
        for flown in fleet:
            flown.takeoff(10.0)
        fleet.run_until(lambda all_of_them: all(-flown.truth.position[2] > 9.0 for flown in all_of_them), 40.0)
        assert not fleet.company.collisions
        fleet[1].goto(fleet[0].truth.place.lat, fleet[0].truth.place.lon, 10.0)
        fleet.run_until(lambda flown: bool(flown.company.collisions), 30.0)
        assert fleet.company.collisions[0].pair == (0, 1)
        fleet.run_for(5.0)
        assert -fleet[0].truth.position[2] < 1.0 and -fleet[1].truth.position[2] < 1.0
        assert -fleet[2].truth.position[2] > 9.0


@needs_copter
def test_a_run_of_a_campaign_is_flown_and_judged(tmp_path: Path) -> None:
    (tmp_path / "square.plan").write_bytes((ROOT / "examples" / "square.plan").read_bytes())
    (tmp_path / "study.toml").write_text(
        f'plan = "square.plan"\nvehicle = "{COPTER}"\nlimit_s = 300\n[judge]\nnear = "always(plan_distance < 8)"\n'
    )
    row = fly_run(Study.read(tmp_path / "study.toml", 1), 0, {}).row
    assert (row.result, row.ok) == ("completed", True)


@needs_copter
def test_a_study_has_a_fleet_of_them(tmp_path: Path) -> None:
    (tmp_path / "square.plan").write_bytes((ROOT / "examples" / "square.plan").read_bytes())
    (tmp_path / "study.toml").write_text(
        f'plan = "square.plan"\nvehicle = "{COPTER}"\nlimit_s = 300\n[fleet]\ncount = 2\nspacing = 15\n'
        '[sample]\nruns = 1\n[judge]\napart = "always(others_distance > 8)"\n'
    )
    row = fly_run(Study.read(tmp_path / "study.toml"), 0, {}).row
    assert (row.result, row.ok) == ("completed", True)


@needs_all
@pytest.mark.parametrize("kind", ["rover", "plane", "quadplane"])
def test_other_kinds_are_armable_in_our_world(kind: str) -> None:
    with Session(f"ardupilot:{kind},world=ours") as session:
        session.wait_armable(120.0)
        link = session.connect()
        assert command(link, ARM, 1.0) == 0


@needs_all
@pytest.mark.parametrize(("kind", "within_m"), [("quadplane", 1.0), ("plane", 120.0)])
def test_wings_armed_in_auto_fly_their_mission_and_land(kind: str, within_m: float) -> None:
    """As ArduPlane alone: nobody sends MISSION_START."""
    with Session(f"ardupilot:{kind},world=ours") as session:
        session.wait_armable(120.0)
        session.upload(sample(vehicle_class(kind), *session.stood))
        session.run_for(3.0)
        link = session.connect()
        assert command(link, SET_MODE, 1.0, PLANE_AUTO) == 0
        assert command(link, ARM, 1.0) == 0
        session.run_until(lambda flown: -flown.truth.position[2] > 50.0, 120.0)
        assert hypot(*session.truth.velocity) > 20.0
        session.run_until(lambda flown: not flown.state.armed, 400.0)
        assert hypot(*session.truth.position[:2]) < within_m
        last = 5 if kind == "quadplane" else 6
        assert [event.seq for event in session.events_of(ItemReached)] == list(range(1, last + 1))
        assert not [event.text for event in session.events_of(StatusText) if "not taken" in event.text]


# --- without a binary -------------------------------------------------------------------------------------------------
def test_no_binary_is_one_line_that_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARDUPILOT_SITL", "/nowhere/arducopter")
    with pytest.raises(UserError, match="there is no /nowhere/arducopter"):
        Session(COPTER)


@pytest.mark.parametrize("vehicle", ["sim:copter,world=ours", "ardupilot:copter,world=mars"])
def test_a_world_that_there_is_not(vehicle: str) -> None:
    with pytest.raises(UserError, match="expected ,world=ours or ,world=theirs"):
        Session(vehicle)


def test_a_program_that_is_none(tmp_path: Path) -> None:
    program = tmp_path / "arducopter"
    program.write_text("no program at all")
    program.chmod(0o755)
    with pytest.raises(UserError, match="Exec format error"):
        Session(f"ardupilot:copter={program},world=ours")


def test_a_program_that_ends_at_once(tmp_path: Path) -> None:
    program = tmp_path / "arducopter"
    program.write_text("#!/bin/sh\necho no such option\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(UserError, match=r"ended \(status 1\): no such option"):
        Session(f"ardupilot:copter={program},world=ours")
