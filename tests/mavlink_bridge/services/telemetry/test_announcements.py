"""Texts in chunks and bounded, banner, version."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopilot.context.events import StatusText
from autopilot.mav import Severity
from mavlink_bridge.firmware.identity import Identity
from mavlink_bridge.services.telemetry.announcements import TextQueue, autopilot_version, banner, status_texts


@given(st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=1, max_size=399))
def test_chunks_join_to_the_text(text: str) -> None:
    """Alone up to 50; else id > 0, chunk_seq rising, all but the last full, the last one shorter than 50."""
    messages = list(status_texts(Severity.INFO, text, 7))
    pieces = [bytes(message._text_raw) for message in messages]
    assert b"".join(pieces).decode() == text
    if len(text) <= 50:
        assert [(message.id, message.chunk_seq) for message in messages] == [(0, 0)]
    else:
        assert [(message.id, message.chunk_seq) for message in messages] == [(7, i) for i in range(len(messages))]
        assert {len(piece) for piece in pieces[:-1]} == {50}
        assert len(pieces[-1]) < 50


def test_an_endless_text_ends() -> None:
    """Beyond 399 bytes a text is cut: eight chunks at most."""
    assert len(list(status_texts(Severity.INFO, "x" * 10_000, 1))) == 8


def test_texts_come_at_a_bounded_rate_and_in_order() -> None:
    """A burst of 60 texts: 20 in each 100 ms, none lost, first in first out."""
    queue = TextQueue()
    for i in range(60):
        queue.push(StatusText(Severity.INFO, f"text {i}"))
    heard = [message.text for now_ms in (0, 20, 100, 180, 200) for message in queue.take(now_ms)]
    assert heard == [f"text {i}" for i in range(60)]
    assert queue.next_deadline_ms() is None


def test_waiting_texts_say_when_they_go_on() -> None:
    """The next window of 100 ms, and not before."""
    queue = TextQueue()
    for _ in range(21):
        queue.push(StatusText(Severity.INFO, "text"))
    assert len(queue.take(140)) == 20
    assert queue.next_deadline_ms() == 200
    assert queue.take(180) == []
    assert len(queue.take(200)) == 1


def test_a_flood_drops_the_least_important_texts_first() -> None:
    """A full queue loses its oldest DEBUG text, never the warning."""
    queue = TextQueue()
    queue.push(StatusText(Severity.CRITICAL, "PreArm: the one that matters"))
    for i in range(150):
        queue.push(StatusText(Severity.DEBUG, f"noise {i}"))
    told = [message.text for second in range(100) for message in queue.take(1000 * second)]
    assert told[0] == "PreArm: the one that matters" and told[1:] == [f"noise {i}" for i in range(51, 150)]


def test_long_texts_have_ids_of_their_own() -> None:
    """Two long texts in a row do not share their chunks."""
    queue = TextQueue()
    queue.push(StatusText(Severity.INFO, "a" * 60))
    queue.push(StatusText(Severity.INFO, "b" * 60))
    assert [message.id for message in queue.take(0)] == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("kind", "first", "count"), [("copter", "ArduCopter V4.6.2 (", 4), ("rover", "ArduRover V4.6.2 (", 3)]
)
def test_banner_names_vehicle_and_version_once(kind: str, first: str, count: int) -> None:
    """The first line begins with the firmware's name; the others do not mention a vehicle type, which Mission Planner
    would take for the version. 50 characters at most."""
    lines = [message.text for message in banner(Identity(kind))]
    assert lines[0].startswith(first)
    assert len(lines) == count
    assert lines[1].startswith("ChibiOS: ")
    assert not any(word in line.lower() for line in lines[1:] for word in ("copter", "rover", "plane"))
    assert all(len(line) <= 50 for line in lines)


def test_version_says_4_6_2_official() -> None:
    """flight_sw_version, hash characters, capabilities with FTP only when files are served, a uid that is stable."""
    plain, serving = autopilot_version(Identity()), autopilot_version(Identity(serves_files=True))
    assert plain.flight_sw_version == 0x040602FF
    assert bytes(plain.flight_custom_version).decode("ascii").isalnum()
    assert (plain.capabilities, serving.capabilities) == (61_903 + 2048, 61_903 + 2048 + 32)
    assert plain.capabilities & 32 == 0
    assert plain.uid == serving.uid != autopilot_version(Identity(name="2")).uid
