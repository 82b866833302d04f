"""What a person sees of a loop."""

from __future__ import annotations

import msgspec
import pytest

from depot.settings import Profile, UnitSettings
from sortie.config.errors import UserError
from sortie.logs.terminal import fitted
from sortie.loop.plots import draw_plots
from sortie.loop.profile import load_profile, parse_profile
from sortie.loop.view import LoopView, amount, span
from tests.fakes.loop_run import LoopBench

BOX_UNITS = load_profile("drone-box")[0].units


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0, "kg", "0.0 kg"),
        (99.94, "kg", "99.9 kg"),
        (523.4, "kg", "523 kg"),
        (17_577.0, "kg", "17.58 t"),
        (41.9, "GB", "41.9 GB"),
        (4_190.0, "GB", "4190 GB"),
    ],
)
def test_amounts_are_said_in_the_profiles_unit(value: float, unit: str, text: str) -> None:
    """Masses in tonnes above one tonne."""
    assert amount(value, unit) == text


def test_a_box_has_a_name_for_each_tank_that_means_something() -> None:
    """Storage, uplink and energy of the dock, and not rings of CO2 and HE3, in the panel, on the page and in the
    report; the skimmer's depot keeps the seed's names."""
    box = LoopBench(profile=msgspec.structs.replace(Profile(), units=BOX_UNITS))
    tanks = box.loop.levels()["tanks"]
    assert list(tanks) == ["storage", "uplink", "charging energy"]
    panel = LoopView(3, BOX_UNITS).lines(box.loop)
    assert any(not isinstance(line, str) and f"storage {tanks['storage']:.0%}" in line for line in panel)
    assert next(iter(LoopBench().loop.levels()["tanks"])) == "CO2_TANK_RING"
    with pytest.raises(UserError, match=r"units\.tanks"):
        parse_profile('[units.tanks]\nN2_TANK_RING = "x"', "mine.toml")


def test_a_tank_with_a_new_name_has_two_curves() -> None:
    """A profile was edited between two starts: the report ended in a traceback."""
    skimmer = {"store": 0.0}
    levels = [
        {"time_s": 0.0, "tanks": {"CO2_TANK_RING": 0.4}, "skimmer": skimmer},
        {"time_s": 60.0, "tanks": {"storage": 0.5}, "skimmer": skimmer},
    ]
    chart = draw_plots(Profile(), [], levels, {})[1]
    assert ">CO2_TANK_RING<" in chart and ">storage<" in chart


@pytest.mark.parametrize(("ms", "text"), [(0, "0:00:00"), (3_723_000, "1:02:03"), (129_600_000, "1.50 d")])
def test_times_are_said_as_people_say_them(ms: int, text: str) -> None:
    """Days above one day."""
    assert span(ms) == text


def test_a_box_delivers_gigabytes_and_burns_watt_hours() -> None:
    """Not kilograms."""
    assert (BOX_UNITS.store, BOX_UNITS.propellant) == ("GB", "Wh")
    assert Profile().units == UnitSettings("kg", "kg")


def test_the_panel_of_a_box_fits_into_80_columns_up_to_its_tanks() -> None:
    """Lines were cut within a value ("acceptab"); who looks at 80 columns sees whole ones, and all but the tanks."""
    bench = LoopBench(total=3).run_to(100_000.0)
    for line in LoopView(3, BOX_UNITS).lines(bench.loop):
        if not isinstance(line, str):
            shown = [part for part in fitted(line, 80) if part != "  "]
            assert shown == list(line[: len(shown)])
            assert len(shown) == len(line) or "depot battery" in str(line[0])


def test_the_panel_has_everything_that_is_asked_of_it() -> None:
    """Phase, timers, mode, tanks, batteries, sortie count, the last decision and its reason."""
    bench = LoopBench(total=3).run_to(100_000.0)
    view = LoopView(3, BOX_UNITS)
    view.decided(bench.decisions)
    rows = view.lines(bench.loop)
    text = "\n".join(line if isinstance(line, str) else "  ".join(map(str, line)) for line in rows)
    for part in (
        "sortie 1 of 3",
        "phase 4 Harvest Operations",
        "1.16 d",
        "mode ACTIVE-HARVEST",
        "overdue in",
        "0 missed",
        "Wh",
        "GB",
        "batteries",
        "CO2_TANK_RING",
        "depot battery",
        f"last decision: {bench.decisions[-1].name}: {bench.decisions[-1].reason}",
    ):
        assert part in text, part
