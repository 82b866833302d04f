"""The message trace: lines that can be read back, the same for the same flight."""

from __future__ import annotations

import pytest

from autopilot.flight.messages import Kind, Message
from autopilot.flight.trace import TraceEntry, read_line, read_trace, write_line
from tests.fakes.flight_bench import FlightBench, I


def flown() -> FlightBench:
    bench = FlightBench()
    bench.go()
    bench.run(300.0, lambda: bench.state is I)
    return bench


def test_a_trace_is_read_back_as_it_was_written() -> None:
    bench = flown()
    assert len(bench.trace) > 30
    assert list(read_trace([*bench.lines, "\n"])) == bench.trace


def test_a_line_says_when_who_whom_what() -> None:
    entry = TraceEntry(5000, Message("comms", "flight_manager", Kind.NOTIFY, "GO", 0x474F, None))
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
        if entry.message.subject == "RESET" and entry.message.kind is Kind.REQUEST
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
    tags = {entry.message.subject: entry.message.tag for entry in flown().trace if entry.message.kind is Kind.NOTIFY}
    assert {name: tags[name] for name in ("GO", "LANDED")} == {"GO": 0x474F, "LANDED": 0x444E}


def test_tags_of_requests_are_never_used_twice() -> None:
    tags = [entry.message.tag for entry in flown().trace if entry.message.kind is Kind.REQUEST]
    assert len(tags) == len(set(tags)) > 10
