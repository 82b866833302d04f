"""The message trace: lines that can be read back, the same for the same flight."""

from __future__ import annotations

import pytest

from autopilot.flight.messages import Message, MessageKind, Tag, TraceEntry, write_line
from tests.fakes.flight_bench import HANGING_MISSION, FlightBench, I
from tests.fakes.flight_trace import read_line


def flown() -> FlightBench:
    bench = FlightBench()
    bench.go()
    bench.run(300.0, lambda: bench.state is I)
    return bench


def test_a_trace_is_read_back_as_it_was_written() -> None:
    bench = flown()
    assert len(bench.trace) > 30
    assert [read_line(line) for line in bench.lines] == bench.trace


def test_a_line_says_when_who_whom_what() -> None:
    entry = TraceEntry(5000, Message("comms", "flight_manager", MessageKind.NOTIFY, "GO", 0x474F, None))
    assert write_line(entry) == (
        '{"t_ms":5000,"from":"comms","to":"flight_manager","kind":"notify","subject":"GO","tag":18255,"payload":null}'
    )


@pytest.mark.parametrize("line", ["", "{}", "[]", '{"t_ms":1}', "hello", '{"t_ms":1,"from":"a","to":"b","kind":"x"}'])
def test_what_is_no_line_of_a_trace_is_a_value_error(line: str) -> None:
    with pytest.raises(ValueError):
        read_line(line)


def test_the_same_flight_gives_the_same_trace() -> None:
    assert flown().lines == flown().lines


def test_resets_go_to_every_sibling_in_the_order_of_the_reference() -> None:
    requests = [
        entry.message.to
        for entry in flown().trace
        if entry.message.subject == "RESET" and entry.message.kind is MessageKind.REQUEST
    ]
    assert requests == [
        "waypoint",
        "altitude",
        "sensor",
        "estimator",
        "position",
        "attitude",
        "rate",
        "motor",
        "battery",
        "comms",
        "logger",
    ]


def test_notifications_have_the_tags_of_the_seed() -> None:
    """GO, ABORT, LANDING, LANDED as they are sent: two ASCII letters, as the table of the seed has them."""
    bench = FlightBench(mission=HANGING_MISSION)
    bench.go()
    bench.run(1.0)
    assert bench.abort().ok
    bench.run(1.0)
    bench.go()
    bench.run(300.0, lambda: bench.state is I)
    notices = [entry.message for entry in bench.trace if entry.message.kind is MessageKind.NOTIFY]
    sent = {(message.subject, message.sender, message.to): message.tag for message in notices}
    assert sent["GO", "comms", "flight_manager"] == 0x474F
    assert sent["ABORT", "comms", "flight_manager"] == 0x4142
    assert sent["LANDING", "flight_manager", "altitude"] == 0x4C44
    assert sent["LANDED", "altitude", "flight_manager"] == 0x444E
    assert ("LIFTOFF", "altitude", "flight_manager") in sent  # of the reference's table of actors


def test_every_tag_is_two_letters_and_its_own() -> None:
    """As those of the seed are: a trace can be read."""
    letters = [tag.to_bytes(2).decode("ascii") for tag in Tag]
    assert all(each.isalpha() and each.isupper() for each in letters)
    assert len(set(letters)) == len(Tag)


def test_replies_have_the_codes_of_the_seed() -> None:
    """REPLY_OK 0x00, REPLY_FAIL 0x01: first of the payload of RESET, ARM and DISARM."""

    def codes(bench: FlightBench) -> set[tuple[str, object]]:
        answers = [
            e.message for e in bench.trace if e.message.kind is MessageKind.REPLY and e.message.subject != "STATUS"
        ]
        return {(m.subject, m.payload[0] if isinstance(m.payload, tuple) else None) for m in answers}

    assert codes(flown()) == {("RESET", 0x00), ("ARM", 0x00), ("DISARM", 0x00)}
    broken = FlightBench()
    broken.fault("rate.reset")
    broken.go()
    assert ("RESET", 0x01) in codes(broken)
    broken.fault("rate.reset", active=False)
    broken.fault("motor.arm")
    broken.go()
    assert ("ARM", 0x01) in codes(broken)


def test_every_reset_is_answered_ok_before_the_motors_are_armed() -> None:
    """Any other code than 0 ends the preflight."""
    replies = [e.message for e in flown().trace if e.message.kind is MessageKind.REPLY and e.message.subject == "RESET"]
    assert [message.payload for message in replies] == [(0x00, "")] * 11


def test_tags_of_requests_are_never_used_twice() -> None:
    tags = [entry.message.tag for entry in flown().trace if entry.message.kind is MessageKind.REQUEST]
    assert len(tags) == len(set(tags)) > 10
