"""A box's copter burns and is charged alike however often its world is looked at."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from depot.world.pack import taper_kg_s
from depot.world.state import WorldState
from sortie.loop.journal import LoopJournal
from sortie.loop.loop import LoopOrder
from sortie.loop.runner import LoopRun
from sortie.loop.view import LoopView
from tests.fakes.box_run import shortened

PROFILE = shortened(0.03)
AIR_S, DOCK_S = 290.0, 335.0
"""In the air on the way back, and while it is charged above `taper`."""


def _flown(folder: Path, look_s: float) -> list[WorldState]:
    """The first sortie, looked at so often; the world in the air and at the dock."""
    journal, view = LoopJournal(folder / "loop.sqlite"), LoopView(1, PROFILE.units)
    run, seen = LoopRun(LoopOrder(PROFILE, 4, [], 1), journal, view, speedup=0.0, together_s=0.0), []
    for until_s in (AIR_S, DOCK_S):
        while run.runtime.now_ms < 1000.0 * until_s:
            run.runtime.step(round(min(run.runtime.now_ms + 1000.0 * look_s, 1000.0 * until_s)))
        seen.append(deepcopy(run.loop.world.state))
    journal.close()
    return seen


def test_looks_burn_nothing(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("seldom", "often")]
    for folder in folders:
        folder.mkdir()
    seldom, often = (_flown(folder, look_s) for folder, look_s in zip(folders, (1000.0, 0.37), strict=True))
    for one, other in zip(seldom, often, strict=True):
        assert one.now_ms == other.now_ms and one.place is other.place
        assert one.skimmer.lobes.kg == pytest.approx(other.skimmer.lobes.kg, rel=1e-9)
        assert one.outside.kg == pytest.approx(other.outside.kg, rel=1e-6)
        assert one.skimmer.batt_a.j == pytest.approx(other.skimmer.batt_a.j, rel=1e-9)
    assert seldom[0].skimmer.lobes.kg < seldom[1].skimmer.lobes.kg


@pytest.mark.parametrize("taper", [0.0, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("parts", [1, 7, 1000])
def test_charging_is_the_same_in_any_steps(taper: float, parts: int) -> None:
    """Constant to `taper`, then as what is missing, a fifth at least; as small steps of the flow at each instant."""
    profile: Any = SimpleNamespace(
        box=SimpleNamespace(taper=taper), depot=SimpleNamespace(refuel_kg_s=0.5), skimmer=None
    )

    def charged(kg: float, seconds: float) -> float:
        lobes = SimpleNamespace(kg=kg, capacity_kg=100.0, fill=kg / 100.0)
        state: Any = SimpleNamespace(skimmer=SimpleNamespace(lobes=lobes))
        return kg + seconds * taper_kg_s(state, profile, seconds)

    kg, stepped, step_s = 10.0, 10.0, 0.01
    for _ in range(parts):
        kg = charged(kg, 250.0 / parts)
    for _ in range(25_000):
        share = 1.0 if stepped <= 100.0 * taper or taper >= 1.0 else (1.0 - stepped / 100.0) / (1.0 - taper)
        stepped += step_s * 0.5 * max(share, 0.2)
    assert kg == pytest.approx(stepped, rel=1e-4)
