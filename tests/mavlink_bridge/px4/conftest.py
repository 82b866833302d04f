"""A simulated PX4 and its station, in virtual time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.px4_station import Station, station_of


@pytest.fixture
def station() -> Iterator[Station]:
    with station_of() as made:
        yield made
