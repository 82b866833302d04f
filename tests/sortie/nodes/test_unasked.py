"""What nobody asks for costs nothing: in a flight of a plain copter, with a station, no function of the services of
others in the sky, obstacles, identification, followed vehicles, pictures and what hangs below is called."""

from __future__ import annotations

import sys
from collections import Counter
from types import FrameType

import pytest

from autopilot.mission.items import MissionItem
from sortie import Session
from tests.fakes.clone import ROOT

UNCALLED = (
    "autopilot/safety/traffic", "autopilot/safety/threat", "autopilot/safety/evasion", "autopilot/safety/proximity",
    "autopilot/safety/path_planning", "autopilot/safety/object_database",
    "autopilot/safety/remote_id", "autopilot/modes/follow", "autopilot/precision", "autopilot/mount",
    "autopilot/personality/px4", "mavlink_bridge/services/traffic", "mavlink_bridge/services/proximity",
    "mavlink_bridge/services/remote_id", "mavlink_bridge/services/landing_target", "mavlink_bridge/services/camera",
    "mavlink_bridge/services/gimbal", "mavlink_bridge/services/digicam", "sitl/world", "sitl/camera",
    "sitl/vehicles/pads", "sitl/vehicles/gimbal", "sortie/nodes/video",
)  # fmt: skip
ASKED = (
    "mavlink_bridge/services/equipment", "mavlink_bridge/services/operator", "mavlink_bridge/services/authorization",
    "autopilot/safety/authorization", "autopilot/safety/detour", "autopilot/modes/equipment", "autopilot/modes/buttons",
)  # fmt: skip
"""Asked for the next time at which they have something to do, with the rest of what may be due."""


def calls_in_flight(seconds: float, **params: float) -> Counter[str]:
    """Calls of each own module, by its path, of a copter that hovers in a mission."""
    calls: Counter[str] = Counter()
    own = f"{ROOT}/"

    def count(frame: FrameType, event: str, _: object) -> None:
        path = frame.f_code.co_filename
        if event == "call" and path.startswith(own):
            calls[path.removeprefix(own)] += 1

    with Session(params=params) as session:
        session.connect()
        session.upload([MissionItem(22, 3, z=20.0), MissionItem(19, 3, param1=600.0, z=20.0)])
        session.start()
        session.run_for(30.0)
        sys.setprofile(count)
        try:
            session.run_for(seconds)
        finally:
            sys.setprofile(None)
    return calls


@pytest.mark.skipif(sys.gettrace() is not None, reason="coverage has the calls for itself")
def test_no_service_that_nobody_asks_for_is_called() -> None:
    calls = calls_in_flight(20.0)
    assert sum(calls.values()) > 1000
    assert {path: count for path, count in calls.items() if path.startswith(UNCALLED)} == {}
    asked = sum(count for path, count in calls.items() if path.startswith(ASKED))
    assert asked < 0.1 * sum(calls.values()), (asked, sum(calls.values()))


def test_one_that_is_fitted_is_seen_here() -> None:
    """The count above would find it."""
    calls = calls_in_flight(3.0, PLND_ENABLED=1, PLND_TYPE=4, MNT1_TYPE=6, CAM1_TYPE=6, DID_ENABLE=1, DID_MAVPORT=1)
    called = {path.split("/")[2].removesuffix(".py") for path in calls if path.startswith(UNCALLED)}
    assert {"gimbal", "camera", "remote_id"} <= called
