"""What keeps a plane from arming, besides what keeps every vehicle from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.core_bench import Bench
from tests.fakes.plane_bench import landing_mission


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ROLL_LIMIT_DEG", 2.0, "ROLL_LIMIT_DEG too small (2.0)"),
        ("PTCH_LIM_MIN_DEG", -1.0, "PTCH_LIM_MIN_DEG too large (-1.0)"),
        ("AIRSPEED_MIN", 4.0, "AIRSPEED_MIN too low (4 < 5)"),
    ],
)
def test_a_plane_that_could_not_fly_is_not_armed(name: str, value: float, says: str) -> None:
    bench = Bench("plane", parameters={name: value, "ARMING_CHECK": 0.0})
    assert [reason.text for reason in bench.core.prearm.reasons()] == [says]


def test_a_landing_sequence_that_rtl_does_not_join_keeps_it_on_the_ground() -> None:
    bench = Bench("plane")
    bench.upload(landing_mission())
    assert [reason.text for reason in bench.core.prearm.reasons()] == ["DO_LAND_START set and RTL_AUTOLAND disabled"]
    bench.parameters.set("RTL_AUTOLAND", 3.0)
    assert bench.core.prearm.reasons() == []


def test_a_controller_looks_at_its_landing_sequence_itself() -> None:
    """A PX4 has no RTL_AUTOLAND."""
    bench = Bench("plane")
    bench.upload(landing_mission())
    bench.vehicle.capabilities = replace(bench.vehicle.capabilities, own_checks=True)
    assert "RTL_AUTOLAND" not in " ".join(reason.text for reason in bench.core.prearm.reasons())
