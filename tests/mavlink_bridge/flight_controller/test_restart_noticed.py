"""A controller that has lost its power in the air: by its clock, and by what it has forgotten."""

from __future__ import annotations

from tests.fakes.controller_line import Line


def test_a_clock_that_goes_back_is_a_restart() -> None:
    line = Line()
    line.fly()
    line.place(3_000, 12_000)
    assert line.vehicle.link.restarts == 1


def test_a_clock_whose_32_bits_are_full_is_no_restart() -> None:
    line = Line()
    line.fly()
    line.place((1 << 32) - 100, 12_000)
    line.place(100, 12_200)
    assert line.vehicle.link.restarts == 0


def test_motors_that_stop_in_the_air_without_streams_are_a_restart_whatever_its_clock_says_later() -> None:
    line = Line()
    line.fly()
    line.beat(12_000, armed=False)
    assert line.vehicle.link.restarts == 0
    line.beat(13_000, armed=False)
    assert line.vehicle.link.restarts == 1
    line.place(34_000, 15_000)
    line.beat(16_000, armed=False)
    assert line.vehicle.link.restarts == 1


def test_motors_that_stop_in_the_air_are_no_restart_while_it_streams() -> None:
    line = Line()
    line.fly()
    for second in range(10, 14):
        line.beat(1000 * second, armed=False)
        line.place(20_000 + 1000 * second, 1000 * second + 100)
    assert line.vehicle.link.restarts == 0
