"""Two flights beside each other: what differed first, how far, and what `report --against` and `fly --expect` make of
it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from autopilot.interface.geo import GeoPoint
from autopilot.mav import AutopilotType, Severity
from sortie.commands.cli import run as main
from sortie.commands.flying import compare_rounds
from sortie.config.errors import UserError
from sortie.logs import dataflash_kinds as K
from sortie.reading.facts import MOST_ROWS, FlightFacts, Quantity, Sample
from sortie.reports.comparison import Since, begin_of, compared
from sortie.reports.comparison_page import comparison_page
from tests.fakes.program import last_line, run
from tests.sortie.reading.made import dataflash
from tests.sortie.reports.test_pages_of_flights import SQUARE

DEGREE_M = 111_194.9
HOME = GeoPoint(47.0, 8.0, 400.0)


def flight(
    name: str, *, boot_s: float = 10.0, waits_s: float = 0.0, aside_from_s: float = 1e9, rtl_s: float = 40.0
) -> FlightFacts:
    """Armed at `boot_s`, up with 2 m/s after `waits_s`, then north with 5 m/s; 3 m beside it from `aside_from_s` on."""
    facts = FlightFacts(name=name, home=HOME)
    facts.arm(boot_s, True)
    facts.modes = [(0.0, "STABILIZE"), (boot_s, "AUTO"), (boot_s + waits_s + rtl_s, "RTL")]
    for number in range(600):
        at_s = number * 0.1
        flown_s = max(at_s - waits_s, 0.0)
        north, east = 5.0 * max(flown_s - 5.0, 0.0), 3.0 if flown_s >= aside_from_s else 0.0
        place = 47.0 + north / DEGREE_M, 8.0 + east / (DEGREE_M * 0.682)
        facts.samples.append(Sample(boot_s + at_s, *place, min(2.0 * flown_s, 10.0), 5.0, 12.0, 80.0))
        facts.add(Quantity.YAW, boot_s + at_s, 359.0 if number % 2 else 1.0)
    facts.arm(boot_s + 60.0, False)
    return facts


def test_a_first_flight_that_does_not_know_its_place_is_judged_by_its_height() -> None:
    here, there = flight("a"), flight("b", aside_from_s=30.0)
    assert not compared(here, there).same
    here.unplaced = [(39.0, 71.0)]
    assert compared(here, there).same
    assert not compared(there, here).same  # of the other it is not asked
    there.samples = [replace(s, height=s.height + (3.0 if s.time_s > 50.0 else 0.0)) for s in there.samples]
    assert not compared(here, there).same


def test_a_height_that_drifts_on_the_ground_is_no_liftoff() -> None:
    """A PX4 stood at 0.9 m, and went on doing so for 4 s: heights count from arming, and of several passes the last."""
    there = flight("b", waits_s=4.0)
    there.samples = [replace(s, height=s.height + 0.9 - (0.05 if s.time_s < 11.0 else 0.0)) for s in there.samples]
    shown = [flight("a"), there, flight("c", waits_s=4.0)]
    shown[2].samples = [
        replace(s, height=0.7 if 10.5 < s.time_s < 11.0 else s.height) for s in shown[2].samples
    ]  # a hop of the estimate
    assert [begin_of(facts, Since.LIFTOFF) for facts in shown] == pytest.approx([10.25, 14.225, 14.25], abs=0.01)
    hops = flight("d")
    hops.samples = [replace(s, height=min(s.height, 1.0) if s.time_s < 20.0 else 0.0) for s in hops.samples]
    assert begin_of(hops, Since.LIFTOFF) == pytest.approx(10.25)
    hops.samples = [replace(s, height=0.0) for s in hops.samples]
    with pytest.raises(UserError, match="never left the ground"):
        begin_of(hops, Since.LIFTOFF)


def test_the_same_flight_at_another_time_is_the_same() -> None:
    found = compared(flight("a", boot_s=10.0), flight("b", boot_s=77.7), within_m=0.1)
    assert found.same
    assert found.first.startswith("No difference")
    assert max(row.most for row in found.rows) < 2.01  # the yaw, whose samples are not at the same instants
    assert {row.name for row in found.rows} == {"place", "height", "speed", "battery", "yaw"}


def test_places_that_part_are_told_with_their_moment() -> None:
    found = compared(flight("a", aside_from_s=20.0), flight("b"), within_m=2.0)
    assert found.first_s == pytest.approx(20.0, abs=0.2)
    assert found.first.startswith(f"First, {found.first_s:.1f} s after arming in AUTO, the places part")
    assert found.rows[0].most == pytest.approx(3.0, abs=0.02)
    assert compared(flight("a", aside_from_s=20.0), flight("b"), within_m=3.5).same


def test_a_mode_that_comes_first_is_what_differs() -> None:
    found = compared(flight("a", rtl_s=12.0, aside_from_s=20.0), flight("b"))
    assert found.first == "First, 12.0 s after arming, the one is in RTL, the other in AUTO."
    assert compared(flight("a", rtl_s=39.5), flight("b")).same  # half a second of a mode is no other flight


def test_modes_of_different_autopilots_are_not_compared() -> None:
    """A PX4's Mission is no other mode than AUTO; armed or not is one thing for both."""
    there = flight("b")
    there.modes_of = AutopilotType.PX4
    there.modes = [(0.0, "Hold"), (10.0, "Mission"), (50.0, "Return")]
    found = compared(flight("a"), there)
    assert found.same and "modes" not in found.first
    assert found.notes == ("Modes are not compared: the two autopilots have different ones.",)
    there.armed = [(10.0, True), (40.0, False)]
    assert compared(flight("a"), there).first == "First, 30.0 s after arming, the one is armed, the other disarmed."


def test_laid_on_each_other_at_liftoff_a_longer_wait_is_no_difference() -> None:
    waits = flight("a", waits_s=3.0, rtl_s=40.0)
    assert not compared(waits, flight("b")).same
    found = compared(waits, flight("b"), since=Since.LIFTOFF)
    assert found.rows[0].first_s is None or found.rows[0].first_s > 55.0  # the one log ends, the other goes on


def test_of_two_armings_the_longer_one_is_the_flight() -> None:
    """A vehicle that was armed, disarmed itself, and was armed again to fly; that is said."""
    twice = flight("a")
    twice.armed[:0] = [(2.0, True), (8.0, False)]
    found = compared(twice, flight("b", boot_s=33.0), within_m=0.1)
    assert found.same
    assert found.notes == ("a was armed 2 times: from 10.0 s on is compared, the longest.",)
    assert found.notes[0] in found.lines() and found.notes[0] in comparison_page((twice, flight("b")), found)


def test_a_takeoff_that_comes_later_is_said() -> None:
    found = compared(flight("a", waits_s=3.0), flight("b"))
    assert not found.same
    assert found.notes == (
        "The one left the ground 3.2 s after arming, the other 0.2 s: all that follows is as much later.",
    )
    assert compared(flight("a", waits_s=0.5), flight("b")).notes == ()


def test_a_log_that_begins_in_flight_has_no_arming() -> None:
    """It began when its vehicle was up already: the two cannot be laid on each other."""
    late = flight("late")
    late.samples = [sample for sample in late.samples if sample.time_s > 20.0]
    late.armed, late.modes = [(20.1, True), (70.0, False)], [(20.1, "AUTO")]
    for pair in ((late, flight("b")), (flight("b"), late)):
        with pytest.raises(UserError, match="late: the log begins in flight, so when it was armed is not known"):
            compared(*pair)


def test_warnings_of_one_alone_are_listed_and_shown() -> None:
    warned = flight("a")
    warned.say(30.0, "EKF <variance>", Severity.CRITICAL)
    found = compared(warned, flight("b"))
    assert found.only == (("EKF <variance>",), ())
    page = comparison_page((warned, flight("b")), found)
    assert "EKF &lt;variance&gt;" in page
    assert "No difference" in page


def test_a_log_that_ends_in_flight_is_compared_up_to_its_end() -> None:
    """Its last place is not where it stayed: 170 m would be told of a log that lacks 35 s."""
    cut = flight("a")
    cut.samples, cut.armed = cut.samples[:250], cut.armed[:1]
    for found in (compared(cut, flight("b")), compared(flight("b"), cut)):
        assert found.first_s == pytest.approx(24.9)
        assert found.first == (
            "a ends in flight, 24.9 s after arming; until then they are 0.00 m apart at most, at 0.0 s."
        )
        assert not found.same and found.cut_s == found.first_s
    aside = compared(cut, flight("b", aside_from_s=20.0))
    assert (aside.first_s, aside.cut_s) == (pytest.approx(20.0, abs=0.2), None)


def test_a_log_without_a_flight_is_one_sentence() -> None:
    ground = replace(flight("a"), armed=[])
    with pytest.raises(UserError, match="a: the vehicle was not armed in this log"):
        compared(ground, flight("b"))
    with pytest.raises(UserError, match="no position of the vehicle"):
        compared(replace(flight("a"), samples=[]), flight("b"))


def test_a_clock_by_which_a_flight_takes_days_is_one_sentence() -> None:
    """Not hundreds of gigabytes of tenths of a second."""
    days = flight("a")
    days.samples[-1] = replace(days.samples[-1], time_s=1.7e9)
    days.arm(1.7e9, True)
    for pair in ((days, flight("b")), (flight("b"), days)):
        with pytest.raises(UserError, match=r"^a: by its clock the flight takes 472222 hours; expected at most a day"):
            compared(*pair)


def test_a_flight_of_hours_is_compared_in_as_many_steps_as_its_log_is_held() -> None:
    """For memory that does not grow with it."""
    hours = flight("a")
    hours.arm(11_000.0, True)
    hours.samples.append(replace(hours.samples[-1], time_s=72_000.0))
    assert len(compared(hours, hours).distance) <= MOST_ROWS
    assert compared(hours, hours).distance[-1][0] > 60_900.0
    assert compared(flight("a"), flight("b")).distance[1][0] == 0.1


def test_report_against_tells_by_status_json_and_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.bin").write_bytes(dataflash())
    (tmp_path / "b.bin").write_bytes(dataflash())
    assert main(["report", str(tmp_path / "a.bin"), "--against", str(tmp_path / "b.bin"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["same"], told["within_m"]) == (True, 2.0)
    assert Path(told["report"]).stat().st_size > 1000
    assert main(["report", str(tmp_path / "a.bin"), "--json"]) == 2


def test_what_cannot_be_expected_is_told_before_anything_flies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At real speed a person would wait for minutes for it."""
    (tmp_path / "small.waypoints").write_text(SQUARE)
    logs = ("--state-dir", str(tmp_path / "state"), "--log-dir", str(tmp_path / "logs"))
    (tmp_path / "a.bin").write_bytes(dataflash().replace(K.ARM.head, bytes(3)))
    words = ["fly", str(tmp_path / "small.waypoints"), "--expect", str(tmp_path / "a.bin"), *logs]
    assert main([*words, "--link", "tcpin:127.0.0.1:0"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "a.bin: the vehicle was not armed in this log" in line
    assert not (tmp_path / "logs").exists()


def test_a_second_of_another_mode_is_no_difference_and_two_are() -> None:
    assert compared(flight("a"), flight("b", rtl_s=40.8)).same
    assert compared(flight("a"), flight("b", rtl_s=42.0)).first_s == pytest.approx(40.0)


def test_what_comes_first_is_told_place_mode_or_disarming() -> None:
    """A place that parts before a mode does; and who disarms ten seconds sooner."""
    assert compared(flight("a"), flight("b", aside_from_s=20.0, rtl_s=30.0)).first_s == pytest.approx(20.0, abs=0.2)
    sooner = flight("b")
    sooner.armed[-1] = (60.0, False)
    found = compared(flight("a"), sooner)
    assert found.first_s == pytest.approx(50.0) and "the other in disarmed" in found.first


def test_a_turn_that_both_fly_is_no_difference_whenever_it_was_logged() -> None:
    """30 deg/s through north, one log half a sample later than the other: they were 6 degrees apart."""
    both = flight("a"), flight("b")
    for facts, late_s in zip(both, (0.0, 0.1), strict=True):
        times = [facts.start_s + late_s + 0.2 * number for number in range(290)]
        facts.series[Quantity.YAW] = [(at_s, 30.0 * (at_s - facts.start_s) % 360.0) for at_s in times]
    assert {row.name: row.most for row in compared(*both).rows}["yaw"] == pytest.approx(0.0, abs=0.01)


def test_north_is_near_north_and_places_may_come_in_any_order() -> None:
    other = flight("b")
    other.series[Quantity.YAW] = [(at_s, 360.0 - yaw) for at_s, yaw in other.series[Quantity.YAW]]
    other.samples[20:500] = Random(1).sample(other.samples[20:500], 480)  # with the corner from the climb to the leg
    found = compared(flight("a"), other)
    assert found.same and found.rows[0].most == pytest.approx(0.0, abs=0.01)
    assert {row.name: row.most for row in found.rows}["yaw"] == pytest.approx(2.0)


def test_report_against_judges_by_what_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Flights 3 m apart: status, JSON and page for --within 2 m and 5 m."""
    logs = {"a.bin": flight("a"), "b.bin": flight("b", aside_from_s=20.0)}
    monkeypatch.setattr("sortie.reading.logs.read_log", lambda path: logs[path.name])
    words = ["report", "a.bin", "--against", "b.bin", "--json", "--out", str(tmp_path / "page.html")]
    for within, status, first_s in (("2m", 1, pytest.approx(20.0, abs=0.2)), ("5m", 0, None)):
        (tmp_path / "page.html").unlink(missing_ok=True)
        assert main([*words, "--within", within]) == status
        told = json.loads(capsys.readouterr().out)
        assert (told["same"], told["first_s"]) == (status == 0, first_s)
        assert told["report"] == str(tmp_path / "page.html") and (tmp_path / "page.html").is_file()


def test_each_round_is_compared_and_has_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the flight's log, or in the folder of the pages."""
    rounds: list[dict[str, Any]] = [{"logs": str(tmp_path / "0001")}, {"logs": str(tmp_path / "0002")}]
    for told in rounds:
        Path(told["logs"]).mkdir()
    flown = {"0001": flight("a", aside_from_s=20.0), "0002": flight("a")}
    monkeypatch.setattr("sortie.commands.flying.read_log", lambda folder: flown[folder.name])
    for pages, first in ((None, "0001/expected.html"), (tmp_path, "expected-0001.html")):
        compare_rounds(rounds, flight("b"), 2.0, pages)
        assert [told["expected"]["same"] for told in rounds] == [False, True]
        assert rounds[0]["expected"]["report"] == str(tmp_path / first) and (tmp_path / first).is_file()


def test_fly_expect_is_a_regression_test_from_a_flight(tmp_path: Path) -> None:
    """The same flight is within a centimetre of itself; with another speed it is not, whatever its mission says."""
    (tmp_path / "small.waypoints").write_text(SQUARE)
    how = ("fly", "small.waypoints", "--speedup", "0", "--json", "--link", "tcpin:127.0.0.1:0")
    again = ("--expect", "first/flights/0001/flight.bin", "--within", "0.01m")
    assert run(tmp_path, *how, "--state-dir", "a", "--log-dir", "first").returncode == 0
    done = run(tmp_path, *how, "--state-dir", "b", "--log-dir", "second", *again)
    assert (done.returncode, last_line(done)["expected"]["same"]) == (0, True), done.stderr
    done = run(tmp_path, *how, "--state-dir", "c", "--log-dir", "third", *again, "--param", "WPNAV_SPEED=200")
    told = last_line(done)
    assert (done.returncode, told["result"], told["expected"]["same"]) == (1, "completed", False)
    assert told["expected"]["within_m"] == 0.01
    assert (tmp_path / told["expected"]["report"]).read_text().count("<svg") > 5
    assert "not as expected: First," in done.stderr
