"""A flight in its DataFlash log: what it tells is what happened, read by pymavlink and its tools."""

from __future__ import annotations

import csv
import itertools
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autopilot.mission.items import MissionItem
from sortie import Session, mavlink
from sortie.api.snapshot import Snapshot
from sortie.nodes.recorder import record_flights
from tests.fakes.dataflash_log import read
from tests.fakes.patience import PATIENCE_S

LAT, LON = -35.363261, 149.165230


def fly(folder: Path, vehicle: str = "sim:copter") -> list[Snapshot]:
    """A short mission with a log; what the vehicle believed at each second."""
    place = [MissionItem(16, 3, x=LAT + 0.0004, y=LON, z=15.0), MissionItem(16, 3, x=LAT, y=LON, z=15.0)]
    items = [MissionItem(22, 3, z=15.0), *place, MissionItem(21, 3)] if vehicle == "sim:copter" else place
    seen: list[Snapshot] = []
    with Session(vehicle, log_dir=folder) as session:
        session.upload(items)
        session.start()
        session.set_param("SRT_WIND_MAX", 25.0)
        while session.state.armed and session.time_s < 120.0:
            session.run_for(1.0)
            seen.append(session.state)
            if vehicle == "sim:rover" and session.state.mission.state.name == "COMPLETED":
                session.disarm(force=True)
    return seen


@pytest.fixture(scope="module")
def flight(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Snapshot]]:
    folder = tmp_path_factory.mktemp("logs")
    return folder, fly(folder)


def test_a_flight_is_read_back(flight: tuple[Path, list[Snapshot]]) -> None:
    """Mode, mission, parameters, texts, arming: each as it was in the flight."""
    messages = read(flight[0] / "latest" / "flight.bin")
    kinds = {name: [one for one in messages if one.get_type() == name] for name in {m.get_type() for m in messages}}
    assert kinds["MSG"][0].Message.startswith("ArduCopter V4.6.2")
    assert any(one.Message.startswith("Mission: 1") for one in kinds["MSG"])
    assert [one.ArmState for one in kinds["ARM"]] == [1, 0]
    assert [one.Id for one in kinds["EV"]][-4:] == [10, 28, 18, 11]  # armed, not landed, landed, disarmed
    assert (kinds["MODE"][-1].ModeNum, kinds["MODE"][-1].Rsn) == (3, 2)
    assert [(one.CNum, one.CId) for one in kinds["CMD"][:5]] == [(0, 16), (1, 22), (2, 16), (3, 16), (4, 21)]
    assert kinds["CMD"][2].Lat == pytest.approx(LAT + 0.0004)
    values = {one.Name: one.Value for one in kinds["PARM"]}
    assert (len(values) > 300, values["SRT_WIND_MAX"], values["WPNAV_SPEED"]) == (True, 25.0, 1000.0)
    (version,) = kinds["VER"]
    assert (version.Maj, version.Min, version.Pat, version.BU) == (4, 6, 2, 2)
    times = [one.TimeUS for one in messages if hasattr(one, "TimeUS")]
    assert times == sorted(times)


@pytest.mark.parametrize("force", [False, True])
def test_the_log_tells_whether_arming_was_forced(tmp_path: Path, force: bool) -> None:
    """ARM.Forced, of the arming and of the disarming, as ArduPilot's."""
    with Session(log_dir=tmp_path) as session:
        session.wait_armable()
        session.arm(force=force)
        session.disarm(force=force)
        session.run_for(0.1)
    arms = [one for one in read(tmp_path / "latest" / "flight.bin") if one.get_type() == "ARM"]
    assert [(one.ArmState, one.Forced) for one in arms] == [(1, force), (0, force)]


@pytest.mark.parametrize(("monitor", "volts"), [(0, math.nan), (3, 12.6)])
def test_what_battery_monitor_does_not_measure_is_not_logged(tmp_path: Path, monitor: int, volts: float) -> None:
    """As in SYS_STATUS; ArduPilot's RemPct is 255 then."""
    with Session(log_dir=tmp_path, params={"BATT_MONITOR": monitor}) as session:
        session.wait_armable()
        session.arm(force=True)
        session.run_for(1.0)
    battery = next(one for one in read(tmp_path / "latest" / "flight.bin") if one.get_type() == "BAT")
    assert (battery.Volt, battery.Curr) == pytest.approx((volts, math.nan), abs=0.1, nan_ok=True)
    assert math.isnan(battery.CurrTot) and math.isnan(battery.EnrgTot) and battery.RemPct == 255
    with (tmp_path / "latest" / "telemetry.csv").open() as file:
        row = next(csv.DictReader(file))
    told = float(row["battery_v"]), float(row["battery_a"])
    assert told == pytest.approx((volts, math.nan), abs=0.1, nan_ok=True)


def test_the_values_are_those_of_the_flight(flight: tuple[Path, list[Snapshot]]) -> None:
    """Position, attitude and battery in the log against the vehicle's own state, at each second of the flight."""
    messages = read(flight[0] / "latest" / "flight.bin")
    compared = 0
    for state in flight[1]:
        near = [
            one
            for one in messages
            if one.get_type() in ("POS", "ATT", "BAT") and abs(one.TimeUS / 1e6 - state.time_s) < 0.011
        ]
        for one in near:
            compared += 1
            match one.get_type():
                case "POS":
                    assert (one.Lat, one.Lng) == pytest.approx((state.place.lat, state.place.lon), abs=1e-7)
                    assert one.Alt == pytest.approx(state.place.alt, abs=1e-3)
                case "ATT":
                    assert one.Roll == pytest.approx(math.degrees(state.attitude[0]), abs=1e-3)
                    assert one.Pitch == pytest.approx(math.degrees(state.attitude[1]), abs=1e-3)
                case _:
                    assert one.Volt == pytest.approx(state.battery.voltage, abs=1e-4)
    assert compared > 60


def test_what_was_wanted_stands_beside_what_was(flight: tuple[Path, list[Snapshot]]) -> None:
    """The columns that tuning is read from: the vehicle follows its demands of rate, velocity and acceleration, and a
    velocity demand is the reference's own and a share of the way that is missing."""
    messages = read(flight[0] / "latest" / "flight.bin")
    kinds = {name: [one for one in messages if one.get_type() == name] for name in ("RATE", "PSCN", "PSCD")}
    for name, demand, fact, enough in (
        ("RATE", "PDes", "P", 0.8),
        ("PSCN", "TVN", "VN", 0.95),
        ("PSCN", "TAN", "AN", 0.8),
        ("PSCD", "TVD", "VD", 0.95),
    ):
        pairs = np.array([(getattr(one, demand), getattr(one, fact)) for one in kinds[name]])
        assert np.corrcoef(pairs.T)[0, 1] > enough, (name, demand)
    gains = [(one.TVN - one.DVN) / (one.TPN - one.PN) for one in kinds["PSCN"] if abs(one.TPN - one.PN) > 0.1]
    assert len(gains) >= 3
    assert max(gains) - min(gains) < 0.01


def _flown_errors(folder: Path, **settings: Any) -> list[tuple[int, int]]:
    """(subsystem, code) of each ERR of a flight with this fault."""
    with Session(log_dir=folder, **settings) as session:
        session.wait_armable()
        session.set_mode("GUIDED")
        session.arm()
        session.takeoff(10.0)
        session.run_for(30.0)
    return [(one.Subsys, one.ECode) for one in read(folder / "latest" / "flight.bin") if one.get_type() == "ERR"]


def test_an_error_stands_beside_the_text_of_a_failure(tmp_path: Path) -> None:
    """GPS 11 and EKF check 16 as ArduCopter's gpsglitch_check and ekf_check, thrust loss 25 as its crash_check."""
    errors = _flown_errors(tmp_path / "gps", faults=["gps.loss@15..35"])
    assert errors == [(11, 2), (16, 2), (17, 1)]
    assert (25, 1) in _flown_errors(tmp_path / "heavy", faults=["mass.add=1.2@12"])


def test_garbage_of_the_accelerometers_is_vibration(tmp_path: Path) -> None:
    """VIBE shows what IMU shows; it stood at the rotors' own vibration."""
    _flown_errors(tmp_path, faults=["accel.garbage@14..18"])
    vibes = [one for one in read(tmp_path / "latest" / "flight.bin") if one.get_type() == "VIBE"]
    assert max(one.VibeX for one in vibes if one.TimeUS < 14e6) < 1.0
    assert 3.0 < max(one.VibeX for one in vibes if one.TimeUS > 16e6) < 8.0


@pytest.mark.parametrize("kind", ["copter", "plane", "rover"])
def test_the_channels_in_the_log_are_those_of_the_receiver(tmp_path: Path, kind: str) -> None:
    """RCIN is what RC_CHANNELS tells; it had the sticks behind their dead zones, and 0 from channel 5 on."""
    with Session(f"sim:{kind}", log_dir=tmp_path) as session:
        link = session.connect()
        session.wait_armable()
        session.arm(force=True)
        for _ in range(10):
            link.send(mavlink.MAVLink_rc_channels_override_message(1, 1, 1600, 1350, 1420, 1777, 0, 1200, 0, 1111))
            session.run_for(0.2)
        told = link.messages("RC_CHANNELS")[-1]
    *_, last = (one for one in read(tmp_path / "latest" / "flight.bin") if one.get_type() == "RCIN")
    for number in range(1, 15):
        assert getattr(last, f"C{number}") == getattr(told, f"chan{number}_raw"), number
    assert (last.C1, last.C6, last.C8) == (1600, 1200, 1111) and last.C5 > 900


@pytest.mark.parametrize(("settings", "told"), [({}, (1, 1)), ({"ARSPD_USE": 0}, (3, 0)), ({"ARSPD_TYPE": 0}, (3,))])
def test_the_log_tells_whether_wings_fly_by_their_tube(
    tmp_path: Path, settings: dict[str, float], told: tuple[int, ...]
) -> None:
    """CTUN.AsT 1 is the sensor, 3 the estimator, and ARSP.U whether the tube is used. Without a tube there is no ARSP;
    it told a speed, which replays and reports took."""
    with Session("sim:plane", log_dir=tmp_path, params=settings) as session:
        session.wait_armable()
        session.arm(force=True)
        session.run_for(1.0)
    of = {one.get_type(): one for one in read(tmp_path / "latest" / "flight.bin")}
    assert (of["CTUN"].AsT, *([of["ARSP"].U] if "ARSP" in of else [])) == told


def test_failsafes_are_errors(tmp_path: Path) -> None:
    """ERR as ArduPilot numbers it, with code 0 when it is over: battery 6, radio 5. Log pages mark these."""
    faults = ["battery.low@6", "rc.loss@24"]
    with Session(log_dir=tmp_path, faults=faults, params={"FS_THR_ENABLE": 3}) as session:
        session.wait_armable()
        session.set_mode("GUIDED")
        session.arm()
        session.takeoff(10.0)
        session.run_until(lambda s: not s.state.armed, 120.0)
    errors = [(one.Subsys, one.ECode) for one in read(tmp_path / "latest" / "flight.bin") if one.get_type() == "ERR"]
    assert errors == [(6, 1), (5, 1), (6, 0)]


def test_samples_come_several_times_a_second(flight: tuple[Path, list[Snapshot]]) -> None:
    """Never more than 300 ms apart, never two in one tick."""
    times = [one.TimeUS / 1e6 for one in read(flight[0] / "latest" / "flight.bin") if one.get_type() == "ATT"]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert max(gaps) < 0.3
    assert min(gaps) >= 0.019


def test_the_same_seed_writes_the_same_log(flight: tuple[Path, list[Snapshot]], tmp_path: Path) -> None:
    """Byte for byte."""
    fly(tmp_path)
    assert (tmp_path / "latest/flight.bin").read_bytes() == (flight[0] / "latest/flight.bin").read_bytes()


def test_a_rover_logs_its_steering(tmp_path: Path) -> None:
    """THR, STER and NTUN in the place of the copter's CTUN."""
    fly(tmp_path, "sim:rover")
    messages = read(tmp_path / "latest" / "flight.bin")
    kinds = {one.get_type() for one in messages}
    assert {"THR", "STER", "NTUN", "ATT"} <= kinds
    assert "CTUN" not in kinds
    assert max(one.Speed for one in messages if one.get_type() == "THR") > 1.5
    assert {one.ThrIn for one in messages if one.get_type() == "THR"} == {0}  # the stick is in its middle
    assert 900.0 < max(abs(one.SteerOut) for one in messages if one.get_type() == "STER") <= 4500.0


def test_a_quadplane_logs_its_wings_and_its_lift_motors(tmp_path: Path) -> None:
    """ArduPlane's CTUN, NTUN, TECS and ARSP, and QTUN: up on its lift motors, over to its wings, which carry alone."""
    with Session("sim:quadplane", log_dir=tmp_path) as session:
        ways = [MissionItem(16, 3, x=LAT + 0.006, y=LON + east, z=60.0) for east in (0.0, 0.006)]
        session.upload([MissionItem(84, 3, z=20.0), *ways])
        session.start()
        session.run_for(60.0)
    of: dict[str, list[Any]] = {}
    for message in read(tmp_path / "latest" / "flight.bin"):
        of.setdefault(message.get_type(), []).append(message)
    tuned = of["QTUN"]
    assert max(one.As for one in of["CTUN"]) > 20.0 and max(one.Airspeed for one in of["ARSP"]) > 20.0
    assert max(abs(one.XT) for one in of["NTUN"]) > 1.0 and max(one.hdem for one in of["TECS"]) > 5.0
    assert tuned[0].ThO == 0.0 and tuned[0].Trn == 2 and max(one.ThO for one in tuned) > 0.4
    hover = next(one for one in tuned if one.ThO > 0.3 and one.CRt > 1.0)
    assert abs(hover.DCRt - hover.CRt) < 1.5 and abs(hover.DAlt - hover.Alt) < 3.0
    engine, rate = (next(one for one in of[name] if one.TimeUS >= hover.TimeUS) for name in ("CTUN", "RATE"))
    assert (
        engine.ThO == 0.0 and rate.AOut == pytest.approx(hover.ThO, abs=0.1) and max(one.ThO for one in of["CTUN"]) > 50
    )
    steady = [one.ThO for one in tuned if one.ThO > 0.3 and abs(one.CRt) < 0.2 and one.Trn == 2]
    assert max(steady) < 0.5  # half a motor's thrust hovers, by two thirds of its pulse
    over = [at for at, one in enumerate(tuned) if one.Trn == 0]
    assert over and tuned[over[0]].Ast == 1 and tuned[over[-1] + 5].ThO == 0.0 and tuned[over[-1] + 5].Ast == 0


@pytest.mark.parametrize("tool", [["mavlogdump.py", "--types", "MODE,EV"], ["mavflighttime.py"], ["mavparms.py"]])
def test_pymavlinks_tools_read_it(flight: tuple[Path, list[Snapshot]], tool: list[str]) -> None:
    """The tools that people use: they find the events, the way flown, the parameters."""
    script = Path(sys.executable).parent / tool[0]
    command = [sys.executable, str(script), *tool[1:], str(flight[0] / "latest/flight.bin")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    expected = {"mavlogdump.py": "EV {TimeUS", "mavflighttime.py": "Total distance", "mavparms.py": "WPNAV_SPEED"}
    assert expected[tool[0]] in done.stdout


def test_without_a_telemetry_log_there_is_none(tmp_path: Path) -> None:
    """--no-telemetry-log leaves out what costs time; events and summary stay."""
    with Session() as session:
        record_flights(session.service, tmp_path, telemetry=False)
        session.wait_armable()
        session.set_mode("GUIDED")
        session.arm()
        session.run_for(1.0)
        session.disarm(force=True)
        session.run_for(5.0)
    assert sorted(path.name for path in (tmp_path / "latest").iterdir() if path.stat().st_size) == [
        "events.jsonl",
        "summary.json",
        "telemetry.csv",
    ]
