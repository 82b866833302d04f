"""One seed, one flight: repeated, compiled or plain, alone or in a fleet, in one call or tick by tick."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.targets import Hold, Leg, TakeOff
from autopilot.interface.vehicle import VehicleEvent
from sitl.vehicles.copter import SimulatedCopter
from sitl.vehicles.rows import SHARED_FROM, MachineRows
from tests.fakes.copter_flight import HOME, CopterFlight
from tests.fakes.patience import PATIENCE_S
from tests.fakes.plain_kernel import printed_by

SCRIPT = """
from tests.sitl.kernel.test_kernel_determinism import short_flight
print(short_flight())
"""


def short_flight() -> str:
    """Digest of the report after boot, arming and the first seconds of a windy takeoff."""
    flight = CopterFlight(7, wind=5.0, gust=1.0)
    flight.ready()
    flight.copter.set_target(TakeOff(-3.0))
    flight.run(3.0)
    flight.copter.set_target(Leg((20.0, 5.0, -4.0), next=(20.0, 30.0, -4.0)))
    flight.run(1.0)
    return hashlib.sha256(flight.report.tobytes()).hexdigest()


def test_compiled_and_plain_agree_bit_for_bit() -> None:
    """The same functions without numba's compiler give the same bytes."""
    assert printed_by(SCRIPT) == short_flight()


def test_plain_python_without_numba_flies() -> None:
    """A Python that numba does not know runs the same functions (numba made unimportable, no library found)."""
    script = "import sys; sys.modules['numba'] = None; from autopilot.control import library; library._SYSTEMS.clear()"
    done = subprocess.run(
        [sys.executable, "-c", script + SCRIPT], capture_output=True, text=True, check=True, timeout=PATIENCE_S
    )
    assert done.stdout.strip() == short_flight()


def test_same_seed_same_flight_and_another_seed_another() -> None:
    """Byte for byte."""
    reports = []
    for seed in (3, 3, 4):
        flight = CopterFlight(seed, wind=5.0, gust=1.0)
        flight.take_off(5.0)
        reports.append(flight.report.tobytes())
    assert reports[0] == reports[1] != reports[2]


@pytest.mark.parametrize("chunk_ms", (20, 60, 700))
def test_the_size_of_an_advance_does_not_matter(chunk_ms: int) -> None:
    """Tick by tick or in one call, the flight is the same."""

    def fly(step: int) -> bytes:
        copter = SimulatedCopter(HOME, 353.0, 5)
        copter.set_parameter("SIM_WIND_SPD", 5.0)
        copter.set_parameter("SIM_WIND_TURB", 1.0)
        events = []

        def run(until: int) -> None:
            while copter.state.time_ms < until:
                copter.advance(min(copter.state.time_ms + step, until))
                seen = copter.take_events()
                if seen:
                    events.append((copter.state.time_ms, int(seen)))

        run(4200)
        copter.arm()
        copter.set_target(TakeOff(-6.0))
        run(12600)
        copter.set_target(Hold((5.0, 5.0, -6.0)))
        run(21000)
        return copter.state.report.tobytes() + repr(events).encode()

    assert fly(chunk_ms) == fly(100_000)


def run(rows: MachineRows, until_ms: float) -> None:
    """Through all events, which are forgotten."""
    while rows.advance(np.full(len(rows.machines), float(until_ms))):
        rows.state[:, L.S_EVENTS] = 0.0


def copters(*seeds: int) -> MachineRows:
    return MachineRows([SimulatedCopter(HOME, 353.0, seed) for seed in seeds])


def test_a_copter_in_rows_flies_as_it_does_alone() -> None:
    """Row 2 of five is the copter of that seed alone, bit for bit; its neighbours differ."""
    fleet, alone = copters(11, 12, 13, 14, 15), copters(13)
    for group in (fleet, alone):
        for machine in group.machines:
            machine.inject_fault("wind.gust", 4.0, active=True)
        run(group, 4000)
        for machine in group.machines:
            assert machine.arm().ok
            machine.set_target(TakeOff(-8.0))
        run(group, 20_000)
    assert fleet.reports[2].tobytes() == alone.reports[0].tobytes()
    assert fleet.reports[1].tobytes() != fleet.reports[2].tobytes()


def test_rows_stop_each_copter_at_its_own_event() -> None:
    """One call raises the first event of each; their times differ, nobody runs past it."""
    rows = copters(0, 1, 2, 3)
    until = np.full(4, 10_000.0)
    assert rows.advance(until) == 4
    assert all(machine.take_events() == VehicleEvent.ESTIMATOR_OK for machine in rows.machines)
    assert np.all(rows.times_ms < 10_000)
    assert rows.advance(until) == 0
    assert np.all(rows.reports[:, R.TIME_MS] == 10_000)


def test_each_row_runs_to_its_own_time() -> None:
    """Those whose time is over are passed over: their reports stay as they were."""
    rows = copters(3, 4)
    run(rows, 10_000)
    before = rows.reports[1].copy()
    rows.advance(np.array([10_100.0, -1.0]))
    assert rows.times_ms.tolist() == [10_100.0, 10_000.0]
    assert rows.reports[1].tobytes() == before.tobytes()


def test_rows_in_two_threads_are_rows_in_one() -> None:
    """As many as two threads share, against each alone: bit for bit, events and all."""
    seeds = range(SHARED_FROM + 3)
    many, few = copters(*seeds), [copters(seed) for seed in seeds]
    for until_ms in (2_000.0, 5_000.0):
        raised = many.advance(np.full(len(seeds), until_ms))
        assert raised == sum(one.advance(np.full(1, until_ms)) for one in few)
        assert many.reports.tobytes() == b"".join(one.reports.tobytes() for one in few)
        for rows in (many, *few):
            rows.state[:, L.S_EVENTS] = 0.0
