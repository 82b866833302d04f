"""Logs as ArduPilot, PX4 and MAVProxy really write them: begun by arming, of an older version, with a plan that was
uploaded after the landing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from autopilot.interface.geo import GeoPoint
from autopilot.mav import Severity
from autopilot.mission.items import MissionItem
from sortie import Session
from sortie.commands.cli import run
from sortie.incident.reader import read_recording
from sortie.logs import dataflash_kinds as K
from sortie.logs.dataflash import kind, preamble
from sortie.reading.facts import FlightFacts, Quantity, Sample
from sortie.reading.logs import read_log
from sortie.reading.trace import read_trace
from sortie.reports.flight_page import flight_page
from sortie.reports.verdict import deviations, findings
from tests.sortie.reading.made import ALT, BOOT_S, EPOCH_US, LAT, LON, course, telemetry

OLD_CMD = kind(
    38, "CMD", "QHHHfffffff", "TimeUS,CTot,CNum,CId,Prm1,Prm2,Prm3,Prm4,Lat,Lng,Alt", "s----------", "F" * 11
)
TERR = kind(
    90, "TERR", "QBLLHffHH", "TimeUS,Status,Lat,Lng,Spacing,TerrH,CHeight,Pending,Loaded", "s-DU-mm--", "F-GG-00--"
)

S = K.SAMPLES
VEHICLE = (7, 1)
MONDAY = datetime(2024, 3, 4, 12, 0, 0, tzinfo=UTC)
GPS_WEEK, GPS_MS = 2304, (86_400 + 43_200 + 18) * 1000
"""Of that Monday noon: GPS time is 18 s ahead."""


def begun_by_arming() -> bytes:
    """LOG_DISARMED 0: the first that is logged is said after arming, and no ARM 1 is there; an older CMD."""
    boot_us, last_us = round(BOOT_S * 1e6), round(course()[-1][0] * 1e6)
    kinds = (K.MSG, K.MODE, K.PARM, K.ARM, K.EV, OLD_CMD, K.ORGN, S["POS"], S["GPS"], S["ATT"], TERR)
    out = bytearray(preamble(kinds, boot_us))
    out += K.MSG.pack(boot_us, "Arming motors") + K.MODE.pack(boot_us, 3, 3, 1)
    out += K.MSG.pack(boot_us, "ArduCopter V4.7.0-dev (2598e9d4)") + K.ORGN.pack(boot_us, 1, LAT, LON, ALT)
    out += K.PARM.pack(boot_us, "LOG_DISARMED", 0, 0) + K.PARM.pack(boot_us, "RTL_ALT", 3000, 1500)
    out += OLD_CMD.pack(boot_us, 2, 1, 16, 0, 0, 0, 0, LAT, LON, 20.0)
    out += S["GPS"].pack(boot_us, 0, 3, GPS_MS, GPS_WEEK, 10, 0.8, LAT, LON, ALT, 0.0, 0.0, 0.0, 0.0, 1)
    for at_s, lat, lon, height in course():
        now_us = round(at_s * 1e6)
        out += S["POS"].pack(now_us, lat, lon, ALT + height, height, height)
        out += S["ATT"].pack(now_us, 10.0, 8.0, -5.0, -4.0, 90.0, 90.0, 3)
        out += TERR.pack(now_us, 1, lat, lon, 100, 0.0, 0.0, 0, 0)
    out += K.PARM.pack(last_us, "RTL_ALT", 2000, 1500) + K.MSG.pack(last_us, "SIM Hit ground at 2.5 m/s")
    return bytes(out + K.EV.pack(last_us, 11) + K.ARM.pack(last_us, 0, 0, 0, 0))


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    (tmp_path / "a.bin").write_bytes(begun_by_arming())
    return tmp_path / "a.bin"


def test_a_log_that_arming_has_opened_is_of_a_flight(begun: Path) -> None:
    """Who it was, that it was armed from the beginning, no ground that the vehicle does not know, the hard landing."""
    facts = read_log(begun)
    assert facts.vehicle == "ArduCopter V4.7.0-dev (2598e9d4)"
    assert facts.armed == [(BOOT_S, True), (course()[-1][0], False)]
    assert [name for _, name in facts.modes] == ["AUTO"]
    assert Quantity.TERRAIN not in facts.series
    told = [one.text for one in findings(facts)]
    assert "SIM Hit ground at 2.5 m/s" in told
    assert any(text.startswith("Disarmed at the end") for text in told)
    assert [item.seq for item in facts.items] == [1]


def test_a_log_that_ends_in_the_air_was_armed(tmp_path: Path) -> None:
    """With LOG_DISARMED 0, also when nobody says so."""
    whole = begun_by_arming()
    (tmp_path / "a.bin").write_bytes(
        whole[: whole.index(K.PARM.pack(round(course()[-1][0] * 1e6), "RTL_ALT", 2000, 1500))]
    )
    facts = read_log(tmp_path / "a.bin")
    assert facts.armed == [(BOOT_S, True)]


def test_a_page_has_date_attitude_and_parameters(begun: Path) -> None:
    """Flown against asked for; what was changed; what is not at its default."""
    page = flight_page([read_log(begun)])
    assert "4 March 2024, 12:00:00 UTC" in page
    assert "Roll, ° (faint: asked for)" in page and "Pitch, ° (faint: asked for)" in page
    changed = page[page.index("Parameters changed on the way") :]
    assert changed.index("RTL_ALT") < changed.index("3000") < changed.index("2000")
    assert "1 parameter not at the default" in page


def test_gpx_and_kml_have_the_time_of_day(begun: Path, tmp_path: Path) -> None:
    """GPS time less its leap seconds."""
    for form in ("gpx", "kml"):
        assert run(["convert", str(begun), "--to", form]) == 0
    gpx = ElementTree.fromstring((tmp_path / "a.gpx").read_bytes())
    points = gpx.findall(".//{*}trkpt")
    assert len(points) == len(course())
    assert points[0].find("{*}time").text == "2024-03-04T12:00:00.000Z"
    assert float(points[5].find("{*}ele").text) == pytest.approx(ALT + 20.0)
    assert float(points[0].attrib["lat"]) == pytest.approx(LAT)
    kml = ElementTree.fromstring((tmp_path / "a.kml").read_bytes())
    assert [one.text for one in kml.findall(".//{*}when")] == ["2024-03-04T12:00:00.000Z"]
    assert "home" in [one.text for one in kml.findall(".//{*}Placemark/{*}name")]


def test_mcap_has_the_pose(begun: Path, tmp_path: Path) -> None:
    """A transform for each attitude, at the time of day."""
    pytest.importorskip("foxglove")
    reader = pytest.importorskip("mcap.reader")
    assert run(["convert", str(begun), "--to", "mcap"]) == 0
    with (tmp_path / "a.mcap").open("rb") as file:
        found = [
            message
            for schema, channel, message in reader.make_reader(file).iter_messages()
            if channel.topic == "/pose" and schema.name == "foxglove.FrameTransform"
        ]
    assert len(found) == len(course())
    assert found[0].log_time == round(MONDAY.timestamp()) * 1_000_000_000


def test_a_plan_of_after_the_landing_does_not_judge_the_flight(tmp_path: Path) -> None:
    """Uploaded when the vehicle was disarmed again: the plan that was flown stays."""
    station = dialect.MAVLink(None, srcSystem=255, srcComponent=190)
    vehicle = dialect.MAVLink(None, srcSystem=7, srcComponent=1)
    stamp = int.from_bytes(telemetry()[:8], "big") + 60_000_000
    more = bytearray()
    for sender, message in (
        (vehicle, dialect.MAVLink_heartbeat_message(2, 3, 1, 3, 4, 3)),
        (station, dialect.MAVLink_mission_count_message(7, 1, 2, 0)),
        (station, dialect.MAVLink_mission_item_int_message(7, 1, 1, 6, 16, 0, 1, 0, 0, 0, 0, 0, 515000000, 20.0, 0)),
    ):
        more += stamp.to_bytes(8, "big") + message.pack(sender)
    (tmp_path / "a.tlog").write_bytes(telemetry() + more)
    facts = read_log(tmp_path / "a.tlog")
    assert [round(item.x) for item in facts.items] == [round(LAT)] * 4
    assert any(one.text.startswith("All 4 waypoints were passed") for one in findings(facts))


def test_frames_that_are_lost_on_the_ground_are_not_lost_in_flight(tmp_path: Path) -> None:
    """A log download's frames are in no station's log: the figure counts while armed."""
    (tmp_path / "a.tlog").write_bytes(telemetry())
    facts = read_log(tmp_path / "a.tlog")
    end_s = facts.armed[-1][0]
    facts.add(Quantity.LOSS, end_s + 10.0, 62.6)
    page = flight_page([facts])
    figure = page[page.index("Lost frames in flight, most") :].split("</td>")[0]
    assert "62.6" not in figure
    assert "20.0 %" in figure


COPTER = dialect.MAVLink_heartbeat_message(2, 3, 129, 3, 4, 3)


def heard(*said: tuple[tuple[int, int], Any], beat: Any = COPTER) -> bytes:
    """A `.tlog` of these messages of (system, component), a second apart; the vehicle's HEARTBEAT comes first."""
    return b"".join(
        (EPOCH_US + 1_000_000 * at_s).to_bytes(8, "big") + message.pack(dialect.MAVLink(None, *sender))
        for at_s, (sender, message) in enumerate([(VEHICLE, beat), *said])
    )


def test_a_warning_of_two_messages_is_one_problem_of_its_whole_text(tmp_path: Path) -> None:
    """Its end was glued to what the vehicle said between, and findings had its first fifty letters."""
    text = "EKF3 IMU0 is using GPS, and its compass does not agree with that of the other"
    chunks = [dialect.MAVLink_statustext_message(4, text.encode()[50 * n : 50 * n + 50], 7, n) for n in range(2)]
    between = dialect.MAVLink_statustext_message(6, b"Mission: 1 Takeoff")
    (tmp_path / "a.tlog").write_bytes(heard(*((VEHICLE, message) for message in (chunks[0], between, chunks[1]))))
    facts = read_log(tmp_path / "a.tlog")
    assert [said for _, said in facts.texts] == ["Mission: 1 Takeoff", text]
    assert [(one.severity, one.text) for one in facts.troubles] == [(Severity.WARNING, text)]


def test_a_px4_tells_its_wind_as_a_velocity(tmp_path: Path) -> None:
    """WIND_COV, where an ArduPilot sends WIND."""
    wind = dialect.MAVLink_wind_cov_message(0, 3.0, -4.0, 0.0, 0.0, 0.0, 400.0, 0.0, 0.0)
    (tmp_path / "a.tlog").write_bytes(heard((VEHICLE, wind)))
    assert read_log(tmp_path / "a.tlog").series[Quantity.WIND] == [(1.0, 5.0)]


@pytest.mark.parametrize("old", [False, True])
def test_a_param_5_that_is_no_latitude_is_a_plain_number(tmp_path: Path, old: bool) -> None:
    """The picture of DO_DIGICAM_CONTROL: ArduPilot logs it as 1e-7 degrees, or as a float before 4.0."""
    kind, frame, shoots = (OLD_CMD, (), 1.0) if old else (K.CMD, (3,), 1e-7)
    out = bytearray(preamble((K.MSG, kind), 0) + K.MSG.pack(0, "ArduCopter V4.6.2"))
    out += kind.pack(0, 2, 1, 203, 0, 0, 0, 0, shoots, 0, 0, *frame)
    (tmp_path / "a.bin").write_bytes(out)
    assert [item.x for item in read_log(tmp_path / "a.bin").items] == [1.0]


def test_the_own_log_has_the_params_of_a_command_without_a_place(tmp_path: Path) -> None:
    """It had zeros there, and a flight flown again took no picture."""
    with Session(log_dir=tmp_path) as session:
        session.upload([MissionItem(22, 3, z=10.0), MissionItem(203, 3, x=1.0), MissionItem(20, 3)])
        session.wait_armable()
        session.arm()
        session.run_for(1.0)
    assert [item.x for item in read_log(tmp_path).items] == [0.0, 1.0, 0.0]


def test_a_text_does_not_change_the_kind_that_a_log_tells(tmp_path: Path) -> None:
    """VER says copter; a script's word "Plane" made every mode one of a plane."""
    out = bytearray(preamble((K.VER, K.MSG, K.MODE), 0))
    out += K.VER.pack(0, 3, 0, 4, 6, 2, 255, 0, "ArduCopter V4.6.2", 0, 2, 0) + K.MODE.pack(0, 9, 9, 1)
    (tmp_path / "a.bin").write_bytes(out + K.MSG.pack(1, "Plane Follow: target lost"))
    assert [mode for _, mode in read_log(tmp_path / "a.bin").modes] == ["LAND"]


def test_a_flight_before_a_reboot_is_known_as_a_whole(tmp_path: Path) -> None:
    """A station's log goes on when the vehicle's clock begins anew: of the flight before, half was not known."""
    said: list[tuple[tuple[int, int], Any]] = []
    for flown_s, millivolts in ((60, 12_000), (30, 10_000)):
        for second in range(flown_s):
            place = dialect.MAVLink_global_position_int_message(10_000 + 1000 * second, 0, 0, 0, 0, 0, 0, 0, 0)
            beat = dialect.MAVLink_heartbeat_message(2, 3, 129 if 5 < second < flown_s - 5 else 1, 3, 4, 3)
            state = dialect.MAVLink_sys_status_message(0, 0, 0, 0, millivolts, 1500, 90, 0, 0, 0, 0, 0, 0)
            said += [(VEHICLE, message) for message in (place, beat, state)]
    (tmp_path / "a.tlog").write_bytes(heard(*said))
    trace = read_trace(tmp_path / "a.tlog")
    assert (len(trace.time_s), set(trace.volts)) == (245, {12.0})


PLAN = ((22, 0.0, 0.0, LAT), (16, 0.0, 0.0, LAT), (203, 0.0, 0.0, 1.0), (177, 2.0, 3.0, 0.0))
"""Takeoff, waypoint, a picture (param5), a jump to the second: command, params 1 and 2, x."""


@pytest.mark.parametrize("as_int", [True, False], ids=["MISSION_ITEM_INT", "MISSION_ITEM"])
@pytest.mark.parametrize("px4", [True, False], ids=["PX4", "ArduPilot"])
def test_a_plan_in_a_station_s_log_is_whole(tmp_path: Path, px4: bool, as_int: bool) -> None:
    """A PX4 counts from 0, where an ArduPilot has home: its takeoff was lost. A param 5 that is no latitude is a plain
    number, and older stations send MISSION_ITEM."""
    make = dialect.MAVLink_mission_item_int_message if as_int else dialect.MAVLink_mission_item_message
    beat = dialect.MAVLink_heartbeat_message(2, 12 if px4 else 3, 1, 0, 4, 3)
    said: list[tuple[tuple[int, int], Any]] = [(VEHICLE, dialect.MAVLink_mission_count_message(255, 190, 4, 0))]
    for number, (command, param1, param2, x) in enumerate(PLAN):
        place = round(x * 1e7) if as_int and x == LAT else round(x) if as_int else x
        first = 0 if px4 else 1  # the number of the first item, also for jumps
        jump = param1 - 1 + first if command == 177 else 0.0
        item = make(255, 190, number + first, 3, command, 0, 1, jump, param2, 0, 0, place, 0, 20, 0)
        said.append((VEHICLE, item))
    (tmp_path / "a.tlog").write_bytes(heard(*said, beat=beat))
    facts = read_log(tmp_path / "a.tlog")
    assert [(item.seq, item.command, item.x) for item in facts.items] == [
        (number, command, x) for number, (command, _, _, x) in enumerate(PLAN, 1)
    ]
    assert facts.items[3].param1 == 2.0
    shown = read_recording(tmp_path / "a.tlog").mission()
    assert [item.command for item in shown] == [*([] if px4 else [16]), 22, 16, 203, 177]
    assert shown[-1].param1 == (1.0 if px4 else 2.0)


def test_a_signal_that_a_radio_does_not_know_is_no_signal(tmp_path: Path) -> None:
    """255 is MAVLink's word for that; the curve had it as the best of all."""
    states = [dialect.MAVLink_radio_status_message(rssi, 190, 100, 30, 30, 0, 0) for rssi in (180, 255, 170)]
    (tmp_path / "a.tlog").write_bytes(heard(*(((51, 68), state) for state in states)))
    assert [value for _, value in read_log(tmp_path / "a.tlog").series[Quantity.RSSI]] == [180.0, 170.0]


@pytest.mark.parametrize(("sender", "kind"), [((0, 1), 2), ((9, 1), 5)], ids=["system 0", "antenna tracker"])
def test_who_is_no_vehicle_is_none_in_a_log_either(tmp_path: Path, sender: tuple[int, int], kind: int) -> None:
    """What a station does not take for a vehicle, heard first: the log was its, and had no flight."""
    beat = dialect.MAVLink_heartbeat_message(kind, 3, 1, 0, 4, 3)
    log = EPOCH_US.to_bytes(8, "big") + beat.pack(dialect.MAVLink(None, *sender)) + telemetry()
    (tmp_path / "a.tlog").write_bytes(log)
    assert read_log(tmp_path / "a.tlog").vehicle == "vehicle 7"
    assert read_recording(tmp_path / "a.tlog").system == 7
    assert len(read_trace(tmp_path / "a.tlog").time_s)


def test_the_way_to_a_rally_point_is_not_beside_the_plan() -> None:
    """A mission that returns ends for its legs with its last waypoint, wherever the return leads."""
    items = (MissionItem(16, 3, x=LAT + 0.001, y=LON, z=20.0, seq=1), MissionItem(20, 3, seq=2))
    nan = float("nan")
    out = [Sample(BOOT_S + at, LAT + 0.0001 * at, LON, 20.0, 5.0, nan, nan) for at in range(11)]
    aside = [Sample(BOOT_S + 11 + at, LAT + 0.001, LON + 0.0001 * at, 20.0, 5.0, nan, nan) for at in range(11)]
    facts = FlightFacts(
        samples=out + aside, items=items, home=GeoPoint(LAT, LON, ALT), modes=[(BOOT_S, "AUTO")], armed=[(BOOT_S, True)]
    )
    assert max(metres for _, metres in deviations(facts)) < 0.1


def test_what_is_said_again_and_again_stands_there_once() -> None:
    """With how often, and until when; times count from arming."""
    texts = [(10.0 + at, "Place vehicle level and press any key.") for at in range(120)]
    page = flight_page([FlightFacts(texts=texts, armed=[(5.0, True)])])
    assert page.count("Place vehicle level") == 1 and "(120 times, until 124.00 s)" in page


def test_what_a_log_says_cannot_command_a_terminal() -> None:
    """Whatever kind of log it is; PX4 ends some texts with a tab."""
    facts = FlightFacts()
    facts.say(1.0, "\x1b]0;root\x07\t", Severity.WARNING)
    assert facts.texts == [(1.0, "?]0;root? ")] and facts.troubles[0].text == "?]0;root? "


def test_a_log_without_a_gps_tells_the_place_by_its_estimator(tmp_path: Path) -> None:
    """ArduPilot does not write POS then: first the estimator reckons, then it knows the height alone (XKF4.SS)."""
    kinds = (K.MSG, K.ARM, K.ORGN, S["POS"], S["XKF1"], S["XKF4"])
    out = bytearray(preamble(kinds, 1_000_000) + K.MSG.pack(1_000_000, "ArduCopter V4.7.0-dev (2598e9d4)"))
    out += K.ORGN.pack(1_000_000, 0, LAT, LON, ALT + 1.0) + K.ORGN.pack(1_000_000, 1, LAT, LON, ALT)
    out += K.ARM.pack(1_000_000, 1, 0, 0, 0)
    for number in range(100):
        now_us, north = 1_000_000 + number * 100_000, 0.5 * number
        flags = 0x1A7 if number >= 60 else 0x33F
        out += S["XKF1"].pack(now_us, 0, *[0.0] * 3, 5.0, 0.0, 0.0, 0.0, north, 0.0, -9.0, *[0.0] * 4)
        out += S["XKF4"].pack(now_us, 0, *[0.0] * 10, flags, 0, 0)
        if number < 20:
            out += S["POS"].pack(now_us, LAT + north / 111_194.9, LON, ALT + 10.0, 10.0, 10.0)
    (tmp_path / "a.bin").write_bytes(bytes(out + K.ARM.pack(now_us, 0, 0, 0, 0)))
    facts = read_log(tmp_path / "a.bin")
    norths = {round(s.time_s, 1): (s.lat - LAT) * 111_194.9 for s in facts.samples}
    assert norths[2.9] == pytest.approx(9.5, abs=0.01)
    reckoned = [(at_s, north) for at_s, north in norths.items() if 3.0 < at_s < 6.9]
    assert len(reckoned) >= 6
    assert all(north == pytest.approx(5.0 * (at_s - 1.0), abs=0.1) for at_s, north in reckoned)
    assert {round(s.height, 1) for s in facts.samples} == {10.0}
    ((from_s, until_s),) = facts.unplaced
    assert (from_s, until_s) == (pytest.approx(6.9, abs=0.5), pytest.approx(10.9, abs=0.5))
    assert norths[max(norths)] == pytest.approx(29.5, abs=2.6)


def test_a_rover_says_in_words_alone_that_it_was_armed(tmp_path: Path) -> None:
    """Its log begins after arming: no ARM, no EV. A trace of it had the drive, a report of it had none."""
    log = bytearray(preamble((K.MSG, S["POS"]), 1_000_000) + K.MSG.pack(1_000_000, "Throttle armed"))
    for second in range(1, 21):
        log += S["POS"].pack(second * 1_000_000, 47.0, 8.0 + 1e-5 * second, 400.0, 0.0, 0.0)
    (tmp_path / "drive.bin").write_bytes(bytes(log + K.MSG.pack(20_000_000, "Throttle disarmed")))
    assert read_log(tmp_path / "drive.bin").armed == [(1.0, True), (20.0, False)]
