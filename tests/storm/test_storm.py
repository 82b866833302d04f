"""A minute of storm: seeds that are the same everywhere; the same bytes twice; what a disk loses at a crash."""

from __future__ import annotations

import os
import runpy
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import SystemRandom

import pytest

from autopilot.interface.geo import altitude_amsl
from autopilot.mav import Frame
from autopilot.mission.commands import spec_of
from autopilot.mission.items import MissionItem
from mavlink_bridge.services.mission.upload import ABANDON_MS
from sortie.storage.rows import SaveStamp
from tests.storm import acts
from tests.storm.branches import COUNTED, Branches
from tests.storm.clock import Clock
from tests.storm.depot_storm import draw_depot, run_depot
from tests.storm.disk import Disk, mounted
from tests.storm.invariant import INVARIANTS, Broken
from tests.storm.medium import Air
from tests.storm.models import MAVPROXY, RESCUER, Model
from tests.storm.packages import COMMAND
from tests.storm.planted import ROOT, rows
from tests.storm.process import Simulated
from tests.storm.relay_storm import RelayPlan, draw_relay, run_relay
from tests.storm.shrink import shrink, write_test
from tests.storm.station import Station
from tests.storm.steer import AnyPlan, AnyVerdict, Steering, plan_of
from tests.storm.story import Story
from tests.storm.swarm import ActPlan, FaultPlan, StationPlan, StormPlan, VehiclePlan, draw
from tests.storm.verdict import Verdict
from tests.storm.world import Storm, run

SEEDS = ((1, 1), (4, 1), (5, 1), (11, 1), (15, 1), (6, 3))
"""Seeds, and how many vehicles."""
MINUTES = 2.0
DAY_S = 86_400


@pytest.mark.parametrize(("seed", "vehicles"), SEEDS)
def test_nothing_breaks(seed: int, vehicles: int) -> None:
    verdict = run(draw(seed, minutes=MINUTES, vehicles=vehicles))
    assert verdict.broken is None, "\n".join(
        [*list(verdict.story.lines)[-20:], f"scripts/storm {seed} --minutes {MINUTES:g} --vehicles {vehicles}"]
    )
    assert verdict.vehicle_s > 10.0


@pytest.mark.parametrize("seed", [23, 29])
def test_nothing_breaks_at_a_depot(seed: int) -> None:
    verdict = run_depot(draw_depot(seed))
    assert verdict.broken is None, "\n".join(verdict.story.lines)
    assert verdict.story.deaths


def test_a_depot_whose_parents_were_children_has_a_seed_that_a_loop_takes() -> None:
    """Its journal could not hold the seed of a great-grandchild, which ended the night instead of the storm."""
    plan = replace(draw_depot(29), seed=29 + (1 << 70), total=1, faults=())
    assert run_depot(plan).broken is None


def test_what_a_loop_raises_is_told_as_any_broken_invariant(monkeypatch) -> None:
    monkeypatch.setattr("tests.storm.depot_storm.LoopRun", lambda *_, **__: 1 // 0)
    verdict = run_depot(draw_depot(29))
    assert str(verdict.broken) == "no service raises: ZeroDivisionError: integer division or modulo by zero"


def test_nothing_breaks_around_a_relay() -> None:
    verdict = run_relay(draw_relay(1))
    assert verdict.broken is None, "\n".join(list(verdict.story.lines)[-20:])
    assert verdict.vehicle_s > 60.0


def test_a_seed_gives_the_same_bytes_twice() -> None:
    plan = draw(6, minutes=MINUTES, vehicles=1)
    first, second = run(plan), run(plan)
    assert first.story.frames > 200
    assert first.story.digest == second.story.digest
    assert run(draw(15, minutes=MINUTES, vehicles=1)).story.digest != first.story.digest


def test_a_storm_that_sees_something_new_has_children_which_are_integers() -> None:
    steering = Steering(1)
    story = Story()
    story.meet("fault", "kill", "copter IDLE STABILIZE")
    assert steering.learn(1, story) == 1 and steering.learn(2, story) == 0
    child = next(seed for seed in iter(steering.next_seed, None) if seed > 1_000_000)
    parent, changed = plan_of(1), plan_of(child)
    assert isinstance(parent, StormPlan) and isinstance(changed, StormPlan)
    assert changed == plan_of(child) and changed.seed == child
    assert changed.vehicles == parent.vehicles and (changed.acts, changed.faults) != (parent.acts, parent.faults)


def test_a_child_of_a_relays_storm_strikes_stations_that_it_has() -> None:
    """Its faults are of another, which may have had more of them (found by seed 2427346898873)."""
    parents = [seed for seed in range(400) if isinstance(plan_of(seed), RelayPlan)]
    children = [plan_of((1 << 40) + (parent << 16) + number) for parent in parents for number in (1, 3)]
    assert len(children) > 20
    for plan in children:
        assert isinstance(plan, RelayPlan)
        assert all(fault.target < len(plan.stations) for fault in plan.faults), plan.seed


@pytest.mark.skipif(not COUNTED, reason="Python 3.11 has no sys.monitoring")
def test_branches_are_met_once() -> None:
    counted = Branches()
    try:
        stories = [Story(), Story(), Story()]
        steering = Steering(1)
        for story, frame in zip(stories, (Frame.GLOBAL, Frame.GLOBAL, Frame.GLOBAL_RELATIVE_ALT), strict=True):
            altitude_amsl(frame, 1.0, None, None)
            counted.tell(story)
        news = [steering.learn(seed, story) for seed, story in enumerate(stories)]
        assert news[0] > 2 and news[1] == 0 and news[2] > 0
    finally:
        counted.end()


def test_a_clock_that_is_set_jumps_within_a_process(tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    clock.set(-400_000 * DAY_S)
    ask = "import sys, time\nfor _ in sys.stdin: print(time.time(), time.monotonic(), flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", ask],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | clock.environment,
    ) as child:
        asked, told = child.stdin, child.stdout
        assert asked is not None and told is not None

        def wrong_by_s() -> float:
            print(file=asked, flush=True)
            wall, steady = map(float, told.readline().split())
            assert abs(steady - time.monotonic()) < 30.0
            return wall - time.time()

        assert abs(wrong_by_s() + 400 * DAY_S) < 30.0
        clock.set(7_200_000)
        assert abs(wrong_by_s() - 7200.0) < 30.0
        child.kill()


def _breaks(plan: AnyPlan) -> AnyVerdict:
    """As if an invariant broke where a station flies and the process is killed behind it."""
    assert isinstance(plan, StormPlan)
    flies = next((act.at_ms for act in plan.acts if act.what == "fly"), None)
    killed = max((fault.at_ms for fault in plan.faults if fault.what == "kill"), default=0)
    broken = None if flies is None or killed < flies else Broken("a thing", "wrong")
    return Verdict(plan, broken, Story(), 0.0, max(flies or 0, killed))


@pytest.mark.parametrize(("model", "waits"), [(MAVPROXY, False), (RESCUER, True)])
def test_who_rescues_waits_for_a_process_that_waits_for_its_processor(model: Model, waits: bool) -> None:
    """Of twenty vehicles on a busy machine one had not answered after three seconds (--real 5006)."""
    station = Station("rescuer", model, Story())
    station.do("last set", lambda: acts.set_parameter(station, "RTL_ALT", 900.0))
    for now_ms in range(0, 24_000, 500):
        station.look(now_ms)
    assert station.busy is waits


def test_an_upload_that_was_broken_off_is_given_up_by_the_vehicle_before_the_next_begins() -> None:
    """The MISSION_COUNT of the next was lost, and the vehicle asked for the items of the one before: a plan with the
    items of one and the number of the other (12463000759514073653346), which no vehicle can tell."""
    station, items = Station("QGC", MAVPROXY, Story()), (MissionItem(22), MissionItem(16))
    counted: list[int] = []
    for now_ms in range(0, 20_000, 100):
        if now_ms in (0, 500):
            station.drop_all()  # its person presses something else
            station.do("upload mission", lambda: acts.upload(station, 0, items))
        station.look(now_ms)
        counted += [now_ms] * bool(station.take())
    assert counted[0] == 0
    assert counted[1] >= 500 + ABANDON_MS


@pytest.mark.parametrize("value", [0, 4])
def test_stray_items_wait_until_an_upload_of_the_same_station_is_given_up(value: int) -> None:
    """It had hung up in its upload; the items came in order, from the station that the vehicle was asking, and it took
    them, as it must (12989359117353531108731)."""
    asked = (ActPlan(25_000, 0, "upload, then hang up", value), ActPlan(25_300, 0, "stray items", value))
    verdict = run(StormPlan(1, 1.0, (VehiclePlan(),), (StationPlan("MAVProxy"),), asked))
    assert verdict.broken is None, str(verdict.broken)
    assert any("stray items ended" in line for line in verdict.story.lines)


def test_what_a_process_wrote_before_it_died_in_its_start_may_be_found(tmp_path: Path) -> None:
    """It had counted its start (STAT_BOOTCNT) and died in a later write; the next start found the count of a process
    that nobody had looked at (29330037)."""
    plan = replace(draw(1, minutes=0.5, vehicles=1), acts=(), faults=(FaultPlan(5_000, "kill"),), power=False)
    storm = Storm(plan, tmp_path, Simulated(1))
    disk = storm.disk
    storm.at_ms(5_100, lambda: setattr(disk, "dies_at", disk.operations + 11))
    verdict = storm.run()
    assert verdict.broken is None, str(verdict.broken)
    assert verdict.story.deaths == 2


@pytest.mark.parametrize("guarded", [True, False])
def test_what_a_package_raises_breaks_nothing(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    """Its mode and its mission item raise in flight; without the guard around them a storm tells it."""
    monkeypatch.setattr("tests.storm.packages._RAISES", (0.4,))
    if not guarded:
        monkeypatch.setattr("autopilot.core.guarded.GuardedMode._ask", lambda self, call, otherwise: call())
    asked = ((22_000, "take off"), (32_000, "own mode"), (40_000, "upload mission"), (44_000, "fly"))
    acts = tuple(ActPlan(at_ms, 0, what, 2) for at_ms, what in asked)
    verdict = run(StormPlan(1, 2.0, (VehiclePlan(),) * 2, (StationPlan("MAVProxy"),), acts, package=True))
    where = {line.split("raises in ")[1] for line in verdict.story.lines if "raises in " in line}
    assert (verdict.broken is None) is guarded
    assert where == {"mode STRANGER of package storm", "mission items of package storm"} or not guarded
    assert spec_of(COMMAND.command) is None, "the next storm has no package"


def test_a_copter_as_px4_takes_off_by_command() -> None:
    """Its station says how high above the sea (29540050)."""
    act = ActPlan(25_000, 0, "take off", 2)
    verdict = run(StormPlan(1, 1.0, (VehiclePlan(firmware="px4", seed=3),), (StationPlan("MAVSDK"),), (act,)))
    assert verdict.broken is None, str(verdict.broken)
    assert verdict.flown_s > 20.0


def test_stations_behind_radios_are_served_as_fast_as_these_carry() -> None:
    """One reads all parameters, the other too, and flies, while streams fill the air."""
    asked = ((5_000, 0, "greet"), (9_000, 0, "list parameters"), (9_500, 1, "list parameters"), (20_000, 1, "fly"))
    acts = tuple(ActPlan(at_ms, station, what, 2) for at_ms, station, what in asked)
    stations = (StationPlan("QGC 5.0", radio="sik-57600"), StationPlan("MAVSDK", radio="rfd900x"))
    verdict = run(StormPlan(1, 1.0, (VehiclePlan(seed=3),), stations, acts))
    assert verdict.broken is None, str(verdict.broken)
    ends = [line.split() for line in verdict.story.lines if "list parameters ended: 726 of 726" in line]
    assert {line[2] for line in ends} == {"QGC", "MAVSDK/1"}
    assert all(float(line[0]) > 14.0 for line in ends), "27 kB take some seconds"


def test_an_answer_that_a_station_made_up_is_not_the_relays() -> None:
    """Garbage of one was a COMMAND_ACK to the other, which the router passes on (29310034)."""
    air = Air(loss=0.05, duplicate=0.05, reorder=0.1, delay_ms=40)
    stations = (
        StationPlan(model="MAVSDK", air=air),
        StationPlan(model="MAVProxy", air=air),
        StationPlan(model="QGC 4.3"),
    )
    garbage = (
        ActPlan(at_ms=104_900, station=1, what="garbage", seed=701626043),
        ActPlan(at_ms=112_540, station=2, what="garbage", seed=681866801),
    )
    assert run_relay(RelayPlan(seed=29310034, minutes=1.9, stations=stations, acts=garbage)).broken is None


def test_a_storm_is_made_as_small_as_it_can_be_and_written_as_a_test(tmp_path: Path) -> None:
    verdict = next(verdict for verdict in (_breaks(draw(seed)) for seed in count(1)) if verdict.broken)
    smallest = shrink(verdict, _breaks)
    plan = smallest.plan
    assert isinstance(plan, StormPlan)
    assert ([act.what for act in plan.acts], [fault.what for fault in plan.faults]) == (["fly"], ["kill"])
    assert (len(plan.vehicles), len(plan.stations)) == (1, 1)
    written = write_test(smallest, tmp_path)
    assert runpy.run_path(str(written))["PLAN"] == plan
    assert max(map(len, written.read_text().splitlines())) <= 120


def test_a_disk_loses_what_was_not_synced_and_keeps_what_was() -> None:
    disk = Disk("loses")
    with mounted("/storm", disk):
        for round_ in range(20):
            database = sqlite3.connect("/storm/state.db", isolation_level=None)
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=FULL")
            database.execute("CREATE TABLE IF NOT EXISTS numbers (number)")
            assert database.execute("SELECT count(*) FROM numbers").fetchone() == (round_,)
            database.execute("INSERT INTO numbers VALUES (1)")
            database.execute("BEGIN")
            database.execute("INSERT INTO numbers VALUES (2)")
            disk.dead = True
            database.close()
            disk.crash(power=True)


def test_a_disk_is_the_same_after_others_in_the_same_process() -> None:
    """SQLite has one generator for a process, which salts its logs; it asks the disk for its seed once."""
    assert _bytes_of_a_log("salted") == _bytes_of_a_log("salted") != _bytes_of_a_log("other")


def _bytes_of_a_log(seed: str) -> tuple[bytes, bytes]:
    """The log of a database, torn by a crash, and what the disk would draw next."""
    disk = Disk(seed)
    with mounted("/storm", disk):
        database = sqlite3.connect("/storm/state.db", isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE numbers (number)")
        disk.dead = True
        database.close()
        disk.crash(power=True)
    return bytes(disk.files["/storm/state.db-wal"].data), disk.random_bytes(8)


def test_a_database_that_does_not_sync_is_seen_to_lose() -> None:
    disk = Disk("unsynced")
    counts = []
    with mounted("/storm", disk):
        for _ in range(10):
            database = sqlite3.connect("/storm/state.db", isolation_level=None)
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=OFF")
            database.execute("CREATE TABLE IF NOT EXISTS numbers (number)")
            counts.append(database.execute("SELECT count(*) FROM numbers").fetchone()[0])
            database.execute("INSERT INTO numbers VALUES (1)")
            disk.dead = True
            database.close()
            disk.crash(power=True)
    assert counts[-1] < 9


def test_a_full_disk_and_a_failing_write_are_refused() -> None:
    disk = Disk("full")
    with mounted("/storm", disk):
        database = sqlite3.connect("/storm/state.db", isolation_level=None)
        database.execute("CREATE TABLE numbers (number)")
        disk.full = True
        with pytest.raises(sqlite3.OperationalError, match="full"):
            database.execute("CREATE TABLE others (number)")
        disk.full = False
        disk.fails_at = disk.operations + 1
        with pytest.raises(sqlite3.OperationalError, match="disk I/O"):
            database.execute("CREATE TABLE others (number)")
        database.execute("CREATE TABLE others (number)")
        database.close()


def test_every_invariant_says_what_it_means_and_from_where() -> None:
    assert all(each.sentence.endswith(".") and each.source for each in INVARIANTS.values())


def test_every_planted_error_stands_in_its_file() -> None:
    assert all(row.text() and row.source for row in rows())
    assert len({row.name for row in rows()}) == len(rows())


def _runs(*words: str) -> None:
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3 * 3600)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr


def test_a_planted_error_is_found() -> None:
    _runs("tests.storm.planted", "tickets are durable before the commit")


@pytest.mark.long
def test_planted_errors_are_found() -> None:
    _runs("tests.storm.planted")


def test_a_storm_runs_around_a_real_process() -> None:
    """It uploads, is killed and comes back."""
    _runs("tests.storm", "--real", "208", "--vehicles", "1", "--minutes", "0.5")


@pytest.mark.long
def test_nothing_breaks_around_real_processes() -> None:
    _runs("tests.storm", "--real", "18", "--vehicles", "1")


def test_a_disk_wakes_who_waits_for_it_where_no_station_is() -> None:
    """When it is fast again, the plan that it has written is no longer waited for (seed 29620203)."""
    acts = (ActPlan(98_560, 0, "hang up", 938481018), ActPlan(99_240, 0, "clear all", 162634674))
    slow = FaultPlan(106_920, "disk slow", 40_000, target=1, value=499075)
    boats = tuple(VehiclePlan(kind="boat", seed=seed) for seed in (236346, 494114))
    plan = StormPlan(29620203, 2.0, boats, (StationPlan("QGC 5.0"),), acts, (slow,), age_ms=4294887200)
    assert run(plan).broken is None


def test_who_dies_in_a_write_that_is_waited_for_is_gone_then(tmp_path: Path) -> None:
    """Not at the next write, long after the last fault (seed 71000248 of storms over bad air)."""
    storm = Storm(StormPlan(1, 1.0, (VehiclePlan("rover"),)), tmp_path, Simulated(1))

    def wait_for_a_write() -> None:
        assert storm.process is not None
        storm.disk.dies_at = storm.disk.operations + 1
        storm.process.store.wait(storm.process.store.submit(SaveStamp(1)))

    storm.at_ms(20_000, wait_for_a_write)
    verdict = storm.run()
    assert verdict.broken is None
    assert [line.split()[0] for line in verdict.story.lines if "process      dies" in line] == ["20.000"]


@pytest.mark.long
def test_an_hour_of_new_seeds() -> None:
    _runs("tests.storm", str(SystemRandom().randrange(1 << 31)), "--hours", "1")
