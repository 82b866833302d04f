"""MODE_CTRL's loads: when not everything can be powered, what the mode is for keeps its power (seed 000, 4.4)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from depot.decision import Decision
from depot.names import SkimmerMode
from depot.physics.windows import Almanac
from depot.readings import SkimmerReading
from depot.settings import HeartbeatSettings, PowerSettings
from depot.skimmer.helm import SkimmerHelm
from depot.skimmer.reports import SkimmerMemory
from depot.skimmer.watches import PowerLoads
from depot.world.skimmer import powered
from tests.fakes.changed_motion import ChangedMotion
from tests.fakes.loop_run import PROFILE, LoopBench

POWER = PowerSettings()
WEAK_W = 2_800.0
"""Of each battery: in shadow ACTIVE-HARVEST draws more than both give, and less without its secondary loads."""


def weak() -> LoopBench:
    """With batteries that cannot carry a whole harvest in shadow."""
    power = msgspec.structs.replace(PROFILE.power, battery_w=WEAK_W)
    return LoopBench(profile=msgspec.structs.replace(PROFILE, power=power))


class Switch:
    """A craft of which nothing but the secondary loads is asked."""

    def __init__(self) -> None:
        self.sheds: list[bool] = []

    def shed(self, on: bool) -> None:
        """Off, or on again."""
        self.sheds.append(on)


def loads() -> tuple[PowerLoads, Switch, list[Decision]]:
    """MODE_CTRL's, its craft, its decisions."""
    vehicle, decided = Switch(), list[Decision]()
    helm = SkimmerHelm(vehicle, decided.append, SkimmerMemory(), HeartbeatSettings(), None)  # type: ignore[arg-type]  # sheds only
    return PowerLoads(helm, POWER), vehicle, decided


def reading(**values: Any) -> SkimmerReading:
    """Full, lit, and all that is wanted can be given."""
    return SkimmerReading(**({"soc": 1.0, "demand_w": 6_100.0, "battery_w": 5_000.0, "solar_w": 1_100.0} | values))


def test_everything_stays_on_while_power_allows_it() -> None:
    """To the last watt."""
    ctrl, vehicle, _ = loads()
    ctrl.manage(reading(), 0)
    assert vehicle.sheds == []


def test_what_cannot_be_powered_is_shed_at_once_and_comes_back_at_once() -> None:
    """Each with a decision that says how much was wanted and how much there was."""
    ctrl, vehicle, decided = loads()
    ctrl.manage(reading(solar_w=1_099.0), 0)
    ctrl.manage(reading(solar_w=1_099.0), 1)
    assert vehicle.sheds == [True]
    assert (decided[0].facts["demand_w"], decided[0].facts["supply_w"]) == (6_100.0, 6_099.0)
    ctrl.manage(reading(), 2)
    assert vehicle.sheds == [True, False]
    assert [decision.name for decision in decided] == ["shed_secondary_loads", "restore_secondary_loads"]


def test_low_charge_sheds_and_more_than_that_restores() -> None:
    """With a hysteresis of a fifth."""
    ctrl, vehicle, _ = loads()
    for soc, sheds in ((1.0, []), (0.99, [True]), (1.19, [True]), (1.2, [True, False])):
        ctrl.manage(reading(soc=soc * POWER.shed_soc), 0)
        assert vehicle.sheds == sheds


def test_intake_keeps_its_power_in_every_shadow_of_the_harvest() -> None:
    """Others are shed there, and the harvest is the one of strong batteries, to the last gram."""
    short, strong = weak().run(), LoopBench().run()
    almanac = Almanac(PROFILE.orbit)
    sheds = [d for d in short.decisions if d.name == "shed_secondary_loads"]
    assert len(sheds) > 3
    for shed in sheds:
        assert shed.phase == 4 and not almanac.sunlit(shed.time_ms)
        assert shed.facts["demand_w"] == sum(POWER.harvest_w) > shed.facts["supply_w"] == 2.0 * WEAK_W
    assert short.names("skimmer").count("restore_secondary_loads") == len(sheds)
    assert "shed_secondary_loads" not in strong.names("skimmer")
    assert short.last["outcome"] == "completed"
    assert short.last["harvested_kg"] == strong.last["harvested_kg"]


def test_without_that_decision_the_shadow_would_end_the_sortie(monkeypatch: pytest.MonkeyPatch) -> None:
    """Brown-out: the avionics lose their power, which is ABORT-1."""
    monkeypatch.setattr(PowerLoads, "manage", lambda self, reading, now_ms: None)
    assert weak().run().last["trigger"] == "avionics_power_loss"


def test_intake_takes_in_what_its_share_of_the_power_allows() -> None:
    """More is on than can be carried: every load gets the same share, and so the harvest shrinks."""
    whole, half = LoopBench(), LoopBench()
    taken = []
    for bench in (whole, half):
        while (
            not bench.loop.world.skimmer_reading().in_zone
            or bench.loop.skimmer.memory.mode is not SkimmerMode.ACTIVE_HARVEST
        ):
            bench.step()
        world = bench.loop.world
        if bench is half:
            world.state.skimmer.health.current_ratio = 2.0 * (POWER.solar_w + 2.0 * POWER.battery_w) / 6_100.0
            ChangedMotion(world, sunlit=lambda lit: True)
            assert powered(world.state.skimmer, POWER, POWER.solar_w) == pytest.approx(0.5)
        before = world.state.skimmer.harvested_kg
        world.advance(world.state.now_ms + 1_000)
        taken.append(world.state.skimmer.harvested_kg - before)
    assert taken[0] > 0.0 and taken[1] == pytest.approx(0.5 * taken[0], rel=1e-6)


def test_what_is_on_is_what_is_measured() -> None:
    """`load_w` follows the shedding, `demand_w` does not, and a battery that has dropped out gives nothing."""
    bench = LoopBench()
    world = bench.loop.world
    world.set_mode(SkimmerMode.ACTIVE_HARVEST)
    primary, secondary, survival = POWER.harvest_w
    for shed in (True, False):
        world.shed(shed)
        seen = world.skimmer_reading()
        assert seen.load_w == primary + survival + (0.0 if shed else secondary)
        assert (seen.demand_w, seen.battery_w) == (primary + secondary + survival, 2.0 * POWER.battery_w)
    world.state.skimmer.batt_a.connected = False
    world.shed(False)
    assert world.skimmer_reading().battery_w == POWER.battery_w


@pytest.mark.parametrize(
    ("mode", "soc", "wanted"),
    [
        (SkimmerMode.CRUISE, 0.9, None),
        (SkimmerMode.CRUISE, 1.5, None),
        (SkimmerMode.SURVIVAL, 1.5, None),
        (SkimmerMode.SURVIVAL, 2.5, SkimmerMode.CRUISE),
    ],
)
def test_survival_ends_at_twice_the_charge_at_which_it_began(
    mode: SkimmerMode, soc: float, wanted: SkimmerMode | None
) -> None:
    """In light; the charge in units of `survival_soc`: below 1 it begins, above 2 it is over."""
    told: list[SkimmerMode] = []
    helm: Any = SimpleNamespace(memory=SkimmerMemory(mode=mode), set_mode=lambda new, now_ms: told.append(new))
    reading = SkimmerReading(soc=soc * POWER.survival_soc, sunlit=True, transmits=False)
    PowerLoads(helm, POWER).set_transit_mode(reading, SkimmerMode.CRUISE, 1000)
    expected = SkimmerMode.SURVIVAL if mode is SkimmerMode.CRUISE and soc < 1.0 else wanted
    assert told == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("sunlit", "thrusting", "mode"),
    [(True, False, SkimmerMode.CRUISE), (False, False, SkimmerMode.SURVIVAL), (False, True, SkimmerMode.CRUISE)],
)
def test_a_shadow_is_survival_between_burns(sunlit: bool, thrusting: bool, mode: SkimmerMode) -> None:
    """With full batteries; a burn in the shadow is flown with all that CRUISE has."""
    told: list[SkimmerMode] = []
    helm: Any = SimpleNamespace(memory=SkimmerMemory(), set_mode=lambda new, now_ms: told.append(new))
    seen = reading(sunlit=sunlit, thrusting=thrusting, transmits=False)
    assert PowerLoads(helm, POWER).set_transit_mode(seen, SkimmerMode.CRUISE, 1000)
    assert told == [mode]
