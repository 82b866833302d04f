"""What a page sees, in virtual time: the same vehicle that ground stations have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from pymavlink.dialects.v20 import ardupilotmega

from autopilot.flight.lifecycle import FlightState
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.wire.codec import decode, dialect, id_of, payload
from mavlink_bridge.wire.framing import FrameWriter, MavlinkFrame
from sortie import Session
from sortie.nodes.client import COMPONENT, SYSTEM
from sortie.web.picture import COLUMNS, LOST_MS
from sortie.web.traffic import SILENT_MS, Sender, Traffic
from sortie.web.watch import REQUESTED_HZ, VehicleWatch
from tests.fakes.watched import HOME, Watched


def test_a_vehicle_is_shown_with_all_that_it_says(watched):
    """Mode, place, battery, readiness, home, link; JSON without anything that JSON does not have."""
    watched.until(lambda facts: facts["ready"])
    facts = watched.facts()
    assert (facts["firmware"], facts["kind"], facts["mode"], facts["armed"]) == (
        "ArduPilot",
        "copter",
        "STABILIZE",
        False,
    )
    assert facts["lat"] == pytest.approx(HOME.lat, abs=1e-4)
    assert facts["home"][2] == pytest.approx(408.0, abs=1.0)
    assert facts["battery_percent"] == 100
    assert facts["loss_percent"] == 0.0
    assert facts["rate_hz"] > 10.0
    assert facts["flight"] == "IDLE"
    assert facts["round_trip_ms"] is not None


def test_wings_are_shown_with_their_airspeed_and_what_they_fly_on(watched):
    """A quadplane's change-over, on its way; the history has its airspeed. A copter has neither wings nor a stance."""
    assert (watched.facts()["wings"], watched.facts().get("stance")) == (False, None)
    with Session("sim:quadplane", home=HOME, seed=3) as session:
        page = Watched(session)
        page.run(2.0)
        page.until(lambda facts: facts["ready"])
        ways = [MissionItem(16, 3, x=HOME.lat + 0.006, y=HOME.lon + east, z=60.0) for east in (0.0, 0.006)]
        session.upload([MissionItem(84, 3, z=20.0), *ways])
        session.start()
        stances = []
        for _ in range(60):
            page.run(1.0)
            stances.append(page.facts()["stance"])
        assert list(dict.fromkeys(stances)) == ["on rotors", "over to wings", "on wings"]
        assert page.facts()["wings"] and page.facts()["airspeed_mps"] == pytest.approx(25.0, abs=2.0)
        flown = [row[COLUMNS.index("airspeed_mps")] for row in page.ask("history", system=1).data["rows"]]
        assert max(speed for speed in flown if speed is not None) > 20.0


def say(page: Watched, message: Any, system: int = 1, component: int = 1) -> None:
    """A message comes to the page, from this sender."""
    frame = FrameWriter(system, component).frame(*payload(message))
    page.endpoint.receive(page.number, frame, page.now_ms, 0)


def test_the_wind_of_either_firmware_is_shown(watched):
    """An ArduPilot sends where it comes from, a PX4 where the air goes; of a PX4 there was none."""
    say(watched, dialect.MAVLink_wind_message(90.0, 6.0, 0.0))
    assert watched.facts()["wind"] == [6.0, 90.0]
    say(watched, dialect.MAVLink_wind_cov_message(0, 0.0, 5.0, 0.0, 0.0, 0.0, 400.0, 0.0, 0.0))
    assert watched.facts()["wind"] == [5.0, 270.0]


@pytest.mark.parametrize("millivolts", [0, 65535])
def test_a_battery_that_nobody_measures_has_no_voltage(watched, millivolts):
    """An ArduPilot without a monitor sends 0; the page had 0.00 V, where a report has none."""
    say(watched, dialect.MAVLink_sys_status_message(0, 0, 0, 0, millivolts, -1, -1, 0, 0, 0, 0, 0, 0))
    assert (watched.facts()["battery_v"], watched.facts()["battery_percent"]) == (None, None)


def test_the_round_trip_is_that_of_the_own_question(watched):
    """An answer to another station has its time by another clock: it was a round trip of days."""
    before = watched.facts()["round_trip_ms"]
    say(watched, dialect.MAVLink_timesync_message(5, 1))
    assert watched.facts()["round_trip_ms"] == before


def test_the_signal_is_that_of_the_radio_on_the_vehicles_link(watched):
    """A modem is system 51, component 68; of the autopilot, the page never had a signal. 255 is an unknown one."""
    say(watched, dialect.MAVLink_radio_status_message(180, 255, 90, 20, 20, 0, 0), 51, 68)
    assert (watched.facts()["rssi"], watched.facts()["remote_rssi"]) == (180, None)


class Streaming:
    """A page's watch, and a vehicle that sends HEARTBEATs and what it is asked to stream, each second."""

    def __init__(self) -> None:
        self.now_ms = 0
        traffic = Traffic(lambda: self.now_ms)
        watch = VehicleWatch(traffic, control=False)
        self.page = Endpoint(SYSTEM, COMPONENT, on_frame=traffic.hear)
        self.page.add_service(watch.clients)
        self.page.add_service(watch)
        self.link = self.page.open_link("memory")
        self.writer = FrameWriter(1, 1)
        self.streams: list[int] = []
        self.states_asked = 0

    def pass_second(self, *, off: bool = False, deaf: bool = False, said: Sequence[Any] = ()) -> None:
        """Without power it says nothing, and forgets its streams; deaf, it answers nothing. `said`: messages."""
        self.now_ms += 1000
        if off:
            self.streams = []
        streamed = [decode(number, b"") for number in self.streams]
        came = [] if off else [dialect.MAVLink_heartbeat_message(2, 3, 81, 0, 3, 3), *streamed, *said]
        for _ in range(3 * len(REQUESTED_HZ)):
            for message in came:
                self.page.receive(self.link, self.writer.frame(*payload(message)), self.now_ms, 0)
            self.page.handle_timeouts(self.now_ms, 0)
            heard = ardupilotmega.MAVLink(None).parse_buffer(self.page.take_bytes(self.link)) or ()
            asked = [] if deaf else [m for m in heard if m.get_type() == "COMMAND_LONG"]
            came = [dialect.MAVLink_command_ack_message(m.command, 0) for m in asked]
            self.states_asked += sum(m.command == Cmd.USER_1 for m in asked)
            self.streams += [round(m.param1) for m in asked if m.command == Cmd.SET_MESSAGE_INTERVAL]


def test_a_vehicle_that_returns_is_asked_for_its_streams_again():
    """Its rates are gone with its power, and so is its flight; the page stood still: each message had come before."""
    vehicle = Streaming()
    wanted = [id_of(name) for name in REQUESTED_HZ]
    for _ in range(10):
        vehicle.pass_second()
    assert (vehicle.streams, vehicle.states_asked) == (wanted, 1)
    for second in range(20):
        vehicle.pass_second(off=second < 10)
    assert (vehicle.streams, vehicle.states_asked) == (wanted, 2)


def test_a_countdown_that_is_asked_for_in_vain_is_not_asked_for_ever():
    """Over a link that carried nothing to the vehicle, each second left one more question, before any order."""
    vehicle = Streaming()
    vehicle.pass_second()
    vehicle.pass_second(deaf=True, said=[dialect.MAVLink_named_value_int_message(0, b"FM_STATE", FlightState.ARMED)])
    for _ in range(60):
        vehicle.pass_second(deaf=True)
    before = vehicle.states_asked
    for _ in range(5):
        vehicle.pass_second()
    assert vehicle.states_asked - before <= 6


def test_silence_is_a_lost_vehicle_and_a_word_brings_it_back(watched):
    """By link time; facts stay as they were last heard."""
    vehicle = watched.watch.vehicles[1]
    assert not vehicle.lost(watched.now_ms)
    assert vehicle.facts(vehicle.heard_ms + LOST_MS)["lost"]
    watched.run(1.5)
    assert not watched.facts()["lost"]


def frame(sequence: int) -> MavlinkFrame:
    """A HEARTBEAT as it came."""
    return MavlinkFrame(0, 1, 1, sequence & 0xFF, bytes(9), False, False, True, b"")


def test_loss_is_what_the_sequence_numbers_say():
    """One in four is lost; another link's numbers do not count, and a link that comes anew begins anew."""
    sender = Sender(1)
    sender.note_second(0)
    for number in range(400):
        if number % 4:
            sender.take(1, frame(number), number)
            sender.take(2, frame(number * 7), number)
    sender.note_second(1000)
    assert sender.loss_percent == pytest.approx(25.0, abs=0.5)
    sender.link_closed(1)
    before = sender.loss_percent
    sender.take(3, frame(200), 1000)
    assert sender.loss_percent <= before


def test_a_restart_is_no_loss():
    """Its numbers begin anew behind a silence, on the same link."""
    sender = Sender(1)
    sender.note_second(0)
    for number in range(100):
        sender.take(1, frame(number), number)
    for number in range(100):
        sender.take(1, frame(number), number + SILENT_MS + 100)
    assert sender.loss_percent == 0.0


def test_texts_have_their_time(watched):
    """Link time, as states have it."""
    watched.until(lambda facts: facts["ready"])
    watched.run(3.0)
    at_s = watched.now_ms / 1000.0
    assert watched.ask("arm", on=True).ok is not None
    texts = watched.ask("history").data["texts"]
    assert texts[-1][3] == pytest.approx(at_s, abs=1.5)
