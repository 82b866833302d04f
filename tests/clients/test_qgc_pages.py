"""QGroundControl's pages of a vehicle, row by row of what was seen with the real program: each request is judged by
`QgcChecker`, and each page finds what it shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from autopilot.mount.mount import STICKS
from autopilot.parameters import Parameters
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.firmware.identity import Identity
from mavlink_bridge.services.ftp.parameter_metadata import qgc_document
from mavlink_bridge.wire.codec import dialect as m
from sortie.api.link import SessionLink
from sortie.api.session import Session
from tests.fakes.qgc_checker import QgcChecker
from tests.fakes.station_plan import HOME

COMPASS_START, COMPASS_CANCEL, ACCELEROMETER, MOTOR, LIES = 42424, 42426, 241, 209, 42429
COMPASS_FAST = 42006
STEP_S = 0.1


class Station:
    """QGroundControl on a link in memory; all that it sends and hears goes by the checker."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.link: SessionLink = session.connect()
        self.checker = QgcChecker()
        self.heard: list[Any] = []
        self._began_s = session.time_s

    def send(self, message: Any) -> None:
        self.listen()
        self.checker.sent(message, self.session.time_s - self._began_s)
        self.link.send(message)
        self.listen()

    def listen(self) -> None:
        for message in self.link.messages():
            self.checker.heard(message, self.session.time_s - self._began_s)
            self.heard.append(message)

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.session.run_for(STEP_S)
            self.listen()

    def of(self, name: str) -> list[Any]:
        return [message for message in self.heard if message.get_type() == name]

    def judged(self) -> None:
        """No request was left without what it needs."""
        self.checker.finish()
        assert not self.checker.faults, "\n".join(self.checker.faults)


def long(number: int, *parameters: float) -> Any:
    return m.MAVLink_command_long_message(1, 1, number, 0, *parameters, *[0.0] * (7 - len(parameters)))


@pytest.fixture
def station() -> Iterator[Station]:
    with Session(home=HOME) as session:
        session.wait_armable()
        yield Station(session)


@pytest.fixture(params=["copter", "rover"])
def parameters(request: pytest.FixtureRequest) -> Parameters:
    return Parameters(vehicle_class(request.param).parameters)


def metadata(parameters: Parameters) -> dict[str, Any]:
    """What QGroundControl reads, by name."""
    document = json.loads(json.dumps(qgc_document(parameters)))
    return {entry["name"]: entry for entry in document["parameters"]}


def test_no_parameter_is_missing_from_the_pages(parameters: Parameters) -> None:
    """Rows 2, 4, 8: asked for because another is there; a popup says that the firmware has a bug. The page of the
    gimbal named its two leads (APMGimbalParams.qml)."""
    asked = {"BARO2_DEVID", "BARO3_DEVID", "COMPASS_PRIO2_ID", "COMPASS_PRIO3_ID", "MNT1_LEAD_RLL", "MNT1_LEAD_PTCH"}
    if "FLTMODE1" in parameters.names():
        asked |= {"TUNE", "TUNE_MIN", "TUNE_MAX", "AUTOTUNE_AXES", "SIMPLE", "SUPER_SIMPLE"}
    assert asked <= set(parameters.names())
    assert all(parameters[name] == 0.0 for name in asked if name.endswith("_ID") or name.endswith("DEVID"))


def test_numbers_are_shown_in_full(parameters: Parameters) -> None:
    """Row 3: a limit of 10.5 V is not 11, a gain of 0.0036 not 0.00."""
    shown = metadata(parameters)
    for name in parameters.names():
        entry = shown[name]
        if entry["type"] == "Float":
            told = f"{entry['default']:.{entry['decimalPlaces']}f}"
            assert float(told) == pytest.approx(entry["default"], rel=1e-6, abs=1e-9), name
    assert shown["BATT_LOW_VOLT"]["decimalPlaces"] >= 1
    if "ATC_RAT_RLL_D" in shown:
        assert shown["ATC_RAT_RLL_D"]["decimalPlaces"] >= 4


def test_a_switch_has_words_for_what_it_does(parameters: Parameters) -> None:
    """Row 8: boxes of channel options are not empty, and hold what the vehicle has."""
    shown = metadata(parameters)
    for channel in range(1, 17):
        values = [entry["value"] for entry in shown[f"RC{channel}_OPTION"]["values"]]
        assert 0 in values
        assert 4 in values  # RTL
    with Session("sim:rover" if "MODE1" in shown else "sim:copter", home=HOME) as session:
        known = session.autopilot.auxiliary.knows
        assert all(known(value) or value in STICKS for value in values if value)  # a switch, or a stick of the gimbal


def test_the_accelerometer_plays_six_positions(station: Station) -> None:
    """Row 5: each position is asked for until the person says so (by COMMAND_ACK, as 5.0 does, or by the command); at
    the end SUCCESS, and the text that Mission Planner waits for (ConfigAccelerometerCalibration.cs)."""
    station.send(long(ACCELEROMETER, 0, 0, 0, 0, 1))
    for position in range(1, 7):
        station.wait(2.5)
        asked = [one.param1 for one in station.of("COMMAND_LONG") if one.command == LIES]
        assert asked[-2:] == [position, position]
        if position % 2:
            station.link.send(m.MAVLink_command_ack_message(0, 1))
        else:
            station.send(long(LIES, position))
    station.wait(0.5)
    assert station.of("COMMAND_LONG")[-1].param1 == 16777215
    assert any(one.text.startswith("Place vehicle nose UP") for one in station.of("STATUSTEXT"))
    assert station.of("STATUSTEXT")[-1].text == "Calibration successful"
    station.judged()


def test_a_calibration_that_nobody_goes_on_with_fails_or_is_cancelled(station: Station) -> None:
    """Row 5: FAILED after two minutes; all zero ends it at once, and is accepted."""
    station.send(long(ACCELEROMETER, 0, 0, 0, 0, 1))
    station.wait(125.0)
    assert station.of("COMMAND_LONG")[-1].param1 == 16777216
    assert station.of("STATUSTEXT")[-1].text == "Calibration FAILED"
    station.send(long(ACCELEROMETER, 0, 0, 0, 0, 1))
    station.wait(1.0)
    station.send(long(ACCELEROMETER))
    asked = len(station.of("COMMAND_LONG"))
    station.wait(5.0)
    assert len(station.of("COMMAND_LONG")) == asked
    station.judged()


def test_the_compass_calibrates(station: Station) -> None:
    """Row 6: cancel first, then start; progress to the end, a report with the offsets that hold. Before the start it
    looks up COMPASS_CAL_FIT, without asking whether there is one, and raises it: it crashed."""
    station.send(long(COMPASS_CANCEL))
    assert station.session.param("COMPASS_CAL_FIT") == 16.0
    station.send(m.MAVLink_param_set_message(1, 1, b"COMPASS_CAL_FIT", 100.0, m.MAV_PARAM_TYPE_REAL32))
    station.wait(0.2)
    assert station.of("PARAM_VALUE")[-1].param_value == 100.0
    station.send(long(COMPASS_START, 0, 1, 1))
    station.wait(20.0)
    shares = [one.completion_pct for one in station.of("MAG_CAL_PROGRESS")]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] >= 95
    (report,) = station.of("MAG_CAL_REPORT")
    assert (report.cal_status, report.autosaved, report.ofs_x) == (4, 1, station.session.param("COMPASS_OFS_X"))
    station.judged()


def test_a_compass_calibration_can_be_cancelled(station: Station) -> None:
    """Row 6: no report comes."""
    station.send(long(COMPASS_START, 0, 1, 1))
    station.wait(3.0)
    station.send(long(COMPASS_CANCEL))
    station.wait(20.0)
    assert not station.of("MAG_CAL_REPORT")
    station.judged()


def test_the_compass_calibrates_by_a_known_heading(station: Station) -> None:
    """ "Fast Calibration", for vehicles that nobody can turn; also Mission Planner's, and `magcal yaw` of MAVProxy."""
    station.send(long(COMPASS_FAST))
    station.wait(1.0)
    assert station.of("COMMAND_ACK")[-1].result == m.MAV_RESULT_ACCEPTED
    station.judged()


def test_a_known_heading_needs_a_place() -> None:
    with Session(home=HOME) as session:
        station = Station(session)
        for place, result in (((0.0, 0.0), m.MAV_RESULT_FAILED), ((-35.0, 149.0), m.MAV_RESULT_ACCEPTED)):
            station.link.send(long(COMPASS_FAST, 0, 0, *place))
            station.listen()
            assert station.of("COMMAND_ACK")[-1].result == result
        station.wait(1.0)
        assert "Mag: no position available" in [one.text for one in station.of("STATUSTEXT")]


def test_motors_are_tried_while_disarmed_only(station: Station) -> None:
    """Row 7: accepted, with ArduPilot's texts; refused armed."""
    station.send(long(MOTOR, 1, 0, 5, 3))
    station.wait(4.0)
    texts = [one.text for one in station.of("STATUSTEXT")]
    assert texts[-2:] == ["starting motor test", "finished motor test"]
    station.judged()
    station.session.set_mode("GUIDED")
    station.session.arm()
    for command, what in (
        (long(MOTOR, 1, 0, 5, 3), "a motor test"),
        (long(COMPASS_START, 0, 1, 1), "compass calibration"),
        (long(ACCELEROMETER, 0, 0, 0, 0, 1), "calibration"),
        (long(ACCELEROMETER, 1), "calibration"),
    ):
        station.link.send(command)
        station.listen()
        assert station.of("COMMAND_ACK")[-1].result == m.MAV_RESULT_FAILED
        station.wait(0.2)
        assert station.of("STATUSTEXT")[-1].text == f"Disarm to allow {what}"


def test_a_motor_that_is_not_there_is_refused(station: Station) -> None:
    """Numbers and throttles as ArduPilot bounds them."""
    for parameters in ((5, 0, 5, 3), (0, 0, 5, 3), (1, 0, 101, 3), (1, 7, 5, 3)):
        station.link.send(long(MOTOR, *parameters))
        station.listen()
        assert station.of("COMMAND_ACK")[-1].result == m.MAV_RESULT_FAILED


@pytest.mark.parametrize(("kind", "channel", "mode"), [("copter", 5, "RTL"), ("rover", 8, "RTL")])
def test_the_radio_shows_its_channels_and_the_mode(kind: str, channel: int, mode: str) -> None:
    """Rows 8, 10: a copter's throttle is low, the mode switch stands in the position of the present mode."""
    with Session(f"sim:{kind}", home=HOME) as session:
        session.wait_armable()
        link = session.connect()
        radio = link.receive("RC_CHANNELS")
        assert radio.chancount == 16
        assert radio.chan3_raw == (1000 if kind == "copter" else 1500)
        assert all(800 < getattr(radio, f"chan{number}_raw") < 2200 for number in range(1, 9))
        session.set_mode(mode)
        link.messages()
        session.run_for(1.0)
        pulse = getattr(link.receive("RC_CHANNELS"), f"chan{channel}_raw")
        name = f"FLTMODE{position(pulse)}" if kind == "copter" else f"MODE{position(pulse)}"
        numbers = [session.param(f"{name[:-1]}{n}") for n in range(1, 7)]
        present = session.autopilot.modes.number
        assert session.param(name) == present if present in numbers else position(pulse) == 6


def position(pulse: float) -> int:
    """Of a mode switch, by ArduPilot's limits."""
    return 1 + sum(pulse > limit for limit in (1230, 1360, 1490, 1620, 1749))


def test_the_text_of_a_failsafe_names_what_follows(station: Station) -> None:
    """Row 11: the virtual joystick stalls for more than 3 s."""
    session = station.session
    session.set_mode("GUIDED")
    session.arm()
    session.takeoff(10.0)
    session.run_until(lambda s: s.state.height > 9.0)
    station.link.send(m.MAVLink_manual_control_message(1, 0, 0, 500, 0, 0))
    station.wait(5.0)
    assert "Radio Failsafe - RTL" in [one.text for one in station.of("STATUSTEXT")]


def test_a_vehicle_that_stands_disarmed_keeps_its_charge(station: Station) -> None:
    """Row 14: 100 % after an hour on the desk."""
    station.session.run_for(3600.0)
    station.listen()
    assert station.of("BATTERY_STATUS")[-1].battery_remaining == 100


def test_two_vehicles_have_two_uids() -> None:
    """Row 16: by --sysid; the first keeps the one that it had."""
    uids = {Identity("copter", "simulated copter 0", system=number).uid for number in (1, 2, 3)}
    assert len(uids) == 3
    assert Identity("copter", "x", system=1).uid == Identity("copter", "x").uid


def test_a_console_is_answered(station: Station) -> None:
    """SERIAL_CONTROL: there is none, which is said of the device that was asked; a reply is no question, and who only
    waits for more is not told again (MAVProxy's nsh asks up to 20 times a second)."""
    station.send(m.MAVLink_serial_control_message(10, 2 | 4, 0, 0, 0, [0] * 70))
    station.send(m.MAVLink_serial_control_message(10, 2 | 4, 0, 0, 1, [10] + [0] * 69))
    (answer,) = station.of("SERIAL_CONTROL")
    assert bytes(answer.data[: answer.count]) == b"Sortie has no console\n"
    assert (answer.device, answer.flags) == (10, 1)
    station.judged()


def test_an_origin_that_is_set_in_flight_is_answered(station: Station) -> None:
    """SET_GPS_GLOBAL_ORIGIN: GPS_GLOBAL_ORIGIN with the one that holds, as MAVLink asks."""
    station.send(m.MAVLink_set_gps_global_origin_message(1, 473977420, 85455940, 488000))
    (answer,) = station.of("GPS_GLOBAL_ORIGIN")
    assert answer.latitude == round(float(HOME.split(",")[0] if isinstance(HOME, str) else HOME.lat) * 1e7)
    station.judged()
