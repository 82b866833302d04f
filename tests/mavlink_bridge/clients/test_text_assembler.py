"""Texts of vehicles: chunks are put together as the vehicle meant them, and nothing in them commands a terminal."""

from __future__ import annotations

from autopilot.mav import Severity
from mavlink_bridge.clients.texts import TextAssembler
from mavlink_bridge.services.telemetry.announcements import status_texts
from mavlink_bridge.wire.codec import dialect

LONG = "Flight: not started: logger: RESET: No space left on device: /var/lib/sortie/logs, " + "x" * 17


def test_short_and_long_texts() -> None:
    """Exactly 50 and 100 bytes too: the last chunk is shorter than 50, and may be empty."""
    texts = TextAssembler()
    for number, text in enumerate(("short", "y" * 50, LONG, LONG[:99], "z" * 101), start=1):
        for message in status_texts(Severity.WARNING, text, number):
            texts.take(message)
    assert [text for _, text in texts.texts] == ["short", "y" * 50, LONG, LONG[:99], "z" * 101]


def test_texts_whose_chunks_are_mixed() -> None:
    texts = TextAssembler()
    one, two = (list(status_texts(Severity.INFO, letter * 120, number)) for number, letter in ((7, "a"), (8, "b")))
    for pair in zip(one, two, strict=True):
        for message in pair:
            texts.take(message)
    assert [text for _, text in texts.texts] == ["a" * 120, "b" * 120]


def test_a_lost_chunk_loses_its_text_only() -> None:
    texts = TextAssembler()
    for at, message in enumerate(status_texts(Severity.INFO, LONG, 3)):
        if at != 1:
            texts.take(message)
    texts.take(dialect.MAVLink_statustext_message(4, b"next"))
    assert texts.texts == [(4, "next")]


def test_the_newest_of_a_severity() -> None:
    texts = TextAssembler()
    for severity, text in ((4, b"first warning"), (3, b"error"), (6, b"info")):
        texts.take(dialect.MAVLink_statustext_message(severity, text))
    assert texts.newest(Severity.WARNING) == "error"
    assert texts.newest(Severity.INFO) == "info"
    assert texts.newest(Severity.CRITICAL) is None


def test_control_functions_do_not_show() -> None:
    texts = TextAssembler()
    for message in status_texts(Severity.WARNING, "\x1b[2J" + "x" * 60 + "\x07", 1):
        texts.take(message)
    assert texts.newest(Severity.DEBUG) == "?[2J" + "x" * 60 + "?"
