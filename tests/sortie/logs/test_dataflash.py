"""The DataFlash format: what we write, pymavlink's DFReader and its tools read."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopilot.interface import report as R
from autopilot.interface.geo import GeoPoint, distance, to_local
from autopilot.vehicles import kinds
from autopilot.vehicles.quadplane import QUADPLANE
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.flight_controller.readings import ControllerReadings
from sitl.kernel.plane import SEA_DENSITY
from sitl.kernel.reporting import density_at
from sortie.assembly.vehicle import VIRTUAL_EPOCH_US
from sortie.logs import dataflash_kinds as K
from sortie.logs.dataflash import UNITS, kind, preamble
from sortie.logs.dataflash_columns import UNKNOWN_OF_A_REAL_VEHICLE
from sortie.logs.dataflash_samples import ROWS, Sampler, table
from tests.fakes.dataflash_log import read

LAT, LON = -35.363261, 149.165230
COPTER = K.samples(kinds.COPTER, simulated=True)
ROVER = K.samples(kinds.ROVER, simulated=True)
ALL = tuple(dict.fromkeys((*K.EVENTS, *COPTER, *ROVER)))


def written(folder: Path, *data: bytes) -> list[Any]:
    """The messages of a log with this content behind all formats, without the formats."""
    path = folder / "test.bin"
    path.write_bytes(preamble(ALL, 0) + b"".join(data))
    return [one for one in read(path) if one.get_type() not in ("FMT", "FMTU", "UNIT", "MULT")]


def sampled(folder: Path, kind: VehicleClass, report: Any, home_alt: float, now_ms: int = 1520) -> dict[str, Any]:
    """The messages of one report of a simulated vehicle by name, the last of each."""
    samples = K.samples(kind, simulated=True)
    sampler = Sampler(samples, VIRTUAL_EPOCH_US, 0.25)
    sampler.add(report, now_ms, home_alt)
    path = folder / "test.bin"
    path.write_bytes(preamble((*K.EVENTS, *samples), 0) + sampler.take())
    return {one.get_type(): one for one in read(path)}


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
    messages = sampled(tmp_path, kinds.COPTER, report, 584.0)
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
    messages = sampled(tmp_path, kinds.COPTER, report, 584.0)
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
    of = sampled(tmp_path, kinds.COPTER, report, 584.0, days_ms)
    assert of["BARO"].SMS == of["GPA"].SMS == 5000
    assert of["MAG"].S == 5_000_000


@pytest.mark.parametrize(("kind", "first"), [(kinds.COPTER, 0), (QUADPLANE, 4), (kinds.PLANE, None)])
def test_the_outputs_of_rate_are_those_of_motors_that_lift(
    tmp_path: Path, kind: VehicleClass, first: int | None
) -> None:
    """Motors 1 and 3 in front, 2 and 3 at the left, 1 and 2 turn left; by their thrusts, the squares of the outputs
    (by the outputs it was half as much). A plane and a rover have none: their RATE told
    mixtures of aileron, elevator, throttle and rudder, or of steering and throttle, and so did that of a quadplane."""
    report = np.zeros(R.SIZE)
    report[R.SERVO_1 : R.SERVO_1 + 8] = 1500.0, 1400.0, 1700.0, 1600.0, 1500.0, 1400.0, 1700.0, 1600.0
    report[R.SERVO_1 + (first or 0) : R.SERVO_1 + (first or 0) + 4] = 1500.0, 1600.0, 1800.0, 1300.0
    rate = sampled(tmp_path, kind, report, 0.0)["RATE"]
    expected = (math.nan,) * 3 if first is None else (0.33, 0.22, -0.06)
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


def test_wings_know_where_they_go(tmp_path: Path) -> None:
    """Bearings of NTUN from -180 to 180 degrees, which is what their columns hold, and its place; ARSP's pressure is
    that of ARSPD_RATIO."""
    report = np.zeros(R.SIZE)
    report[[R.LAT, R.LON, R.WP_DISTANCE]] = LAT, LON, 1000.0
    report[[R.WP_BEARING, R.NAV_BEARING, R.PITOT]] = math.radians(350.0), math.radians(-170.0), 20.0
    of = sampled(tmp_path, kinds.PLANE, report, 584.0)
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
    of = sampled(tmp_path, kinds.PLANE, report, 4000.0)
    thin = math.sqrt(SEA_DENSITY / density_at(4000.0))
    assert (of["CTUN"].As, of["CTUN"].E2T) == pytest.approx((20.0, thin), rel=5e-4)
    assert (of["TECS"].sp, of["TECS"].spdem) == pytest.approx((20.0 * thin, 22.0 * thin), rel=5e-4)


def test_a_waypoint_across_the_antimeridian_is_on_earth(tmp_path: Path) -> None:
    """NTUN.TLng, as POSITION_TARGET_GLOBAL_INT tells it."""
    report = np.zeros(R.SIZE)
    report[[R.LAT, R.LON, R.WP_DISTANCE, R.WP_BEARING]] = -17.0, 179.9999, 1000.0, math.radians(90.0)
    assert sampled(tmp_path, kinds.PLANE, report, 584.0)["NTUN"].TLng == pytest.approx(-179.9907, abs=1e-4)
