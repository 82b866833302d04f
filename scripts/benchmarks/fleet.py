"""Many vehicles: the kernel's rows by themselves, and whole fleets."""

from __future__ import annotations

from time import perf_counter

import numpy as np


def kernel_speed(vehicles: int, seconds: float) -> float:
    """Vehicle seconds that the kernel with its estimator flies in a second of one core: `vehicles` copters hold their
    places 20 m up in 5 m/s of gusty wind for `seconds` of vehicle time each, after a takeoff that is not measured."""
    from autopilot.geo import GeoPoint
    from autopilot.targets import Hold, Pilot, PilotKind, TakeOff
    from sitl.kernel import layout as M
    from sitl.vehicles.copter import SimulatedCopter
    from sitl.vehicles.rows import Rows

    home = GeoPoint(-35.363261, 149.165230, 584.0)
    rows = Rows([SimulatedCopter(home, 353.0, seed) for seed in range(vehicles)])
    rows.settings[:, M.P_MEAN_N], rows.settings[:, M.P_MEAN_E], rows.settings[:, M.P_GUST] = -4.0, 3.0, 1.0

    def run(until_ms: float) -> None:
        while rows.advance(np.full(vehicles, float(until_ms))):
            rows.events[:] = 0.0

    for machine in rows.machines:
        machine.set_target(Pilot(PilotKind.LOITER))
    run(4000)
    for machine in rows.machines:
        machine.arm(force=True)
        machine.set_target(TakeOff(-20.0))
    run(20_000)
    for index, machine in enumerate(rows.machines):
        machine.set_target(Hold((float(index % 40), float(index // 40), -20.0)))
    run(30_000)
    begin = perf_counter()
    run(30_000 + 1000.0 * seconds)
    return vehicles * seconds / (perf_counter() - begin)
