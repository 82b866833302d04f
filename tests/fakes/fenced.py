"""A copter in the air that knows a fence."""

from __future__ import annotations

from autopilot.interface.geo import to_global
from autopilot.mission.items import MissionItem
from tests.fakes.core_bench import Bench
from tests.fakes.fake_vehicle import ORIGIN

MAX_ALT, CIRCLE, POLYGON, MIN_ALT = 1, 2, 4, 8


def place(command: int, north: float, east: float, param1: float) -> MissionItem:
    where = to_global(ORIGIN, (north, east, 0.0))
    return MissionItem(command, 0, param1=param1, x=where.lat, y=where.lon)


def box(half: float, command: int = 5001, north: float = 0.0) -> list[MissionItem]:
    corners = [(-half, -half), (-half, half), (half, half), (half, -half)]
    return [place(command, north + n, e, 4.0) for n, e in corners]


def flying(kinds: int, fence: list[MissionItem] | None = None, **parameters: float) -> Bench:
    bench = Bench(parameters={"FENCE_TYPE": kinds, **parameters})
    if fence:
        bench.upload(fence, 1)
        bench.run(0.1)
    bench.parameters.set("FENCE_ENABLE", parameters.get("FENCE_ENABLE", 1.0))
    bench.airborne()
    return bench


def go(bench: Bench, north: float, up: float = 10.0) -> None:
    bench.head_for((north, 0.0, -up))
    bench.run(60.0, lambda: bool(bench.core.fence.breach[0]))
