"""What `sortie status` shows a person has units."""

from __future__ import annotations

import pytest

from autopilot.mav import AutopilotType, VehicleType
from mavlink_bridge.wire.codec import dialect
from sortie.commands.status import describe, with_unit


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("battery_percent", 100, ("battery", "100 %")),
        ("countdown_s", 60, ("countdown", "60 s")),
        ("countdown_s", None, ("countdown", "-")),
        ("height_m", -0.02, ("height", "0.0 m")),
        ("alt_m", 583.979, ("alt", "584.0 m")),
        ("lat", -35.3632581, ("lat", "-35.3632581")),
        ("armed", True, ("armed", "yes")),
        ("mode", None, ("mode", "-")),
    ],
)
def test_a_fact_is_shown_with_its_unit(name, value, shown) -> None:
    """It was "battery_percent 100" and "height_m 0.023"."""
    assert with_unit(name, value) == shown


@pytest.mark.parametrize(
    ("autopilot", "seq", "item"), [(AutopilotType.ARDUPILOTMEGA, 3, 3), (AutopilotType.PX4, 2, 3)], ids=str
)
def test_items_are_counted_as_everywhere_and_an_unknown_battery_is_none(autopilot, seq, item) -> None:
    """A PX4 flew "item 0 of 4" here and item 1 on the page; a vehicle without a battery monitor had -1 %."""
    told = {
        "HEARTBEAT": dialect.MAVLink_heartbeat_message(VehicleType.QUADROTOR, autopilot, 1, 0, 4, 3),
        "MISSION_CURRENT": dialect.MAVLink_mission_current_message(seq, 4, 3),
        "SYS_STATUS": dialect.MAVLink_sys_status_message(0, 0, 0, 0, 65535, -1, -1, 0, 0, 0, 0, 0, 0),
    }
    facts = describe(told, None)
    assert (facts["mission"]["item"], facts["mission"]["items"], facts["battery_percent"]) == (item, 4, None)
