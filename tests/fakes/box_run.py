"""Runs the loop of `drone-box`, with a shorter harvest where the length does not matter."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from autopilot.depot.settings import Profile
from sortie.loop.box import BoxLoop
from sortie.loop.faults import parse_loop_fault
from sortie.loop.space import Snapshot
from sortie.profile import load_profile
from tests.fakes.loop_run import LoopBench


@cache
def _shipped() -> Profile:
    return load_profile("drone-box")[0]


def shortened(share: float, **box: Any) -> Profile:
    """drone-box with this share of its harvest; `box`: values of its table [box]."""
    profile = _shipped()
    plan = msgspec.structs.replace(profile.plan, harvest_s=share * profile.plan.harvest_s)
    return msgspec.structs.replace(profile, plan=plan, box=msgspec.structs.replace(profile.box, **box))


class BoxBench(LoopBench):
    """As `LoopBench`, with a copter that flies."""

    loop: BoxLoop

    def __init__(
        self, *faults: str, total: int | None = 1, seed: int = 1, profile: Profile | None = None,
        snapshot: Snapshot | None = None, confirm: bool = False,
    ) -> None:  # fmt: skip
        parsed = [parse_loop_fault(text) for text in faults]
        self.loop = BoxLoop(profile or shortened(0.1), seed, parsed, total=total, snapshot=snapshot, confirm=confirm)
        self.decisions = []
        self.sorties = []
        self.steps = 0
