"""What a page asks of its vehicle is done, or refused with a reason, in virtual time."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from autopilot.flight.lifecycle import FlightState
from autopilot.interface.geo import GeoPoint, distance
from autopilot.mav import Cmd, Result
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.wire.codec import dialect
from sortie import Session
from sortie.config.fittings import fitted
from sortie.web.picture import COLUMNS
from sortie.web.questions import Answer, modes_of
from sortie.web.requests import read_request
from tests.fakes.watched import HOME, Watched

ROOT = Path(__file__).parents[3]
SQUARE = (ROOT / "examples" / "square.plan").read_text()


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


def test_a_late_answer_to_a_status_is_none_to_an_abort(watched):
    """Both are USER_1, and a status is asked for each second of the countdown: the page said that a lost ABORT was
    accepted, and it was not repeated."""
    watched.until(lambda facts: facts["ready"])
    assert watched.ask("upload", name="square.plan", text=move(SQUARE)).ok and watched.ask("flight", command="GO").ok
    watched.until(lambda facts: facts["flight"] == "ARMED")
    answers: list[Answer] = []
    request = read_request(json.dumps({"ask": "flight", "id": 1, "system": 1, "command": "ABORT"}))
    watched.watch.ask(request, answers.append, watched.now_ms)
    watched.endpoint.handle_timeouts(watched.now_ms, 0)
    assert watched.endpoint.take_bytes(watched.number), "lost on its way"
    late = dialect.MAVLink_command_ack_message(Cmd.USER_1, Result.ACCEPTED, 0, FlightState.ARMED + 256 * 30, 0, 0)
    watched.watch.clients.handle_message(late, Peer(watched.number, 1, 1), watched.now_ms)
    watched.exchange()
    assert answers == []
    watched.run(2.0)
    assert (answers[0].text, watched.facts()["flight"]) == ("ABORT: accepted", "IDLE")


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


def test_a_mission_that_a_px4_refuses_is_not_called_none():
    """It tells such a one as no mission; its items are there, and counted."""
    with Session("sim:plane", home=HOME, firmware="px4") as session:
        page = Watched(session)
        page.run(20.0)
        assert page.ask("upload", name="square.plan", text=SQUARE).ok  # without a landing, and in Canberra
        page.run(2.0)
        assert page.ask("start").text == "mission start: the vehicle cannot fly its mission"
        assert page.ask("item", seq=9).text == "go on with item 9: the mission has 6 items"


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


def test_a_refused_plan_item_or_parameter_says_why(watched):
    """They said "unsupported", "timeout" and "no answer" alone."""
    watched.run(3.0)
    rows = (
        "QGC WPL 110",
        "0 0 0 16 0 0 0 0 0 0 0 1".replace(" ", "\t"),
        "1 0 3 999 0 0 0 0 0 0 10 1".replace(" ", "\t"),
    )
    plan = "\n".join(rows)
    refused = "a.txt, mission: unsupported (Mission item 1: command 999 is not supported)"
    assert watched.ask("upload", name="a.txt", text=plan).text == refused
    assert watched.ask("item", seq=3).text == "go on with item 3: the mission has 0 items"
    assert watched.ask("set", name="NONE", value=1, type=9).text == "NONE: no answer (Unknown parameter NONE)"
    kept = "SYSID_THISMAV: the vehicle keeps 255 (SYSID_THISMAV limited to 255)"
    assert watched.ask("set", name="SYSID_THISMAV", value=300, type=4).text == kept


def test_what_does_not_fly_is_not_armed_to_take_off():
    """A rover refuses at once, and stays as it is."""
    with Session("sim:rover", home=HOME, seed=3) as session:
        page = Watched(session)
        page.run(2.0)
        page.until(lambda facts: facts["ready"])
        assert page.facts()["flies"] is False
        assert page.ask("takeoff", height_m=10.0).text == "takeoff: a rover does not fly"
        assert (page.facts()["armed"], page.facts()["mode"]) == (False, "HOLD")
