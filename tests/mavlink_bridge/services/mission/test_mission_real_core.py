"""The mission service on the real core: what a station writes is what is flown, counted and told."""

from __future__ import annotations

import pytest

from autopilot.core.autopilot import Autopilot
from autopilot.mission.events import CurrentChanged, MissionCleared
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import MissionState
from autopilot.parameters import Parameters
from autopilot.vehicles.kinds import COPTER
from mavlink_bridge.services.mission.plan import mission_current
from mavlink_bridge.services.mission.service import MissionService
from mavlink_bridge.wire.codec import dialect
from tests.fakes.fake_vehicle import FakeVehicle
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.mission_bench import ACCEPTED, DENIED, ERROR, Bench, fence_square, rally_points, waypoints

AUTO, GUIDED = 3, 4


class Tick(Bench):
    """The bench with the real core in the place of the fake one."""

    def __init__(self) -> None:
        self.vehicle = FakeVehicle()
        self.journal = MemoryJournal()
        self.autopilot = Autopilot("copter", self.vehicle, Parameters(COPTER.parameters), self.journal)
        self.service = MissionService(self.autopilot, self.journal)
        self.now_ms = 1000
        self.texts: list[str] = []
        self.events: list[object] = []
        self.run(1000)

    def run(self, ms: int) -> None:
        end = self.vehicle.state.time_ms + ms
        while self.vehicle.state.time_ms < end:
            self.autopilot.update(self.vehicle.advance(end))
            self.events += self.autopilot.announcer.take_events()

    def fly(self) -> None:
        """Armed, in AUTO, the mission running."""
        now = self.vehicle.state.time_ms
        assert self.autopilot.modes.set(GUIDED, now).ok
        assert self.autopilot.arming.arm(now).ok
        assert self.autopilot.mission_commands.start(now).ok
        self.run(1000)
        assert mission_current(self.autopilot, 1).mission_state == 3


@pytest.fixture
def bench() -> Tick:
    return Tick()


def test_totals_follow_each_plan(bench: Tick) -> None:
    """docs/catalogue.md, 47: MIS_TOTAL, FENCE_TOTAL, RALLY_TOTAL change at once, home counted as ArduPilot does."""
    heard: list[tuple[str, float]] = []
    bench.autopilot.parameters.listeners.append(lambda name, value: heard.append((name, value)))
    for kind, items in ((0, waypoints(3)), (1, fence_square()), (2, rally_points(2))):
        assert bench.upload(items, kind) == [("ACK", ACCEPTED)]
    bench.run(100)
    assert heard == [("MIS_TOTAL", 4.0), ("FENCE_TOTAL", 6.0), ("RALLY_TOTAL", 2.0)]
    bench.events.clear()
    assert bench.clear() == [("ACK", ACCEPTED)]
    bench.run(100)
    assert bench.autopilot.parameters["MIS_TOTAL"] == 0.0
    assert [event for event in bench.events if isinstance(event, CurrentChanged | MissionCleared)] == [MissionCleared()]
    assert bench.autopilot.sequencer.progress() == (0, MissionState.IDLE)
    assert mission_current(bench.autopilot, 0).mission_state == 1


def test_an_upload_in_flight_takes_effect_at_the_next_tick(bench: Tick) -> None:
    """Acknowledged when durable, readable at once, flown from the next tick on."""
    bench.upload(waypoints(3))
    bench.run(100)
    bench.fly()
    assert bench.clear() == [("ACK", DENIED)]
    new = waypoints(5, lat=-35.37)
    assert bench.upload(new) == [("ACK", ACCEPTED)]
    assert bench.autopilot.plans.mission.total() == 3
    assert bench.ask_list() == [("COUNT", 6)]
    assert bench.hear(dialect.MAVLink_mission_set_current_message(1, 1, 5)) == []
    bench.run(20)
    assert bench.autopilot.plans.mission.items() == new
    assert bench.ask_list() == [("COUNT", 6)]
    assert bench.wait(0) == [("CURRENT", 5)]


def test_mission_current_follows_the_core(bench: Tick) -> None:
    """No mission 1, not started 2, active 3; total, mode and ids."""
    message = mission_current(bench.autopilot, 0)
    assert (message.total, message.mission_state, message.mission_mode, message.mission_id) == (65535, 1, 2, 0)
    bench.upload(waypoints(3))
    bench.upload(fence_square(), 1)
    bench.run(100)
    message = mission_current(bench.autopilot, 0)
    assert (message.total, message.mission_state, message.mission_mode) == (3, 2, 2)
    assert message.mission_id == bench.autopilot.plans.mission.checksum()
    assert (message.fence_id, message.rally_points_id) == (bench.autopilot.plans.fence.checksum(), 0)
    bench.fly()
    message = mission_current(bench.autopilot, 1)
    assert (message.mission_state, message.mission_mode) == (3, 1)


def test_set_current_moves_the_sequencer_or_says_why_not(bench: Tick) -> None:
    """Answered with the requested seq; a number that does not exist only by text."""
    bench.upload(waypoints(3))
    bench.run(100)
    assert bench.hear(dialect.MAVLink_mission_set_current_message(1, 1, 2)) == [("CURRENT", 2)]
    assert bench.autopilot.sequencer.current_nav_index() == 2
    bench.ask(2)
    assert bench.last[0].message.current == 1
    assert bench.hear(dialect.MAVLink_mission_set_current_message(1, 1, 17)) == []
    assert any("17" in text for text in bench.texts)


def test_a_guided_item_outside_guided_is_an_error(bench: Tick) -> None:
    """2 outside GUIDED: ack 1; in GUIDED: ack 0 and the plan untouched."""
    goto = dialect.MAVLink_mission_item_message(1, 1, 0, 3, 16, 2, 1, 0, 0, 0, 0, -35.3628, 149.1643, 10.0)
    assert bench.hear(goto) == [("ACK", ERROR)]
    bench.upload(waypoints(3))
    bench.run(100)
    now = bench.vehicle.state.time_ms
    bench.autopilot.modes.set(GUIDED, now)
    bench.autopilot.arming.arm(now)
    assert bench.autopilot.commands.takeoff(10.0).ok
    bench.run(20_000)
    assert bench.hear(goto) == [("ACK", ACCEPTED)]
    assert bench.autopilot.plans.mission.items() == waypoints(3)


def test_the_fence_is_checked_as_a_whole_by_the_core(bench: Tick) -> None:
    """ERROR and the core's complaint."""
    bench.count(1, 1)
    circle = MissionItem(command=5003, frame=0, param1=0.0, x=1.0, y=2.0)
    assert bench.item(circle, 1) == [("ACK", ERROR)]
    assert "radius" in bench.texts[-1]
