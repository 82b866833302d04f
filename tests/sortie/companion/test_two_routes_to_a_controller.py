"""Two links that lead to one controller: what comes twice counts once, what goes out goes one way."""

from __future__ import annotations

import pytest

from mavlink_bridge.routing.link_redundancy import REPEAT_MS, LinkRedundancy
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameReader, FrameWriter
from sortie.api.testing.stand_in import StandIn
from tests.fakes.controller_bench import ControllerBench
from tests.fakes.controller_flight import MakeBench, landed, reached, take_off


class TwoWays:
    """The controller's bytes come in on both links, on the second one `late` steps later."""

    def __init__(self, bench: ControllerBench, late: int) -> None:
        self.first_is_dead = False
        self._bench = bench
        self._second = bench.link.open_link("second")
        self._late = [b""] * late
        self.sent = {bench.number: 0, self._second: 0}
        bench.from_controller, bench.to_controller = self.come, self.go

    def come(self, data: bytes) -> bytes:
        bench = self._bench
        self._late.append(data)
        bench.hand(self._second, self._late.pop(0))
        return b"" if self.first_is_dead else data

    def go(self, data: bytes) -> bytes:
        """`data` is what left on the first link."""
        other = self._bench.link.take_bytes(self._second)
        self.sent[self._bench.number] += len(data)
        self.sent[self._second] += len(other)
        return (b"" if self.first_is_dead else data) + other


def test_a_mission_over_two_ways_is_heard_once(make_bench: MakeBench) -> None:
    """Every telemetry frame reaches the station once, each answer too, and no command goes out twice."""
    bench = make_bench(controller=StandIn(), step_ms=50)
    ways = TwoWays(bench, late=1)
    ground = take_off(bench)
    bench.run_until(lambda: landed(bench))
    bench.run(1.0)
    assert reached(bench) == [1, 2, 3, 4, 5, 6]
    assert ground.acks(400) == [0]
    times = [message.time_boot_ms for message in ground.of("ATTITUDE")]
    assert len(times) == len(set(times)) > 100
    assert bench.link.redundancy is not None and bench.link.redundancy.repeats > 1000
    assert ways.sent[bench.number] == 0 or min(ways.sent.values()) < 0.05 * max(ways.sent.values())


def test_when_one_way_dies_the_other_carries_on(make_bench: MakeBench) -> None:
    """Nothing is said of a lost link, and the mission ends as planned."""
    bench = make_bench(controller=StandIn(), step_ms=50)
    ways = TwoWays(bench, late=1)
    ground = take_off(bench)
    bench.run_until(lambda: reached(bench) == [1, 2], 90.0)
    ways.first_is_dead = True
    bench.run_until(lambda: landed(bench))
    assert reached(bench)[-1] == 6
    assert not any("lost" in text for text in ground.texts())


@pytest.mark.parametrize(("after_ms", "taken"), [(0, False), (REPEAT_MS - 1, False), (REPEAT_MS, True)])
def test_a_copy_counts_as_one_for_100_ms(after_ms: int, taken: bool) -> None:
    """The same id, sender, sequence number and payload."""
    (frame,) = FrameReader().receive(
        FrameWriter(1, 1).frame(*codec.payload(dialect.MAVLink_heartbeat_message(2, 3, 81, 4, 4, 3)))
    )
    redundancy = LinkRedundancy()
    assert redundancy.hear(1, frame, 1000)
    assert redundancy.hear(2, frame, 1000 + after_ms) is taken


def test_another_sequence_number_is_another_frame() -> None:
    """The same HEARTBEAT again, 10 ms later."""
    writer, redundancy = FrameWriter(1, 1), LinkRedundancy()
    beat = codec.payload(dialect.MAVLink_heartbeat_message(2, 3, 81, 4, 4, 3))
    frames = FrameReader().receive(writer.frame(*beat) + writer.frame(*beat))
    assert [redundancy.hear(1, frame, 10 * number) for number, frame in enumerate(frames)] == [True, True]
    redundancy.link_closed(1)
    assert redundancy.route is None
