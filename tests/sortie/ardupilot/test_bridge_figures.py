"""What standing between costs, as `scripts/bench` measures it on a pseudo-terminal at 921600 baud."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def measured() -> ModuleType:
    """The benchmark's module."""
    spec = importlib.util.spec_from_file_location("bridge_benchmark", ROOT / "scripts" / "benchmarks" / "bridge.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_setpoint_passes_within_five_milliseconds(measured: ModuleType) -> None:
    """Median over 100 targets of a ground station, with telemetry coming the other way."""
    assert measured.setpoint_latency() < 5.0


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_bridge_takes_less_than_15_per_cent_of_a_core(measured: ModuleType) -> None:
    """Three times the usual telemetry, to one ground station that reads it."""
    assert measured.processor_time() < 15.0
