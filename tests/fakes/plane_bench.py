"""A plane in the air that takes orders, one in AUTO from the ground, and which targets no plane can fly."""

from __future__ import annotations

from math import hypot

from autopilot.interface.targets import Attitude, Hold, Land, TakeOff, Target, Velocity
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from autopilot.vehicles.mode_table import PlaneMode
from tests.fakes.core_bench import Bench, item, takeoff, waypoint


def stands_still(target: Target) -> bool:
    """A target that a plane cannot fly."""
    match target:
        case Hold():
            return True
        case Velocity():
            return hypot(*target.velocity[:2]) < 10.0
        case Land():
            return target.approach is None
        case TakeOff():
            return target.pitch is None
        case Attitude():
            return target.roll == 0.0
    return False


class Plane(Bench):
    """In the air, in GUIDED. `in_the_air`: targets that it was given there."""

    def __init__(self, **parameters: float) -> None:
        super().__init__("plane", parameters=parameters)
        assert self.core.modes.set(PlaneMode.GUIDED, self.now_ms).ok
        self.arm()
        assert self.core.commands.takeoff(50.0).ok
        self.run(60.0, lambda: self.core.helm.arrived)
        self._from = len(self.vehicle.targets)

    @property
    def in_the_air(self) -> list[Target]:
        return list(self.vehicle.targets[self._from :])

    def stays_a_plane(self) -> None:
        assert [target for target in self.in_the_air if stands_still(target)] == []
        assert self.core.modes.number in set(PlaneMode)

    def mission(self, *items: MissionItem) -> None:
        self.upload([takeoff(50.0), waypoint(300.0, 0.0, 50.0), *items, waypoint(300.0, 300.0, 50.0)])


def landing_mission(*, start: bool = True) -> list[MissionItem]:
    """Takeoff, a way out, DO_LAND_START, approach, landing at home."""
    marks = [item(Cmd.DO_LAND_START)] if start else []
    return [
        takeoff(50.0),
        waypoint(600.0, 0.0, 60.0),
        *marks,
        waypoint(-600.0, 0.0, 40.0),
        item(Cmd.NAV_LAND, -20.0, 0.0, 0.0),
    ]


def on_approach(**parameters: float) -> Plane:
    """In AUTO, on the way from the DO_LAND_START to the landing."""
    plane = Plane(**parameters)
    plane.upload(landing_mission())
    assert plane.core.modes.set(PlaneMode.AUTO, plane.now_ms).ok
    plane.core.auto.go_on_at(3)
    plane.run(0.5)
    assert plane.core.sequencer.current_nav_index() == 4
    return plane


def from_the_ground(*items: MissionItem, **parameters: float) -> Bench:
    """In AUTO from the ground, as armed there: nobody has to raise a throttle."""
    bench = Bench("plane", parameters=parameters)
    bench.upload(items)
    assert bench.core.modes.set(PlaneMode.AUTO, bench.now_ms).ok
    bench.arm()
    return bench
