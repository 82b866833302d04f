"""Load on a line: a pendulum by its textbook, below a copter that stands still or gives way."""

from __future__ import annotations

from itertools import pairwise
from math import cos, pi, sin, sqrt

import numpy as np
import pytest

from autopilot.interface import layout as L
from sitl.kernel import layout as M
from sitl.kernel.hanging import swing
from sitl.kernel.imu import ZERO
from sitl.kernel.rotorcraft import Body

DT, G = 0.0025, L.GRAVITY
LOAD_KG = 0.4


class Pendulum:
    """A load on a line of `length_m`, `lean` rad off the vertical to the north, below a copter of `mass_kg` that
    neither rotates nor flies: its motors carry both."""

    def __init__(self, length_m: float, lean: float, mass_kg: float = 1e9, drag: float = 0.0) -> None:
        self.s, self.p = np.zeros(M.STATE_SIZE), np.zeros(M.SETTINGS_SIZE)
        self.p[M.P_MASS], self.p[M.P_LOAD_DRAG] = mass_kg, drag
        self.s[M.S_LOAD_KG], self.s[M.S_LINE] = LOAD_KG, length_m
        self.s[M.S_LOAD], self.s[M.S_LOAD + 2] = length_m * sin(lean), length_m * cos(lean)
        self.place, self.v = np.zeros(3), np.zeros(3)
        self.hover = -G * LOAD_KG / mass_kg
        self.floor = 1000.0

    def step(self) -> None:
        v, place, still = tuple(self.v), tuple(self.place), (0.0, 0.0, 0.0, 0.0)
        body: Body = ((1.0, 0.0, 0.0, 0.0), ZERO, v, place, still, ZERO, (0.0, 0.0))
        pull = np.array(swing(self.s, self.p, DT, body, self.floor, ZERO))
        self.v += DT * pull
        self.v[2] += DT * self.hover
        self.place += DT * self.v

    def run(self, seconds: float) -> tuple[list[float], list[float]]:
        """Deviation to the north m and tension N of each step."""
        north, tension = [], []
        for _ in range(round(seconds / DT)):
            self.step()
            north.append(float(self.s[M.S_LOAD] - self.place[0]))
            tension.append(float(self.s[M.S_TENSION]))
        return north, tension

    def energy(self) -> float:
        """Of the load, J."""
        speed = self.s[M.S_LOAD_V : M.S_LOAD_V + 3]
        return LOAD_KG * float(0.5 * speed @ speed - G * self.s[M.S_LOAD + 2])


def period_s(north: list[float]) -> float:
    """From the zero crossings."""
    times = [k * DT for k, (a, b) in enumerate(pairwise(north)) if a > 0.0 >= b]
    return (times[-1] - times[0]) / (len(times) - 1)


@pytest.mark.parametrize("length_m", [0.5, 2.0, 8.0])
def test_its_period_is_that_of_a_pendulum(length_m: float) -> None:
    """2 pi sqrt(l/g), for small swings; below a copter that gives way, shorter by the root of M/(M + m)."""
    expected = 2.0 * pi * sqrt(length_m / G)
    north, _ = Pendulum(length_m, 0.05).run(4.2 * expected)
    assert period_s(north) == pytest.approx(expected, rel=0.01)
    free, _ = Pendulum(length_m, 0.05, mass_kg=1.5).run(4.2 * expected)
    assert period_s(free) == pytest.approx(expected * sqrt(1.5 / 1.9), rel=0.01)


def test_its_tension_is_weight_and_swing() -> None:
    """m g at rest; m g cos a where it turns, m g (3 - 2 cos a) at the lowest point."""
    lean = 0.5
    _, rest = Pendulum(5.0, 0.0).run(3.0)
    assert rest[-1] == pytest.approx(LOAD_KG * G, rel=1e-3)
    _, swung = Pendulum(5.0, lean).run(6.0)
    settled = swung[20:]
    assert min(settled) == pytest.approx(LOAD_KG * G * cos(lean), rel=0.02)
    assert max(settled) == pytest.approx(LOAD_KG * G * (3.0 - 2.0 * cos(lean)), rel=0.02)


def test_without_air_it_keeps_its_energy_and_in_air_it_loses_it() -> None:
    """A part in a hundred of the swing in a minute; with drag each swing is smaller than the one before."""
    vacuum, air = Pendulum(5.0, 0.5), Pendulum(5.0, 0.5, drag=0.05)
    least = -LOAD_KG * G * 5.0
    began = vacuum.energy() - least
    vacuum.run(60.0)
    assert vacuum.energy() - least == pytest.approx(began, rel=0.01)
    left = []
    for _ in range(6):
        air.run(4.5)
        left.append(air.energy() - least)
    assert all(after < before for before, after in pairwise([began, *left]))
    assert left[-1] < 0.6 * began


def test_the_copter_feels_what_the_load_feels() -> None:
    """Their momentum along the ground is kept: nothing else pushes there."""
    pendulum = Pendulum(3.0, 0.6, mass_kg=1.5)
    for _ in range(40):
        pendulum.run(0.1)
        momentum = 1.5 * pendulum.v[0] + LOAD_KG * pendulum.s[M.S_LOAD_V]
        assert momentum == pytest.approx(0.0, abs=1e-9)
    assert abs(pendulum.v[0]) + abs(pendulum.place[0]) > 0.05


def test_a_line_pulls_and_does_not_push() -> None:
    """A load above its line's end falls freely until the line is taut; one that touches the ground is let go."""
    pendulum = Pendulum(5.0, 0.0)
    pendulum.s[M.S_LOAD + 2] = 3.0
    _, tension = pendulum.run(0.6)
    assert max(tension) == 0.0
    assert pendulum.s[M.S_LOAD + 2] == pytest.approx(3.0 + 0.5 * G * 0.36, rel=0.01)
    _, tension = pendulum.run(1.5)
    assert max(tension) > LOAD_KG * G
    assert tension[-1] == pytest.approx(LOAD_KG * G, rel=0.01)
    pendulum.floor = 4.9
    pendulum.step()
    assert pendulum.s[M.S_LOAD_KG] == pendulum.s[M.S_TENSION] == 0.0


def test_a_winch_turns_up_its_speed() -> None:
    """The line stays taut while it goes out, and the load is where its end is."""
    pendulum = Pendulum(2.0, 0.0)
    pendulum.p[M.P_LINE_RATE] = 2.0
    _, tension = pendulum.run(3.0)
    assert min(tension[4:]) > 0.4 * LOAD_KG * G
    assert pendulum.s[M.S_LINE] == pytest.approx(2.0 + 3.0 * 2.0 - 0.5, abs=0.01)
    assert pendulum.s[M.S_LOAD + 2] == pytest.approx(pendulum.s[M.S_LINE], abs=0.01)
