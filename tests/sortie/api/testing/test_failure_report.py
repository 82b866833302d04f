"""A test that fails shows its flight in pytest's own report, and leaves a folder; one that passes leaves nothing."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import parse_plan
from sortie import Session
from sortie.api.testing.flown import FlownVehicle
from sortie.reading.logs import read_log
from tests.fakes.plugin_run import again, kept, run

pytest_plugins = ["pytester"]

FAILS = """
import pytest
from sortie.api.sample import square

@pytest.mark.sortie(wind=(3, 90), faults=["gps.loss@300..310"], params={"RTL_ALT": 2000})
def test_fails(sortie_vehicle):
    vehicle = sortie_vehicle
    vehicle.wait_armable()
    vehicle.upload(square(vehicle.autopilot.facts.home))
    vehicle.start()
    vehicle.reaches(item=2)
    with open("times.txt", "a") as file:
        print(vehicle.time_s, vehicle.truth, file=file)
    vehicle.reaches(item=9, within_s=5)

def test_passes(sortie_vehicle):
    sortie_vehicle.wait_armable()
"""
FILES = {"events.jsonl", "flight.bin", "flight.html", "flight.tlog", "plan.plan", "summary.json", "telemetry.csv"}


def section(result: pytest.RunResult) -> list[str]:
    """The lines of the report's section about the vehicle."""
    lines = result.outlines
    start = next(number for number, line in enumerate(lines) if re.fullmatch("-+ sortie -+", line))
    end = next(number for number, line in enumerate(lines[start:], start) if line.startswith("files: "))
    return lines[start + 1 : end + 1]


def test_a_failing_test_tells_its_flight(pytester: pytest.Pytester) -> None:
    """Who flew, where it stands, what happened with times, how to have it again, and where it stays."""
    result = run(pytester, FAILS)
    result.assert_outcomes(failed=1, passed=1)
    who, stands, *story, test, flight, files = section(result)
    assert who.startswith("sim:copter, seed 0, sortie ")
    assert who.endswith("RTL_ALT=2000, SIM_WIND_SPD=3, SIM_WIND_DIR=90, fault gps.loss@300..310")
    assert re.match(r"at \d+\.\d\d s: AUTO, armed, item 3 of 6, ", stands)
    assert [line.split() for line in story][-1][-3:] == ["Mission:", "3", "WP"]
    assert any(re.fullmatch(r" +3\.\d\d s  mode  AUTO \(GCS command\)", line) for line in story)
    assert test == "again:  pytest test_it.py::test_fails --sortie-seed 0"
    assert " --link tcpin:127.0.0.1:0 " in flight, "another vehicle may have the usual port"
    assert "--param RTL_ALT=2000.0" in flight and "--fault gps.loss@300..310" in flight
    assert files.startswith("files:  sortie-logs/test_it.py-test_fails: events.jsonl, ")
    result.stdout.fnmatch_lines(["E*AssertionError: item 9: not reached within 5 s; reached: none"])


def test_the_folder_has_the_whole_flight(pytester: pytest.Pytester) -> None:
    """Plan, logs, and all events since boot; git does not see it."""
    run(pytester, FAILS)
    assert kept(pytester) == {"test_it.py-test_fails": FILES}
    folder = pytester.path / "sortie-logs" / "test_it.py-test_fails"
    assert len(parse_plan((folder / "plan.plan").read_bytes()).items) == 6
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    assert {"time_s": 3.0, "event": "ArmedChanged"}.items() <= next(
        line for line in lines if line["event"] == "ArmedChanged"
    ).items()
    assert lines[0]["time_s"] < 3.0
    assert (folder / "flight.bin").stat().st_size > 10_000
    assert (pytester.path / "sortie-logs" / ".gitignore").read_text() == "*\n"


def test_the_command_flies_the_same_again(pytester: pytest.Pytester) -> None:
    """Both lines: the test, to the last digit; and the plan alone, by `sortie fly`."""
    result = run(pytester, FAILS, "--sortie-seed", "77")
    *_, test, flight, _ = section(result)
    words = shlex.split(test.removeprefix("again:"))
    assert words[0] == "pytest"
    again(pytester, *words[1:]).assert_outcomes(failed=1)
    first, second = (pytester.path / "times.txt").read_text().splitlines()
    assert first == second
    again(pytester, words[1], "--sortie-seed", "78").assert_outcomes(failed=1)
    *_, third = (pytester.path / "times.txt").read_text().splitlines()
    assert third != first
    words = shlex.split(flight.removeprefix("flight:"))
    assert words[:2] == ["sortie", "fly"]
    done = subprocess.run([sys.executable, "-m", *words, "--json"], cwd=pytester.path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["result"] == "completed"
    kept_at = pytester.path / "sortie-logs" / "test_it.py-test_fails"
    first_item = [_first_item_s(folder) for folder in (kept_at, pytester.path / told["logs"])]
    assert first_item[0] == pytest.approx(first_item[1], abs=0.5), "faults come at the same point of the flight"


def _first_item_s(folder: Path) -> float:
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return float(next(line["time_s"] for line in lines if line["event"] == "ItemReached"))


def test_the_command_names_who_flies_the_mission(tmp_path: Path) -> None:
    """With a firmware in our world: its own AUTO, or Sortie item by item."""
    with Session() as session:
        session.upload([MissionItem(Cmd.NAV_TAKEOFF, z=10.0)])
        session.spec = replace(session.spec, strategy="guided")
        told = FlownVehicle(session, None, None).tell("test_it.py::test_one", tmp_path)
    assert " --strategy guided " in told


def test_the_parameters_of_a_px4_are_those_that_somebody_set(tmp_path: Path) -> None:
    """By its names; not what it presets in the core, and not what follows from another of its parameters."""
    with Session(firmware="px4", params={"MPC_XY_CRUISE": 3.0}) as session:
        session.upload([MissionItem(Cmd.NAV_TAKEOFF, z=10.0)])
        session.set_param("BAT1_CAPACITY", 4000.0)
        session.set_param("SIM_WIND_SPD", 2.0)
        told = FlownVehicle(session, None, None).tell("test_it.py::test_one", tmp_path)
    assert ", BAT1_CAPACITY=4000, MPC_XY_CRUISE=3, SIM_WIND_SPD=2\n" in told
    assert re.findall(r"--param (\w+)", told) == ["FM_COUNTDOWN", "BAT1_CAPACITY", "MPC_XY_CRUISE", "SIM_WIND_SPD"]


WAITS = """
import pytest
from sortie.api.sample import square

@pytest.mark.sortie(wind=(5, 90, 1), faults=["gps.glitch=8@25..30"], params={"FM_COUNTDOWN": 0})
@pytest.mark.parametrize("begin", ["go", "start"])
def test_waits(sortie_vehicle, begin):
    vehicle = sortie_vehicle
    vehicle.run_for(7.77)
    vehicle.upload(square(vehicle.autopilot.facts.home))
    getattr(vehicle, begin)()
    vehicle.run_for(20.0)
    vehicle.inject("baro.loss")
    vehicle.inject("compass.loss@34.5")
    vehicle.run_for(1.5)
    vehicle.clear("baro.loss")
    vehicle.reaches(item=9, within_s=20)
"""


def test_a_flight_that_waited_is_flown_again_from_the_same_instant(pytester: pytest.Pytester) -> None:
    """By the flight manager with the very bytes, as far as the test went; begun by commands with the very samples. The
    faults that the test itself began and ended are in it."""
    result = run(pytester, WAITS)
    result.assert_outcomes(failed=2)
    lines = [line.removeprefix("flight:") for line in result.outlines if line.startswith("flight:")]
    assert len(lines) == 2 and all(" --go-at 10.78 " in line for line in lines)
    assert all(" --fault baro.loss@30.78..32.28 --fault compass.loss@34.5" in line for line in lines)
    for line in lines:
        words = shlex.split(line)
        done = subprocess.run(
            [sys.executable, "-m", *words, "--json"], cwd=pytester.path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        kept_log = (pytester.path / words[2]).parent / "flight.bin"
        log = pytester.path / json.loads(done.stdout.splitlines()[-1])["logs"] / "flight.bin"
        if "-go/" in words[2]:
            assert log.read_bytes().startswith(kept_log.read_bytes())
        samples = read_log(kept_log).samples
        assert len(samples) > 150
        assert read_log(log).samples[: len(samples)] == samples


def test_a_test_that_passes_again_takes_its_folder_away(pytester: pytest.Pytester) -> None:
    """What stays is of the last run."""
    run(pytester, FAILS)
    assert kept(pytester)
    run(pytester, FAILS.replace("item=9", "item=3").replace("within_s=5", "within_s=50")).assert_outcomes(passed=2)
    assert kept(pytester) == {}


def test_logs_of_all_or_none(pytester: pytest.Pytester) -> None:
    """As the option says; where the other one says."""
    result = run(pytester, FAILS, "--sortie-logs", "none")
    result.assert_outcomes(failed=1, passed=1)
    assert "again:  pytest test_it.py::test_fails --sortie-seed 0 --sortie-logs failed" in result.outlines
    assert kept(pytester) == {}
    again(pytester, "--sortie-logs", "all")
    assert kept(pytester) == {"test_it.py-test_fails": FILES, "test_it.py-test_passes": {"events.jsonl"}}
    again(pytester, "--sortie-log-dir", "elsewhere")
    assert (pytester.path / "elsewhere" / "test_it.py-test_fails" / "flight.bin").exists()


def test_a_disk_that_keeps_no_files_spoils_no_report(pytester: pytest.Pytester) -> None:
    """It was an internal error of pytest: the run ended, and nobody saw which tests had failed."""
    (pytester.path / "taken").write_text("a file")
    for logs in ("failed", "all"):
        result = run(pytester, FAILS, "--sortie-log-dir", "taken", "--sortie-logs", logs)
        result.assert_outcomes(failed=1, passed=1)
        assert section(result)[-1].endswith("Not a directory; choose another place with --sortie-log-dir")
        assert section(result)[-1].startswith(f"files:  not kept: {pytester.path / 'taken'}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--sortie-seed=-1", "'-1': expected a whole number from 0, or random"),
        ("--sortie-speedup=fast", "'fast': expected a number above 0"),
        ("--sortie-quiet=0", "'0': expected a number above 0"),
        ("--sortie-lead=nan", "'nan': expected a number from 0 on"),
    ],
)
def test_a_wrong_option_says_what_is_right(pytester: pytest.Pytester, words: str, said: str) -> None:
    """Not how the function that reads it is called."""
    result = run(pytester, FAILS, words)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*argument {words.partition('=')[0]}: {said}"])


def test_several_vehicles_and_flights_are_told_apart(pytester: pytest.Pytester) -> None:
    """A section and a folder for each vehicle, the last flight above the earlier ones."""
    result = run(
        pytester,
        """
from sortie import MissionItem
HOP = [MissionItem(22, 3, z=5.0), MissionItem(21, 3)]

def test_fails(sortie_vehicle, sortie_vehicles):
    with sortie_vehicles(vehicle="sim:rover", seed=9) as rover:
        rover.wait_armable()
        sortie_vehicle.upload(HOP)
        for _ in range(2):
            sortie_vehicle.start()
            sortie_vehicle.lands_within(2.0)
            sortie_vehicle.run_for(20)
        assert rover.state.armed
""",
    )
    first, second = ("*- sortie: vehicle 1 of 2 -*", "sim:copter, seed 0, *"), ("*- sortie: vehicle 2 of 2 -*",)
    result.stdout.fnmatch_lines([*first, *second, "sim:rover, seed 9, *"])
    assert kept(pytester) == {
        "test_it.py-test_fails/1": FILES,
        "test_it.py-test_fails/1/earlier/0001": FILES - {"plan.plan", "flight.html"},
        "test_it.py-test_fails/2": {"events.jsonl"},
    }


def test_a_shared_vehicle_is_told_of_the_test_that_used_it(pytester: pytest.Pytester) -> None:
    """In the air, and again in the next test: each has the flight from where the one before it had failed."""
    result = run(
        pytester,
        """
import pytest
from sortie import MissionItem

@pytest.fixture(scope="module")
def shared(sortie_vehicles):
    with sortie_vehicles() as vehicle:
        vehicle.upload([MissionItem(22, 3, z=50.0), MissionItem(21, 3)])
        vehicle.start()
        yield vehicle

def test_one(shared):
    shared.reaches(height=20, within_s=5)
def test_two(shared):
    shared.reaches(height=45, within_s=5)
def test_three(): assert False
""",
    )
    result.assert_outcomes(failed=3)
    found = kept(pytester)
    assert set(found) == {"test_it.py-test_one", "test_it.py-test_two", "test_it.py-test_two/earlier/0001"}
    assert found["test_it.py-test_two"] == FILES
    assert "\n".join(result.outlines).count("again: ") == 2


FLEET = """
import pytest

@pytest.mark.sortie(wind=(3, 90, 1))
def test_fails(sortie_fleet):
    fleet = sortie_fleet(2, vehicle="sim:rover")
    fleet.run_for(5)
    with open("places.txt", "a") as file:
        print([(session.seed, session.truth.position) for session in fleet], file=file)
    assert False
"""


def test_a_fleet_is_had_again_by_the_seed_of_the_run(pytester: pytest.Pytester) -> None:
    """That of a vehicle is made of it: it made another fleet. The report calls the vehicles what they are."""
    lines = run(pytester, FLEET, "--sortie-seed", "7").outlines
    assert sum(line.startswith("sim:rover, seed ") for line in lines) == 2
    commands = {line for line in lines if line.startswith("again:")}
    assert commands == {"again:  pytest test_it.py::test_fails --sortie-seed 7"}
    assert lines.count("flight: its test alone repeats it, it had no plan") == 2
    again(pytester, *shlex.split(commands.pop().removeprefix("again:"))[1:])
    first, second = (pytester.path / "places.txt").read_text().splitlines()
    assert first == second
