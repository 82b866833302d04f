"""`sortie loop` as a process: JSON, exit statuses, bad input, kill -9, report."""

from __future__ import annotations

import csv
import json
import signal
import sqlite3
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.patience import PATIENCE_S
from tests.fakes.program import last_line, run, wait_for
from tests.fakes.warm import begin_warm

pytestmark = pytest.mark.waits

CONFIRM = ("loop", "--confirm-relaunch", "--json", "--state-dir", "state")


def test_three_sorties_and_the_same_object_again(tmp_path: Path) -> None:
    """Exit 0; a loop that has ended says so and prints the same object."""
    arguments = ("loop", "--sorties", "3", "--seed", "4", "--json", "--state-dir", "state")
    first = run(tmp_path, *arguments)
    assert first.returncode == 0, first.stderr
    told = last_line(first)
    assert set(told) == {"profile", "seed", "sorties", "skimmer", "depot", "ended_by"}
    assert (told["profile"], told["seed"], told["ended_by"]) == ("space", 4, "sorties_done")
    assert [sortie["number"] for sortie in told["sorties"]] == [1, 2, 3]
    assert set(told["sorties"][0]) == {
        "number",
        "outcome",
        "abort",
        "trigger",
        "phases",
        "modes",
        "t_sortie_s",
        "t_death_s",
        "harvested_kg",
        "delivered_kg",
    }
    assert told["skimmer"]["state"] == "ACTIVE" and told["depot"]["state"] == "NOMINAL"
    assert set(told["depot"]["tanks"]) >= {"CO2_TANK_RING", "O2_TANK_RING", "CH4_TANK_RING"}
    again = run(tmp_path, *arguments)
    assert (again.returncode, last_line(again)) == (0, told)
    assert "has ended" in again.stderr


@pytest.mark.parametrize(
    ("fault", "status", "ended_by", "state"),
    [
        ("debris@phase4+30", 0, "sorties_done", "ACTIVE"),
        ("imu_loss@phase4+30", 1, "retired", "RETIRED"),
        ("skimmer_lost@phase4+30", 1, "lost", "LOST"),
        ("impact@phase4+30", 3, "total_abort", "LOST"),
    ],
)
def test_exit_statuses(tmp_path: Path, fault: str, status: int, ended_by: str, state: str) -> None:
    """0 done, 1 retired or lost, 3 total abort."""
    done = run(tmp_path, "loop", "--sorties", "2", "--fault", fault, "--json", "--state-dir", "state")
    told = last_line(done)
    assert (done.returncode, told["ended_by"], told["skimmer"]["state"]) == (status, ended_by, state)
    assert "did not begin" not in done.stderr


def test_a_fault_whose_moment_does_not_come_is_told(tmp_path: Path) -> None:
    """Phase 3 of a box takes 21 s, and sortie 2 is not flown: else its end would look like one in spite of them."""
    faults = ("--fault", "battery_failure@phase3+30", "--fault", "debris@phase4#2")
    done = run(tmp_path, "loop", "--profile", "drone-box", "--sorties", "1", "--speedup", "0", *faults, "--json")
    assert last_line(done)["sorties"][0]["outcome"] == "completed"
    told = [line for line in done.stderr.splitlines() if "did not begin" in line]
    assert told == [
        f"sortie: fault {fault} did not begin: its moment did not come"
        for fault in ("battery_failure@phase3+30", "debris@phase4#2")
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--fault", "debrs@phase4"), "did you mean debris"),
        (("--fault", "DEBRIS@phase4"), "did you mean debris"),
        (("--fault", "debris"), "WHEN is missing"),
        (("--fault", "debris@phase9"), "not a WHEN"),
        (("--fault", "debris@12"), "not a WHEN"),
        (("--fault", "debris=3@phase4"), "takes no value"),
        (("--fault", "debris@phase4+9..phase4+3"), "end comes before"),
        (("--sorties", "0"), "whole number"),
        (("--profile", "spac"), "did you mean space"),
        (("--profile", ""), "--profile"),
        (("--print-profile", "moon"), "known profiles"),
        (("--speedup", "-1"), "positive"),
        (("--report", "state/loop.sqlite/report"), "--report"),
    ],
)
def test_bad_input_is_one_line_and_status_2(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    """No box, no traceback."""
    done = run(tmp_path, "loop", "--state-dir", "state", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and words in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[plan]\nprep_s = 'soon'", "plan.prep_s"),
        ("[plan]\nprep = 3", "unknown key 'plan.prep'"),
        ("[plant]\nprep_s = 3.0", "unknown table 'plant'"),
        ("nam = 'x'", "unknown key 'nam'"),
        ("[retirement]\nmax_cycles = 0", "retirement.max_cycles"),
        ("[retirement]\ndisposal = 'sell'", "retirement.disposal"),
        ("[hazards]\ndebrs = 0.1", "did you mean debris"),
        ("[plan]\nwaypoints = [[100.0, 0.0, 0.0]]", "no place"),
        ("[skimmer]\nlaunch_propellant_kg = 10.0", "launch_propellant_kg"),
        ("[plan", "table declaration"),
        ("[plan]\nprep_s = nan", "plan.prep_s"),
        ("[plan]\nharvest_s = inf", "plan.harvest_s"),
        ("[heartbeat]\nperiod_s = 1e-9", "heartbeat.period_s"),
        ("[skimmer]\npartitions = 1000000", "skimmer.partitions"),
        ("[power]\ncruise_w = [1.0, -2.0, 3.0]", "power.cruise_w"),
        ("[retirement]\nseal_max = 0.0", "retirement.seal_max"),
        ("[box]\nhome = [0.0, nan, 0.0]", "box.home"),
        ("[depot]\ncryo_k = 101.0", "watch.cryo_warn_k"),
        ("[units]\nstore = ''", "units.store"),
        ("[kinds]\nquadplane = 3", "kinds"),
        ("[kinds.quadplane.name]\nx = 1", "kinds.quadplane.name"),
    ],
)
def test_a_broken_profile_is_refused_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    """Which names the place."""
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    done = run(tmp_path, "loop", "--profile", "own.toml", "--sorties", "1", "--state-dir", "state")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and words in done.stderr


def test_a_printed_profile_can_be_changed_and_flown(tmp_path: Path) -> None:
    """Bare TOML to start from."""
    printed = run(tmp_path, "loop", "--print-profile", "space")
    assert printed.returncode == 0 and "max_cycles" in tomllib.loads(printed.stdout)["retirement"]
    own = printed.stdout.replace('name = "space"', 'name = "mine"').replace("max_cycles = 1500", "max_cycles = 2")
    (tmp_path / "mine.toml").write_text(own, encoding="utf-8")
    done = run(tmp_path, "loop", "--profile", "mine.toml", "--sorties", "5", "--json", "--state-dir", "state")
    told = last_line(done)
    assert (done.returncode, told["profile"], told["ended_by"]) == (1, "mine", "retired")
    assert len(told["sorties"]) == 2
    assert tomllib.loads(run(tmp_path, "loop", "--print-profile", "drone-box").stdout)["vehicle"] == "sim:copter"


def test_kill_9_and_the_same_command_goes_on(tmp_path: Path) -> None:
    """To the sorties of an undisturbed run. At this speed the few sorties of it take longer than to be killed, and
    their times are not those of speed 0: depot and skimmer are also looked at between the events of their world."""
    arguments = ("loop", "--sorties", "9", "--json", "--fault", "debris@phase4+100#7")
    quiet = last_line(run(tmp_path, *arguments, "--state-dir", "quiet"))
    for _ in range(3):
        process = begin_warm(tmp_path, *arguments, "--state-dir", "killed", "--speedup", "250000")
        wait_for(process, "completed")
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=PATIENCE_S)
    told = last_line(run(tmp_path, *arguments, "--state-dir", "killed"))
    assert [course_of(sortie) for sortie in told["sorties"]] == [course_of(sortie) for sortie in quiet["sorties"]]
    assert told["ended_by"] == quiet["ended_by"] and told["skimmer"] == quiet["skimmer"]


def course_of(sortie: dict[str, Any]) -> tuple[Any, ...]:
    """The number and end of a sortie, and its phases."""
    return (
        *(sortie[name] for name in ("number", "outcome", "abort", "trigger")),
        [p["phase"] for p in sortie["phases"]],
    )


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_stops_it_with_the_object_so_far(tmp_path: Path, number: signal.Signals, status: int) -> None:
    """SIGTERM 0, Ctrl-C 130."""
    process = begin_warm(tmp_path, "loop", "--json", "--state-dir", "state")
    wait_for(process, "sortie 2 completed")
    process.send_signal(number)
    out, _ = process.communicate(timeout=PATIENCE_S)
    told = json.loads(out.splitlines()[-1])
    assert (process.returncode, told["ended_by"]) == (status, "stopped")
    assert len(told["sorties"]) >= 2


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_right_after_the_first_line_gives_the_object_too(
    tmp_path: Path, number: signal.Signals, status: int
) -> None:
    """Also while the simulator is still being loaded."""
    process = begin_warm(tmp_path, "loop", "--profile", "drone-box", "--json", "--state-dir", "state", "--speedup", "1")
    wait_for(process, "profile drone-box")
    process.send_signal(number)
    out, _ = process.communicate(timeout=PATIENCE_S)
    told = json.loads(out.splitlines()[-1])
    assert (process.returncode, told["ended_by"], told["sorties"]) == (status, "stopped", [])
    assert told["skimmer"]["state"] == "ACTIVE" and told["depot"]["tanks"]


def test_an_operator_confirms_each_relaunch(tmp_path: Path) -> None:
    """Yes flies on; without an answer the loop stops, and goes on with the next start."""
    process = begin_warm(tmp_path, *CONFIRM, "--sorties", "3", stdin="")
    out, err = process.communicate(timeout=PATIENCE_S)
    told = json.loads(out.splitlines()[-1])
    assert (process.returncode, told["ended_by"], told["sorties"]) == (0, "stopped", [])
    assert "launch again? [y/N]" in err and "not confirmed" in err
    done = run(tmp_path, "loop", "--sorties", "2", "--json", "--state-dir", "state")
    assert [sortie["number"] for sortie in last_line(done)["sorties"]] == [1, 2]


def test_answers_that_were_typed_ahead_are_taken_in_turn(tmp_path: Path) -> None:
    """One line for each question."""
    process = begin_warm(tmp_path, *CONFIRM, "--sorties", "5", stdin="y\nYES\nno\n")
    out, _ = process.communicate(timeout=PATIENCE_S)
    told = json.loads(out.splitlines()[-1])
    assert (process.returncode, told["ended_by"], len(told["sorties"])) == (0, "stopped", 2)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
@pytest.mark.parametrize("speedup", ["0", "1000000"])
def test_a_signal_is_answered_while_the_operator_thinks(
    tmp_path: Path, number: signal.Signals, status: int, speedup: str
) -> None:
    """At once, with the object so far; the loop waits in phase 8."""
    process = begin_warm(tmp_path, *CONFIRM, "--speedup", speedup, stdin=None)
    assert process.stderr is not None
    while not (seen := process.stderr.read(1)) or seen != "?":
        pass
    process.send_signal(number)
    assert process.wait(timeout=PATIENCE_S) == status  # stdin is still open
    out, _ = process.communicate()
    told = json.loads(out.splitlines()[-1])
    assert (told["ended_by"], told["sorties"]) == ("stopped", [])


def test_the_first_line_comes_at_once_and_phases_are_told_where_one_can_watch(tmp_path: Path) -> None:
    """Which loop this is; at speed 0 a line for each sortie only, at others one for each phase too."""
    process = begin_warm(tmp_path, "loop", "--speedup", "1", "--seed", "7", "--state-dir", "state")
    assert process.stderr is not None
    assert "profile space, seed 7" in process.stderr.readline()
    assert "phase 1: Pre-Departure Prep" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    fast = run(tmp_path, "loop", "--sorties", "1", "--state-dir", "fast")
    assert [line.split()[0] for line in fast.stderr.splitlines()] == ["sortie", "sortie"]


def test_a_no_go_that_goes_on_is_told_once(tmp_path: Path) -> None:
    """Each try is in the journal; the view has a line more only for a new constraint, such as a closed window."""
    done = run(tmp_path, "loop", "--sorties", "1", "--fault", "no_go_power@T+0..T+200000", "--state-dir", "state")
    lines = [line.partition(" delayed: ")[2] for line in done.stderr.splitlines() if " no_go: " in line]
    assert lines == ["no_go_power", "no_go_power, no_go_comms"]


def test_another_seed_or_profile_in_the_same_directory_is_refused(tmp_path: Path) -> None:
    """One line that says what is there."""
    run(tmp_path, "loop", "--sorties", "1", "--seed", "1", "--state-dir", "state")
    done = run(tmp_path, "loop", "--sorties", "2", "--seed", "2", "--state-dir", "state")
    assert done.returncode == 2 and "seed 1" in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_report_is_a_page_without_a_network_a_json_and_a_table(tmp_path: Path) -> None:
    """Rectangular CSV; charts inside the page, its story first, in words."""
    run(tmp_path, "loop", "--sorties", "2", "--state-dir", "state", "--report", "report")
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert (
        page.count("<figure>") == 13
    )  # phases, tanks, skimmer, masses, track; way, modes, margins, health of the last
    assert page.count("<b>Sortie 2: ") == 7
    assert "Sorties: 2, completed: 2; 35." in page and page.index("2, completed: 2") < page.index("<figure>")
    assert "src=" not in page and "<link" not in page and "<script" not in page
    with (tmp_path / "report" / "report.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 3 and len({len(row) for row in rows}) == 1
    whole = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    by_name = {row["quantity"]: row for row in whole["throughput"]}
    assert by_name["delivered mass"]["measured"] == pytest.approx(by_name["delivered mass"]["predicted"], rel=0.05)
    assert by_name["propellant closure"]["holds"] and by_name["storage constraint"]["holds"]
    assert whole["decisions"] and whole["levels"]
    assert [track["sortie"] for track in whole["tracks"]] == [1, 2]
    points = whole["tracks"][0]["points"]
    lowest = min(points, key=lambda point: point["alt_m"])
    assert (points[0]["lon"], points[0]["alt_m"]) == pytest.approx((0.0, 82_000.0), abs=0.1)  # undocked at the depot
    assert min(point["lon"] for point in points) == pytest.approx(-8.4, abs=0.1)  # the entry of the zone
    assert lowest["alt_m"] < 77_000.0 and -8.4 < lowest["lon"] < -4.0  # below the entry, where it harvests
    assert abs(points[-1]["lon"]) < 0.1  # home
    with (tmp_path / "report" / "track.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 1 + sum(len(track["points"]) for track in whole["tracks"])
    assert {len(row) for row in rows} == {5}


def test_every_decision_is_in_the_journal_with_its_facts(tmp_path: Path) -> None:
    """Readable with any SQLite."""
    run(tmp_path, "loop", "--sorties", "1", "--state-dir", "state")
    with sqlite3.connect(tmp_path / "state" / "loop.sqlite") as database:
        rows = database.execute("SELECT name, party, facts FROM decision ORDER BY id").fetchall()
    facts = {name: json.loads(text) for name, _, text in rows}
    assert [row[0] for row in rows][:2] == ["begin_phase", "plan_mission"]
    assert {row[1] for row in rows} == {"depot", "skimmer"}
    assert facts["go"]["failed"] == [] and facts["launch"]["plan"] == 1
