"""The core on the simulated copter: ready, in the air, on a mission; the truth of where it is."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot
from typing import Any

from autopilot.interface import report as R
from autopilot.mission.items import MissionItem
from sitl.vehicles.copter import SimulatedCopter
from tests.fakes.core_bench import Bench
from tests.fakes.fake_vehicle import ORIGIN

STABILIZE, ALT_HOLD, AUTO, GUIDED, LOITER, RTL, LAND, BRAKE, SMART_RTL, AUTO_RTL = 0, 2, 3, 4, 5, 6, 9, 17, 21, 27


def ready(*, seed: int = 7, boot_unix_s: float = 0.0, **parameters: Any) -> Bench:
    """Standing at its origin, nose north, with all checks passed."""
    bench = Bench(vehicle=SimulatedCopter(ORIGIN, 0.0, seed), parameters=parameters, boot_unix_s=boot_unix_s)
    bench.run(20.0, lambda: bench.core.prearm.ok)
    assert bench.core.prearm.ok
    return bench


def in_air(up: float = 10.0, **parameters: Any) -> Bench:
    """Hovering in GUIDED."""
    bench = ready(**parameters)
    bench.airborne(up)
    return bench


def on_mission(items: Sequence[MissionItem], **parameters: Any) -> Bench:
    """Armed, and the mission begun."""
    bench = ready(**parameters)
    bench.begin(items)
    return bench


def to_the_end(bench: Bench, seconds: float = 300.0) -> None:
    """Until the motors stop."""
    bench.run(seconds, lambda: not bench.core.facts.armed)
    assert not bench.core.facts.armed


def height(bench: Bench) -> float:
    """True, m above the origin."""
    return -float(bench.vehicle.state.report[R.TRUE_D])


def away(bench: Bench, north: float = 0.0, east: float = 0.0) -> float:
    """True horizontal distance from a place, m."""
    r = bench.vehicle.state.report
    return hypot(float(r[R.TRUE_N]) - north, float(r[R.TRUE_E]) - east)


def ground_speed(bench: Bench) -> float:
    """True, m/s."""
    r = bench.vehicle.state.report
    return hypot(float(r[R.TRUE_VN]), float(r[R.TRUE_VE]))


def climb(bench: Bench) -> float:
    """True, m/s."""
    return -float(bench.vehicle.state.report[R.TRUE_VD])
