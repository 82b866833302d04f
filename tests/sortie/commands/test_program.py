"""The program: ends, results, where it starts, and that a seed decides everything."""

from __future__ import annotations

import json
import re
import signal

import pytest

from autopilot.interface.geo import GeoPoint, distance
from tests.fakes.patience import PATIENCE_S
from tests.fakes.program import begin, last_line, run, run_apart, wait_for

LINK = ("--link", "tcpin:127.0.0.1:0")
ITEM = "\t0\t3\t{command}\t0\t0\t0\t0\t{lat}\t{lon}\t{alt}\t1\n"


def waypoints(home: tuple[float, float, float], *items: tuple[int, float, float, float]) -> str:
    """A `QGC WPL 110` file: home, then (command, lat, lon, height) of each item."""
    text = "QGC WPL 110\n0\t1\t0\t16\t0\t0\t0\t0\t{}\t{}\t{}\t1\n".format(*home)
    for seq, (command, lat, lon, alt) in enumerate(items, start=1):
        text += str(seq) + ITEM.format(command=command, lat=lat, lon=lon, alt=alt)
    return text


def test_a_signal_in_flight_still_tells_the_result(tmp_path):
    """The last line says aborted, and what had been reached."""
    process = begin(tmp_path, "demo", "--once", "--json", "--speedup", "20", *LINK)
    wait_for(process, "Reached command #1")
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    result = json.loads(out.splitlines()[-1])
    assert result["result"] == "aborted"
    assert result["items_reached"][0]["seq"] == 1


def test_the_state_directory_belongs_to_one_process(tmp_path):
    """A second one exits 2 and names the first."""
    first = begin(tmp_path, "serve", *LINK)
    wait_for(first, "serving")
    second = run(tmp_path, "serve", *LINK)
    assert second.returncode == 2
    assert second.stderr.count("\n") == 1
    assert f"in use by process {first.pid}" in second.stderr
    first.terminate()
    first.communicate(timeout=PATIENCE_S)
    assert first.returncode == 0


def test_demo_once_tells_its_result_in_json(tmp_path):
    """The fields that scripts read, on the last line of stdout; the story is on stderr."""
    done = run(tmp_path, "demo", "--once", "--json", "--speedup", "0", *LINK)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    result = last_line(done)
    assert set(result) >= {"result", "items_reached", "flight_time_s", "distance_m", "wall_s", "speedup", "logs"}
    assert result["result"] == "completed"
    assert [entry["seq"] for entry in result["items_reached"]] == [1, 2, 3, 4, 5, 6]
    times = [entry["time_s"] for entry in result["items_reached"]]
    assert times == sorted(times)
    assert 50.0 < result["flight_time_s"] < 120.0
    assert 225.0 < result["distance_m"] < 260.0
    assert result["wall_s"] > 0.0
    assert result["speedup"] > 1.0
    assert (tmp_path / "xdg" / "sortie" / "logs" / "latest" / "summary.json").exists()
    assert "Reached command #6" in done.stderr


def test_one_seed_one_log(tmp_path):
    """Two processes, one seed: the same telemetry log and events, byte by byte; another seed differs."""

    def fly(name: str, seed: str, start=run) -> tuple[bytes, bytes, bytes]:
        options = ("--speedup", "0", "--seed", seed, "--log-dir", str(tmp_path / name))
        done = start(tmp_path, "demo", "--once", *options, *LINK)
        assert done.returncode == 0, done.stderr
        flight = tmp_path / name / "flights" / "0001"
        files = [(flight / file).read_bytes() for file in ("flight.tlog", "events.jsonl", "telemetry.csv")]
        return files[0], files[1], files[2]

    first, second, other = fly("a", "1"), fly("b", "1", run_apart), fly("c", "2")
    assert len(first[0]) > 100_000
    assert first == second
    assert first[0] != other[0]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("line0.waypoints", waypoints((47.1, 8.2, 450), (22, 0, 0, 5), (21, 0, 0, 0)), GeoPoint(47.1, 8.2)),
        ("first.waypoints", waypoints((0, 0, 0), (22, 46.5, 7.5, 5), (21, 0, 0, 0)), GeoPoint(46.5, 7.5)),
        (
            "planned.plan",
            json.dumps({
                "fileType": "Plan", "version": 1,
                "mission": {
                    "version": 2, "plannedHomePosition": [45.25, 6.75, 900.0],
                    "items": [
                        {"type": "SimpleItem", "command": 22, "frame": 3, "params": [0, 0, 0, 0, 0, 0, 5]},
                        {"type": "SimpleItem", "command": 21, "frame": 3, "params": [0, 0, 0, 0, 0, 0, 0]},
                    ],
                },
            }),
            GeoPoint(45.25, 6.75),
        ),
    ],
)  # fmt: skip
def test_a_plan_is_flown_where_it_says(tmp_path, name, text, expected):
    """plannedHomePosition, line 0, or where home is missing or zero the first item with a position."""
    (tmp_path / name).write_text(text)
    done = run(tmp_path, "fly", name, "--json", "--speedup", "0", *LINK)
    assert done.returncode == 0, done.stderr
    log = tmp_path / "xdg" / "sortie" / "logs" / "latest" / "telemetry.csv"
    first = log.read_text().splitlines()[1].split(",")
    assert distance(GeoPoint(float(first[1]), float(first[2])), expected) < 5.0


def test_a_given_home_wins_over_the_plans(tmp_path):
    """--home 1 km away: the vehicle starts there."""
    (tmp_path / "p.waypoints").write_text(waypoints((47, 8, 400), (22, 0, 0, 5), (21, 0, 0, 0)))
    done = run(tmp_path, "fly", "p.waypoints", "--home", "47.009,8,400,0", "--speedup", "0", *LINK)
    assert done.returncode == 0, done.stderr
    first = (tmp_path / "xdg" / "sortie" / "logs" / "latest" / "telemetry.csv").read_text().splitlines()[1].split(",")
    assert float(first[1]) == pytest.approx(47.009, abs=1e-4)


def test_a_flight_that_does_not_complete_is_status_1(tmp_path):
    """Two motors lost in the air: failed, and the reason is how it came down."""
    faults = ("--fault", "motor1.loss@15", "--fault", "motor2.loss@15")
    done = run(tmp_path, "demo", "--once", "--json", "--speedup", "0", *faults, *LINK)
    assert done.returncode == 1, done.stderr
    result = last_line(done)
    assert result["result"] == "failed"
    assert result["reason"] == "crash"


def test_plain_lines_where_there_is_no_terminal(tmp_path):
    """No escape sequences, no redrawing: lines that a log can keep."""
    done = run_apart(tmp_path, "demo", "--once", "--speedup", "0", *LINK)
    assert "\x1b" not in done.stderr + done.stdout
    assert "\r" not in done.stderr
    assert re.search(r"^ +\d+\.\d s  Reached command #3$", done.stderr, re.M)
    assert done.stdout.startswith("completed: 6 items reached")
