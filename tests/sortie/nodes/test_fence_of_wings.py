"""A plane's fence in its landing: a lowest altitude that a command has enabled ends in its last part."""

from __future__ import annotations

import pytest

from autopilot.context.events import StatusText
from sortie import Session

FLOOR = {"FENCE_TYPE": 8.0, "FENCE_ALT_MIN": 10.0, "TKOFF_ALT": 60.0}


@pytest.mark.parametrize(("last_m", "last_s", "silent"), [(10.0, 6.0, True), (0.0, 6.0, True), (0.0, 0.0, False)])
def test_a_plane_lands_although_a_command_has_enabled_the_lowest_altitude(
    last_m: float, last_s: float, silent: bool
) -> None:
    """As in ArduPilot's FenceEnableDisableAux: below LAND_PF_ALT, or LAND_PF_SEC before the ground. A breach is told,
    and AUTOLAND goes on (ArduPlane/fence.cpp)."""
    with Session("sim:plane", params=FLOOR | {"LAND_PF_ALT": last_m, "LAND_PF_SEC": last_s}) as session:
        session.wait_armable()
        session.set_mode("TAKEOFF")
        session.arm()
        session.run_until(lambda s: s.state.height > 55.0, 60.0)
        assert session.autopilot.fence.command(1.0).ok
        session.set_mode("AUTOLAND")
        session.pass_until(lambda s: s.autopilot.vehicle.state.landed or s.state.mode == "RTL", 300.0)
        texts = [event.text for event in session.events_of(StatusText)]
        assert ("Min Alt fence breached" in texts) is not silent
        assert session.autopilot.vehicle.state.landed
