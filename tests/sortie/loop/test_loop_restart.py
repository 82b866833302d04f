"""Killed at any moment, the loop goes on from its journal: nothing is lost, nothing counted twice."""

from __future__ import annotations

import json
import signal
import sqlite3
import threading
from pathlib import Path
from random import Random

import pytest

from depot.decision import Decision
from depot.names import EndedBy, SkimmerStage
from sortie.config.errors import UserError
from sortie.loop.faults import parse_loop_fault
from sortie.loop.journal import JournalError, LoopJournal
from sortie.loop.loop import LoopOrder, decode, encode
from sortie.loop.runner import LoopRun
from sortie.loop.view import LoopView
from sortie.runtime.runtime import Runtime
from sortie.runtime.share import always
from sortie.runtime.sockets import Sockets
from tests.fakes.bystander import Bystander
from tests.fakes.loop_run import PROFILE, LoopBench
from tests.fakes.patience import PATIENCE_S

FAULTS = ("debris@phase4+60000#2", "corridor_drift@phase5+1000#3")


class Killed(Exception):
    """The process is gone at this moment."""


def start(
    directory: Path,
    *,
    total: int = 4,
    faults: tuple[str, ...] = FAULTS,
    runtime: Runtime | None = None,
    together_s: float = 0.0,
) -> tuple[LoopRun, LoopJournal]:
    """One start of the command on a state directory."""
    journal = LoopJournal(directory / "loop.sqlite")
    parsed = [parse_loop_fault(text) for text in faults]
    order, view = LoopOrder(PROFILE, 1, parsed, total), LoopView(total, PROFILE.units)
    run = LoopRun(order, journal, view, speedup=0.0, runtime=runtime, together_s=together_s)
    return run, journal


def killed_after(run: LoopRun, steps: int) -> bool:
    """Run, and die after so many steps without another word to the journal; False when it ended before."""
    left = steps

    def commit() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    run.runtime.remove(run.record)
    run.runtime.add(Bystander(commit=commit))  # the process dies in a turn, before its commit
    run.runtime.add(run.record)
    try:
        run.run()
    except Killed:
        return True
    return False


def test_a_signal_does_not_wait_for_the_compiler(tmp_path: Path) -> None:
    """Nothing can interrupt numba, which takes some 20 s: it is left alone, and nothing has moved."""
    runtime = Runtime(Sockets(), virtual_links=True)
    run, journal = start(tmp_path, runtime=runtime)
    let_go = threading.Event()

    def compiles() -> None:
        runtime.signals.number = signal.SIGTERM
        assert let_go.wait(PATIENCE_S)

    run.loop.world_node.load = compiles  # type: ignore[method-assign]  # a kernel that is not in numba's cache
    before_ms = run.loop.now_ms
    assert run.run() is EndedBy.STOPPED
    assert run.loop.now_ms == before_ms and not run.journal.sorties()
    let_go.set()
    journal.close()
    runtime.close()


def test_what_wakes_the_program_between_two_instants_changes_nothing(tmp_path: Path) -> None:
    """Nobody looks at the world because a thread has ended, as that which loads at a restart does, sooner or later: the
    skimmer saw a burn's end an event too early, and its mode began at another time."""
    sockets = Sockets()
    runtime = Runtime(sockets, virtual_links=True)
    run, journal = start(tmp_path, total=1, faults=(), runtime=runtime)
    runtime.set_speedup(0.0, always)
    passes = 0

    def passed() -> bool:
        nonlocal passes
        passes += 1
        return run.loop.ended_by is not None or passes % 2 == 0

    while run.loop.ended_by is None:
        runtime.turn(passed, 0.0)
        sockets.wakeup.wake()
        runtime.answer(0.0)
    run.record.save()
    assert journal.sorties() == LoopBench(total=1).run().sorties
    journal.close()
    runtime.close()


@pytest.fixture(scope="module")
def undisturbed() -> LoopBench:
    """The same loop without a kill."""
    return LoopBench(*FAULTS, total=4).run()


def test_fifty_kills_at_random_moments_change_nothing(tmp_path: Path, undisturbed: LoopBench) -> None:
    """Depot and skimmer die together, between any two commits; the sorties and decisions are those of a quiet run."""
    random, kills = Random(7), 0
    ended = None
    while ended is None:
        run, journal = start(tmp_path)
        if kills < 50 and killed_after(run, random.randint(1, 45)):
            kills += 1
        else:
            ended = run.run()
        sorties, decisions = journal.sorties(), journal.decisions()
        journal.close()
    assert kills == 50
    assert ended is EndedBy.SORTIES_DONE
    assert sorties == undisturbed.sorties
    assert [(d["time_s"], d["name"]) for d in decisions] == [
        (d.time_ms / 1000.0, d.name) for d in undisturbed.decisions
    ]


def test_requests_that_were_under_way_are_made_again() -> None:
    """Upload, launch, recall, clearance: at any instant a fresh pair of parties goes on from the state alone."""
    bench = LoopBench("link_lossy@T+0", "debris@phase4+100", total=2, seed=3)
    starts = 0
    while bench.loop.ended_by is None:
        starts += 1
        assert starts < 400, "the loop does not get on"
        sorties, decisions = bench.sorties, bench.decisions
        snapshot = decode(encode(bench.loop.snapshot()))
        bench = LoopBench("link_lossy@T+0", "debris@phase4+100", total=2, seed=3, snapshot=snapshot)
        bench.sorties, bench.decisions = sorties, decisions
        for _ in range(23):
            if bench.loop.ended_by is None:
                bench.step()
    assert [s["outcome"] for s in bench.sorties] == ["aborted", "completed"]
    assert [s["number"] for s in bench.sorties] == [1, 2]


def test_no_skimmer_is_relaunched_while_it_may_be_flying() -> None:
    """The launch command was carried out, its answer lost with the process: the status tells, nothing is sent twice."""
    bench = LoopBench(total=1)
    while "launch" not in bench.names():
        bench.step()
    state = decode(encode(bench.loop.snapshot()))
    state.depot.phase, state.depot.step, state.depot.docked = type(state.depot.phase).PREP, "launch", True
    state.depot.status = None
    again = LoopBench(total=1, snapshot=state)
    launches: list[Decision] = []
    while again.loop.ended_by is None:
        again.step()
        launches = [d for d in again.decisions if d.name in ("launch", "undock")]
    assert launches == []
    assert [s["outcome"] for s in again.sorties] == ["completed"]


def test_a_loop_that_has_ended_stays_ended_and_more_sorties_go_on(tmp_path: Path) -> None:
    """--sorties is the total for a state directory."""
    for total, flown in ((2, 2), (2, 2), (3, 3)):
        run, journal = start(tmp_path, total=total, faults=())
        if run.over is None:
            run.go_on()
            run.run()
        assert [s["number"] for s in journal.sorties()] == list(range(1, flown + 1))
        journal.close()


def test_after_a_total_abort_nothing_starts_again(tmp_path: Path) -> None:
    """Whatever is asked."""
    run, journal = start(tmp_path, total=2, faults=("impact@phase3",))
    assert run.run() is EndedBy.TOTAL_ABORT
    journal.close()
    again, journal = start(tmp_path, total=100, faults=())
    assert again.over is EndedBy.TOTAL_ABORT
    assert not again.listen()
    journal.close()


def test_a_lost_skimmer_that_reports_is_refused_until_it_is_recovered(tmp_path: Path) -> None:
    """Logged and shown; --recover takes it through docking and phase 8, and the loop goes on."""
    run, journal = start(tmp_path, total=2, faults=("link_loss@phase4+100",))
    assert run.run() is EndedBy.LOST
    assert not run.loop.depot.memory.heard_again
    journal.close()
    again, journal = start(tmp_path, total=2, faults=())
    assert again.over is EndedBy.LOST
    assert again.listen()
    assert "LOST, heard again" in str(again.view.lines(again.loop))
    again.recover()
    assert again.over is None
    assert again.run() is EndedBy.SORTIES_DONE
    names = [d["name"] for d in journal.decisions()]
    assert names.index("lost_heard_again") < names.index("recover") < names.index("relaunch")
    assert [(s["number"], s["outcome"]) for s in journal.sorties()] == [(1, "lost"), (2, "completed")]
    assert journal.sorties()[1]["delivered_kg"] > 0.0  # only the recovered flight itself skips its offload
    journal.close()


def test_a_vanished_skimmer_is_not_heard_again(tmp_path: Path) -> None:
    """There is nobody."""
    run, journal = start(tmp_path, total=2, faults=("skimmer_lost@phase4+100",))
    assert run.run() is EndedBy.LOST
    journal.close()
    again, journal = start(tmp_path, total=2, faults=())
    assert not again.listen()
    journal.close()


def test_a_journal_that_is_none_is_refused_in_one_line(tmp_path: Path) -> None:
    """A file of something else."""
    (tmp_path / "loop.sqlite").write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(UserError, match="--state-dir"):
        LoopJournal(tmp_path / "loop.sqlite")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("CREATE TABLE moz_places (id INTEGER)", "the database of another program"),
        ("CREATE TABLE run (key TEXT PRIMARY KEY, value TEXT)", "format 9"),
    ],
)
def test_a_journal_of_another_program_or_version_is_left_alone(tmp_path: Path, statement: str, words: str) -> None:
    """Our tables were added to it, and its way of writing was changed."""
    path = tmp_path / "loop.sqlite"
    with sqlite3.connect(path) as database:
        database.execute(statement)
        if "run" in statement:
            database.execute("INSERT INTO run VALUES ('format', '9')")
    database.close()
    content = path.read_bytes()
    with pytest.raises(UserError, match=f"{words}.*--state-dir"):
        LoopJournal(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("damage", ["x", None, b"\xff"])
def test_a_state_that_is_none_is_refused_in_one_line(tmp_path: Path, damage: str | bytes | None) -> None:
    """Somebody has written it into the journal."""
    run, journal = start(tmp_path)
    run.record.save()
    journal.close()
    with sqlite3.connect(tmp_path / "loop.sqlite") as database:
        database.execute("UPDATE state SET data = ?", (damage,))
    database.close()
    with pytest.raises(UserError, match=r"loop cannot be read by this version.*; choose another with --state-dir"):
        start(tmp_path)


@pytest.mark.parametrize(
    ("table", "column", "damage"),
    [
        ("sortie", "record", "5"),
        ("sortie", "record", "{}"),
        ("sortie", "record", "["),
        ("sortie", "record", "[" * 100_000),
        ("sortie", "record", '{"phases": []}'),
        ("track", "data", "null"),
        ("track", "data", '[{"time_s": 1}]'),
        ("level", "data", "[]"),
        ("level", "data", '{"tanks": {}, "skimmer": 5}'),
        ("flight", "data", "{}"),
        ("decision", "facts", "[]"),
        ("decision", "time_ms", "soon"),
        ("decision", "name", None),
    ],
)
def test_a_row_of_another_shape_is_refused_in_one_line(
    tmp_path: Path, table: str, column: str, damage: str | None
) -> None:
    """Somebody has edited it, and no space on the disk would help: the report ended in a traceback."""
    run, journal = start(tmp_path, total=1, faults=())
    run.run()
    damaged = damage if damage != '{"phases": []}' else json.dumps(dict(journal.sorties()[0], phases=[]))
    journal._db.execute(f"UPDATE {table} SET {column} = ?", (damaged,))
    with pytest.raises(JournalError, match=r"move the file away .*--state-dir$") as refused:
        (journal.sorties(), journal.tracks(), journal.levels(), journal.flights(), journal.decisions())
    assert "\n" not in str(refused.value) and "disk is full" not in str(refused.value)
    journal.close()


def test_a_decision_is_in_the_journal_before_time_moves_on(tmp_path: Path) -> None:
    """What a step has decided is committed with the state after it."""
    run, journal = start(tmp_path, total=1, faults=())
    seen = 0

    def before() -> None:
        nonlocal seen
        known = journal.decisions()
        stored = journal.stored()
        assert stored is not None
        assert not run.loop.decided
        seen = max(seen, len(known))

    run.runtime.add(Bystander(before=before))
    run.run()
    assert seen >= 14
    assert run.loop.skimmer.memory.stage is SkimmerStage.DOCKED
    journal.close()


@pytest.mark.parametrize("watched", [False, True])
def test_instants_share_a_commit_where_nothing_gets_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, watched: bool
) -> None:
    """Then nobody is told before it; with anybody who could see, each instant has its own. The journal is the same."""
    run, journal = start(tmp_path, total=2, together_s=float("inf"))
    monkeypatch.setattr(run.record, "_watched", lambda: watched)
    commits: list[int] = []
    commit = journal.commit

    def counted(state: bytes) -> None:
        commits.append(run.loop.now_ms)
        commit(state)

    monkeypatch.setattr(journal, "commit", counted)
    run.run()
    assert len(commits) > 20 if watched else len(commits) == 1
    (tmp_path / "each").mkdir()
    other, separate = start(tmp_path / "each", total=2)
    other.run()
    assert journal.decisions() == separate.decisions() and journal.levels() == separate.levels()
    journal.close()
    separate.close()
