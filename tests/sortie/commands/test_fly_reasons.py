"""`sortie fly` says why a flight was not completed, in words that help."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.program import last_line, run

PLAN = """QGC WPL 110
0\t1\t0\t16\t0\t0\t0\t0\t47.0\t8.0\t400\t1
1\t0\t3\t22\t0\t0\t0\t0\t0\t0\t5\t1
2\t0\t3\t21\t0\t0\t0\t0\t0\t0\t0\t1
3\t0\t3\t211\t0\t0\t0\t0\t0\t0\t0\t1
4\t0\t3\t22\t0\t0\t0\t0\t0\t0\t5\t1
5\t0\t3\t21\t0\t0\t0\t0\t0\t0\t0\t1
"""
STAND_IN = Path(__file__).parents[2] / "stand_in" / "arducopter"
FLY = ("fly", "there-and-back.waypoints", "--speedup", "0", "--link", "tcpin:127.0.0.1:0", "--json")


def test_a_landing_in_the_middle_ends_the_flight_and_says_what_would_go_on(tmp_path: Path) -> None:
    """ArduPilot's default; not the gripper behind it is the reason."""
    (tmp_path / "there-and-back.waypoints").write_text(PLAN)
    done = run(tmp_path, *FLY)
    assert done.returncode == 1
    found = last_line(done)
    assert found["result"] == "failed"
    assert found["reason"] == "landed at item 2 of 5; with MIS_OPTIONS 4 a mission goes on after a landing"


def test_with_mis_options_4_it_takes_off_again(tmp_path: Path) -> None:
    """What the reason promises is so."""
    (tmp_path / "there-and-back.waypoints").write_text(PLAN)
    done = run(tmp_path, *FLY, "--param", "MIS_OPTIONS=4")
    assert done.returncode == 0, done.stderr
    assert [item["seq"] for item in last_line(done)["items_reached"]] == [1, 2, 4, 5]


def test_an_item_without_an_end_is_told_before_the_flight(tmp_path: Path) -> None:
    """A plane circles home in RTL, which looks like a program that hangs."""
    up = "".join(PLAN.splitlines(keepends=True)[:3])
    (tmp_path / "there-and-back.waypoints").write_text(f"{up}2\t0\t3\t20\t0\t0\t0\t0\t0\t0\t0\t1\n")
    done = run(tmp_path, *FLY, "--vehicle", "sim:plane", "--param", "SIM_BATT_CAP_AH=0.08")
    assert done.returncode == 1
    assert "sortie: mission item 2: RTL has no end but a station's command or an empty battery" in done.stderr


def test_a_fault_that_came_too_late_is_told(tmp_path: Path) -> None:
    """It would look like a flight that withstood it. Of several vehicles it is told once."""
    (tmp_path / "there-and-back.waypoints").write_text("".join(PLAN.splitlines(keepends=True)[:4]))
    late = ("--fault", "gps.loss@900..950", "--fault", "baro.loss@4", "--count", "2")
    done = run(tmp_path, *FLY, *late)
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stderr.splitlines() if "did not begin" in line]
    assert told == ["sortie: fault gps.loss@900..950 did not begin: the flight was over before"]


def test_a_program_of_another_kind_of_vehicle_is_refused(tmp_path: Path) -> None:
    """A copter's firmware on a plane's frame would wait for ever until it may be armed."""
    (tmp_path / "there-and-back.waypoints").write_text(PLAN)
    done = run(tmp_path, *FLY, "--vehicle", f"ardupilot:plane={STAND_IN}")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("the program is an ArduPilot copter; expected the binary of a plane")
