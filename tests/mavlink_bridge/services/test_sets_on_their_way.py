"""Sets of a parameter that are not durable yet: nothing tells the new value, for every PARAM_VALUE that has it is an
answer to whoever waits for it, and what was answered must be there after `kill -9`."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from autopilot.context.journal import SaveParameter
from autopilot.parameters import Parameters
from autopilot.vehicles.kinds import COPTER
from mavlink_bridge.firmware.known import firmware_spoken
from mavlink_bridge.routing.service import Outgoing
from mavlink_bridge.services.parameters import AGAIN_MS
from mavlink_bridge.wire.codec import dialect
from tests.fakes.parameter_bench import MISSION_PLANNER, QGC, Bench, texts, values


def test_a_repeated_set_does_not_answer_the_next_one() -> None:
    """A slow disk, and a station that has asked twice: its second request is settled while the next value waits."""
    bench = Bench(hold=True)
    bench.set("RTL_ALT", 2500)
    bench.set("RTL_ALT", 2500)
    bench.journal.settle()
    assert values(bench.set("RTL_ALT", 3000)) == []
    assert bench.step() == []
    bench.journal.settle()
    assert values(bench.step()) == [("RTL_ALT", 3000, 65535)]


def test_a_read_is_answered_behind_the_sets_before_it() -> None:
    """By name, by index and by alias, each once to who has asked; the answer of the set goes to all."""
    bench = Bench(hold=True)
    index = bench.parameters.names().index("WPNAV_SPEED")
    bench.set("WPNAV_SPEED", 900)
    for _ in range(2):
        assert bench.read("WPNAV_SPEED") + bench.read("WP_SPD") + bench.read(index=index) + bench.step() == []
    bench.journal.settle()
    out = bench.step()
    assert out[0].link is None and {one.link for one in out[1:]} == {QGC.link}
    asked = [("WPNAV_SPEED", 900, 65535), ("WP_SPD", 9, 65535), ("WPNAV_SPEED", 900, index)]
    assert values(out) == [("WPNAV_SPEED", 900, 65535), *asked]


def test_a_list_meanwhile_tells_what_is_stored() -> None:
    """And the set's answer, which comes behind, what holds then."""
    bench = Bench(hold=True)
    bench.set("RTL_ALT", 2500)
    listed = values(bench.request_list(MISSION_PLANNER) + bench.drain())
    assert [value for name, value, _ in listed if name == "RTL_ALT"] == [1500]
    bench.journal.settle()
    assert values(bench.step()) == [("RTL_ALT", 2500, 65535)]


def test_a_refused_set_meanwhile_tells_its_reason_at_once_and_the_value_behind() -> None:
    """The same for a warning."""
    bench = Bench(hold=True)
    bench.set("WPNAV_SPEED", 900)
    out = bench.set("WPNAV_SPEED", float("nan"))
    assert (texts(out), values(out)) == (["WPNAV_SPEED not set: value is not finite"], [])
    bench.journal.settle()
    assert values(bench.step()) == [("WPNAV_SPEED", 900, 65535)]


def test_a_change_of_the_core_meanwhile_is_told_with_the_answer() -> None:
    """Whoever has set it learns that another value holds."""
    bench = Bench(hold=True)
    bench.set("FENCE_ENABLE", 1)
    bench.parameters.set("FENCE_ENABLE", 0)
    assert bench.step() == []
    bench.journal.settle()
    assert values(bench.step()) == [("FENCE_ENABLE", 0, 65535)]


def test_a_value_that_another_change_is_about_to_replace_is_not_taken_for_stored() -> None:
    """The set is durable, the core's change behind it is not yet: the same set again is a change to be stored."""
    bench = Bench(hold=True)
    bench.set("FENCE_ENABLE", 1)
    bench.journal.settle()
    bench.parameters.set("FENCE_ENABLE", 0)
    bench.step()
    assert values(bench.set("FENCE_ENABLE", 1)) == []
    assert bench.journal.changes[-1] == SaveParameter("FENCE_ENABLE", 1)


def test_a_px4_does_not_tell_a_change_once_more_while_the_next_is_on_its_way() -> None:
    """The next one is told twice itself."""
    bench = Bench(hold=True, firmware=firmware_spoken(12, 2))

    def put(value: int) -> list[int]:
        wire = struct.unpack("<f", struct.pack("<i", value))[0]
        return told(bench.ask(dialect.MAVLink_param_set_message(1, 1, b"SYS_FAILURE_EN", wire, 6)))

    def told(out: list[Outgoing]) -> list[int]:
        return [struct.unpack("<i", struct.pack("<f", value))[0] for _, value, _ in values(out)]

    put(1)
    bench.journal.settle()
    assert told(bench.step()) == [1]
    assert put(0) + told(bench.step(AGAIN_MS)) == []
    bench.journal.settle()
    assert told(bench.step()) + told(bench.step(AGAIN_MS)) == [0, 0]


ASKED = st.one_of(
    st.tuples(st.just("set"), st.sampled_from([0.25, 0.5, 0.75])),
    st.tuples(st.just("settle"), st.sampled_from([None, None, "disk full"])),
    st.sampled_from([("read", 0), ("list", 0), ("step", 1), ("step", AGAIN_MS)]),
)


@given(st.lists(ASKED, max_size=30), st.sampled_from([(3, 3), (12, 2)]))
def test_nothing_tells_what_would_be_lost_now(asked: list, spoken: tuple[int, int]) -> None:
    """Whatever is asked in whatever order, and whenever the journal is done or fails."""
    bench, name = Bench(hold=True, firmware=firmware_spoken(*spoken)), "ATC_RAT_RLL_P"
    since = {kept(bench, name)}  # the last step, which has noticed what the journal had done
    for word, value in asked:
        match word:
            case "set":
                out = bench.set(name, value)
            case "read":
                out = bench.read(name)
            case "list":
                out = bench.request_list()
            case "step":
                out = bench.step(value)
            case "settle":
                bench.journal.settle(value)
                out = []
        since.add(kept(bench, name))
        assert {value for told, value, _ in values(out) if told == name} <= since
        if word == "step":
            since = {kept(bench, name)}


def kept(bench: Bench, name: str) -> float:
    """What the next start would find."""
    done = [
        change.value
        for ticket, change in enumerate(bench.journal.changes, 1)
        if ticket <= bench.journal.durable() and bench.journal.failure(ticket) is None
    ]
    return done[-1] if done else Parameters(COPTER.parameters)[name]
