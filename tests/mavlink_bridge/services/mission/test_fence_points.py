"""A fence point by point: what is told and taken, what is refused in ArduPilot's words, what becomes the fence."""

from __future__ import annotations

import pytest

from autopilot.context.journal import SavePlan
from autopilot.core.autopilot import Autopilot
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from autopilot.parameters import Parameters
from autopilot.vehicles.kinds import COPTER
from mavlink_bridge.services.mission.fence_points import FencePointService
from mavlink_bridge.wire.codec import dialect
from tests.fakes.fake_vehicle import FakeVehicle
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.mission_bench import QGC, fence_square

PLACES = ((-35.36, 149.165), (-35.361, 149.164), (-35.359, 149.164), (-35.359, 149.166), (-35.361, 149.166))
POINTS = (*PLACES, PLACES[1])
"""A return point, four corners, the first again."""
RETURN, CORNER = Cmd.NAV_FENCE_RETURN_POINT, Cmd.NAV_FENCE_POLYGON_VERTEX_INCLUSION


class Bench:
    def __init__(self) -> None:
        self.journal = MemoryJournal()
        self.autopilot = Autopilot("copter", FakeVehicle(), Parameters(COPTER.parameters), self.journal)
        self.service = FencePointService(self.autopilot)

    def total(self, count: int) -> None:
        self.autopilot.parameters.set("FENCE_TOTAL", float(count))

    def _heard(self) -> list[object]:
        said = [out.message for out in self.service.take_outgoing()]
        return [(m.idx, m.count, m.lat, m.lng) if m.get_type() == "FENCE_POINT" else m.text for m in said]

    def tell(self, index: int, count: int = 6, place: tuple[float, float] | None = None) -> list[object]:
        lat, lng = POINTS[index] if place is None else place
        self.service.handle_message(dialect.MAVLink_fence_point_message(1, 1, index, count, lat, lng), QGC, 0)
        return self._heard()

    def ask(self, index: int) -> list[object]:
        self.service.handle_message(dialect.MAVLink_fence_fetch_point_message(1, 1, index), QGC, 0)
        return self._heard()

    def fence(self) -> list[tuple[int, float, float, float]]:
        return [(item.command, item.param1, item.x, item.y) for item in self.autopilot.plans.fence.items()]


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.total(6)
    return bench


WHOLE = [(RETURN, 0.0, *PLACES[0]), *((CORNER, 4.0, *place) for place in PLACES[1:])]


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 0), (0, 1, 2, 5, 3, 4), (4, 3, 2, 1, 0, 5)])
def test_points_in_any_order_become_the_fence(bench: Bench, order: tuple[int, ...]) -> None:
    """Each can be read at once; it is kept when it is closed, and FENCE_TOTAL stays."""
    for index in order:
        assert bench.tell(index) == []
        assert bench.ask(index) == [(index, 6, *POINTS[index])] or index == 5
    assert bench.fence() == WHOLE
    assert bench.autopilot.parameters["FENCE_TOTAL"] == 6.0
    (*_, last) = [change for change in bench.journal.changes if isinstance(change, SavePlan)]
    assert [(item.command, item.x) for item in last.items] == [(row[0], row[2]) for row in WHOLE]


def test_until_it_is_closed_the_old_fence_stands(bench: Bench) -> None:
    for index in (1, 2, 3, 4, 5):
        bench.tell(index)
    bench.total(5)
    moved = (-35.4, 149.2)
    for index in (1, 2, 3):
        bench.tell(index, 5, moved)
    assert len(bench.fence()) == 4
    bench.tell(4, 5, moved)
    assert bench.fence() == [(CORNER, 3.0, *moved)] * 3


def test_a_return_point_alone_is_kept_and_leaves_the_total(bench: Bench) -> None:
    bench.tell(0)
    assert bench.fence() == WHOLE[:1]
    assert bench.autopilot.parameters["FENCE_TOTAL"] == 6.0
    assert bench.ask(3) == [(3, 6, 0.0, 0.0)]


def test_without_a_return_point_it_is_the_middle(bench: Bench) -> None:
    assert bench.ask(0) == ["Failed to get return point", (0, 6, 0.0, 0.0)]
    for index in (1, 2, 3, 4, 5):
        bench.tell(index)
    assert bench.ask(0) == [(0, 6, pytest.approx(-35.36), pytest.approx(149.165))]
    assert bench.ask(5) == [(5, 6, *PLACES[1])]


def test_what_is_wrong_is_said(bench: Bench) -> None:
    assert bench.tell(1, 5) == ["Invalid fence point, bad count (5 vs 6)"]
    assert bench.tell(1, 6, (91.0, 0.0)) == ["Invalid fence point, bad lat or lng"]
    assert bench.tell(1, 6, (float("nan"), 0.0)) == ["Invalid fence point, bad lat or lng"]
    assert bench.ask(6) == ["Invalid fence point, index past total (6 >= 6)"[:50]]
    bench.total(4)
    assert bench.tell(1, 4) == bench.ask(1) == ["Invalid FENCE_TOTAL"]
    bench.total(256)
    assert bench.ask(0) == ["Invalid FENCE_TOTAL"], "FENCE_POINT has 8 bits for it"
    bench.total(0)
    assert bench.tell(0, 0) == ["Invalid fence point, index past total (0 >= 0)"[:50]]


def test_other_zones_are_not_told_and_give_way_to_points(bench: Bench) -> None:
    circle = MissionItem(Cmd.NAV_FENCE_CIRCLE_EXCLUSION, param1=20.0, x=-35.3, y=149.1)
    bench.autopilot.plans.replace(1, (*fence_square(), circle))
    bench.total(6)
    assert bench.ask(1) == ["Vehicle contains advanced fences"]
    bench.tell(0)
    assert bench.fence() == WHOLE[:1]
