"""Transfers with two burns between states in the Hill frame, and the choice of the cheapest transfer time."""

from __future__ import annotations

from msgspec import Struct

from depot.physics.orbit import Hill, Vector, coast, minus, plus, position, size, transfer, velocity

TRIES = (1.0, 0.97, 1.03, 0.94)
"""Factors on the usual transfer time, tried in turn."""
FULL_M = 30_000.0
"""Distance from which the way back takes its full time, m."""
_NEAREST = 0.12
_CHEAP_MPS = 10.0
_SAMPLES = 12


class BurnPair(Struct, frozen=True):
    """Transfer of two burns. `seconds`: time between them. `first`: change of velocity of the first. `dv_mps`: sum of
    both."""

    seconds: float
    first: Vector
    dv_mps: float


def return_s(here: Hill, whole_s: float) -> float:
    """Usual time of the way back from `here`, s; shorter from near."""
    return whole_s * min(max(size(position(here)) / FULL_M, _NEAREST), 1.0)


def way(n: float, here: Hill, target: Hill, seconds: float) -> BurnPair | None:
    """Transfer from `here` to rest at `target` after `seconds`; None if there is none."""
    start = here[:3]
    depart = transfer(n, start, target[:3], seconds)
    if depart is None:
        return None
    first = minus(depart, here[3:])
    arrival = coast(n, (*start, *depart), seconds)
    return BurnPair(seconds, first, size(first) + size(minus(target[3:], arrival[3:])))


def cheapest(n: float, here: Hill, target: Hill, usual_s: float, keep_out_m: float = 0.0) -> BurnPair:
    """First transfer that is cheap enough, or the cheapest. A transfer through the keep-out sphere costs 30 % more."""
    best: tuple[float, BurnPair] | None = None
    for part in TRIES:
        found = way(n, here, target, part * usual_s)
        if found is None:
            continue
        cost = found.dv_mps * (1.0 if keep_out_m <= 0.0 or keeps_off(n, here, found, keep_out_m) else 1.3)
        if best is None or cost < best[0]:
            best = (cost, found)
        if cost <= _CHEAP_MPS:
            break
    return BurnPair(usual_s, (0.0, 0.0, 0.0), 0.0) if best is None else best[1]


def keeps_off(n: float, here: Hill, found: BurnPair, keep_out_m: float) -> bool:
    """True if a transfer stays outside the keep-out sphere, except at its beginning and end."""
    start: Hill = (*position(here), *plus(velocity(here), found.first))
    nearest_m = min(keep_out_m, 0.9 * size(position(here)))
    instants = (found.seconds * number / _SAMPLES for number in range(2, _SAMPLES))
    return all(size(position(coast(n, start, instant))) > nearest_m for instant in instants)
