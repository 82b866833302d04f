"""Demands of position control that ask for more lean than is allowed, and what is learned meanwhile."""

from __future__ import annotations

from math import hypot

import numpy as np
import pytest

from autopilot.control.position import control_horizontal, integrate, within_lean
from autopilot.interface import layout as L

MOST = 5.66


def moving(north: float, east: float) -> L.Row:
    s = np.zeros(L.STATE.size)
    s[L.S_RVN], s[L.S_RVE] = north, east
    return s


@pytest.mark.parametrize(("demand", "cut"), [
    ((20.0, 3.0), (4.8, 3.0)),  # speed gives way
    ((-20.0, 3.0), (-4.8, 3.0)),
    ((1.0, -20.0), (0.0, -MOST)),  # nothing is left of it
])  # fmt: skip
def test_a_vehicle_keeps_to_its_line_before_its_speed(demand: tuple[float, float], cut: tuple[float, float]) -> None:
    assert within_lean(moving(4.0, 0.0), *demand, MOST) == pytest.approx(cut, abs=0.01)
    turned = within_lean(moving(0.0, 4.0), -demand[1], demand[0], MOST)
    assert turned == pytest.approx((-cut[1], cut[0]), abs=0.01)


def test_a_vehicle_that_hovers_leans_the_way_it_is_asked() -> None:
    north, east = within_lean(moving(0.0, 0.0), 30.0, 40.0, MOST)
    assert (hypot(north, east), east / north) == (pytest.approx(MOST), pytest.approx(4.0 / 3.0))


def test_what_is_learned_at_full_lean_turns_but_does_not_grow() -> None:
    s, p = np.zeros(L.STATE.size), np.zeros(L.SETTINGS.size)
    p[L.P_KI_VEL], p[L.P_LEAN_MAX] = 1.0, 0.577
    s[L.S_IVN], s[L.S_LEAN_FULL] = 2.0, 1.0
    for _ in range(20):
        integrate(s, p, 1.0, 1.0, 9.0, 3.0)
    assert hypot(s[L.S_IVN], s[L.S_IVE]) == pytest.approx(2.0)
    assert s[L.S_IVE] > 0.2
    s[L.S_LEAN_FULL] = 0.0
    for _ in range(2000):
        integrate(s, p, 1.0, 1.0, 9.0, 3.0)
    assert hypot(s[L.S_IVN], s[L.S_IVE]) == pytest.approx(0.577 * L.GRAVITY)  # what a full lean gives


def test_a_part_of_the_acceleration_that_is_felt_is_taken_back() -> None:
    """PX4's MPC_XY_VEL_D_ACC; turned by 90 degrees what pulls ahead pulls east. Nothing of it without."""
    s, p = np.zeros(L.STATE.size), np.zeros(L.SETTINGS.size)
    s[L.S_ER + 1], s[L.S_ER + 3] = -1.0, 1.0  # nose to the east
    s[L.S_DVX], s[L.S_DVY] = 3.0 * L.TICK, 1.0 * L.TICK
    p[L.P_KP_VEL], p[L.P_SPEED_GROUND] = 1.8, 5.0
    assert control_horizontal(s, p) == (0.0, 0.0)
    p[L.P_KD_VEL] = 0.2
    assert control_horizontal(s, p) == pytest.approx((0.2, -0.6))
