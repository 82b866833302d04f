"""The core and what drives, in virtual time: the simulated rover, or another kind (`chosen`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot
from typing import Any

import numpy as np

from autopilot.interface import report as R
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import MissionState
from sitl.vehicles.kinds import make_simulated
from tests.fakes.core_bench import Bench, waypoint
from tests.fakes.fake_vehicle import ORIGIN

MANUAL, ACRO, STEERING, HOLD, LOITER, SIMPLE, CIRCLE, AUTO, RTL, SMART_RTL, GUIDED = 0, 1, 3, 4, 5, 7, 9, 10, 11, 12, 15
ROUND = (waypoint(30, 0, 0), waypoint(30, 30, 0, param1=2.0), waypoint(0, 30, 0))


@dataclass(frozen=True)
class Traits:
    """What tests ask of a kind that drives: a fast and a slower speed, m/s; how much longer it coasts than a rover
    brakes, and turns its speed round, s."""

    fast: float
    slower: float
    coasts_s: float
    reverses_s: float


KINDS = {"rover": Traits(5.0, 3.0, 0.0, 0.0), "boat": Traits(2.5, 1.5, 12.0, 9.0)}
chosen = "rover"
"""The kind that `ready` and all below make; a module's fixture sets it."""


def ready(by_tick: bool = False, heading: float = 0.0, **parameters: Any) -> Bench:
    bench = Bench(chosen, vehicle=make_simulated(chosen, ORIGIN, heading, 7), by_tick=by_tick, parameters=parameters)
    bench.run(20.0, lambda: bench.core.prearm.ok)
    assert bench.core.prearm.ok
    return bench


def driving(mode: int = GUIDED, **parameters: Any) -> Bench:
    """Armed, in `mode`."""
    bench = ready(**parameters)
    assert bench.core.modes.set(mode, bench.now_ms).ok
    assert bench.core.arming.arm(bench.now_ms).ok
    return bench


def driven(items: Sequence[MissionItem] = ROUND, *, by_tick: bool = False, **parameters: Any) -> Bench:
    bench = ready(by_tick, **parameters)
    bench.begin(items)
    bench.run(200.0, lambda: bench.core.sequencer.state() is MissionState.COMPLETED)
    assert bench.core.sequencer.state() is MissionState.COMPLETED
    return bench


def place(bench: Bench) -> tuple[float, float]:
    """True north and east, m."""
    return float(bench.vehicle.state.report[R.TRUE_N]), float(bench.vehicle.state.report[R.TRUE_E])


def away(bench: Bench, north: float, east: float) -> float:
    n, e = place(bench)
    return hypot(n - north, e - east)


def speed(bench: Bench) -> float:
    """True speed along the nose, m/s."""
    r = bench.vehicle.state.report
    return float(np.cos(r[R.TRUE_YAW]) * r[R.TRUE_VN] + np.sin(r[R.TRUE_YAW]) * r[R.TRUE_VE])


def arrive(bench: Bench, seconds: float = 60.0) -> None:
    bench.run(seconds, lambda: bench.core.helm.arrived)
    assert bench.core.helm.arrived
