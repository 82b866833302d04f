"""A study's file and its sample: the same seed is the same runs, and a mistake is one line with its key."""

# what needs the extra is imported behind the skip
from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the extra campaign is not installed")
pytest.importorskip("pyarrow", reason="the extra campaign is not installed")

from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from sortie.api.session import Session
from sortie.campaign.flown import FlownRun, no_flight
from sortie.campaign.folder import Folder, results
from sortie.campaign.plan_changes import reduced
from sortie.campaign.sampling import Distribution, inputs, seed_of_run
from sortie.campaign.study import Study
from sortie.campaign.study_file import EXAMPLE
from sortie.config.errors import UserError

ROOT = Path(__file__).parents[3]
GOOD = f"""
plan = "{ROOT}/examples/square.plan"
faults = ["gps.loss@{{at}}"]
[params]
SIM_WIND_SPD = "{{wind}}"
[vary]
wind = {{ uniform = [0, 12] }}
at = {{ choice = [20, 30.5] }}
[sample]
runs = 4
seed = 7
[judge]
low = "always(height < 30)"
"""


def read(tmp_path: Path, text: str) -> Study:
    file = tmp_path / "study.toml"
    file.write_text(text, encoding="utf-8")
    return Study.read(file)


def test_inputs_stand_where_the_file_has_their_names(tmp_path: Path) -> None:
    spec = read(tmp_path, GOOD).planned(3, {"wind": 0.000001, "at": 30.5}).spec
    assert (spec.param, spec.fault) == (("SIM_WIND_SPD=1e-06",), ("gps.loss@30.5",))
    assert spec.seed == seed_of_run(7, 3)


def test_who_flies_and_how_is_that_of_the_file(tmp_path: Path) -> None:
    """The face of a simulated vehicle, and who flies the plan of a real firmware."""
    given = {"wind": 1.0, "at": 20}
    plain = read(tmp_path, GOOD).planned(0, given).spec
    assert (plain.firmware, plain.strategy) == ("ardupilot", None)
    px4 = read(tmp_path, GOOD.replace("[params]", 'firmware = "px4"\n[params]')).planned(0, given).spec
    assert px4.firmware == "px4"
    theirs = 'vehicle = "ardupilot:copter,world=ours"\nstrategy = "native"\n[params]'
    spec = read(tmp_path, GOOD.replace("[params]", theirs)).planned(0, given).spec
    assert (spec.strategy, spec.flown_by is None) == ("native", False)


def test_a_study_of_a_px4_has_its_parameters(tmp_path: Path) -> None:
    text = GOOD.replace("[params]", '[params]\nMPC_XY_CRUISE = "{speed}"').replace(
        "[vary]", "[vary]\nspeed = { choice = [3, 8] }"
    )
    with pytest.raises(UserError, match="unknown parameter MPC_XY_CRUISE"):
        read(tmp_path, text)
    study = read(tmp_path, text.replace("[params]", 'firmware = "px4"\n[params]'))
    planned = study.planned(0, study.inputs()[0])
    with Session(planned.spec) as session:
        assert session.param("MPC_XY_CRUISE") == study.inputs()[0]["speed"]


@pytest.mark.parametrize("method", ["random", "lhs", "sobol"])
def test_a_sample_is_decided_by_its_seed_and_stays_in_its_distributions(method: str) -> None:
    vary = {
        "a": Distribution(uniform=(2.0, 3.0)),
        "b": Distribution(normal=(10.0, 2.0)),
        "c": Distribution(lognormal=(4.0, 0.5)),
        "d": Distribution(choice=["x", "y"]),
    }
    sample = list(inputs(vary, method, 5, 512))
    assert sample == list(inputs(vary, method, 5, 512)) != list(inputs(vary, method, 6, 512))
    a, b, c = (np.array([one[name] for one in sample], np.float64) for name in "abc")
    assert 2.0 <= a.min() < 2.05 < 2.95 < a.max() <= 3.0
    assert np.mean(b) == pytest.approx(10.0, abs=0.4)
    assert np.std(b) == pytest.approx(2.0, rel=0.15)
    assert np.median(c) == pytest.approx(4.0, rel=0.15)
    assert sum(one["d"] == "x" for one in sample) == pytest.approx(256, abs=60)


def test_tails_are_cut_where_the_study_says_and_what_is_left_keeps_its_shape() -> None:
    """Against the same distribution with what lies outside thrown away, and at the ends that a search asks for."""
    cut = Distribution(normal=(1.0, 0.5), within=(0.5, 2.0))
    drawn = np.array([one["a"] for one in inputs({"a": cut}, "lhs", 3, 2000)], np.float64)
    whole = np.array([one["a"] for one in inputs({"a": Distribution(normal=(1.0, 0.5))}, "lhs", 3, 4000)], np.float64)
    left = whole[(whole >= 0.5) & (whole <= 2.0)]
    shares = np.linspace(0.0, 1.0, 21)
    assert np.quantile(drawn, shares) == pytest.approx(np.quantile(left, shares), abs=0.01)
    assert (cut.value(0.0), cut.value(1.0), cut.at_rest) == (0.5, 2.0, 1.0)
    logarithmic = Distribution(lognormal=(4.0, 1.0), within=(0.0, 3.0))
    assert (logarithmic.value(1.0), logarithmic.at_rest) == (3.0, 3.0)
    assert 0.0 < logarithmic.value(0.01) < logarithmic.value(0.5) < 3.0


def test_a_search_may_draw_no_tail_that_its_parameter_cannot_take(tmp_path: Path) -> None:
    """CMA-ES goes to the ends of the cube, seven deviations off."""
    search = GOOD.replace("runs = 4", 'method = "search"\nruns = 4').replace("uniform = [0, 12]", "normal = [40, 9]")
    with pytest.raises(UserError, match=r"vary.wind: with wind -23.*within = \[LEAST, MOST\]"):
        read(tmp_path, search)
    assert read(tmp_path, search.replace("[40, 9]", "[40, 9], within = [0, 90]")).runs == 4


def test_a_latin_hypercube_has_one_run_in_each_slice() -> None:
    sample = inputs({"a": Distribution(uniform=(0.0, 64.0))}, "lhs", 1, 64)
    assert sorted(int(float(one["a"])) for one in sample) == list(range(64))


def test_a_grid_has_every_combination_once() -> None:
    sample = inputs({"a": Distribution(grid=[1, 2]), "b": Distribution(choice=["x", "y", "z"])}, "grid", 1, 6)
    assert [tuple(one.values()) for one in sample] == [(a, b) for a in (1, 2) for b in "xyz"]


def test_seeds_of_runs_are_of_their_own() -> None:
    assert len({seed_of_run(seed, run) for seed in range(20) for run in range(50)}) == 1000


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[judge]", "[juge]", "unknown key 'juge'; did you mean judge?"),
        ("uniform = [0, 12]", "uniform = [12, 0]", "vary.wind: uniform: expected [from, to] with from < to"),
        ("uniform = [0, 12]", "uniforn = [0, 12]", "vary.wind: unknown key 'uniforn'; did you mean uniform?"),
        ("uniform = [0, 12]", "uniform = 12", "vary.wind: uniform: expected a list, found 12"),
        ("runs = 4", "runs = 0", "sample.runs: expected a whole number >= 1, found 0"),
        ('"{wind}"', '"{wnd}"', "params.SIM_WIND_SPD: {wnd} is no input of [vary]; did you mean wind?"),
        ('"{wind}"', "3", "vary.wind: nothing uses {wind}"),
        ("SIM_WIND_SPD", "SIM_WIND_SPEED", "SIM_WIND_SPEED"),
        ("gps.loss@", "gps.los@", "fault gps.los@30.5: unknown fault 'gps.los'; did you mean gps.loss?"),
        ("height <", "hight <", "judge.low: unknown signal 'hight'; did you mean height?"),
        ("runs = 4", 'method = "sobl"\nruns = 4', "sample.method: 'sobl' is none of random, lhs, sobol, grid, search"),
        ("runs = 4", "", "sample.runs: the sample random needs a number of runs"),
        ("runs = 4", 'method = "grid"', "vary.wind: the sample grid needs grid or choice, not uniform"),
        ("square.plan", "sqare.plan", "sqare.plan: No such file"),
        ("[params]", 'vehicle = "ardupilot:copter"\n[params]', "a campaign flies the simulator"),
        ("[params]", 'firmware = "px5"\n[params]', "firmware: expected ardupilot or px4, not 'px5'; did you mean px4?"),
        ("[params]", 'strategy = "auto"\n[params]', "strategy: expected guided or native, not 'auto'"),
        ("[params]", 'strategy = "native"\n[params]', "strategy: it is for a real firmware; sim:copter flies its"),
        (
            "[params]",
            'vehicle = "ardupilot:copter,world=ours"\nfirmware = "px4"\n[params]',
            "firmware: it is for sim; ardupilot:copter,world=ours presents its own",
        ),
        ("[0, 12]", "[0, inf]", "vary.wind.uniform.2: expected a finite number, not inf"),
        ("uniform = [0, 12]", "lognormal = [5, 400]", "vary.wind: lognormal: expected [median, deviation"),
        ("[20, 30.5]", "[20, nan]", "vary.at.choice.2: expected a finite number, not nan"),
        ("[params]", "[fleet]\ncount = 2\nspacing = inf\n[params]", "fleet.spacing: expected a finite number, not inf"),
        ("[0, 12] }", '[0, 12], nominal = "x" }', "vary.wind: nominal: expected a finite number"),
        (
            "choice = [20, 30.5] }",
            "chance = 0.5, nominal = 0.5 }",
            "vary.at: nominal: expected one of its values, such",
        ),
        ("[20, 30.5] }", "[20, 30.5], nominal = 7 }", "vary.at: nominal: expected one of its values, such as 20"),
        ("[0, 12] }", "[0, 12], columns = { a = [1] } }", "vary.wind: unknown key 'columns'; known are uniform"),
        ("[params]", "[params]\nFENCE_ENABLE = true", "params.FENCE_ENABLE: expected a number or a text, found true"),
        ('"always(height < 30)"', "30", "judge.low: expected a text, found a whole number"),
        ("[0, 12]", "[-20, -10]", "vary.wind: with wind -20: params.SIM_WIND_SPD -20: not in 0..100"),
        ("[0, 12]", "[0, 1e9]", "vary.wind: with wind 1000000000: params.SIM_WIND_SPD 1e+09: not in 0..100"),
        ("uniform = [0, 12]", "normal = [1, 9]", "not in 0..100; within = [LEAST, MOST] cuts its tails off"),
        ("uniform = [0, 12]", "normal = [1, 9], within = [5, 2]", "within: expected [least, most] with least < most"),
        (
            "uniform = [0, 12]",
            "normal = [1, 9], within = [900, 901]",
            "within: nothing of the distribution is from 900",
        ),
        ("[0, 12]", "[0, 12], within = [1, 2]", "within: cuts the tails of normal and lognormal, not of uniform"),
        ("[0, 12] }", "[0, 12], nominal = 13 }", "vary.wind: nominal: expected a number from 0 to 12, not 13"),
        (
            "uniform = [0, 12]",
            "normal = [9, 1], nominal = -4",
            "vary.wind: with wind -4: params.SIM_WIND_SPD -4: not in",
        ),
        ("[params]", "[params]\nSIM_RATE_HZ = 100", "SIM_RATE_HZ is read-only; the vehicle sets it itself"),
        ("square.plan", "sq\\u0000uare.plan", "plan: holds a NUL character; expected text without"),
        ('"gps.loss@{at}"', '"gps.loss@{at}\\u0000"', "faults.1: holds a NUL character"),
        ("height < 30", "climb / speed < 1", "judge.low: divides by zero: at boot nothing moves"),
        ("always(height < 30)", "1 > 2", "judge.low: '1 > 2' is the same in every flight"),
        ("height < 30", "mode == 'AUTOO'", "judge.low: no mode 'AUTOO'; did you mean AUTO?"),
    ],
)
def test_a_mistake_is_one_line_with_file_key_and_what_would_be_right(tmp_path, old, new, told) -> None:
    with pytest.raises(UserError) as raised:
        read(tmp_path, GOOD.replace(old, new))
    line = str(raised.value)
    assert told in line
    assert re.match(rf"{re.escape(str(tmp_path))}/study.toml: ", line)
    assert "\n" not in line


@pytest.mark.parametrize("at", ['[20, 30.5, "soon"]', '["soon", 20, 30.5]'])
def test_every_value_of_an_input_fits_its_place_not_only_that_of_the_first_run(tmp_path: Path, at: str) -> None:
    with pytest.raises(UserError, match=r"fault gps.loss@soon: 'soon' is not a time"):
        read(tmp_path, GOOD.replace("[20, 30.5]", at))


def test_the_ends_of_a_range_and_the_rows_of_a_table_fit_their_places(tmp_path: Path) -> None:
    normal = GOOD.replace("runs = 4", "runs = 200").replace("choice = [20, 30.5]", "normal = [20, 12]")
    with pytest.raises(UserError, match=r"study.toml: vary.at: with at -.*: fault gps.loss@-"):
        read(tmp_path, normal)
    (tmp_path / "weather.csv").write_text("wind,sky\n2,clear\nno,storm\n", encoding="utf-8")
    table = GOOD.replace("wind = { uniform = [0, 12] }", 'weather = { table = "weather.csv" }').replace("= 7", "= 1")
    with pytest.raises(UserError, match=r"params.SIM_WIND_SPD: 'no' is not a number"):
        read(tmp_path, table)
    (tmp_path / "weather.csv").write_text("wind,wind\n2,3\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"vary.weather: .*: two columns are called 'wind'"):
        read(tmp_path, table)


@pytest.mark.parametrize("text", ["import no_such_module\n", "1 / 0\n", "raise SystemExit(3)\n"])
def test_code_that_does_not_load_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.py").write_text(f"{text}def fly(session, inputs): pass\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"study.toml: client: code: mine.py: raises \w+: .*; it must load by itself"):
        read(tmp_path, GOOD.replace("[params]", 'code = "mine.py"\nclient = "fly"\n[params]'))


def test_a_mode_of_ones_own_may_be_judged(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def fly(session, inputs): pass\n", encoding="utf-8")
    text = GOOD.replace("[params]", 'code = "mine.py"\nclient = "fly"\n[params]')
    assert read(tmp_path, text.replace("height < 30", "mode == 'SPIRAL'")).runs == 4


def test_the_example_is_a_study(tmp_path: Path) -> None:
    (tmp_path / "mission.plan").write_bytes((ROOT / "examples" / "square.plan").read_bytes())
    assert read(tmp_path, EXAMPLE).runs == 100


# --- what varies beside parameters ------------------------------------------------------------------------------------
def test_items_are_moved_timed_and_left_out(tmp_path: Path) -> None:
    """Square: takeoff, four corners, return. A corner that is left out takes no number."""
    changes = """
[[change]]
item = 2
north_m = "{wind}"
hold_s = 7
[[change]]
item = 3
drop = "{gone}"
[[change]]
item = 4
up_m = -2.5
"""
    text = GOOD.replace("[params]", f"{changes}[params]").replace("[sample]", "gone = { chance = 0.5 }\n[sample]")
    study = read(tmp_path, text)
    whole = study.plan({"wind": 0.0, "gone": 0.0}).items
    moved = study.plan({"wind": 11.13, "gone": 1.0}).items
    assert [item.seq for item in moved] == [1, 2, 3, 4, 5]
    assert moved[1].x - whole[1].x == pytest.approx(1e-4, rel=0.01)
    assert (moved[1].param1, moved[2].z) == (7.0, 7.5)
    assert (moved[2].x, moved[2].y) == (whole[3].x, whole[3].y)


def test_jumps_lead_to_the_same_item_or_the_next_that_is_left() -> None:
    items = [MissionItem(Cmd.NAV_WAYPOINT, x=1.0, y=float(k), seq=k) for k in range(1, 5)]
    plan = Plan(items=(*items, MissionItem(Cmd.DO_JUMP, param1=3.0, param2=2.0, seq=5)))
    assert reduced(plan, {1, 3, 4, 5}).items[-1].param1 == 2.0
    assert reduced(plan, {1, 4, 5}).items[-1].param1 == 2.0
    assert [item.y for item in reduced(plan, {1, 2}).items] == [1.0, 2.0]
    ahead = Plan(items=(MissionItem(Cmd.DO_JUMP, param1=2.0, param2=1.0, seq=1), *items[1:2]))
    assert reduced(ahead, {1}).items == ()


def test_columns_of_a_table_come_together(tmp_path: Path) -> None:
    (tmp_path / "weather.csv").write_text("wind,sky\n2,clear\n9,storm\n4,clear\n", encoding="utf-8")
    text = GOOD.replace("wind = { uniform = [0, 12] }", 'weather = { table = "weather.csv" }')
    study = read(tmp_path, text.replace("runs = 4", "runs = 60"))
    pairs = {(one["wind"], one["sky"]) for one in study.inputs()}
    assert pairs == {(2.0, "clear"), (9.0, "storm"), (4.0, "clear")}


def test_numbers_beside_a_text_are_texts_so_that_the_results_have_one_column(tmp_path: Path) -> None:
    text = GOOD.replace("[20, 30.5]", '[20, "30.5"], nominal = 20').replace("runs = 4", 'runs = 2\nmethod = "grid"')
    study = read(tmp_path, text.replace("uniform = [0, 12]", "grid = [3]"))
    assert [given["at"] for given in study.inputs()] == ["20", "30.5"]
    with Folder(tmp_path / "out", study, "of a test") as folder:
        folder.add(FlownRun(no_flight(study, run, given, ""), {}) for run, given in enumerate(study.inputs()))
    assert results(tmp_path / "out").column("input.at").to_pylist() == ["20", "30.5"]


def test_a_row_of_a_table_is_told_by_its_line_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "weather.csv").write_text('wind,sky\n\n2,"clear\nand cold"\n9\n', encoding="utf-8")
    text = GOOD.replace("wind = { uniform = [0, 12] }", 'weather = { table = "weather.csv" }')
    with pytest.raises(UserError, match="line 5 has 1 values"):
        read(tmp_path, text)


def test_an_input_chooses_the_plan_and_a_fault_is_there_or_not(tmp_path: Path) -> None:
    for name in ("square", "survey"):
        (tmp_path / f"{name}.plan").write_bytes((ROOT / "examples" / f"{name}.plan").read_bytes())
    text = GOOD.replace(f'"{ROOT}/examples/square.plan"', '"{route}.plan"').replace(
        'faults = ["gps.loss@{at}"]', 'faults = [{ fault = "gps.loss@{at}", when = "{lost}" }]'
    )
    text = text.replace("[sample]", 'lost = { chance = 0.5 }\nroute = { choice = ["square", "survey"] }\n[sample]')
    study = read(tmp_path, text)
    planned = study.planned(0, {"wind": 1.0, "at": 20.0, "lost": 0.0, "route": "survey"})
    assert (planned.spec.fault, len(planned.plan.items)) == ((), 22)
    planned = study.planned(0, {"wind": 1.0, "at": 20.0, "lost": 1.0, "route": "square"})
    assert (planned.spec.fault, len(planned.plan.items)) == (("gps.loss@20",), 6)


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ("[[change]]\nitem = 9\nup_m = 1\n", "change: item 9: "),
        ("[[change]]\nitem = 6\nnorth_m = 1\n", "change: item 6 of"),
        ("[[change]]\nitem = 1\neast_m = 1\n", "has no place that could be moved"),  # a takeoff where it stands
        ("[[change]]\nitem = 2\nnorht_m = 1\n", "unknown key norht_m"),
        ("[fleet]\ncount = 3\nformation = 'rign'\n", "did you mean ring?"),
        ("[fleet]\ncount = 1\n", "fleet.count: expected a whole number >= 2"),
        ("[fleet]\ncount = 3\nspacing = -2\n", "fleet.spacing: expected metres above 0, not -2"),
    ],
)
def test_a_wrong_change_or_fleet_is_told(tmp_path: Path, new: str, told: str) -> None:
    with pytest.raises(UserError, match=r"study.toml: ") as raised:
        read(tmp_path, GOOD.replace("[params]", f"{new}[params]"))
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('client = "fly"', "client: names a function, but there is no code"),
        ('code = "mine.py"\nclient = "fyl"', "client: code: mine.py has no function fyl; did you mean fly?"),
        ('code = "other.py"', "other.py"),
        ('code = "mine.py"\nradio = "sik-5760"', "radio"),
    ],
)
def test_code_that_is_missing_is_told(tmp_path: Path, line: str, told: str) -> None:
    (tmp_path / "mine.py").write_text("def fly(session, inputs): pass\n", encoding="utf-8")
    with pytest.raises(UserError) as raised:
        read(tmp_path, GOOD.replace("[params]", f"{line}\n[params]"))
    assert told in str(raised.value)


def test_what_is_undisturbed() -> None:
    """What `shrink` leads back to."""
    assert [Distribution(uniform=ends).at_rest for ends in ((2.0, 5.0), (-4.0, -1.0), (-3.0, 3.0))] == [2.0, -1.0, 0.0]
    assert Distribution(normal=(3.0, 1.0)).at_rest == 3.0
    assert Distribution(choice=["a", "b"]).at_rest == "a"
    assert Distribution(chance=0.9).at_rest == 0.0
    assert Distribution(chance=0.9, nominal=1.0).at_rest == 1.0
    assert Distribution(uniform=(0.0, 1.0), nominal=0.5).at_rest == 0.5
