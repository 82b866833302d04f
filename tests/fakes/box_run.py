"""Runs the loop of `drone-box`, with a shorter preparation and harvest where their lengths do not matter."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from depot.settings import Profile
from sortie.loop.box import SimulatedBox, simulated_box
from sortie.loop.profile import load_profile
from tests.fakes.loop_run import LoopBench


@cache
def shipped() -> Profile:
    """drone-box as users have it."""
    return load_profile("drone-box")[0]


def shortened(share: float, *, prep_s: float = 10.0, **box: Any) -> Profile:
    """drone-box with this share of its harvest, and this preparation; `box`: values of its table [box]. A vehicle that
    only waits costs a quarter of a sortie: 180 s of preparation."""
    profile = shipped()
    plan = msgspec.structs.replace(profile.plan, prep_s=prep_s, harvest_s=share * profile.plan.harvest_s)
    return msgspec.structs.replace(profile, plan=plan, box=msgspec.structs.replace(profile.box, **box))


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
        return shortened(0.1)
