"""A leg above the ground is flown in pieces: along the profile, with one nose, and on when the data end or come."""

from __future__ import annotations

from math import hypot

import numpy as np
import pytest

from autopilot.context.ground_following import GroundFollower
from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.geo import GeoPoint, to_global
from autopilot.interface.targets import Hold, Leg, Pilot, PilotKind, TakeOff, Target, Yaw, YawMode
from autopilot.interface.terrain import Block, HeightMap
from autopilot.modes.auxiliary import HIGH, LOW, RANGE_FINDER
from autopilot.parameters import Parameters
from autopilot.vehicles.kinds import vehicle_class
from tests.fakes.core_bench import Bench as CoreBench
from tests.fakes.fake_vehicle import ORIGIN, FakeVehicle
from tests.fakes.terrain import Ground, map_of, ramp

RIDGE = 150.0


def ridge(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """30 m high, 150 m north of the origin, on a plain 10 m below it."""
    north = (lat - ORIGIN.lat) * 111318.845
    return ORIGIN.alt - 10.0 + 30.0 * np.exp(-(((north - RIDGE) / 60.0) ** 2)) + 0.0 * lon


class Bench:
    """A follower, and what it would have the vehicle fly."""

    def __init__(self, ground: Ground | None, half_deg: float = 0.02) -> None:
        self.vehicle = FakeVehicle()
        self.vehicle.advance(1000)
        made = None if ground is None else map_of(ground, ORIGIN, half_deg=half_deg)
        self.facts = VehicleFacts("copter", self.vehicle, Parameters(vehicle_class("copter").parameters), ground=made)
        self.lost: list[int] = []
        self.follower = GroundFollower(self.facts, self.lost.append)

    def pieces(self, target: Target) -> list[Leg]:
        """All of them, one after the other."""
        flown = [self.follower.begin(target)]
        while (piece := self.follower.next_piece()) is not None:
            flown.append(piece)
        return [one for one in flown if isinstance(one, Leg)]

    def pieces_to_blind(self, target: Target) -> Leg:
        """Fly on until a piece is flown without data."""
        piece = self.follower.begin(target)
        while self.follower.next_deadline_ms() is None:
            onward = self.follower.next_piece()
            assert onward is not None
            piece = onward
        assert isinstance(piece, Leg)
        return piece

    def at(self, now_ms: int) -> Target | None:
        self.facts.now_ms = now_ms
        return self.follower.update(now_ms)


def height(leg: Leg) -> float:
    """Of its end above the plain and the ridge."""
    place = to_global(ORIGIN, leg.end)
    return place.alt - float(ridge(np.array([place.lat]), np.array([place.lon]))[0])


START = (0.0, 0.0, -10.0)
LEG = Leg((300.0, 0.0, -10.0), START, (300.0, 50.0, -10.0), over_ground=20.0)


@pytest.mark.parametrize("north", [0.0, 0.4])
def test_straight_up_it_comes_to_the_height_over_the_ground_too(north: float) -> None:
    """A waypoint above the last one, or a change of height in GUIDED: it stayed as high as it was."""
    pieces = Bench(ridge).pieces(Leg((north, 0.0, -10.0), START, over_ground=35.0))
    assert height(pieces[-1]) == pytest.approx(35.0, abs=0.1)


def test_pieces_lie_on_the_profile() -> None:
    """From the start to the end, each 20 m over the ground, onward to the next; together they are the leg."""
    pieces = Bench(ridge).pieces(LEG)
    assert len(pieces) > 4
    assert [height(one) for one in pieces] == pytest.approx([20.0] * len(pieces), abs=1.6)
    assert pieces[0].start == START and all(one.start is None for one in pieces[1:])
    assert pieces[-1].end[:2] == (300.0, 0.0) and pieces[-1].next == LEG.next
    assert [one.next for one in pieces[:-1]] == [one.end for one in pieces[1:]]
    assert {one.goal for one in pieces} == {LEG.end}
    norths = [one.end[0] for one in pieces]
    assert norths == sorted(norths)
    top = min(pieces, key=lambda one: one.end[2])
    assert hypot(top.end[0] - RIDGE, top.end[1]) < 20.0


def test_flat_ground_is_one_piece() -> None:
    """And a slope is, from one height over it to another."""
    slope = Bench(ramp(0.1, ORIGIN, ORIGIN.alt))
    (one,) = slope.pieces(Leg((200.0, 0.0, -60.0), START, over_ground=40.0))
    assert one.end == pytest.approx((200.0, 0.0, -60.0), abs=0.1)


def test_what_follows_no_ground_is_left_as_it_is() -> None:
    """Other targets, legs that go straight."""
    bench = Bench(ridge)
    for target in (Hold(None), Leg((100.0, 0.0, -10.0))):
        assert bench.follower.begin(target) is target
        assert bench.follower.next_piece() is None
        assert bench.follower.next_deadline_ms() is None


def test_another_target_ends_it() -> None:
    """Nothing of the leg before is flown any more."""
    bench = Bench(ridge)
    bench.follower.begin(LEG)
    hold = Hold(None)
    assert bench.follower.begin(hold) is hold
    assert bench.follower.next_piece() is None


def test_the_nose_stays_as_it_was_told_in_the_middle() -> None:
    """In the pieces to come."""
    bench = Bench(ridge)
    bench.follower.begin(LEG)
    yaw = Yaw(YawMode.ANGLE, angle=1.0)
    bench.follower.set_yaw(yaw)
    piece = bench.follower.next_piece()
    assert isinstance(piece, Leg) and piece.yaw == yaw


def test_where_the_data_end_it_goes_on_level_and_is_lost_after_five_seconds() -> None:
    """Counted from where the blind piece begins, not from the leg."""
    bench = Bench(ridge, half_deg=0.001)  # 111 m
    first = bench.follower.begin(LEG)
    assert isinstance(first, Leg)
    assert bench.follower.next_deadline_ms() is None
    bench.facts.now_ms = 20_000
    last = first
    while last.end[:2] != LEG.end[:2]:
        piece = bench.follower.next_piece()
        assert isinstance(piece, Leg)
        before, last = last, piece
    assert last.end[2] == before.end[2]
    for now_ms in (21_000, 24_980):
        assert bench.at(now_ms) is None and not bench.lost
    bench.at(25_000)
    assert bench.lost == [25_000]
    assert bench.follower.next_deadline_ms() is None


def test_data_that_come_in_time_are_followed() -> None:
    """From where the vehicle is by then."""
    bench = Bench(None)
    facts = bench.facts
    facts.home = ORIGIN
    for north in range(-1000, 2000, 200):
        place = to_global(ORIGIN, (float(north), 0.0, 0.0))
        facts.terrain.ask(place.lat, place.lon)
    blocks: list[Block] = list(facts.terrain.pending.values())
    near = min(blocks, key=lambda one: abs(one.lat_e7 / 1e7 - ORIGIN.lat))
    _fill(facts, near, round(ORIGIN.alt))
    far = GeoPoint(near.lat_e7 / 1e7 + 26 * 100 / 111318.845, ORIGIN.lon)  # in the block to the north
    end = (far.lat - ORIGIN.lat) * 111318.845
    target = Leg((end, 0.0, -30.0), START, over_ground=30.0)
    last = bench.pieces_to_blind(target)
    assert last.end[2] == pytest.approx(START[2], abs=30.0)
    for block in list(facts.terrain.pending.values()):
        _fill(facts, block, round(ORIGIN.alt) + 50)
    piece = bench.at(bench.follower.next_deadline_ms() or 0)
    assert isinstance(piece, Leg)
    ends = [piece, *iter(bench.follower.next_piece, None)]
    assert isinstance(ends[-1], Leg) and ends[-1].end[2] == pytest.approx(-80.0, abs=0.5)
    assert not bench.lost


def _fill(facts: VehicleFacts, block: Block, height_m: int) -> None:
    for grid in range(56):
        assert facts.terrain.receive(block.lat_e7, block.lon_e7, grid, np.full((4, 4), height_m, np.int16))


def test_a_map_of_nothing_known_is_flown_level() -> None:
    """The first piece is blind already."""
    nothing = HeightMap(ORIGIN.lat - 0.01, ORIGIN.lon - 0.01, 3600.0, 3600.0, np.full((73, 73), np.nan, np.float32))
    bench = Bench(None)
    bench.facts.terrain.ground = nothing
    (one,) = bench.pieces(LEG)
    assert one.end == (300.0, 0.0, START[2])


def test_a_full_circle_of_the_nose_is_made_once_not_with_each_piece() -> None:
    bench = CoreBench()
    bench.core.facts.terrain.ground = map_of(ridge, ORIGIN)
    bench.airborne(20.0)
    assert bench.core.commands.guided_target(position=(300.0, 0.0, -20.0), over_ground=20.0).ok
    assert bench.core.commands.condition_yaw(360.0, 0.0, 1, True).ok
    assert bench.vehicle.yaws[-1].turn > 6.0
    first = len(bench.vehicle.targets)
    bench.run(60.0)
    assert len(bench.vehicle.targets) > first
    assert all((leg.yaw.mode, leg.yaw.turn) == (YawMode.ANGLE, 0.0) for leg in bench.vehicle.targets[first:])


def test_sticks_hold_their_height_over_the_ground_by_parameter_and_switch() -> None:
    """SURFTRAK_MODE in ALT_HOLD, and RCn_OPTION 10, which takes the range finder away."""
    bench = CoreBench()
    assert bench.core.modes.set(2, bench.now_ms).ok
    assert bench.core.helm.target == Pilot(PilotKind.ALT_HOLD, over_surface=True)
    bench.core.auxiliary.act(RANGE_FINDER, LOW)
    assert bench.core.helm.target == Pilot(PilotKind.ALT_HOLD)
    bench.core.auxiliary.act(RANGE_FINDER, HIGH)
    assert bench.core.helm.target == Pilot(PilotKind.ALT_HOLD, over_surface=True)
    bench.parameters.set("SURFTRAK_MODE", 0)
    assert bench.core.helm.target == Pilot(PilotKind.ALT_HOLD)
    bench.core.helm.fly(TakeOff(-10.0))
    bench.parameters.set("SURFTRAK_MODE", 1)
    assert bench.core.helm.target == TakeOff(-10.0)
