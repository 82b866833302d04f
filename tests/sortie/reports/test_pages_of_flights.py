"""`fly --report DIR`: a page of each flight that was flown, of each vehicle, and of no other."""

from __future__ import annotations

import re

from tests.fakes.program import last_line, run

SQUARE = """QGC WPL 110
0\t1\t0\t16\t0\t0\t0\t0\t47.3769\t8.5417\t408\t1
1\t0\t3\t22\t0\t0\t0\t0\t47.3769\t8.5417\t10\t1
2\t0\t3\t16\t0\t0\t0\t0\t47.3772\t8.5417\t10\t1
3\t0\t3\t20\t0\t0\t0\t0\t0\t0\t0\t1
"""
HOW = ("--speedup", "0", "--json", "--link", "tcpin:127.0.0.1:0", "--state-dir", "state", "--report", "pages")


def fly(folder, *arguments):
    """(what is printed as JSON, the process that has ended) of a flight of the small plan."""
    (folder / "small.waypoints").write_text(SQUARE)
    done = run(folder, "fly", "small.waypoints", *HOW, *arguments)
    return last_line(done), done


def test_each_flight_in_a_row_has_its_page(tmp_path):
    """Named as its folder is; with the plan, which the log alone does not know in full."""
    told, done = fly(tmp_path, "--repeat", "2")
    assert done.returncode == 0, done.stderr
    assert [one["report"] for one in told["flights"]] == ["pages/flight-0001.html", "pages/flight-0002.html"]
    pages = [(tmp_path / one["report"]).read_text() for one in told["flights"]]
    assert all("Plan against flown" in page and "<svg" in page for page in pages)
    assert pages[0] != pages[1]


def test_each_vehicle_of_a_fleet_has_its_page(tmp_path):
    """Each with the plan as it was moved for it: no vehicle flew beside it."""
    told, done = fly(tmp_path, "--count", "3", "--formation", "line", "--spacing", "40")
    assert done.returncode == 0, done.stderr
    pages = [one["report"] for one in told["vehicles"]]
    assert pages == [f"pages/vehicle-{number}-flight-0001.html" for number in (1, 2, 3)]
    for page in pages:
        text = (tmp_path / page).read_text()
        beside = re.search(r"at most ([\d.]+) m beside its legs", text)
        assert beside is not None
        assert float(beside.group(1)) < 5.0


def test_what_was_not_logged_has_no_page(tmp_path):
    """The result is told all the same; an older flight in the same folder is not taken for this one."""
    fly(tmp_path)
    told, done = fly(tmp_path, "--no-telemetry-log")
    assert done.returncode == 0, done.stderr
    assert told["result"] == "completed"
    assert told["report"] is None
    assert "no page" in done.stderr
    assert [page.name for page in (tmp_path / "pages").iterdir()] == ["flight-0001.html"]


def test_a_page_that_cannot_be_written_is_told_by_the_option_of_this_command(tmp_path):
    """It advised --out, which `fly` does not have."""
    (tmp_path / "pages" / "flight-0001.html").mkdir(parents=True)
    told, done = fly(tmp_path)
    assert (done.returncode, told["report"]) == (0, None)
    assert "no report: pages/flight-0001.html: Is a directory; choose another folder with --report" in done.stderr
