"""One seed, one flight: repeated, compiled or plain, alone or in a fleet, in one call or tick by tick."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from autopilot import report as R
from autopilot.vehicle import Hold, Leg, TakeOff, VehicleEvent
from sitl.vehicles.copter import SimulatedCopter
from sitl.vehicles.fleet import Fleet
from tests.fakes.copter_flight import HOME, CopterFlight

SCRIPT = """
from tests.sitl.test_kernel_determinism import short_flight
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
    plain = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", SCRIPT],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert plain.stdout.strip() == short_flight()


def test_plain_python_without_numba_flies() -> None:
    """A Python that numba does not know runs the same functions (numba made unimportable here)."""
    script = "import sys; sys.modules['numba'] = None" + SCRIPT
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
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


def test_a_copter_in_a_fleet_flies_as_it_does_alone() -> None:
    """Row 2 of five is the copter of that seed alone, bit for bit; its neighbours differ."""
    fleet = Fleet(HOME, 353.0, (11, 12, 13, 14, 15))
    fleet.set_wind(-3.0, 4.0, 1.0)
    alone = Fleet(HOME, 353.0, (13,))
    alone.set_wind(-3.0, 4.0, 1.0)
    for group in (fleet, alone):
        group.run(4000)
        group.arm()
        for index in range(len(group.reports)):
            group.set_target(index, TakeOff(-8.0))
        group.run(20_000)
    assert fleet.reports[2].tobytes() == alone.reports[0].tobytes()
    assert fleet.reports[1].tobytes() != fleet.reports[2].tobytes()


def test_a_fleet_stops_each_copter_at_its_own_event() -> None:
    """One call raises the first event of each; their times differ, nobody runs past it."""
    fleet = Fleet(HOME, 0.0, range(4))
    assert fleet.advance(10_000) == 4
    assert all(events == VehicleEvent.ESTIMATOR_OK for events in fleet.take_events())
    assert np.all(fleet.reports[:, R.TIME_MS] < 10_000)
    assert fleet.advance(10_000) == 0
    assert np.all(fleet.reports[:, R.TIME_MS] == 10_000)
