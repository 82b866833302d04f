"""Looks at a target become a place: axes, distances, beliefs, what is lost and what is forgotten."""

from __future__ import annotations

from math import pi, radians

import pytest

from autopilot.interface import report
from autopilot.precision.tracker import FORGOTTEN_MS, INIT_MS, TIMEOUT_MS, Look, PadSight, Tracker
from tests.fakes.core_bench import Bench

DOWN = (0.0, 0.0, 1.0)


class Hanging:
    """A tracker of a vehicle that hangs 5 m over its home, nose north."""

    def __init__(self, **parameters: float) -> None:
        self.bench = Bench(parameters=parameters)
        self.tracker = Tracker(self.bench.core.facts, self.bench.core.announcer)
        self.now_ms = 1000
        self.stand(0.0, 0.0)

    def stand(self, north: float, east: float, up: float = 5.0, **angles: float) -> None:
        r = self.bench.vehicle.state.report
        r[report.NORTH], r[report.EAST], r[report.DOWN] = north, east, self.bench.core.facts.home_ned[2] - up
        r[report.ALT] = self.bench.core.facts.home.alt + up
        r[report.ROLL], r[report.PITCH], r[report.YAW] = (angles.get(name, 0.0) for name in ("roll", "pitch", "yaw"))

    def look(self, *looks: Look, seconds: float = 0.1) -> PadSight:
        self.now_ms += round(1000.0 * seconds)
        self.tracker.see(looks, self.now_ms)
        self.tracker.look_round(self.now_ms)
        return self.tracker.sight

    def stare(self, *looks: Look, seconds: float = 3.0) -> PadSight:
        for _ in range(round(10 * seconds)):
            self.look(*looks)
        return self.tracker.sight

    @property
    def place(self) -> tuple[float, float]:
        return self.tracker.last_target[:2]

    @property
    def texts(self) -> list[str]:
        return [text for text in self.bench.texts if text.startswith("PrecLand")]


@pytest.mark.parametrize(
    ("look", "angles", "where"),
    [
        (Look(DOWN, True, 5.0), {}, (0.0, 0.0)),
        (Look((1.0, 0.0, 1.0), True, 5.0 * 2**0.5), {}, (5.0, 0.0)),
        (Look((0.0, 1.0, 1.0), True, 5.0 * 2**0.5), {}, (0.0, 5.0)),
        (Look((1.0, 0.0, 1.0), True, 5.0 * 2**0.5), {"yaw": 0.5 * pi}, (0.0, 5.0)),
        (Look((1.0, 0.0, 1.0), False, 5.0 * 2**0.5), {"yaw": 0.5 * pi, "roll": 0.3}, (0.0, 5.0)),
        (Look(DOWN, True, 5.0), {"pitch": radians(30.0)}, (2.5, 0.0)),
        (Look(DOWN, True, 5.0), {"roll": radians(30.0)}, (0.0, -2.5)),
        (Look((0.5, 0.0, 1.0), True), {}, (2.5, 0.0)),
    ],
)
def test_a_look_is_turned_into_a_place(look: Look, angles: dict[str, float], where: tuple[float, float]) -> None:
    """By the body or level; without a distance the height above home is that of the target."""
    hanging = Hanging(PLND_EST_TYPE=0)
    hanging.stand(10.0, 20.0, **angles)
    assert hanging.look(look) is PadSight.FOUND
    assert hanging.place == pytest.approx((10.0 + where[0], 20.0 + where[1]), abs=1e-6)


@pytest.mark.parametrize("look", [Look((0.0, 0.0, 0.0)), Look((0.0, 0.0, -1.0), True, 3.0), Look((1.0, 0.0, 0.0))])
def test_what_does_not_look_down_is_no_look(look: Look) -> None:
    """A target above, beside, or nowhere."""
    assert Hanging(PLND_EST_TYPE=0).look(look) is not PadSight.FOUND


def test_offsets_and_alignment_turn_with_the_vehicle() -> None:
    """PLND_LAND_OFS_X forward of the target, PLND_YAW_ALIGN from nose to sensor."""
    hanging = Hanging(PLND_EST_TYPE=0, PLND_LAND_OFS_X=20.0, PLND_YAW_ALIGN=9000.0)
    hanging.look(Look((1.0, 0.0, 1.0), True, 5.0 * 2**0.5))
    assert hanging.place == pytest.approx((0.2, 5.0), abs=1e-6)


def test_a_sensor_may_sit_beside_the_middle_and_be_late() -> None:
    """PLND_CAM_POS_X, _Y and _Z turn with the vehicle; PLND_LAG: at 5 m/s a tenth of a second is half a metre."""
    beside = Hanging(PLND_EST_TYPE=0, PLND_CAM_POS_X=0.3, PLND_CAM_POS_Y=0.1, PLND_CAM_POS_Z=0.2)
    beside.look(Look(DOWN, True, 5.0))
    assert beside.place == pytest.approx((0.3, 0.1), abs=1e-6)
    assert beside.tracker.below_m == pytest.approx(5.2)
    late = Hanging(PLND_EST_TYPE=0, PLND_LAG=0.1)
    late.bench.vehicle.state.report[report.VN] = 5.0
    late.look(Look(DOWN, True, 5.0))
    assert late.place == pytest.approx((-0.5, 0.0), abs=1e-6)


def test_a_filter_believes_after_two_seconds() -> None:
    """In ArduPilot's words."""
    hanging = Hanging()
    assert hanging.stare(Look(DOWN, True, 5.0), seconds=0.001 * INIT_MS) is not PadSight.FOUND
    assert hanging.stare(Look(DOWN, True, 5.0), seconds=0.3) is PadSight.FOUND
    assert hanging.texts == ["PrecLand: Target Found", "PrecLand: Init Complete"]


def test_a_gap_while_it_begins_begins_anew() -> None:
    """Half a second without a look."""
    hanging = Hanging()
    hanging.stare(Look(DOWN, True, 5.0), seconds=1.0)
    hanging.look(seconds=0.6)
    assert hanging.texts == ["PrecLand: Target Found", "PrecLand: Init Failed"]


def test_a_target_is_lost_after_two_seconds_and_forgotten_after_three_minutes() -> None:
    """Or when the vehicle has gone 30 m; outside its range nothing is expected."""
    hanging = Hanging()
    hanging.stare(Look(DOWN, True, 5.0))
    assert hanging.look(seconds=0.001 * TIMEOUT_MS - 0.1) is PadSight.FOUND
    assert hanging.look(seconds=0.3) is PadSight.LOST
    assert hanging.texts[-1] == "PrecLand: Target Lost"
    hanging.stand(31.0, 0.0)
    assert hanging.look() is PadSight.NEVER
    hanging.stand(0.0, 0.0)
    hanging.stare(Look(DOWN, True, 5.0))
    hanging.look(seconds=3.0)
    assert hanging.tracker.sight is PadSight.LOST
    assert hanging.look(seconds=0.001 * FORGOTTEN_MS + 1.0) is PadSight.NEVER
    hanging.stand(0.0, 0.0, up=9.0)  # above PLND_ALT_MAX
    assert hanging.look() is PadSight.OUT_OF_RANGE
    hanging.stand(0.0, 0.0, up=0.5)  # below PLND_ALT_MIN
    assert hanging.look() is PadSight.OUT_OF_RANGE


def test_with_two_in_sight_it_stays_with_the_first() -> None:
    """The other is three standard deviations off at every look."""
    hanging = Hanging()
    hanging.stare(Look(DOWN, True, 5.0), Look((0.5, 0.0, 1.0), True, 5.6), seconds=5.0)
    assert hanging.place == pytest.approx((0.0, 0.0), abs=0.01)


def test_a_jump_that_stays_is_followed() -> None:
    """Three outliers are rejected, the fourth is believed."""
    hanging = Hanging()
    hanging.stare(Look(DOWN, True, 5.0))
    hanging.stare(Look((0.4, 0.0, 1.0), True, 5.0 * 1.16**0.5), seconds=8.0)
    assert hanging.place == pytest.approx((2.0, 0.0), abs=0.2)


def test_a_moving_target_has_a_velocity() -> None:
    """With bit 0 of PLND_OPTIONS; without it none is told."""
    for options, speed in ((1, 0.5), (0, 0.0)):
        hanging = Hanging(PLND_OPTIONS=options)
        for n in range(80):
            away = 0.05 * n
            hanging.look(Look((away / 5.0, 0.0, 1.0), True, (25.0 + away * away) ** 0.5))
        assert hanging.tracker.velocity == pytest.approx((speed, 0.0), abs=0.05)
