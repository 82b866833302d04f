"""Benches for the tests of a controller behind Sortie: with the stand-in, or with ArduPilot SITL (ARDUPILOT_SITL)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.controller_bench import ControllerBench
from tests.fakes.controller_flight import MakeBench


@pytest.fixture
def make_bench() -> Iterator[MakeBench]:
    """Makes benches with `ControllerBench`'s arguments, which end with the test."""
    made: list[ControllerBench] = []

    def make(*arguments: Any, **named: Any) -> ControllerBench:
        made.append(ControllerBench(*arguments, **named))
        return made[-1]

    yield make
    for bench in made:
        bench.close()
