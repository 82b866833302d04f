"""The cases of PX4's own MAVSDK tests for a multicopter pass on `firmware="px4"`. With PX4_SITL set, to the binary of a
SITL with SIH, they fly that: what of them PX4 passes is in docs/px4.md."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sitl.px4.launcher import VARIABLE
from sortie import Session
from tests.fakes.px4_cases import CASES
from tests.fakes.px4_sitl import sitl_line
from tests.fakes.px4_station import SessionLine, Station


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    given = os.environ.get(VARIABLE)
    if given:
        with sitl_line(Path(given), tmp_path) as line:
            yield Station(line)
    else:
        with Session(firmware="px4", seed=5) as session:
            yield Station(SessionLine(session))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_case_of_px4s_own_suite(station: Station, case: Callable[[Station], None]) -> None:
    station.run(1.0)
    station.prepare()
    case(station)
