"""A PX4's quad-chute: a transition that takes too long, and what COM_QC_ACT has it do then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import hypot

import pytest

from autopilot.mav import VtolState
from sortie import MissionItem
from tests.fakes.px4_station import HOLD, LAND, MISSION, POSITION, RETURN
from tests.mavlink_bridge.px4.test_px4_wings import VTOL_TRANSITION, WingStation, flown

QUAD_CHUTE = 15869512  # vtol_att_ctrl_quadchute_tout


@contextmanager
def on_its_way(**params: float) -> Iterator[WingStation]:
    """A VTOL without airspeed in Mission, over to its wings behind a takeoff."""
    with flown("quadplane", SIM_ARSPD_FAIL=1.0, MIS_TKO_LAND_REQ=0.0, **params) as vtol:
        place = vtol.beside_home(900.0, 0.0)
        up, out = (84, 40.0, vtol.beside_home(0.0, 0.0)), (16, 60.0, place)
        vtol.upload(tuple(MissionItem(number, 6, x=lat, y=lon, z=z) for number, z, (lat, lon) in (up, out)))
        vtol.run(1.0)
        assert vtol.set_mode(MISSION) == 0
        vtol.arm()
        vtol.until(lambda: vtol.vtol == VtolState.TRANSITION_TO_FW)
        yield vtol


def events(vtol: WingStation) -> set[int]:
    return {message.id & 0xFFFFFF for message in vtol.of("EVENT")}


@pytest.mark.parametrize(("act", "mode"), [(0.0, RETURN), (1.0, LAND), (2.0, HOLD), (-1.0, MISSION)])
def test_a_quad_chute_acts_by_its_parameter(act: float, mode: tuple[int, int]) -> None:
    """COM_QC_ACT; it hovers at once, in the mission too."""
    with on_its_way(COM_QC_ACT=act) as vtol:
        began = vtol.of("ATTITUDE")[-1].time_boot_ms
        vtol.until(lambda: "Quad-chute triggered" in vtol.texts, 20.0)
        lasted_s = (vtol.of("ATTITUDE")[-1].time_boot_ms - began) / 1000.0
        assert 4.0 < lasted_s < 8.5, "VT_F_TR_OL_TM: it is slower than VT_ARSP_BLEND"
        assert QUAD_CHUTE in events(vtol)
        vtol.run(8.0)
        assert vtol.vtol == VtolState.MC and vtol.mode == mode
        if act in (0.0, 1.0):
            vtol.until(lambda: not vtol.armed, 300.0)
            assert (hypot(*vtol.place[:2]) < 3.0) is (act == 0.0)
            assert VtolState.FW not in [message.vtol_state for message in vtol.of("EXTENDED_SYS_STATE")]


def test_a_quad_chute_in_a_mode_of_sticks_leaves_the_mode() -> None:
    """Position: upright, and nothing else."""
    with flown("quadplane") as vtol:
        vtol.fly_to(30.0)
        vtol.set_param("VT_TRANS_TIMEOUT", 2.0)
        assert vtol.set_mode(POSITION) == 0
        assert vtol.command(VTOL_TRANSITION, VtolState.FW) == 0
        vtol.until(lambda: "Quad-chute triggered" in vtol.texts, 20.0)
        vtol.run(5.0)
        assert vtol.mode == POSITION and vtol.vtol == VtolState.MC


def test_another_transition_may_be_tried_after_a_quad_chute() -> None:
    with flown("quadplane", COM_QC_ACT=2.0) as vtol:
        vtol.fly_to(30.0)
        vtol.set_param("VT_TRANS_TIMEOUT", 2.0)
        assert vtol.command(VTOL_TRANSITION, VtolState.FW) == 0
        vtol.until(lambda: "Quad-chute triggered" in vtol.texts, 20.0)
        vtol.run(8.0)
        assert vtol.mode == HOLD and vtol.vtol == VtolState.MC
        vtol.set_param("VT_TRANS_TIMEOUT", 15.0)
        assert vtol.command(VTOL_TRANSITION, VtolState.FW) == 0
        vtol.until(lambda: vtol.vtol == VtolState.FW, 30.0)
