"""Runs the loop of `drone-box`, with a shorter preparation and harvest where their lengths do not matter."""

from __future__ import annotations

from functools import cache
from typing import Any

from msgspec.structs import replace

from depot.settings import Profile
from sortie.loop.box import SimulatedBox, simulated_box
from sortie.loop.profile import load_profile
from tests.fakes.loop_run import LoopBench


@cache
def shipped() -> Profile:
    """drone-box as users have it."""
    return load_profile("drone-box")[0]


def shortened(share: float, **box: Any) -> Profile:
    """drone-box with this share of its harvest; `box`: values of its table [box]."""
    profile = shipped()
    plan = replace(profile.plan, harvest_s=share * profile.plan.harvest_s)
    return replace(profile, plan=plan, box=replace(profile.box, **box))


def hurried(share: float, **box: Any) -> Profile:
    """`shortened`, and charged in 20 s: a copter that only stands and charges for 180 s is a quarter of what a sortie
    costs."""
    profile = shortened(share, **box)
    return replace(
        profile,
        plan=replace(profile.plan, prep_s=20.0),
        power=replace(profile.power, charge_w=5000.0),
        depot=replace(profile.depot, array_w=8000.0, refuel_kg_s=4.0),
    )


class BoxBench(LoopBench):
    """As `LoopBench`, with a copter that flies."""

    make = staticmethod(simulated_box)

    @property
    def box(self) -> SimulatedBox:
        """What flies."""
        assert isinstance(self.loop.carrier, SimulatedBox)
        return self.loop.carrier

    @staticmethod
    def usual() -> Profile:
        return hurried(0.1)
