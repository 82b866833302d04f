"""What a page sees and does, in virtual time: the same vehicle that ground stations have."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pymavlink.dialects.v20 import ardupilotmega

from autopilot.flight.lifecycle import FlightState
from autopilot.interface.geo import GeoPoint, distance
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.wire.codec import decode, dialect, id_of, payload
from mavlink_bridge.wire.framing import FrameWriter, MavlinkFrame
from sortie import Session
from sortie.config.fittings import fitted
from sortie.nodes.client import COMPONENT, SYSTEM
from sortie.web.picture import COLUMNS, LOST_MS
from sortie.web.questions import modes_of
from sortie.web.requests import read_request
from sortie.web.traffic import SILENT_MS, Sender, Traffic
from sortie.web.watch import REQUESTED_HZ, VehicleWatch
from tests.fakes.watched import Watched

HOME = GeoPoint(47.3769, 8.5417, 408.0)
ROOT = Path(__file__).parents[3]
SQUARE = (ROOT / "examples" / "square.plan").read_text()


@pytest.fixture
def watched():
    with Session(home=HOME, seed=3) as session:
        page = Watched(session)
        page.run(2.0)
        yield page


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


def test_who_only_looks_cannot_act():
    """Every request that acts is refused without --control, and says why; the others are answered."""
    with Session(home=HOME) as session:
        page = Watched(session, control=False)
        page.run(3.0)
        acts = {
            "arm": {"on": True},
            "mode": {"mode": "GUIDED"},
            "flight": {"command": "GO"},
            "takeoff": {"height_m": 10},
            "fly_to": {"lat": 1, "lon": 1, "height_m": 1},
            "pause": {},
            "start": {},
            "clear": {},
            "height": {"height_m": 10},
            "speed": {"speed_mps": 3},
            "heading": {"heading_deg": 90},
            "upload": {"name": "a.plan", "text": SQUARE},
            "item": {"seq": 1},
            "fail": {"unit": "GPS", "type": "OFF"},
            "set": {"name": "A", "value": 1, "type": 9},
            "look_at": {},
            "photo": {},
            "orbit": {"lat": 1, "lon": 1, "height_m": 1, "radius_m": 9},
            "draw": {"what": "fence", "places": [[1, 1]]},
        }
        frames = page.endpoint.statistics(page.number).frames_out
        for name, more in acts.items():
            answer = page.ask(name, **more)
            assert not answer.ok, name
            assert "--control" in answer.text
        assert page.endpoint.statistics(page.number).frames_out == frames, "nothing of it has reached the vehicle"
        assert page.ask("plan").ok
        assert page.ask("history").ok


def test_a_mission_is_uploaded_flown_and_seen(watched):
    """Plan, GO, countdown, items, landing: each is seen as the vehicle tells it."""
    watched.until(lambda facts: facts["ready"])
    upload = watched.ask("upload", name="square.plan", text=move(SQUARE))
    assert upload.ok, upload.text
    plan = watched.ask("plan").data
    assert [item["seq"] for item in plan["mission"]] == list(range(1, len(plan["mission"]) + 1))
    assert watched.ask("set", name="FM_COUNTDOWN", value=5.0, type=9).ok
    assert watched.ask("flight", command="GO").ok
    watched.until(lambda facts: facts["flight"] == "ARMED" and facts["countdown_s"] in (3, 4))
    watched.until(lambda facts: facts["flight"] == "FLYING")
    watched.until(lambda facts: facts["item"] >= 3)
    assert watched.facts()["mission"] == "active"
    watched.until(lambda facts: not facts["armed"])
    said = [text for _, _, text, _ in watched.watch.vehicles[1].shown_texts]
    assert any("Mission" in text for text in said)
    history = watched.ask("history").data
    heights = [row[COLUMNS.index("height_m")] for row in history["rows"] if row[COLUMNS.index("height_m")] is not None]
    assert max(heights) > 5.0


def move(text: str) -> str:
    """The plan where the vehicle of these tests stands."""
    plan = json.loads(text)
    home = plan["mission"]["plannedHomePosition"]
    for item in plan["mission"]["items"]:
        if item["params"][4]:
            item["params"][4] += HOME.lat - home[0]
            item["params"][5] += HOME.lon - home[1]
    plan["mission"]["plannedHomePosition"] = [HOME.lat, HOME.lon, HOME.alt]
    plan["geoFence"] = {"circles": [], "polygons": [], "version": 2}
    plan["rallyPoints"] = {"points": [], "version": 2}
    return json.dumps(plan)


@pytest.mark.parametrize(
    ("firmware", "there_in", "back_in"), [("ardupilot", "GUIDED", "RTL"), ("px4", "Hold", "Return")]
)
def test_it_takes_off_flies_where_it_is_told_and_comes_back(firmware, there_in, back_in):
    """Click to fly there, at a height above home; return."""
    with Session(home=HOME, seed=3, firmware=firmware) as session:
        page = Watched(session)
        page.run(2.0)
        page.until(lambda facts: facts.get("ready"))
        assert page.ask("takeoff", height_m=12.0).ok
        page.until(lambda facts: facts["height_m"] > 11.0)
        there = GeoPoint(HOME.lat + 0.0005, HOME.lon)
        assert page.ask("fly_to", lat=there.lat, lon=there.lon, height_m=15.0).ok
        page.until(lambda facts: distance(GeoPoint(facts["lat"], facts["lon"]), there) < 2.0)
        page.until(lambda facts: abs(facts["height_m"] - 15.0) < 0.7)
        assert page.facts()["mode"] == there_in
        assert not page.ask("arm", on=False).ok, "it flies"
        assert page.ask("mode", mode=back_in).ok
        page.until(lambda facts: not facts["armed"])


def test_parameters_come_with_their_meaning_and_are_set(watched):
    """All of them; one that is set holds; a number outside what it can hold is told as it is kept."""
    table = watched.ask("parameters")
    assert table.ok
    rows = {row["name"]: row for row in table.data}
    assert len(rows) > 300
    speed = rows["WPNAV_SPEED"]
    assert speed["unit"] == "cm/s"
    assert speed["about"]
    answer = watched.ask("set", name="WPNAV_SPEED", value=700.0, type=speed["type"])
    assert answer.ok
    assert watched.session.param("WPNAV_SPEED") == 700.0


def test_it_says_what_it_is_fitted_with():
    """By the names of --with, in their order; a rover's parameters have no winch, and a PX4's have other names."""
    given = fitted(("traffic", "remote-id", "video"))
    for vehicle, firmware, found in (
        ("sim:copter", "ardupilot", ["camera", "remote-id", "traffic", "video"]),
        ("sim:rover", "ardupilot", ["camera", "video"]),
        ("sim:copter", "px4", []),
    ):
        has = ("CAM1_TYPE", "SIM_CAM_VIDPORT") if vehicle == "sim:rover" else ()
        wanted = {name: float(value) for name, value in (one.split("=") for one in given) if not has or name in has}
        with Session(vehicle, home=HOME, firmware=firmware, params=wanted) as session:
            page = Watched(session)
            page.run(2.0)
            answer = page.ask("fitted")
            assert answer.ok and answer.data == found, vehicle


def test_a_simulated_vehicle_has_wind_and_failures(watched):
    """The sliders' values; a GPS that fails, and is mended."""
    watched.until(lambda facts: facts["ready"])
    values = watched.ask("simulator").data
    assert values["SIM_WIND_SPD"] == 0.0
    assert not watched.ask("fail", unit="GPS", type="OFF").ok, "SYS_FAILURE_EN is 0"
    assert watched.ask("set", name="SYS_FAILURE_EN", value=1.0, type=9).ok
    assert watched.ask("fail", unit="GPS", type="OFF").ok
    watched.until(lambda facts: facts["fix"] < 3)
    assert watched.ask("fail", unit="GPS", type="OK").ok
    watched.until(lambda facts: facts["fix"] >= 3)
    assert not watched.ask("fail", unit="GPS", type="ODD").ok
    assert not watched.ask("mode", mode="FLY").ok
    assert not watched.ask("upload", name="x.plan", text="{").ok


def test_what_waits_for_another_answer_is_done_after_it(watched):
    """Two plans are asked for at once, and commands meanwhile: each gets its own answer."""
    answers = []
    for number, ask in enumerate(("plan", "plan", "parameters", "history")):
        watched.watch.ask(
            read_request(json.dumps({"ask": ask, "id": number, "system": 1})), answers.append, watched.now_ms
        )
    watched.run(5.0)
    assert len(answers) == 4
    assert all(answer.ok for answer in answers)


def test_silence_is_a_lost_vehicle_and_a_word_brings_it_back(watched):
    """By link time; facts stay as they were last heard."""
    vehicle = watched.watch.vehicles[1]
    assert not vehicle.lost(watched.now_ms)
    assert vehicle.facts(vehicle.heard_ms + LOST_MS)["lost"]
    watched.run(1.5)
    assert not watched.facts()["lost"]


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", '{"ask":"arm"}', '{"ask":"shoot","id":1,"system":1}',
        '{"ask":"arm","id":1,"system":0,"on":true}',
        '{"ask":"arm","id":1,"system":1,"on":1}', '{"ask":"arm","id":1,"system":1,"on":true,"more":1}',
        '{"ask":"fly_to","id":1,"system":1,"lat":91,"lon":0,"height_m":1}',
        '{"ask":"fly_to","id":1,"system":1,"lat":1e999,"lon":0,"height_m":1}',
        '{"ask":"set","id":1,"system":1,"name":"A_NAME_THAT_IS_TOO_LONG","value":1,"type":9}',
        '{"ask":"set","id":1,"system":1,"name":"ÜBER","value":1,"type":9}',
        '{"ask":"set","id":1,"system":1,"name":"WPNAV_SPEED","value":1,"type":300}',
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused_when_it_is_read(text):
    """In one line."""
    with pytest.raises(msgspec.DecodeError):
        read_request(text)


def test_a_vehicle_that_nobody_has_heard_is_not_asked(watched):
    """The answer says so."""
    assert "9" in watched.ask("arm", on=True, system=9).text


def test_every_kind_has_modes_that_it_can_be_told():
    """By the names that its firmware has."""
    for firmware, mode in (("ardupilot", "LOITER"), ("px4", "Hold")):
        with Session(home=HOME, firmware=firmware) as session:
            page = Watched(session)
            page.run(2.0)
            assert mode in modes_of(page.watch.vehicles[1]), firmware


def frame(sequence: int) -> MavlinkFrame:
    """A HEARTBEAT as it came."""
    return MavlinkFrame(0, 1, 1, sequence & 0xFF, bytes(9), False, False, True, b"")


def test_loss_is_what_the_sequence_numbers_say():
    """One in four is lost; another link's numbers do not count, and a link that comes anew begins anew."""
    sender = Sender(1, 1)
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
    sender = Sender(1, 1)
    sender.note_second(0)
    for number in range(100):
        sender.take(1, frame(number), number)
    for number in range(100):
        sender.take(1, frame(number), number + SILENT_MS + 100)
    assert sender.loss_percent == 0.0


def test_a_mission_is_started_paused_and_gone_on_with(watched):
    """From the ground by arming it; a pause where DO_PAUSE_CONTINUE is refused is one all the same; from any mode."""
    watched.until(lambda facts: facts["ready"])
    assert watched.ask("start").text == "mission start: the vehicle has no mission"
    assert watched.ask("upload", name="square.plan", text=move(SQUARE)).ok
    assert watched.ask("start").ok
    watched.until(lambda facts: facts["mode"] == "AUTO" and facts["height_m"] > 3.0, 20.0)
    paused = watched.ask("pause")
    assert paused.ok, paused.text
    watched.until(lambda facts: facts["mode"] == "GUIDED" and abs(facts["climb_mps"]) < 0.2, 20.0)
    assert watched.ask("start").ok
    watched.until(lambda facts: facts["item"] == 2 and facts["speed_mps"] > 2.0, 40.0)
    assert watched.ask("pause").text == "pause: accepted"
    watched.until(lambda facts: facts["speed_mps"] < 0.3, 20.0)
    assert watched.ask("start").text == "go on: accepted"
    watched.until(lambda facts: facts["speed_mps"] > 2.0, 20.0)
    assert watched.ask("mode", mode="GUIDED").ok
    assert watched.ask("item", seq=4).ok
    watched.until(lambda facts: facts["mode"] == "AUTO" and facts["item"] == 4, 5.0)
    assert watched.facts()["armed_for_s"] == pytest.approx(watched.session.time_s - 4.0, abs=4.0)


def test_height_speed_and_heading_are_changed_in_flight(watched):
    """Each without going anywhere else."""
    watched.until(lambda facts: facts["ready"])
    assert watched.ask("takeoff", height_m=10.0).ok
    watched.until(lambda facts: facts["height_m"] > 9.5, 30.0)
    place = watched.facts()["lat"]
    assert watched.ask("height", height_m=15.0).ok
    assert watched.ask("heading", heading_deg=120.0).ok
    watched.until(lambda facts: facts["height_m"] > 14.5 and abs(facts["yaw_deg"] - 120.0) < 3.0, 30.0)
    assert watched.facts()["lat"] == pytest.approx(place, abs=2e-5)
    assert watched.ask("speed", speed_mps=2.0).ok
    assert watched.ask("fly_to", lat=HOME.lat + 0.001, lon=HOME.lon, height_m=15.0).ok
    watched.until(lambda facts: facts["speed_mps"] > 1.8, 20.0)
    watched.run(5.0)
    assert watched.facts()["speed_mps"] < 2.3


def test_what_is_drawn_is_the_vehicles_plan(watched):
    """A fence and a survey arrive as what they are; an area of two corners is none."""
    watched.until(lambda facts: facts["ready"])
    corners = [[HOME.lat + north, HOME.lon + east] for north, east in ((0, 0), (0.002, 0), (0.002, 0.002), (0, 0.002))]
    assert watched.ask("draw", what="fence", places=corners).text == "fence: uploaded, 4 items"
    assert watched.ask("draw", what="survey", places=corners, height_m=30.0, apart_m=50.0).ok
    plan = watched.ask("plan").data
    assert [item["param1"] for item in plan["fence"]] == [4.0] * 4
    names = [item["name"] for item in plan["mission"]]
    assert (names[0], names[-1]) == ("NAV_TAKEOFF", "NAV_RETURN_TO_LAUNCH")
    assert len(names) > 6
    assert all(item["z"] == 30.0 for item in plan["mission"][:-1])
    assert watched.ask("draw", what="survey", places=corners[:2]).text == "survey: an area has 3 corners at least"


def test_it_looks_at_a_place_and_ahead_again(watched):
    """The nose turns to what is told, and the next leg turns it back. A picture needs a camera."""
    watched.until(lambda facts: facts["ready"])
    assert watched.ask("takeoff", height_m=10.0).ok
    watched.until(lambda facts: facts["height_m"] > 9.0)
    assert watched.ask("look_at", lat=HOME.lat, lon=HOME.lon + 0.002).ok
    watched.until(lambda facts: abs(facts["heading_deg"] - 90.0) < 3.0)
    assert watched.ask("look_at").ok
    assert watched.ask("fly_to", lat=HOME.lat + 0.002, lon=HOME.lon, height_m=10.0).ok
    watched.until(lambda facts: min(facts["heading_deg"], 360.0 - facts["heading_deg"]) < 5.0)
    assert watched.ask("photo").text == "picture: no camera was heard"


def test_a_px4_circles_around_a_place():
    """ArduPilot's copter has no DO_ORBIT, and its page no button for it."""
    with Session(home=HOME, firmware="px4") as session:
        page = Watched(session)
        page.run(2.0)
        page.until(lambda facts: facts["ready"])
        assert page.ask("takeoff", height_m=12.0).ok
        page.until(lambda facts: facts["height_m"] > 11.0)
        assert page.ask("orbit", lat=HOME.lat, lon=HOME.lon, height_m=12.0, radius_m=25.0).ok
        page.run(40.0)
        far = []
        for _ in range(20):
            page.run(1.0)
            facts = page.facts()
            far.append(distance(HOME, GeoPoint(facts["lat"], facts["lon"], HOME.alt)))
        assert all(abs(one - 25.0) < 3.0 for one in far), far


def test_a_px4_goes_on_with_its_mission_where_it_was_left():
    """MISSION_START would lead it to its first item."""
    with Session(home=HOME, firmware="px4") as session:
        page = Watched(session)
        page.run(2.0)
        page.until(lambda facts: facts["ready"])
        assert page.ask("upload", name="square.plan", text=move(SQUARE)).ok
        assert page.ask("start").ok
        page.until(lambda facts: facts["item"] == 2 and facts["speed_mps"] > 2.0, 60.0)
        for request in ({"ask": "start"}, {"ask": "item", "seq": 3}):
            assert page.ask("mode", mode="Hold").ok
            page.until(lambda facts: facts["speed_mps"] < 0.3, 20.0)
            answer = page.ask(**request)
            assert answer.ok, answer.text
            page.run(3.0)
            facts = page.facts()
            assert (facts["mode"], facts["item"]) == ("Mission", request.get("seq", 2))


def test_a_refusal_says_why(watched):
    """The text that came with it is in the answer; nothing is called accepted that the vehicle does not do."""
    watched.until(lambda facts: facts["ready"])
    there = {"lat": HOME.lat, "lon": HOME.lon, "height_m": 20.0}
    assert watched.ask("fly_to", **there).text.endswith("the vehicle is not armed")
    assert watched.ask("takeoff", height_m=10.0).ok
    watched.until(lambda facts: facts["height_m"] > 9.0, 30.0)
    answer = watched.ask("takeoff", height_m=20.0)
    assert (answer.ok, answer.text) == (False, "takeoff: failed (Takeoff: already flying)")
    assert not watched.ask("arm", on=False).ok
    assert watched.ask("arm", on=False, force=True).ok
    watched.until(lambda facts: not facts["armed"], 2.0)


def test_what_does_not_fly_is_not_armed_to_take_off():
    """A rover refuses at once, and stays as it is."""
    with Session("sim:rover", home=HOME, seed=3) as session:
        page = Watched(session)
        page.run(2.0)
        page.until(lambda facts: facts["ready"])
        assert page.facts()["flies"] is False
        assert page.ask("takeoff", height_m=10.0).text == "takeoff: a rover does not fly"
        assert (page.facts()["armed"], page.facts()["mode"]) == (False, "HOLD")


def test_texts_have_their_time(watched):
    """Link time, as states have it."""
    watched.until(lambda facts: facts["ready"])
    watched.run(3.0)
    at_s = watched.now_ms / 1000.0
    assert watched.ask("arm", on=True).ok is not None
    texts = watched.ask("history").data["texts"]
    assert texts[-1][3] == pytest.approx(at_s, abs=1.5)
