"""Three kinds of logs of one flight give the same facts; a folder is searched for the log that knows most."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from autopilot.mav import Severity
from sortie import Session
from sortie.commands.cli import run
from sortie.logs import dataflash_kinds as K
from sortie.logs.dataflash import preamble
from sortie.reading.facts import FlightFacts, Quantity
from sortie.reading.logs import find_log, read_log
from sortie.reports.flight_page import flight_page
from sortie.reports.verdict import FindingGrade, deviations, findings, grade_of, passages
from tests.sortie.reading.made import ALT, BOOT_S, CORNERS, LAT, LON, course, dataflash, telemetry, ulog

MADE = {"a.tlog": telemetry, "a.bin": dataflash, "a.ulg": ulog}


@pytest.fixture(params=list(MADE))
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of each kind."""
    (tmp_path / request.param).write_bytes(MADE[request.param]())
    return tmp_path / request.param


def test_each_kind_of_log_gives_the_flight(log: Path) -> None:
    """Course, home, mode, arming and mission, in seconds since boot; the plan is flown to the metre."""
    facts = read_log(log)
    assert [sample.time_s for sample in facts.samples] == pytest.approx([row[0] for row in course()])
    for sample, (_, lat, lon, height) in zip(facts.samples, course(), strict=True):
        assert (sample.lat, sample.lon) == pytest.approx((lat, lon), abs=2e-7)
        assert sample.height == pytest.approx(height, abs=0.01)
    assert facts.home is not None and (facts.home.lat, facts.home.lon, facts.home.alt) == pytest.approx((LAT, LON, ALT))
    assert [name.upper() for _, name in facts.modes] in (["AUTO"], ["MISSION"])
    assert [armed for _, armed in facts.armed] == [True, False] and facts.start_s == BOOT_S
    flown = passages(facts)
    assert [one.seq for one in flown] == [1, 2, 3, 4]
    assert max(one.distance_m for one in flown) < 0.5
    assert [one.time_s for one in flown] == pytest.approx([BOOT_S + at for at in (4, 14, 24, 34)])
    assert max(abs(one.above_m or 0.0) for one in flown) < 0.1
    assert deviations(facts)


def test_each_kind_of_log_tells_of_gps_wind_and_estimator(log: Path) -> None:
    """Satellites, HDOP, the speed of the wind where the log has it, the position's innovation; each has a
    chart."""
    facts = read_log(log)
    told = {quantity: facts.series.get(quantity, [(0.0, 0.0)])[-1][1] for quantity in Quantity}
    assert told[Quantity.SATELLITES] == 11.0 and told[Quantity.HDOP] == pytest.approx(0.75)
    assert told[Quantity.ESTIMATE] == pytest.approx(0.25)
    assert told[Quantity.WIND] == (0.0 if log.suffix == ".ulg" else pytest.approx(5.0))
    page = flight_page([facts])
    for title in ("GPS: satellites", "GPS: HDOP", "Estimator: position test ratio"):
        assert f'aria-label="{title}"' in page


def test_a_yaw_counts_alike_in_each_kind_of_log() -> None:
    """ATTITUDE and PX4's quaternions tell it from -180 degrees on, ATT from 0: two tables of one flight differed."""
    facts = FlightFacts()
    for value in (-90.0, 270.0, 0.0):
        facts.add(Quantity.YAW, 1.0, value)
        facts.add(Quantity.ROLL, 1.0, -value)
    assert [value for _, value in facts.series[Quantity.YAW]] == [270.0, 270.0, 0.0]
    assert [value for _, value in facts.series[Quantity.ROLL]] == [90.0, -270.0, 0.0]


def test_a_place_has_the_speed_of_its_own_instant(tmp_path: Path) -> None:
    """POS stands before XKF1: a place had the speed of the record before, 0.6 m/s off while a copter accelerates."""
    out = bytearray(preamble((K.MSG, K.SAMPLES["POS"], K.SAMPLES["XKF1"]), 0))
    for number in range(1, 5):
        now_us = 250_000 * number
        out += K.SAMPLES["POS"].pack(now_us, LAT, LON, ALT, 0.0, 0.0)
        out += K.SAMPLES["XKF1"].pack(now_us, 0, 0.0, 0.0, 0.0, float(number), *[0.0] * 10)
    (tmp_path / "a.bin").write_bytes(out)
    assert [sample.speed for sample in read_log(tmp_path / "a.bin").samples] == [1.0, 2.0, 3.0, 4.0]


def test_a_station_s_log_tells_of_the_link(tmp_path: Path) -> None:
    """One of five frames did not come; the station's own frames are no gap; a text that warns is a trouble."""
    (tmp_path / "a.tlog").write_bytes(telemetry())
    facts = read_log(tmp_path / "a.tlog")
    first, *later = [round(percent) for _, percent in facts.series[Quantity.LOSS]]
    assert 15 <= first <= 25 and set(later) == {20}
    assert [(one.severity, one.text) for one in facts.troubles] == [(Severity.ERROR, "Wind too <strong>")]
    assert facts.samples[1].speed == pytest.approx(5.0) and facts.samples[1].percent == 90.0
    assert "Wind too &lt;strong&gt;" in flight_page([facts])


def test_px4_s_own_figures(tmp_path: Path) -> None:
    """Speed of the estimator, battery, and a metric of vibration that is not judged by ArduPilot's limits."""
    (tmp_path / "a.ulg").write_bytes(ulog())
    facts = read_log(tmp_path / "a.ulg")
    assert facts.vehicle.startswith("PX4")
    assert (facts.samples[0].speed, facts.samples[0].volts) == pytest.approx((5.0, 12.0))
    assert facts.samples[0].percent == pytest.approx(90.0)
    assert Quantity.VIBRATION not in facts.series and facts.series[Quantity.VIBRATION_METRIC][0][1] == 3.5
    assert [one.severity for one in facts.troubles] == [Severity.WARNING]
    assert facts.series[Quantity.AIRSPEED][0] == (BOOT_S, 6.5)


def test_of_two_pitot_tubes_the_first_is_read(tmp_path: Path) -> None:
    """The curve of a plane's airspeed jumped between both."""
    kind = K.SAMPLES["ARSP"]
    out = bytearray(preamble((K.MSG, kind), 0) + K.MSG.pack(0, "ArduPlane V4.6.2"))
    for number in range(1, 4):
        for tube, airspeed in ((0, 22.0), (1, 30.0)):
            out += kind.pack(100_000 * number, tube, airspeed, 0, 0, 0, 0, 1, 1, 1, 0, 0)
    (tmp_path / "a.bin").write_bytes(out)
    assert [value for _, value in read_log(tmp_path / "a.bin").series[Quantity.AIRSPEED]] == [22.0] * 3


def test_a_telemetry_log_has_the_airspeed_of_the_tube(tmp_path: Path) -> None:
    """AIRSPEED, of the first tube, as the .bin of the flight; VFR_HUD has an estimate, or the ground speed."""
    with Session("sim:plane", log_dir=tmp_path) as session:
        session.wait_armable()
        session.set_mode("TAKEOFF")
        session.arm()
        session.run_for(30.0)
    series = {
        name: read_log(tmp_path / "latest" / name).series[Quantity.AIRSPEED] for name in ("flight.tlog", "flight.bin")
    }
    fastest = {name: max(value for _, value in rows) for name, rows in series.items()}
    assert fastest["flight.tlog"] == pytest.approx(fastest["flight.bin"], abs=1.0) and fastest["flight.bin"] > 15.0


@pytest.mark.parametrize(
    ("name", "vehicle"), [("ardupilot-square.bin", "ArduCopter V4.7.0"), ("px4-sih-square.ulg", "PX4")]
)
def test_logs_of_the_real_ones(tmp_path: Path, name: str, vehicle: str) -> None:
    """ArduPilot's SITL and PX4's SIH flew a square: who it was, how fast, and a page."""
    log = tmp_path / name
    log.write_bytes(lzma.decompress((Path(__file__).parents[2] / "data" / f"{name}.xz").read_bytes()))
    facts = read_log(log)
    assert facts.vehicle.startswith(vehicle)
    assert len(facts.samples) > 50
    assert max(one.speed or 0.0 for one in facts.samples) > 3.0
    assert run(["report", str(log), "--out", str(tmp_path)]) == 0
    (page,) = tmp_path.glob("*.html")
    assert "<svg" in page.read_text(encoding="utf-8")


def test_the_plan_of_a_px4_is_what_its_mission_flew(tmp_path: Path) -> None:
    """Its return logs items too, and each item that waits for a heading twice."""
    for name, returns in (("a.ulg", False), ("b.ulg", True)):
        (tmp_path / name).write_bytes(ulog(returns=returns))
    straight, back = (read_log(tmp_path / name).items for name in ("a.ulg", "b.ulg"))
    assert back == straight
    assert len(straight) == len(CORNERS)


def test_the_verdict_is_the_worst_of_what_is_found(tmp_path: Path) -> None:
    """An error of the log is bad, vibration above 30 m/s² worth a look; the order is that."""
    (tmp_path / "a.bin").write_bytes(dataflash())
    found = findings(read_log(tmp_path / "a.bin"))
    assert grade_of(found) is FindingGrade.BAD
    assert [one.text.split(",")[0] for one in found][:2] == [
        "battery failsafe",
        "Vibration at most 35.0 m/s² (normal is below 30).",
    ]
    assert next(one.text for one in found if one.grade is FindingGrade.GOOD).startswith("All 4 waypoints were passed")


def test_a_waypoint_that_was_not_flown_is_named(tmp_path: Path) -> None:
    """One 100 m off; and the flight is beside its plan by as much as it left it."""
    (tmp_path / "a.bin").write_bytes(dataflash())
    facts = read_log(tmp_path / "a.bin")
    facts.samples = [one for one in facts.samples if one.time_s < BOOT_S + 12]
    text = next(one.text for one in findings(facts) if "not passed" in one.text)
    assert text.endswith(": 2 (30 m), 3 (75 m), 4 (68 m).")


def test_two_logs_stand_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In time since each was armed: two lines in each chart, two tracks, two verdicts."""
    for name, made in MADE.items():
        (tmp_path / name).write_bytes(made())
    assert run(["report", str(tmp_path / "a.tlog"), str(tmp_path / "a.ulg"), "--out", str(tmp_path)]) == 0
    page = (tmp_path / "a.html").read_text()
    assert capsys.readouterr().out == f"{tmp_path / 'a.html'}\n"
    assert page.count('class="verdict') == 2 and page.count('class="track flight') == 2
    assert 'class="value flight0"' in page and 'class="value flight1"' in page and 'data-low="0"' in page


def test_a_folder_is_searched(tmp_path: Path) -> None:
    """Of a flight: the DataFlash log before the telemetry; of a log directory: its newest flight."""
    for number in ("0009", "0010"):
        (tmp_path / "flights" / number).mkdir(parents=True)
        (tmp_path / "flights" / number / "flight.tlog").write_bytes(telemetry())
    assert find_log(tmp_path) == tmp_path / "flights" / "0010" / "flight.tlog"
    (tmp_path / "flights" / "0010" / "flight.bin").write_bytes(dataflash())
    assert find_log(tmp_path / "flights" / "0010").name == "flight.bin"
    assert read_log(tmp_path).name == "0010/flight.bin"
