"""Benches for the tests of a controller behind Sortie: with the stand-ins, or with the real ones
(ARDUPILOT_SITL, PX4_SITL)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.controller_bench import ControllerBench
from tests.fakes.controller_flight import QUICK_PX4, MakeBench
from tests.stand_in.real_px4 import px4_controller


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


@pytest.fixture
def make_px4(make_bench: MakeBench) -> MakeBench:
    """As `make_bench`, with a PX4 of these parameters."""

    def make(native: bool = True, **params: float) -> ControllerBench:
        return make_bench(controller=px4_controller(params), native=native)

    return make


@pytest.fixture(params=["ArduPilot", "PX4"])
def any_bench(make_bench: MakeBench, request: pytest.FixtureRequest) -> MakeBench:
    """As `make_bench`, with each firmware, which flies missions in its own default way."""

    def make(*arguments: Any, **named: Any) -> ControllerBench:
        if request.param == "PX4":
            named.setdefault("controller", px4_controller(QUICK_PX4))
        return make_bench(*arguments, **named)

    return make
