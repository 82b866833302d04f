"""Events: their file, their sequence, what is told of a flight and of the arming checks; read as libevents does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from struct import calcsize, unpack_from
from typing import Any

import pytest

from autopilot.context.events import ArmedChanged, FenceChanged, ModeChanged, StatusText
from autopilot.interface.reasons import BAD_FIX, GYROS_FAILED, ArmingMethod, ArmingReason, Check, ModeReason
from autopilot.mav import Sensor, Severity
from autopilot.mission.events import ItemReached, MissionComplete
from mavlink_bridge.px4 import book as px4_events
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.events import book as d
from mavlink_bridge.services.events.book import SortieBook
from mavlink_bridge.services.events.service import EVENT, KEPT, LOOK_MS, SEQUENCE, SEQUENCE_MS, EventClock, EventService
from mavlink_bridge.services.events.vocabulary import ShownMode, Vocabulary
from mavlink_bridge.services.ftp.component_metadata import by_name, text_at
from mavlink_bridge.wire.codec import dialect
from sortie import Session, mavlink

MODES = (ShownMode(0, "STABILIZE", False), ShownMode(4, "GUIDED", True), ShownMode(6, "RTL", True))
PX4_MODES = (ShownMode(4 << 16 | 4 << 24, "Mission", True), ShownMode(4 << 16 | 6 << 24, "Land", False))
FILE = d.VOCABULARY.document(MODES)
COMPONENT = FILE["components"]["1"]
SIZES = {"uint8_t": "<B", "uint16_t": "<H", "uint32_t": "<I", "float": "<f"}
GROUND, OTHER = Peer(1, 255, 190), Peer(2, 250, 190)


def read(message: Any) -> tuple[str, str, list[Any]]:
    """Name, text and arguments of an EVENT, by the file."""
    assert message.id >> 24 == 1
    events = {number: one for group in COMPONENT["event_groups"].values() for number, one in group["events"].items()}
    entry = events[str(message.id & 0xFFFFFF)]
    values: list[Any] = []
    shown, offset, data = [], 0, bytes(message.arguments)
    for argument in entry.get("arguments", []):
        enum = COMPONENT["enums"].get(argument["type"])
        code = SIZES[argument["type"] if enum is None else enum["type"]]
        (value,) = unpack_from(code, data, offset)
        offset += calcsize(code)
        values.append(value)
        entries = {} if enum is None else enum["entries"]
        shown.append(entries[str(value)]["description"] if str(value) in entries else f"{value:.4g}")
    text = re.sub(r"\{(\d)(?:[^}]*)\}", lambda found: str(shown[int(found[1]) - 1]), entry["message"])
    return entry["name"], text, values


class Bench:
    """A service of a vehicle that is disarmed and healthy, and what left, by link (None: all)."""

    def __init__(self) -> None:
        self.why: list[ArmingReason] = []
        self.healthy = int(Sensor.GYRO | Sensor.GPS)
        self.begun = 0
        self.open = [1]
        self.service = EventService(self, SortieBook(), self.listen)
        self.clock = EventClock(self.service)
        self.now_ms = 0

    def listen(self) -> None:
        self.begun += 1

    def mode(self) -> int:
        return 4

    def reasons(self) -> Sequence[ArmingReason]:
        return self.why

    def sensors(self) -> tuple[int, int]:
        return int(Sensor.GYRO | Sensor.GPS), self.healthy

    def links(self) -> Sequence[int]:
        return self.open

    def run(self, seconds: float) -> list[tuple[int | None, Any]]:
        end = self.now_ms + round(1000 * seconds)
        while (due := self.clock.next_deadline_ms()) is not None and due <= end:
            self.now_ms = max(due, self.now_ms)
            self.clock.handle_timeout(self.now_ms)
        self.now_ms = end
        return self.taken()

    def taken(self) -> list[tuple[int | None, Any]]:
        return [(one.link, one.message) for one in self.clock.take_outgoing()]

    def ask(self, first: int, last: int, peer: Peer = GROUND) -> list[tuple[int | None, Any]]:
        self.service.handle_message(dialect.MAVLink_request_event_message(1, 1, first, last), peer, self.now_ms)
        return self.taken()


def names(sent: list[tuple[int | None, Any]]) -> list[str]:
    return [read(one)[0] if one.get_type() == "EVENT" else one.get_type() for _, one in sent]


# --- the file -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("vocabulary", [d.VOCABULARY, px4_events.VOCABULARY], ids=lambda one: one.namespace)
def test_the_file_keeps_to_libevents_schema(vocabulary: Vocabulary) -> None:
    """Version, keys, patterns of names and numbers, one line of at most 120 letters; types that exist."""
    file = vocabulary.document(PX4_MODES if vocabulary.namespace == "px4" else MODES)
    assert (file["version"], set(file)) == (2, {"version", "translation", "components"})
    component = file["components"]["1"]
    assert set(component) == {"namespace", "enums", "event_groups", "supported_protocols", "navigation_mode_groups"}
    assert re.fullmatch(r"[a-z][a-z0-9_]*", component["namespace"])
    for name, enum in component["enums"].items():
        assert re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_]*_t", name)
        assert set(enum) <= {"type", "entries", "is_bitfield"} and enum["type"] in SIZES
        for number, entry in enum["entries"].items():
            assert number.isdigit() and re.fullmatch(r"[a-z][a-z0-9_]*", entry["name"]), entry
            assert set(entry) == {"name", "description"} and "\n" not in entry["description"]
    numbers = []
    for group, events in component["event_groups"].items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", group)
        for number, event in events["events"].items():
            numbers.append(number)
            assert set(event) <= {"name", "message", "type", "arguments"}
            assert re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_]*", event["name"]) and 1 <= len(event["message"]) <= 120
            assert event.get("type", "summary") in ("summary", "append_health_and_arming_messages")
            kinds = [one["type"] for one in event.get("arguments", [])]
            assert all(kind in SIZES or kind in component["enums"] for kind in kinds)
            assert all(int(at) <= len(kinds) for at in re.findall(r"\{(\d)", event["message"]))
    assert len(set(numbers)) == len(numbers) == len(vocabulary.definitions)
    assert component["enums"]["health_component_t"]["entries"]["1"]["name"] == "none"


def test_modes_are_in_groups_that_checks_forbid() -> None:
    """Ours: those that need a position and the others. A PX4's: each for itself, by its navigation state."""
    assert COMPONENT["navigation_mode_groups"] == {"groups": {"0": [4, 6], "1": [0]}}
    groups = px4_events.VOCABULARY.document(PX4_MODES)["components"]["1"]["navigation_mode_groups"]["groups"]
    assert groups == {"3": [4 << 16 | 4 << 24], "18": [4 << 16 | 6 << 24]}


@pytest.mark.parametrize(
    ("vocabulary", "modes"), [(d.VOCABULARY, MODES), (px4_events.VOCABULARY, PX4_MODES)], ids=["sortie", "px4"]
)
def test_every_text_is_there_in_german(vocabulary: Vocabulary, modes: tuple[ShownMode, ...]) -> None:
    """At its place in the file, with the same arguments in it."""
    german, file = vocabulary.german(modes), by_name(vocabulary.document(modes))
    for one in vocabulary.definitions:
        place = f"/components/1/event_groups/{one.group}/events/{one.number}/message"
        assert sorted(re.findall(r"\{[^}]*\}", german[place])) == sorted(re.findall(r"\{[^}]*\}", text_at(file, place)))
    assert all(text_at(file, place) for place in german)


def test_arguments_are_packed_as_the_file_says() -> None:
    """Little endian without gaps; too few or too many are an error of the program."""
    assert d.EVENTS["check_hdop"].pack(1, 5, 152.5, 140.0) == b"\x01\x05" + b"\x00\x80\x18C" + b"\x00\x00\x0cC"
    with pytest.raises(ValueError, match="4 arguments"):
        d.EVENTS["check_hdop"].pack(1)


# --- the protocol -------------------------------------------------------------------------------------------------
def test_while_nobody_listens_nothing_is_done() -> None:
    """No deadline, nothing kept, nothing looked at."""
    bench = Bench()
    bench.service.hear([MissionComplete()], 100)
    assert (bench.clock.next_deadline_ms(), bench.taken(), bench.begun) == (None, [], 0)


def test_who_asks_hears_how_things_stand_and_what_happens() -> None:
    """On its own link; CURRENT_EVENT_SEQUENCE every three seconds, the first says that the sequence is new."""
    bench = Bench()
    bench.service.subscribe(1, 1_000_000)
    bench.service.subscribe(1, 0)
    assert bench.begun == 1
    sent = bench.run(0.5)
    assert names(sent) == ["arming_check_summary", "health_summary", "CURRENT_EVENT_SEQUENCE"]
    assert {link for link, _ in sent} == {1}
    assert (sent[-1][1].sequence, sent[-1][1].flags) == (2, 1)
    bench.service.hear([ModeChanged(6, ModeReason.BATTERY_FAILSAFE), StatusText(Severity.INFO, "x")], bench.now_ms)
    ((link, event),) = bench.taken()
    assert (link, *read(event)[:2]) == (1, "failsafe", "Failsafe: Battery Failsafe, flight mode GUIDED")
    assert (event.sequence, event.log_levels, event.event_time_boot_ms) == (3, 0x44, 500)
    (later,) = bench.run(0.001 * SEQUENCE_MS)
    assert (later[1].get_type(), later[1].sequence, later[1].flags) == ("CURRENT_EVENT_SEQUENCE", 3, 0)
    bench.service.subscribe(1, -1)
    assert (bench.clock.next_deadline_ms(), bench.service.interval_us(1)) == (None, -1)


def test_a_lost_event_is_sent_again() -> None:
    """To who asks, in order; what was never there is an error with the oldest that is kept."""
    bench = Bench()
    bench.service.subscribe(1, 0)
    bench.run(0.1)
    for seq in range(5):
        bench.service.hear([ItemReached(seq)], 100)
    bench.taken()
    again = bench.ask(4, 6, OTHER)
    assert [(link, one.sequence, read(one)[2]) for link, one in again] == [(2, 4, [1]), (2, 5, [2]), (2, 6, [3])]
    ((link, error),) = bench.ask(9, 9)
    assert (link, error.get_type(), error.sequence, error.sequence_oldest_available, error.reason) == (
        1,
        "RESPONSE_EVENT_ERROR",
        9,
        1,
        0,
    )
    assert (error.target_system, error.target_component) == (255, 190)


def test_old_ones_are_forgotten_and_numbers_go_round() -> None:
    """`KEPT` are kept, across the 16 bits of the sequence; a request over everything is answered with no more."""
    bench = Bench()
    bench.service.subscribe(1, 0)
    bench.service._sequence = 0xFFFF - 10
    for seq in range(KEPT + 20):
        bench.service.hear([ItemReached(seq % 100)], 100)
    sent = bench.taken()
    assert [one.sequence for _, one in sent[9:11]] == [0xFFFF, 0]
    assert bench.ask(0xFFFF, 0)[0][1].get_type() == "RESPONSE_EVENT_ERROR"
    assert len(bench.ask(20, 19)) <= KEPT
    assert [one.sequence for _, one in bench.ask(20, 21)] == [20, 21]


def test_arming_checks_are_told_when_they_change() -> None:
    """Summary, an event for each that fails, health; anew to a link that joins."""
    bench = Bench()
    bench.service.subscribe(1, 0)
    bench.run(0.5)
    bench.why = [GYROS_FAILED, BAD_FIX, ArmingReason("Battery 1 low", Check.BATTERY, 10.21, 10.5), ArmingReason("?")]
    bench.healthy = int(Sensor.GPS)
    sent = [one for _, one in bench.run(0.001 * LOOK_MS)]
    told = [read(one) for one in sent]
    assert [name for name, _, _ in told] == [
        "arming_check_summary",
        "check_gyros",
        "check_fix",
        "check_battery",
        "check_other",
        "health_summary",
    ]
    assert told[0][2] == [0, d.Part.GYRO | d.Part.GPS | d.Part.BATTERY | d.Part.SYSTEM, 0, 0, 0]
    assert told[2][2] == [1, d.Part.GPS.index]  # only modes that need a position
    assert told[3][1] == "Battery: 10.2, limit 10.5"
    assert told[-1][2] == [0, d.Part.GYRO | d.Part.GPS, d.Part.GYRO, 0]
    assert {one.log_levels for one in sent} == {0x88, 0x22}
    assert bench.run(2.0) != [] and "arming_check_summary" not in names(bench.run(1.5))
    bench.service.subscribe(2, 0)
    assert names(bench.run(0.5))[0] == "arming_check_summary"
    bench.why = []
    assert "arming_check_summary" in names(bench.run(2.0))


def test_health_is_told_in_flight() -> None:
    """Sensors that fail or recover, also to a new link; the summary of the checks comes with it."""
    bench = Bench()
    bench.service.subscribe(1, 0)
    bench.run(1.5)
    bench.healthy = int(Sensor.GYRO)
    told = [read(one) for _, one in bench.run(1.0) if one.get_type() == "EVENT"]
    assert [name for name, _, _ in told] == ["arming_check_summary", "health_summary"]
    assert told[-1][2][2] == d.Part.GPS
    assert "health_summary" not in names(bench.run(2.0))
    bench.service.subscribe(2, 0)
    assert "health_summary" in names(bench.run(1.0))
    bench.healthy |= Sensor.GPS
    assert read(bench.run(1.0)[-1][1])[2][2] == 0


def test_told_to_everybody_a_new_link_hears_how_things_stand() -> None:
    """On all links, and anew when there is one more."""
    bench = Bench()
    bench.service.send_to_all()
    sent = bench.run(0.5)
    assert names(sent)[0] == "arming_check_summary"
    assert {link for link, _ in sent} == {None}
    assert "arming_check_summary" not in names(bench.run(2.0))
    bench.open = [1, 2]
    assert "arming_check_summary" in names(bench.run(1.0))


def test_without_an_open_link_nothing_is_due_and_what_happens_is_kept() -> None:
    """A PX4 that stood alone was woken each second for its arming checks."""
    bench = Bench()
    bench.service.send_to_all()
    bench.run(1.0)
    bench.open = []
    bench.service.link_closed(1)
    assert bench.clock.next_deadline_ms() is None
    bench.service.hear([ItemReached(7)], bench.now_ms)
    assert read(bench.taken()[-1][1])[1] == "Mission item 7 reached", "it can be requested later"
    assert not bench.run(3600.0)
    bench.open = [1]  # the same number again
    assert "arming_check_summary" in names(bench.run(0.0))


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (ArmedChanged(True, ArmingMethod.MAVLINK), "Armed: mavlink"),
        (ArmedChanged(False, ArmingMethod.LANDED), "Disarmed: landed"),
        (ModeChanged(4, ModeReason.GCS_COMMAND), "Flight mode GUIDED: GCS command"),
        (ModeChanged(4, ModeReason.MISSION_END), "Flight mode GUIDED: end of the flight"),
        (FenceChanged(2), "Fence breached: circle"),
        (FenceChanged(0), "Within the fence again"),
        (ItemReached(7), "Mission item 7 reached"),
    ],
)
def test_what_happens_in_words(event: Any, text: str) -> None:
    """As a station shows them with the file."""
    bench = Bench()
    bench.service.subscribe(1, 0)
    bench.service.hear([event], 0)
    assert read(bench.taken()[-1][1])[1] == text


# --- in a vehicle -------------------------------------------------------------------------------------------------
def long(command: int, *params: float) -> Any:
    return mavlink.MAVLink_command_long_message(1, 1, command, 0, *params, *[0.0] * (7 - len(params)))


def test_a_flight_in_events() -> None:
    """A link that asks (511 for 411) hears of its flight; another one hears nothing; 512 and 510 answer."""
    with Session() as session:
        link, silent = session.connect(), session.connect()
        link.send(long(511, SEQUENCE, 1_000_000))
        link.send(long(510, EVENT))
        assert link.receive("MESSAGE_INTERVAL").interval_us == 1000 * SEQUENCE_MS
        link.send(long(512, SEQUENCE))
        assert link.receive("CURRENT_EVENT_SEQUENCE").flags in (0, 1)
        session.wait_armable()
        session.set_mode("GUIDED")
        session.arm()
        session.takeoff(5.0)
        session.run_for(10.0)
        session.rtl()
        session.run_until(lambda s: not s.state.armed)
        session.run_for(4.0)
        heard = [one for one in link.messages() if one.get_type() in ("EVENT", "CURRENT_EVENT_SEQUENCE")]
        events = [one for one in heard if one.get_type() == "EVENT"]
        told = [read(one)[0] for one in events]
        assert told[0] == "arming_check_summary"
        assert "check_position" in told
        assert [name for name in told if name in ("armed", "disarmed")] == ["armed", "disarmed"]
        assert [b.sequence - a.sequence for a, b in pairwise(events)] == [1] * (len(events) - 1)
        assert max(one.sequence for one in heard) == events[-1].sequence
        assert not [one for one in silent.messages() if one.get_type() == "EVENT"]


def test_who_does_not_ask_pays_nothing() -> None:
    """No observer, no service with a deadline."""
    with Session() as session:
        before = len(session.service.observers), len(session.service.endpoint._timed)
        link = session.connect()
        session.run_for(5.0)
        assert (len(session.service.observers), len(session.service.endpoint._timed)) == before
        link.send(long(511, EVENT, 0))
        assert (len(session.service.observers), len(session.service.endpoint._timed)) == (before[0] + 1, before[1] + 1)


def test_as_a_px4_it_tells_everybody() -> None:
    """Without being asked, as PX4's do; modes by PX4's numbers."""
    with Session(firmware="px4") as session:
        link = session.connect()
        session.run_for(5.0)
        told = {one.get_type() for one in link.messages()}
        assert {"EVENT", "CURRENT_EVENT_SEQUENCE"} <= told
