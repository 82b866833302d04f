"""The project that `examples/` shows: what flies it does not flake. Its tests: tests/examples/test_examples.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.client


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
