"""A vehicle that looks out for others by itself stops where its autopilot's judgement would call for something."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from autopilot.interface import layout as L
from autopilot.interface.geo import GeoPoint, Ned, to_global
from autopilot.interface.traffic import Contact, Limits, Lookout
from autopilot.mav import CollisionThreat
from autopilot.safety.threat import judge
from sitl.kernel import layout as M
from sitl.kernel.lookout import look_out, sights
from sitl.kernel.reporting import place_of
from sitl.vehicles.copter import SimulatedCopter

ORIGIN = GeoPoint(-35.0, 149.0, 600.0)
LIMITS = Limits(30.0, 100.0, 100.0, 30.0, 300.0, 300.0)
NOW_MS = 20_000


def drawn(chance: Random, *size: float) -> Ned:
    n, e, d = (chance.uniform(-most, most) for most in size)
    return n, e, d


class Scout:
    """A copter that is somewhere, moves somehow, and looks out."""

    def __init__(self, chance: Random) -> None:
        self.machine = SimulatedCopter(ORIGIN)
        state, settings, *_ = self.machine.rows()
        self.s, self.p = state[0], settings[0]
        self.s[L.S_EPN : L.S_EPD + 1], self.s[L.S_EVN : L.S_EVD + 1] = drawn(chance, 50, 50, 50), drawn(chance, 9, 9, 3)
        self.s[L.S_TIME_MS] = NOW_MS
        self.here = GeoPoint(*place_of(self.p, *self.s[L.S_EPN : L.S_EPD + 1].tolist()))
        self.velocity: Ned = tuple(self.s[L.S_EVN : L.S_EVD + 1].tolist())
        self.others = [
            Contact(
                number,
                to_global(ORIGIN, drawn(chance, 1500, 500, 400)),
                None if chance.random() < 0.1 else drawn(chance, 60, 20, 10),
                NOW_MS - chance.randrange(7_000),
            )
            for number in range(chance.randrange(1, M.MOST_OTHERS + 1))
        ]

    def looks(self, level: CollisionThreat, above: bool | None = None, deepest_m: float = np.inf) -> bool:
        """Whether it would be stopped now."""
        self.machine.look_out(Lookout(NOW_MS + 1000, level, LIMITS, self.others, above, deepest_m))
        return sights(self.s, self.p, NOW_MS)


def test_it_goes_on_while_the_highest_level_is_that_of_the_judgements() -> None:
    """And no longer: of the three levels two stop it."""
    chance, found = Random(5), set()
    for _ in range(400):
        scout = Scout(chance)
        highest = max(judge(scout.here, scout.velocity, other, LIMITS, NOW_MS).level for other in scout.others)
        found.add(highest)
        assert [scout.looks(level) for level in CollisionThreat] == [level is not highest for level in CollisionThreat]
    assert found == set(CollisionThreat)


def test_it_stops_where_one_is_no_longer_on_its_side_or_it_is_too_deep() -> None:
    chance = Random(6)
    for _ in range(100):
        scout = Scout(chance)
        scout.others = scout.others[:1]
        (other,) = scout.others
        level = judge(scout.here, scout.velocity, other, LIMITS, NOW_MS).level
        higher = other.place.alt >= scout.here.alt
        assert (scout.looks(level, above=True), scout.looks(level, above=False)) == (not higher, higher)
        down = float(scout.s[L.S_EPD])
        assert (scout.looks(level, None, down + 0.1), scout.looks(level, None, down - 0.1)) == (False, True)


@pytest.mark.parametrize(("time_ms", "raised"), [(NOW_MS, True), (NOW_MS + 20, False), (NOW_MS + 100, True)])
def test_it_looks_ten_times_a_second(time_ms: int, raised: bool) -> None:
    scout = Scout(Random(7))
    highest = max(judge(scout.here, scout.velocity, other, LIMITS, NOW_MS).level for other in scout.others)
    assert scout.looks(next(level for level in CollisionThreat if level is not highest))
    scout.s[L.S_TIME_MS] = time_ms
    look_out(scout.s, scout.p)
    assert scout.s[L.S_EVENTS] == (L.EV_SIGHTED if raised else 0)
