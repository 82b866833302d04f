"""A simulator that is already running and Sortie in front of it both send to the station's port."""

from __future__ import annotations

import pytest

from mavlink_bridge.firmware.known import firmware_spoken
from mavlink_bridge.links.address import parse_link
from sortie.companion.build import seen_twice
from sortie.config.settings import DEFAULT_LINKS

PX4, ARDUPILOT = 12, 3


@pytest.mark.parametrize(
    ("autopilot", "controller", "links", "warned"),
    [
        (PX4, "udpin:127.0.0.1:14540", DEFAULT_LINKS, True),
        (PX4, "udpin:127.0.0.1:14540", ("udpout:127.0.0.1:14551",), False),
        (PX4, "udpin:0.0.0.0:14540", DEFAULT_LINKS, False),
        (PX4, "/dev/ttyACM0", DEFAULT_LINKS, False),
        (ARDUPILOT, "udpin:127.0.0.1:14540", DEFAULT_LINKS, False),
    ],
)
def test_a_station_that_would_see_two_is_warned_of(
    autopilot: int, controller: str, links: tuple[str, ...], warned: bool
) -> None:
    """A PX4 SITL on this machine sends to 14550 whoever else serves stations there (px4-rc.mavlink)."""
    firmware = firmware_spoken(autopilot, 2)
    assert firmware is not None
    said = seen_twice(firmware, parse_link(controller), links)
    assert (said is not None) is warned and (said is None or "14550" in said)
