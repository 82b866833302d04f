"""The DataFlash format: what we write, pymavlink's DFReader and its tools read."""

from __future__ import annotations

import csv
import itertools
import math
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymavlink import DFReader

from autopilot.interface import report as R
from autopilot.interface.geo import GeoPoint, distance, to_local
from autopilot.mission.items import MissionItem
from autopilot.vehicles import kinds
from autopilot.vehicles.quadplane import QUADPLANE
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.flight_controller.readings import ControllerReadings
from sitl.kernel.plane import SEA_DENSITY
from sitl.kernel.reporting import density_at
from sortie import Session, mavlink
from sortie.api.snapshot import Snapshot
from sortie.assembly.vehicle import VIRTUAL_EPOCH_US
from sortie.logs import dataflash_kinds as K
from sortie.logs.dataflash import UNITS, kind, preamble
from sortie.logs.dataflash_columns import UNKNOWN_OF_A_REAL_VEHICLE
from sortie.logs.dataflash_samples import ROWS, Sampler, table
from sortie.logs.recorder import record_flights
from tests.fakes.patience import PATIENCE_S

LAT, LON = -35.363261, 149.165230
COPTER = K.samples(kinds.COPTER, simulated=True)
ROVER = K.samples(kinds.ROVER, simulated=True)
ALL = tuple(dict.fromkeys((*K.EVENTS, *COPTER, *ROVER)))


def read(path: Path) -> list[Any]:
    """All messages of a log, as pymavlink reads them."""
    with closing(DFReader.DFReader_binary(str(path))) as log:
        return list(iter(log.recv_msg, None))


def written(folder: Path, *data: bytes) -> list[Any]:
    """The messages of a log with this content behind all formats, without the formats."""
    path = folder / "test.bin"
    path.write_bytes(preamble(ALL, 0) + b"".join(data))
    return [one for one in read(path) if one.get_type() not in ("FMT", "FMTU", "UNIT", "MULT")]


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_every_unit_and_multiplier_is_defined(one: Any) -> None:
    """FMTU refers to letters that UNIT and MULT explain, and the length in FMT is that of the message."""
    assert set(one.units) <= set(UNITS)
    values = [b"" if form in "nNZ" else 1 for form in one.form]
    assert len(one.pack(*values)) == one.size


def test_type_numbers_and_names_are_used_once() -> None:
    """A reader knows a message by its number, a person by its name."""
    assert len({one.type for one in ALL}) == len({one.name for one in ALL}) == len(ALL)
    seldom = (K.RALY, K.CAM, K.RFND, K.PRX, K.PRXR, K.PL, K.EFI, K.EFI2, K.ECYL)
    every = (*K.EVENTS, *seldom, *K.SAMPLES.values())
    assert len({one.type for one in every} - {128, 129, 130, 131}) == len(every)


def test_scaled_columns_come_back_in_their_unit(tmp_path: Path) -> None:
    """L is degrees, e and c are hundredths; what does not fit is clamped and NaN in a whole number is 0."""
    (origin,) = written(tmp_path, K.ORGN.pack(5, 0, LAT, LON, 584.12))
    assert (origin.TimeUS, origin.Lat, origin.Lng, origin.Alt) == (5, pytest.approx(LAT), pytest.approx(LON), 584.12)
    mode, error, event = written(tmp_path, K.MODE.pack(1, 3, -4, 2), K.ERR.pack(2, math.nan, 9), K.EV.pack(3, 300))
    assert (mode.ModeNum, error.Subsys, error.ECode, event.Id) == (0, 0, 9, 255)


@given(rows=st.lists(st.tuples(st.integers(0, 1 << 53), *[st.floats(width=32)] * (len(K.CMD.form) - 1)), max_size=5))
def test_many_messages_at_once_are_those_that_are_packed_singly(rows: list[tuple[float, ...]]) -> None:
    """Clamped, rounded and not finite alike: a mission's items are packed together, one that is begun by itself."""
    assert table(K.CMD, rows) == b"".join(K.CMD.pack(*row) for row in rows)


def test_a_kind_whose_parts_disagree_is_refused() -> None:
    """A mistake in the table shows at import, not in a reader."""
    with pytest.raises(ValueError, match="WRNG"):
        kind(99, "WRNG", "QBB", "TimeUS,Id", "s-", "F-")


@pytest.mark.filterwarnings("error")
def test_a_value_beyond_float32_is_infinite_without_a_word(tmp_path: Path) -> None:
    """SIM_BATT_VOLTAGE 3e38 is a float32, what follows from it need not be; numpy's warning went to stderr."""
    report = np.zeros(R.SIZE)
    report[R.BATT_V] = 1e300
    sampler = Sampler(COPTER, VIRTUAL_EPOCH_US, 0.25)
    sampler.add(report, 1520, 584.0)
    messages = {one.get_type(): one for one in written(tmp_path, sampler.take())}
    assert messages["BAT"].Volt == math.inf


def test_samples_are_the_report(tmp_path: Path) -> None:
    """A report with known values, through numpy and pymavlink: angles in degrees, places, clamped outputs, GPS time."""
    report = np.zeros(R.SIZE)
    values = {
        R.ROLL: 0.1,
        R.PITCH: -0.2,
        R.YAW: -0.5,
        R.LAT: LAT,
        R.LON: LON,
        R.ALT: 600.0,
        R.DOWN: -16.0,
        R.GPS_FIX: 3.0,
        R.GPS_SATS: 10.0,
        R.GPS_HDOP: 0.8,
        R.GPS_TIME_MS: 1500.0,
        R.GPS_VN: 3.0,
        R.GPS_VE: 4.0,
        R.EKF_FLAGS: 831.0,
        R.NAV_ROLL: math.pi / 3,
        R.THROTTLE: 0.5,
        R.STICK_THROTTLE: 0.9,
        R.RANGE: 16.0,
        R.BATT_V: 12.25,
        R.BATT_FRACTION: 0.5,
        R.SERVO_1: 1100.0,
        R.SERVO_1 + 1: 70000.0,
        R.VD: -1.5,
        R.BARO_ALT: math.nan,
    }
    for index, value in values.items():
        report[index] = value
    sampler = Sampler(COPTER, VIRTUAL_EPOCH_US, 0.25)
    sampler.add(report, 1520, 584.0)
    messages = {one.get_type(): one for one in written(tmp_path, sampler.take())}
    att, gps, ctun = messages["ATT"], messages["GPS"], messages["CTUN"]
    assert [att.Roll, att.Pitch, att.Yaw] == pytest.approx(
        [math.degrees(0.1), math.degrees(-0.2), 360 - math.degrees(0.5)], abs=1e-4
    )
    assert (att.TimeUS, messages["POS"].Lat, messages["POS"].RelHomeAlt) == (1520000, pytest.approx(LAT), 16.0)
    assert (gps.Status, gps.NSats, gps.HDop, gps.Spd) == (3, 10, 0.8, 5.0)
    assert (messages["BAT"].Volt, messages["BAT"].RemPct) == (12.25, 50)
    assert (messages["RCOU"].C1, messages["RCOU"].C2, messages["RCOU"].C3) == (1100, 65535, 0)
    assert (ctun.ThH, ctun.Alt, ctun.CRt, ctun.BAlt) == (0.25, 16.0, 150, 0.0)
    assert (ctun.ThI, ctun.ABst, ctun.ThO) == pytest.approx((0.25, 0.25, 0.5))  # what lifts, what leaning takes, both
    assert ctun.SAlt == 0.0  # no range finder
    assert (messages["XKF4"].SS, messages["XKF4"].TS) == (831 | 1 << 13 | 1 << 15 | 1 << 16, 0)
    assert messages["GPA"].Delta == 200
    assert math.isnan(messages["RATE"].AOutSlew)
    assert gps._timestamp == pytest.approx(VIRTUAL_EPOCH_US / 1e6 + 1.52, abs=0.03)


def test_times_of_sensors_count_in_32_bits(tmp_path: Path) -> None:
    """As ArduPilot's; they stood at 4294967295 from 72 minutes on (us) and from 49.7 days on (ms)."""
    report, days_ms = np.zeros(R.SIZE), (1 << 32) + 5000
    report[R.GPS_TIME_MS] = days_ms
    sampler = Sampler(COPTER, VIRTUAL_EPOCH_US, 0.25)
    sampler.add(report, days_ms, 584.0)
    of = {one.get_type(): one for one in written(tmp_path, sampler.take())}
    assert of["BARO"].SMS == of["GPA"].SMS == 5000
    assert of["MAG"].S == 5_000_000


@pytest.mark.parametrize(("kind", "first"), [(kinds.COPTER, 0), (QUADPLANE, 4), (kinds.PLANE, None)])
def test_the_outputs_of_rate_are_those_of_motors_that_lift(
    tmp_path: Path, kind: VehicleClass, first: int | None
) -> None:
    """Motors 1 and 3 in front, 2 and 3 at the left, 1 and 2 turn left. A plane and a rover have none: their RATE told
    mixtures of aileron, elevator, throttle and rudder, or of steering and throttle, and so did that of a quadplane."""
    report = np.zeros(R.SIZE)
    report[R.SERVO_1 : R.SERVO_1 + 8] = 1500.0, 1400.0, 1700.0, 1600.0, 1500.0, 1400.0, 1700.0, 1600.0
    report[R.SERVO_1 + (first or 0) : R.SERVO_1 + (first or 0) + 4] = 1500.0, 1600.0, 1800.0, 1300.0
    samples = K.samples(kind, simulated=True)
    sampler = Sampler(samples, VIRTUAL_EPOCH_US, 0.25)
    sampler.add(report, 1520, 0.0)
    path = tmp_path / "test.bin"
    path.write_bytes(preamble((*K.EVENTS, *samples), 0) + sampler.take())
    (rate,) = (one for one in read(path) if one.get_type() == "RATE")
    expected = (math.nan,) * 3 if first is None else (0.15, 0.1, 0.0)
    assert (rate.ROut, rate.POut, rate.YOut) == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_what_a_controller_does_not_tell_is_no_zero(tmp_path: Path) -> None:
    """Behind a flight controller: no demands, no accelerations, and no messages of sensors at all."""
    sampler = Sampler(K.samples(kinds.COPTER, simulated=False), VIRTUAL_EPOCH_US, 0.25, UNKNOWN_OF_A_REAL_VEHICLE)
    sampler.add(ControllerReadings(OWN.may_arm).report, 1000, 584.0)
    messages = {one.get_type(): one for one in written(tmp_path, sampler.take())}
    assert set(messages) == {"ATT", "RATE", "POS", "GPS", "BAT", "XKF1", "XKF4", "CTUN"}
    missing = (
        ("ATT", "DesRoll"),
        ("RATE", "RDes"),
        ("RATE", "A"),
        ("CTUN", "DAlt"),
        ("RATE", "ROut"),
        ("BAT", "VoltR"),
    )
    for name, column in missing:
        assert math.isnan(getattr(messages[name], column)), (name, column)
    assert messages["ATT"].Roll == 0.0


def test_a_full_table_holds_its_rows_in_order(tmp_path: Path) -> None:
    """ROWS samples, one block each, times rising; then the table is empty."""
    sampler = Sampler(ROVER, VIRTUAL_EPOCH_US, math.nan)
    for row in range(ROWS):
        assert not sampler.full
        sampler.add(np.full(R.SIZE, float(row)), row * 100, 0.0)
    assert sampler.full
    messages = written(tmp_path, sampler.take())
    assert [one.TimeUS for one in messages if one.get_type() == "NTUN"] == [row * 100_000 for row in range(ROWS)]
    assert [one.WpDist for one in messages if one.get_type() == "NTUN"] == list(range(ROWS))
    assert (sampler.full, sampler.take()) == (False, b"")


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


def test_wings_know_where_they_go(tmp_path: Path) -> None:
    """Bearings of NTUN from -180 to 180 degrees, which is what their columns hold, and its place; ARSP's pressure is
    that of ARSPD_RATIO."""
    report = np.zeros(R.SIZE)
    report[[R.LAT, R.LON, R.WP_DISTANCE]] = LAT, LON, 1000.0
    report[[R.WP_BEARING, R.NAV_BEARING, R.PITOT]] = math.radians(350.0), math.radians(-170.0), 20.0
    sampler = Sampler(K.samples(kinds.PLANE, simulated=True), VIRTUAL_EPOCH_US, 0.25)
    sampler.add(report, 1520, 584.0)
    path = tmp_path / "test.bin"
    path.write_bytes(preamble((*K.EVENTS, *K.samples(kinds.PLANE, simulated=True)), 0) + sampler.take())
    of = {one.get_type(): one for one in read(path)}
    ntun = of["NTUN"]
    assert (ntun.TBrg, ntun.NavBrg) == pytest.approx((-10.0, -170.0))
    there = GeoPoint(ntun.TLat, ntun.TLng, 0.0)
    assert distance(GeoPoint(LAT, LON, 0.0), there) == pytest.approx(1000.0, abs=1.0)
    north, east, _ = to_local(GeoPoint(LAT, LON, 0.0), there.lat, there.lon, 0.0)
    assert math.atan2(east, north) == pytest.approx(math.radians(-10.0), abs=1e-3)
    assert math.sqrt(of["ARSP"].DiffPress * 2.0) == pytest.approx(20.0)


def test_the_energy_controller_tells_true_airspeeds(tmp_path: Path) -> None:
    """TECS.sp and .spdem are true ones, as AP_TECS writes them, CTUN.As is not: between them is CTUN.E2T, of the air
    that the simulator has at this height."""
    report = np.zeros(R.SIZE)
    report[[R.ALT, R.AIR_SPEED, R.TARGET_AIR_SPEED]] = 4000.0, 20.0, 22.0
    sampler = Sampler(K.samples(kinds.PLANE, simulated=True), VIRTUAL_EPOCH_US, 0.25)
    sampler.add(report, 1520, 4000.0)
    path = tmp_path / "test.bin"
    path.write_bytes(preamble((*K.EVENTS, *K.samples(kinds.PLANE, simulated=True)), 0) + sampler.take())
    of = {one.get_type(): one for one in read(path)}
    thin = math.sqrt(SEA_DENSITY / density_at(4000.0))
    assert (of["CTUN"].As, of["CTUN"].E2T) == pytest.approx((20.0, thin), rel=5e-4)
    assert (of["TECS"].sp, of["TECS"].spdem) == pytest.approx((20.0 * thin, 22.0 * thin), rel=5e-4)


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


def test_a_waypoint_across_the_antimeridian_is_on_earth(tmp_path: Path) -> None:
    """NTUN.TLng, as POSITION_TARGET_GLOBAL_INT tells it."""
    report = np.zeros(R.SIZE)
    report[[R.LAT, R.LON, R.WP_DISTANCE, R.WP_BEARING]] = -17.0, 179.9999, 1000.0, math.radians(90.0)
    sampler = Sampler(K.samples(kinds.PLANE, simulated=True), VIRTUAL_EPOCH_US, 0.25)
    sampler.add(report, 1520, 584.0)
    path = tmp_path / "test.bin"
    path.write_bytes(preamble((*K.EVENTS, *K.samples(kinds.PLANE, simulated=True)), 0) + sampler.take())
    (ntun,) = (one for one in read(path) if one.get_type() == "NTUN")
    assert ntun.TLng == pytest.approx(-179.9907, abs=1e-4)


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
