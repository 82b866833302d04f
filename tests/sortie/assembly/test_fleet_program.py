"""`sortie fly` and `sortie demo` with several vehicles, and their program: results, logs, what they share."""

from __future__ import annotations

import gc
import json
import signal
from pathlib import Path

import pytest

from autopilot.mav import Result
from sortie.assembly.program import Program, specs_of
from sortie.commands.cli import run as command
from sortie.config.settings import Settings
from sortie.storage.store import Store
from tests.fakes.patience import PATIENCE_S
from tests.fakes.program import last_line, run, wait_for
from tests.fakes.served import free_port
from tests.fakes.warm import begin_warm

pytestmark = pytest.mark.waits

SQUARE = """QGC WPL 110
0\t1\t0\t16\t0\t0\t0\t0\t47.3769\t8.5417\t408\t1
1\t0\t3\t22\t0\t0\t0\t0\t47.3769\t8.5417\t10\t1
2\t0\t3\t16\t0\t0\t0\t0\t47.3772\t8.5417\t10\t1
3\t0\t3\t20\t0\t0\t0\t0\t0\t0\t0\t1
"""


def test_every_vehicle_flies_its_own_moved_plan(tmp_path: Path) -> None:
    """`fly PLAN --count 3`: three completed missions, status 0, a log folder and a trace for each; and how close which
    two came, and when: neighbours in the line, at about its spacing."""
    (tmp_path / "square.waypoints").write_text(SQUARE)
    done = run(
        tmp_path,
        "fly",
        "square.waypoints",
        "--count",
        "3",
        "--speedup",
        "0",
        "--json",
        "--formation",
        "line",
        "--spacing",
        "12",
        "--link",
        f"tcpin:127.0.0.1:{free_port()}",
        "--state-dir",
        "state",
        "--trace",
        "trace.jsonl",
    )
    assert done.returncode == 0, done.stderr
    result = last_line(done)
    assert result["result"] == "completed"
    assert [one["sysid"] for one in result["vehicles"]] == [1, 2, 3]
    places = []
    for one in result["vehicles"]:
        assert one["result"] == "completed"
        assert [item["seq"] for item in one["items_reached"]] == [1, 2, 3]
        folder = tmp_path / one["logs"]
        assert folder == tmp_path / "state" / "logs" / str(one["sysid"]) / "flights" / "0001"
        row = (folder / "telemetry.csv").read_text().splitlines()[1].split(",")
        places.append((float(row[1]), float(row[2])))
        assert (tmp_path / f"trace-{one['sysid']}.jsonl").stat().st_size > 0
    assert [round(lat, 4) for lat, _ in places] == [47.3769] * 3
    assert places[0][1] < places[1][1] < places[2][1], "each from its own place in the line"
    closest = result["closest"]
    assert closest["pair"] in (["1", "2"], ["2", "3"])
    assert result["closest_m"] == closest["distance_m"] == pytest.approx(12.0, abs=6.0)
    assert 0.0 < closest["time_s"] < last_time_s(tmp_path / result["vehicles"][0]["logs"])
    assert {tuple(one["pair"]) for one in result["approaches"]} >= {("1", "2"), ("2", "3")}
    assert result["closest_m"] == min(one["distance_m"] for one in result["approaches"])
    assert result["collisions"] == []


def test_the_flight_of_a_vehicle_that_failed_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not waited for; the other one completes its mission."""
    (tmp_path / "square.waypoints").write_text(SQUARE)
    load = Program.load

    def load_and_fail(program: Program) -> None:
        load(program)
        assert program.vehicles.fleet is not None
        program.vehicles.fleet.strand(1, RuntimeError("broken"))

    monkeypatch.setattr(Program, "load", load_and_fail)
    link = f"tcpin:127.0.0.1:{free_port()}"
    done = run(tmp_path, "fly", "square.waypoints", "--count", "2", "--speedup", "0", "--json", "--link", link)
    assert done.returncode == 1 and "vehicle 2: its autopilot failed" in done.stderr
    vehicles = last_line(done)["vehicles"]
    assert [(one["result"], one["reason"]) for one in vehicles] == [("completed", None), ("failed", "broken")]


def test_who_has_collided_is_told(tmp_path: Path) -> None:
    """To people too; and whose flight it was stands in the log of all."""
    (tmp_path / "square.waypoints").write_text(SQUARE)
    done = run(
        tmp_path,
        "fly",
        "square.waypoints",
        "--count",
        "2",
        "--spacing",
        "1",
        "--param",
        "SIM_COLLIDE=1",
        "--speedup",
        "0",
        "--link",
        f"tcpin:127.0.0.1:{free_port()}",
        "--state-dir",
        "state",
    )
    assert done.returncode == 1, done.stderr
    assert "collided: 1 and 2 at " in done.stdout
    told = (tmp_path / "state" / "logs" / "run.log").read_text()
    assert all(f"vehicle {one}: flight 0001 {what}" in told for one in (1, 2) for what in ("begins", "ends"))


def last_time_s(folder: Path) -> float:
    """Of the flight in this folder."""
    return float((folder / "telemetry.csv").read_text().splitlines()[-1].split(",")[0])


def test_a_fleet_file_is_flown(tmp_path: Path) -> None:
    """Kinds mixed, each with the plan that the file names; one that fails is the fleet's failure."""
    (tmp_path / "square.waypoints").write_text(SQUARE)
    (tmp_path / "drive.waypoints").write_text(
        "QGC WPL 110\n0\t1\t0\t16\t0\t0\t0\t0\t47.3769\t8.5417\t408\t1\n"
        "1\t0\t3\t16\t0\t0\t0\t0\t47.3770\t8.5417\t0\t1\n"
    )
    (tmp_path / "fleet.toml").write_text(
        "[defaults]\nplan = 'square.waypoints'\n[[vehicle]]\n"
        "[[vehicle]]\nkind = 'rover'\nsysid = 7\noffset = [0.0, 60.0]\nplan = 'drive.waypoints'\n"
        "[[vehicle]]\noffset = [0.0, 66.0]\nfault = ['gps.loss']\n"
    )
    done = run(
        tmp_path,
        "fly",
        "--fleet",
        "fleet.toml",
        "--speedup",
        "0",
        "--json",
        "--link",
        f"tcpin:127.0.0.1:{free_port()}",
        "--state-dir",
        "state",
    )
    assert done.returncode == 1, done.stderr
    result = last_line(done)
    assert result["result"] == "failed"
    assert [(one["sysid"], one["result"]) for one in result["vehicles"]] == [
        (1, "completed"),
        (7, "completed"),
        (2, "failed"),
    ]
    assert result["closest"]["pair"] == ["7", "2"], "the rover drives off beside the one that stays"
    assert result["closest_m"] == pytest.approx(6.0, abs=0.5)
    assert result["approaches"] == [], "who only parts has not approached"


def test_a_plan_that_is_missing_is_told_of_its_vehicle(tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text("[[vehicle]]\nplan = 'none.plan'\n")
    done = run(tmp_path, "fly", "--fleet", "fleet.toml", "--state-dir", "state")
    assert done.returncode == 2
    assert done.stderr.startswith("sortie: --fleet fleet.toml: vehicle 1: none.plan: No such file or directory")


def test_the_json_is_one_line(tmp_path: Path) -> None:
    """Also where a signal ends it: what there is becomes the result, and the status is the signal's."""
    (tmp_path / "square.waypoints").write_text(SQUARE)
    process = begin_warm(
        tmp_path,
        "fly",
        "square.waypoints",
        "--count",
        "2",
        "--speedup",
        "1",
        "--json",
        "--link",
        f"tcpin:127.0.0.1:{free_port()}",
        "--state-dir",
        "state",
    )
    wait_for(process, "FLYING")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert {one["result"] for one in json.loads(out)["vehicles"]} == {"aborted"}


def test_a_demo_flies_a_fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each its own square, of where it stands; GO by itself; the state is temporary, the logs are not."""
    arguments = ["demo", "--once", "--count", "2", "--formation", "line", "--speedup", "0", "--json"]
    arguments += ["--link", "tcpin:127.0.0.1:0", "--log-dir", str(tmp_path)]
    assert command(arguments) == 0
    told = capsys.readouterr()
    assert "sortie: demo with 2 vehicles (copter), system ids 1 to 2; connect a ground station: tcpin:" in told.err
    assert ":0\n" not in told.err, "the port that was chosen is shown"
    result = json.loads(told.out.splitlines()[-1])
    assert [(one["sysid"], one["result"], len(one["items_reached"])) for one in result["vehicles"]] == [
        (1, "completed", 6),
        (2, "completed", 6),
    ]
    assert result["closest_m"] == pytest.approx(25.0, abs=5.0), "neighbours in the line fly side by side"
    assert {path.name for path in tmp_path.iterdir()} >= {"1", "2", "run.log"}


def test_all_that_is_stored_is_read_before_a_vehicle_stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both on one connection: the reading of 1,000 vehicles waited 2 s for the disk."""
    done: list[str] = []
    of, submit = Store.of, Store.submit
    monkeypatch.setattr(Store, "of", lambda store, name: (done.append("read"), of(store, name))[1])
    monkeypatch.setattr(Store, "submit", lambda store, *what: (done.append("stored"), submit(store, *what))[1])
    settings = Settings(count=3, state_dir=tmp_path / "state", log_dir=tmp_path / "logs", link=())
    with Program(settings, specs_of(settings)):
        assert done[:4] == ["read"] * 3 + ["stored"]
        assert "read" not in done[3:]


def test_the_collector_looks_at_a_fleet_once(tmp_path: Path) -> None:
    """What was built is set apart before the first pass, for a look at all of it would keep everybody waiting; the end
    of the program gives it back."""
    settings = Settings(count=3, state_dir=tmp_path / "state", log_dir=tmp_path / "logs", link=())
    before = gc.get_freeze_count()
    with Program(settings, specs_of(settings)) as run:
        assert gc.isenabled()
        run.begin(default_speedup=1.0)
        run.load()
        assert gc.get_freeze_count() > 10_000
    assert gc.get_freeze_count() == before


def test_a_reboot_that_does_not_come_is_refused(tmp_path: Path) -> None:
    """Vehicles of a fleet reboot together: not while another one is armed, not even by force; and only `serve` boots
    anew. What refuses says so, as an armed vehicle does, and what has accepted boots."""
    settings = Settings(count=2, state_dir=tmp_path / "state", log_dir=tmp_path / "logs", link=())
    with Program(settings, specs_of(settings), restarts=True) as run:
        run.load()
        asked, armed = (member.service.autopilot for member in run.vehicles.members)
        assert armed.arming.arm(0, force=True).ok
        for vehicle in (asked, armed):
            outcome = vehicle.commands.reboot(forced=True)
            assert (outcome.result, outcome.reason) == (Result.FAILED, "Reboot: its fleet has armed vehicles")
        run.runtime.settle()
        assert not run.reboot
        assert run.vehicles.members[1].service.autopilot.arming.disarm(0, force=True).ok
        assert run.vehicles.members[0].service.autopilot.commands.reboot().ok
        run.runtime.settle()
        assert run.reboot
    with Program(settings, specs_of(settings)) as run:
        outcome = run.service.autopilot.commands.reboot()
        assert (outcome.result, outcome.reason) == (Result.FAILED, "Reboot: only sortie serve does that")


def test_a_flight_begins_in_a_fleet_when_it_begins_alone(tmp_path: Path) -> None:
    """Vehicle 1 of seed 0 is the lone vehicle of seed 1: all files of their flights are the same, byte for byte."""
    plan = str(tmp_path / "square.waypoints")
    Path(plan).write_text(SQUARE)
    alone, fleet = tmp_path / "alone", tmp_path / "fleet"
    common = ["--speedup", "0", "--json", "--link", f"tcpin:127.0.0.1:{free_port()}"]
    assert command(["fly", plan, *common, "--seed", "1", "--log-dir", str(alone), "--state-dir", f"{alone}-state"]) == 0
    state = ["--log-dir", str(fleet), "--state-dir", f"{fleet}-state"]
    assert command(["fly", plan, *common, "--seed", "0", "--count", "2", "--formation", "line", *state]) == 0
    flights = [folder / "flights" / "0001" for folder in (alone, fleet / "1")]
    names = {path.name for path in flights[0].iterdir()}
    assert names >= {"flight.bin", "flight.tlog", "telemetry.csv", "events.jsonl", "summary.json"}
    assert [name for name in names if len({(flight / name).read_bytes() for flight in flights}) > 1] == []
    story = (flights[0] / "events.jsonl").read_text()
    assert '"time_s": 3.0, "event": "StatusText", "severity": 6, "text": "Flight: PREFLIGHT"' in story
