"""The project that `examples/` shows: its tests pass as a user runs them, and what flies it does not flake."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.plugin_run import INSTALLED

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.client


@pytest.mark.skipif(not INSTALLED, reason="this environment was installed before the plugin had its entry point")
def test_its_tests_pass() -> None:
    """By pymavlink, MAVSDK and DroneKit, in a process of their own; the wheel's are those of `test_build`."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-p", "no:randomly"]
    done = subprocess.run(command, cwd=ROOT / "examples" / "project", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "5 passed" in done.stdout


@pytest.mark.long
@pytest.mark.parametrize(("flown_by", "flights"), [*[("pymavlink", 98)] * 100, *[("mavsdk", 50)] * 4])
def test_ten_thousand_flights_without_a_flake(flown_by: str, flights: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the project's mission code, on cores that are busy with something else, as the bench flies them."""
    monkeypatch.syspath_prepend(ROOT / "scripts")
    from benchmarks import tests_that_fly

    failed, speed = tests_that_fly.PACED[flown_by](flights)
    assert failed == 0
    assert speed > 0.0


@pytest.mark.long
@pytest.mark.skipif("ARDUPILOT_SITL" not in os.environ, reason="ARDUPILOT_SITL names no arducopter")
@pytest.mark.parametrize(("flown_by", "flights"), [*[("pymavlink", 50)] * 10, *[("mavsdk", 50)] * 4])
def test_flights_of_a_real_arducopter_without_a_flake(
    flown_by: str, flights: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same, flown by the firmware that ARDUPILOT_SITL names."""
    monkeypatch.syspath_prepend(ROOT / "scripts")
    from benchmarks import tests_that_fly

    failed, _ = tests_that_fly.PACED[flown_by](flights, "ardupilot:copter,world=ours")
    assert failed == 0


@pytest.mark.long
@pytest.mark.parametrize("thousand", range(10))
def test_ten_thousand_tests_that_fly_without_a_flake(thousand: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of `sortie_vehicle`, a minute each, in two workers, beside cores that are busy; a test that fails is an error."""
    monkeypatch.syspath_prepend(ROOT / "scripts")
    from benchmarks import tests_that_fly

    with tests_that_fly.busy_cores(tests_that_fly.CORES):
        assert tests_that_fly.thousand_tests(thousand) > 0.0
