"""Modes that a PX4 behind Sortie refuses, replaces, or is only half heard about."""

from __future__ import annotations

from collections.abc import Callable
from math import hypot

import pytest

from mavlink_bridge.wire.framing import FrameReader, split_frames
from tests.fakes.controller_flight import ARM, AUTO, GUIDED, LOITER, RTL, SET_MODE, SQUARE, MakeBench, landed, reached
from tests.fakes.px4_flight import STILL_MPS, px4, start
from tests.stand_in.real_px4 import RealPx4

GO = 31010
FAILED = 4  # MAV_RESULT


def test_a_mode_that_was_acknowledged_and_not_entered_is_refused(make_px4: MakeBench) -> None:
    """Line 17: PX4 accepts first and refuses then; only HEARTBEAT tells."""
    bench = make_px4()
    ground = bench.ground()
    bench.ready()
    bench.upload(SQUARE)
    px4(bench).turn_switch(1700)
    bench.run(2.0)
    px4(bench).forbid_guided()
    ground.command(SET_MODE, 1, AUTO)
    bench.run(5.0)
    assert ground.acks(SET_MODE) == [FAILED]
    assert bench.controller.mode == LOITER and not bench.vehicle.commanded


def test_a_mode_that_is_refused_for_a_moment_is_asked_for_again(make_px4: MakeBench) -> None:
    """PX4 enters Mission a moment after it has acknowledged the upload: its first answer is "temporarily rejected"."""
    bench = make_px4()
    ground = bench.ground()
    bench.ready()
    bench.upload(SQUARE)
    ground.command(SET_MODE, 1.0, AUTO)
    ground.command(ARM, 1.0)
    bench.run_until(lambda: bench.height > 5.0, 30.0)
    assert bench.vehicle.commanded and ground.mode == AUTO


class SecondOf:
    """Is it the second message of this number?"""

    def __init__(self, number: int) -> None:
        self._number, self._came = number, 0

    def __call__(self, number: int, payload: bytes) -> bool:
        self._came += number == self._number and payload[:2] == b"\xb0\x00"
        return number == self._number and self._came == 2


class Loses:
    """A link that loses the frames which this is true of, by message number and payload."""

    def __init__(self, lost: Callable[[int, bytes], bool]) -> None:
        self._lost, self._reader = lost, FrameReader()
        self.count = 0

    def __call__(self, data: bytes) -> bytes:
        return b"".join(one for one in split_frames(data) if not self._is_lost(one))

    def _is_lost(self, data: bytes) -> bool:
        lost = any(self._lost(frame.msg_id, frame.payload) for frame in self._reader.receive(data))
        self.count += lost
        return lost


@pytest.mark.parametrize("native", [True, False], ids=["native", "guided"])
def test_a_station_that_takes_hold_has_one_answer_and_a_vehicle_that_stops(make_px4: MakeBench, native: bool) -> None:
    """Led by Sortie it is in Hold already, on the way to a target, which the same mode once more does not end."""
    bench = make_px4(native=native)
    ground = start(bench)
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    bench.run_until(lambda: px4(bench).ground_speed > 3.0, 20.0)
    ground.heard.clear()
    place, speed = px4(bench).position, px4(bench).ground_speed
    ground.command(SET_MODE, 1.0, GUIDED)
    bench.run(14.0)  # while it gathers speed a real one stops beyond the place that it chose, and flies back
    gone = hypot(px4(bench).position[0] - place[0], px4(bench).position[1] - place[1])
    assert ground.acks(SET_MODE) == [0] and not bench.vehicle.commanded
    assert px4(bench).ground_speed < STILL_MPS and gone < 2.5 * speed, "the way that stopping takes"


def test_of_two_acknowledgements_of_a_mode_the_station_has_the_second(make_px4: MakeBench) -> None:
    """It is the one that knows; where it stays away, the first one is passed on."""
    bench = make_px4()
    ground = bench.ground()
    bench.ready()
    ground.command(SET_MODE, 1.0, RTL)
    bench.run(1.0)
    assert ground.acks(SET_MODE) == [0]
    bench.from_controller = Loses(SecondOf(77))
    ground.command(SET_MODE, 1.0, LOITER)
    bench.run(1.0)
    assert ground.acks(SET_MODE) == [0, 0]


def test_a_mode_that_another_one_replaces_is_answered(make_px4: MakeBench) -> None:
    """Whoever waited for the first, as a station does for the mission that it started, hears that it did not come."""
    bench = make_px4()
    bench.ground()
    bench.ready()
    first = bench.vehicle.command(LOITER)
    second = bench.vehicle.command(RTL)
    assert (first.done, first.ok, first.reason) == (True, False, "another mode was asked for")
    bench.run(4.0)
    assert second.done and second.ok and bench.controller.mode == RTL


@pytest.mark.parametrize("acknowledged", [True, False], ids=["with", "without"])
def test_a_refused_arming_of_a_flight_is_told_in_its_words(make_px4: MakeBench, acknowledged: bool) -> None:
    """Whole, though it came in two chunks; also where the acknowledgements that go with it are lost."""
    bench = make_px4()
    ground = bench.ground()
    bench.ready()
    bench.upload(SQUARE)
    if not acknowledged:
        bench.from_controller = Loses(lambda number, payload: number == 77 and payload[:3] == b"\x90\x01\x01")
    bench.service.parameters.set("FM_COUNTDOWN", 5.0)
    ground.command(GO, 0x20)
    bench.run(1.0)
    px4(bench).refuse_arming("Resolve system health failures first")
    bench.run_until(lambda: any("not started" in text for text in ground.texts()), 80.0)
    told = "".join(ground.texts())
    assert "not started: motor: ARM: Resolve system health failures first" in told and "no answer" not in told


def test_a_lost_word_of_an_item_skips_nothing(make_px4: MakeBench) -> None:
    """PX4 says each second which item it has reached: that it is on the next one is heard before the repetition."""
    told: list[bytes] = []

    def first_words(number: int, payload: bytes) -> bool:
        """MISSION_ITEM_REACHED of an item, twice; a real one may be at the next before it says it so often."""
        fresh = number == 46 and told.count(payload) < (1 if isinstance(bench.controller, RealPx4) else 2)
        told.extend([payload] * fresh)
        return fresh

    bench = make_px4()
    bench.from_controller = link = Loses(first_words)
    start(bench)
    bench.run_until(lambda: landed(bench))
    bench.run(1.0)
    assert link.count >= 5 and reached(bench) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("lost", [0, 1], ids=["acknowledgement", "refusal"])
def test_a_mode_whose_answer_is_heard_by_half_is_asked_for_again(make_px4: MakeBench, lost: int) -> None:
    """PX4 acknowledges the mode and then refuses it for the moment; either of the two results does not arrive."""
    bench = make_px4()
    ground = bench.ground()
    bench.ready()
    answer = SET_MODE.to_bytes(2, "little") + bytes([lost])
    bench.from_controller = link = Loses(lambda number, payload: number == 77 and payload[:3] == answer)
    bench.upload(SQUARE)
    ground.command(SET_MODE, 1.0, AUTO)
    ground.command(ARM, 1.0)
    bench.run_until(lambda: bench.height > 5.0, 30.0)
    assert bench.vehicle.commanded and ground.mode == AUTO
    assert link.count or (lost == 1 and isinstance(bench.controller, RealPx4))
