"""Items that another executor flies in AUTO (`AutoMode.fly_own_items`), beside those of AUTO."""

from __future__ import annotations

from autopilot.interface.targets import Leg
from autopilot.mission.executor import CommandStartResult
from autopilot.mission.items import MissionItem
from tests.fakes.core_bench import Bench, item, takeoff, waypoint


class Own:
    """Takes the items of some indices; they are done when `done` says so."""

    def __init__(self, *taken: int) -> None:
        self.taken = taken
        self.done = False
        self.asked: list[int] = []

    def start_command(self, cmd: MissionItem) -> CommandStartResult:
        return CommandStartResult.ACCEPTED if cmd.seq in self.taken else CommandStartResult.UNSUPPORTED

    def verify_command(self, cmd: MissionItem) -> bool:
        self.asked.append(cmd.seq)
        return self.done

    def on_mission_complete(self) -> None:
        """End."""


def flying(own: Own, *items: MissionItem) -> Bench:
    """Behind the takeoff, item 1."""
    bench = Bench()
    bench.core.auto.fly_own_items(own)
    bench.begin([takeoff(), *items])
    bench.run(60.0, lambda: 1 in bench.reached)
    return bench


def test_the_next_item_is_autos_again() -> None:
    """It is flown from where the vehicle is, and the other executor is not asked about it."""
    own = Own(3)
    bench = flying(own, waypoint(40, 0), waypoint(80, 0), waypoint(0, 40))
    bench.run(60.0, lambda: 2 in bench.reached)
    bench.run(5.0)
    assert bench.reached == [1, 2] and bench.core.auto.executor.maneuver is None
    own.done = True
    bench.run(60.0, lambda: 4 in bench.reached)
    assert bench.reached == [1, 2, 3, 4] and set(own.asked) == {3}
    assert isinstance(bench.vehicle.target, Leg) and bench.vehicle.target.from_rest


def test_an_item_that_is_done_is_not_asked_about_in_its_hold() -> None:
    own = Own(2)
    own.done = True
    bench = flying(own, waypoint(40, 0, param1=3.0), waypoint(80, 0))
    bench.run(10.0, lambda: 2 in bench.reached)
    assert own.asked == [2]


def test_an_own_do_item_is_asked_about_until_auto_is_left() -> None:
    """In every tick."""
    own = Own(4)
    bench = flying(own, waypoint(40, 0), item(115, param1=90.0), item(183, param1=9, param2=1750), waypoint(400, 0))
    bench.run(60.0, lambda: 4 in own.asked)
    assert bench.core.auto.executor.next_deadline_ms() == bench.now_ms
    bench.core.modes.set(5, bench.now_ms)
    assert bench.core.mission_commands.set_current(5).ok
    bench.core.modes.set(3, bench.now_ms)
    assert bench.core.auto.executor.next_deadline_ms() is None
