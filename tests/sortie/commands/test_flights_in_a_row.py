"""Flight after flight in one process: `fly --repeat`, `--trace`, `demo`, the recipe of docs/ci.md, and the long row."""

from __future__ import annotations

import gc
import re
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autopilot.flight.messages import MessageKind, TraceEntry, write_line
from sortie import Session, events
from tests.fakes.flight_station import HOP, I, flight_state
from tests.fakes.flight_trace import read_line
from tests.fakes.program import last_line, run, run_apart
from tests.fakes.served import free_port

PLAN = """QGC WPL 110
0\t1\t0\t16\t0\t0\t0\t0\t-35.363261\t149.165230\t584\t1
1\t0\t3\t22\t0\t0\t0\t0\t0\t0\t6\t1
2\t0\t3\t16\t0\t0\t0\t0\t-35.363171\t149.165230\t6\t1
3\t0\t3\t20\t0\t0\t0\t0\t0\t0\t0\t1
"""
Start = Callable[..., subprocess.CompletedProcess[str]]
ALL_STATES = ("PREFLIGHT", "ARMED", "FLYING", "LANDING", "LANDED", "IDLE")


def fly(folder: Path, *arguments: str, start: Start = run) -> subprocess.CompletedProcess[str]:
    """`sortie fly` of a short mission, as fast as it goes."""
    (folder / "hop.waypoints").write_text(PLAN)
    return start(
        folder,
        "fly",
        "hop.waypoints",
        "--speedup",
        "0",
        "--json",
        "--link",
        f"tcpin:127.0.0.1:{free_port()}",
        "--param",
        "SIM_BATT_CAP_AH=0",
        *arguments,
    )


def test_fly_repeat(tmp_path: Path) -> None:
    """The recipe's command, with ten flights: each complete, each with its own log, without a pause in between."""
    done = fly(tmp_path, "--repeat", "10", "--seed", "7", "--param", "FM_COUNTDOWN=0", "--log-dir", "logs")
    assert done.returncode == 0, done.stderr
    flights = last_line(done)["flights"]
    assert [flight["result"] for flight in flights] == ["completed"] * 10
    assert all([entry["seq"] for entry in flight["items_reached"]] == [1, 2, 3] for flight in flights)
    assert [Path(flight["logs"]).name for flight in flights] == [f"{number:04}" for number in range(1, 11)]
    assert len(list((tmp_path / "logs" / "flights").iterdir())) == 10


def test_fly_repeat_ends_with_the_first_flight_that_fails(tmp_path: Path) -> None:
    """Status 1, and the report has the flights so far with the actor that failed."""
    done = fly(tmp_path, "--repeat", "10", "--fault", "sensor.reset=fail@60")
    assert done.returncode == 1
    flights = last_line(done)["flights"]
    assert 2 <= len(flights) < 10
    assert {flight["result"] for flight in flights[:-1]} == {"completed"}
    assert flights[-1]["result"] == "failed"
    assert flights[-1]["reason"].startswith("sensor: RESET: ")


def test_traces_of_one_seed_are_the_same_bytes(tmp_path: Path) -> None:
    """Two processes, one seed; another seed differs in its times. What is written can be read back."""
    texts = []
    starts: tuple[tuple[str, str, Start], ...] = (("a", "3", run), ("b", "3", run_apart), ("c", "4", run))
    for name, seed, start in starts:
        done = fly(tmp_path, "--repeat", "3", "--seed", seed, "--trace", f"{name}.jsonl", start=start)
        assert done.returncode == 0, done.stderr
        texts.append((tmp_path / f"{name}.jsonl").read_text())
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]
    entries = [read_line(line) for line in texts[0].splitlines()]
    assert [write_line(entry) for entry in entries] == texts[0].splitlines()
    resets = [e for e in entries if e.message.kind is MessageKind.REQUEST and e.message.subject == "RESET"]
    assert len(resets) == 3 * 11


def test_after_twenty_flights_and_a_restart_the_next_flight_is_a_fresh_ones(tmp_path: Path) -> None:
    """Process, RESET, flight: table, events, trace and every frame are those of a state directory that saw nothing,
    in gusts. Two numbers are kept, and told at the end of a flight: STAT_FLTTIME and STAT_RUNTIME, all time so far."""
    manner = ("--seed", "7", "--param", "SIM_WIND_SPD=3", "--param", "SIM_WIND_TURB=1", "--param", "FM_COUNTDOWN=1")
    assert fly(tmp_path, *manner, "--repeat", "20", "--state-dir", "used", "--log-dir", "row").returncode == 0
    for state in ("used", "fresh"):
        done = fly(tmp_path, *manner, "--state-dir", state, "--log-dir", f"logs-{state}", "--trace", f"{state}.jsonl")
        assert done.returncode == 0, done.stderr
    used, fresh = (tmp_path / f"logs-{state}" / "flights" / "0001" for state in ("used", "fresh"))
    for name in ("telemetry.csv", "events.jsonl"):
        assert (used / name).read_bytes() == (fresh / name).read_bytes(), name
    assert (tmp_path / "used.jsonl").read_bytes() == (tmp_path / "fresh.jsonl").read_bytes()
    frames = [_frames(folder / "flight.tlog") for folder in (used, fresh)]
    assert len(frames[0]) > 1000
    others = [(a, b) for a, b in zip(*frames, strict=True) if a != b]
    kept = [b"STAT_FLTTIME", b"STAT_RUNTIME"]
    assert len(others) == len(kept), "each of the counts, once"
    assert all(name in frame for name, pair in zip(kept, others, strict=True) for frame in pair)


def _frames(path: Path) -> list[bytes]:
    """The entries of a .tlog: time and frame."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        size = 8 + 12 + data[at + 9]
        found.append(data[at : at + size])
        at += size
    return found


def test_demo_uses_go(tmp_path: Path) -> None:
    """It begins by itself 2 s after the start, or as soon as it is armable, and counts down from 3 s."""
    done = run(
        tmp_path,
        "demo",
        "--once",
        "--json",
        "--speedup",
        "0",
        "--link",
        f"tcpin:127.0.0.1:{free_port()}",
        "--trace",
        "trace.jsonl",
    )
    assert done.returncode == 0, done.stderr
    assert last_line(done)["result"] == "completed"
    assert "Flight: ARMED, takeoff in 3 s" in done.stderr
    stated = [done.stderr.index(f"Flight: {state}") for state in ALL_STATES]
    assert stated == sorted(stated)
    entries = [read_line(line) for line in (tmp_path / "trace.jsonl").read_text().splitlines()]
    first = entries[0]
    assert first.now_ms >= 2000
    (start,) = (e for e in entries if e.message.subject == "START" and e.message.to == "waypoint")
    assert start.now_ms - first.now_ms == 3000


def test_a_countdown_that_was_asked_for_wins_over_the_demos(tmp_path: Path) -> None:
    done = fly(tmp_path, "--param", "FM_COUNTDOWN=9")
    assert done.returncode == 0, done.stderr
    assert "Flight: ARMED, takeoff in 9 s" in done.stderr


#: A copter's battery takes six hours of vehicle time to its very end, a rover's one.
@pytest.mark.parametrize("kind", ["rover", pytest.param("copter", marks=pytest.mark.long)])
def test_a_flight_on_an_empty_battery_ends(tmp_path: Path, kind: str) -> None:
    """Without crash check and cutoff nothing disarms a vehicle without power: the command says so and is done."""
    there_and_back = "3\t0\t3\t16\t0\t0\t0\t0\t-35.363261\t149.165230\t6\t1\n4\t0\t3\t177\t2\t-1\t0\t0\t0\t0\t0\t1\n"
    plan = PLAN.replace(PLAN.splitlines(keepends=True)[-1], there_and_back)
    (tmp_path / "row.waypoints").write_text(plan.replace("\t22\t", "\t16\t") if kind == "rover" else plan)
    done = run(
        tmp_path,
        "fly",
        "row.waypoints",
        "--vehicle",
        f"sim:{kind}",
        "--speedup",
        "0",
        "--json",
        "--param",
        "FS_CRASH_CHECK=0",
        "--param",
        "FM_CUT_TILT=0",
        "--param",
        "SIM_BATT_CAP_AH=0.3",
        "--link",
        f"tcpin:127.0.0.1:{free_port()}",
    )
    assert done.returncode == 1
    result = last_line(done)
    assert (result["result"], result["reason"]) == ("failed", "the battery is empty")


def test_a_failsafe_that_ends_a_flight_is_its_reason(tmp_path: Path) -> None:
    """RTL on a low battery: failed, by its name; not aborted, for nobody wished it."""
    done = fly(
        tmp_path,
        "--param",
        "SIM_BATT_CAP_AH=5.1",
        "--param",
        "BATT_FS_LOW_ACT=2",
        "--param",
        "BATT_LOW_VOLT=20",
        "--param",
        "BATT_ARM_VOLT=0",
        "--param",
        "BATT_LOW_TIMER=10",
        "--param",
        "ARMING_CHECK=0",
    )
    assert done.returncode == 1
    result = last_line(done)
    assert result["result"] == "failed", done.stderr
    assert "Battery" in result["reason"]


def test_countdown_from_the_configuration(tmp_path: Path) -> None:
    """FM_ parameters are set in a configuration file like any other."""
    (tmp_path / "sortie.toml").write_text("[param]\nFM_COUNTDOWN = 6\n")
    done = fly(tmp_path, "--config", "sortie.toml")
    assert done.returncode == 0, done.stderr
    assert "Flight: ARMED, takeoff in 6 s" in done.stderr


def test_the_recipe_for_ci(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python of docs/ci.md as a reader would paste it, with fewer flights."""
    page = (Path(__file__).parents[3] / "docs" / "ci.md").read_text()
    (block,) = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
    assert "FLIGHTS = 100\n" in block
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "recipe"}
    exec(compile(block.replace("FLIGHTS = 100\n", "FLIGHTS = 5\n"), "ci.md", "exec"), names)
    names["test_flights_in_a_row"]()


def row(session: Session, flights: int) -> list[str]:
    """The messages of that many flights; nothing else is kept."""
    lines: list[str] = []

    def write(entry: TraceEntry) -> None:
        lines.append(write_line(entry))

    assert session.autopilot.flights is not None
    session.autopilot.flights.kernel.trace = write
    for _ in range(flights):
        session.events.clear()
        session.go()
        session.run_until(lambda session: flight_state(session) == I, 300.0)
        assert len(session.events_of(events.MissionComplete)) == 1
    session.autopilot.flights.kernel.trace = None
    session.events.clear()
    return lines


def open_session(seed: int) -> Session:
    session = Session(seed=seed, params={"FM_COUNTDOWN": 0, "SIM_BATT_CAP_AH": 0})
    session.upload(HOP)
    session.wait_armable()
    return session


def grown(session: Session, flights: int) -> int:
    """Bytes that this many flights leave behind."""
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    count = len(row(session, flights))
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert count > 0
    return after - before


def test_ten_flights_leave_nothing_behind_and_are_the_same_again() -> None:
    """The short form of the row below."""
    with open_session(2) as first, open_session(2) as second:
        assert row(first, 10) == row(second, 10)
        assert grown(first, 10) < 100_000


@pytest.mark.long
def test_two_hundred_flights_in_one_process() -> None:
    """On the whole service with the simulated copter: no growth in memory, identical traces for identical seeds."""
    with open_session(1) as first, open_session(1) as second:
        assert row(first, 200) == row(second, 200)
        assert grown(first, 200) < 150_000
