"""What was acknowledged survives a crash: the acknowledgement waits for the journal."""

from __future__ import annotations

import pytest

from autopilot.context.journal import SaveHome
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import Result
from mavlink_bridge.routing.service import Peer
from tests.fakes.command_bench import QGC, CommandBench, result_of
from tests.fakes.memory_journal import MemoryJournal


def bench_that_saves(journal: MemoryJournal, method: str) -> CommandBench:
    """The core's `method` submits one change, as setting home does."""
    bench = CommandBench(journal=journal)

    def act(*_positional: object, **_named: object) -> Outcome:
        journal.submit(SaveHome(None))
        return ACCEPTED

    part, name = method.split(".")
    setattr(getattr(bench.autopilot, part), name, act)
    return bench


def test_home_is_acknowledged_when_it_is_durable() -> None:
    """Not before the journal has settled the ticket, and once."""
    journal = MemoryJournal(hold=True)
    bench = bench_that_saves(journal, "home.set")
    assert bench.long(179, 1) == []
    bench.service.handle_timeout(5)
    assert bench.taken() == []
    journal.settle()
    bench.service.handle_timeout(10)
    assert result_of(bench.taken()) is Result.ACCEPTED
    bench.service.handle_timeout(15)
    assert bench.taken() == []


def test_a_repetition_on_a_slow_disk_does_not_act_again() -> None:
    """MAVSDK repeats after 0.5 s: home would move with a vehicle that flies, and an item begin again."""
    journal = MemoryJournal(hold=True)
    bench = bench_that_saves(journal, "home.set")
    bench.long(179, 1)
    assert bench.long(179, 1, confirmation=1) == bench.long(179, 1, confirmation=2) == []
    assert len(journal.changes) == 1
    journal.settle()
    bench.service.handle_timeout(10)
    assert result_of(bench.taken()) is Result.ACCEPTED
    assert result_of(bench.long(179, 1, confirmation=3)) is Result.ACCEPTED
    assert len(journal.changes) == 1


def test_the_same_command_anew_acts_also_while_an_answer_waits() -> None:
    """Confirmation 0 is no repetition, and another station's repetition is not this one's."""
    journal = MemoryJournal(hold=True)
    bench = bench_that_saves(journal, "home.set")
    bench.long(179, 1)
    bench.long(179, 1)
    bench.long(179, 1, confirmation=1, peer=Peer(2, 255, 190))
    bench.long(179, 1, 7, confirmation=1)
    assert len(journal.changes) == 4


def test_a_change_that_could_not_be_written_is_failed() -> None:
    """A full disk: FAILED, and no MISSION_CURRENT that would confirm."""
    journal = MemoryJournal(hold=True)
    bench = bench_that_saves(journal, "mission_commands.set_current")
    bench.long(224, 3)
    journal.settle("disk full")
    bench.service.handle_timeout(10)
    assert [(one.get_type(), one.result) for one in bench.taken()] == [("COMMAND_ACK", Result.FAILED)]


def test_set_current_confirms_after_it_is_durable() -> None:
    """Acknowledgement first, MISSION_CURRENT behind it, both when settled."""
    journal = MemoryJournal(hold=True)
    bench = bench_that_saves(journal, "mission_commands.set_current")
    assert bench.long(224, 3) == []
    journal.settle()
    bench.service.handle_timeout(10)
    assert [one.get_type() for one in bench.taken()] == ["COMMAND_ACK", "MISSION_CURRENT"]


@pytest.mark.parametrize(
    ("number", "params", "method"), [(176, (1, 4), "modes.set"), (300, (), "mission_commands.start")]
)
def test_other_commands_do_not_wait(number: int, params: tuple[float, ...], method: str) -> None:
    """A mode change saves the mission's progress in passing; nobody is promised that."""
    bench = bench_that_saves(MemoryJournal(hold=True), method)
    assert result_of(bench.long(number, *params)) is Result.ACCEPTED


def test_an_older_change_of_others_is_not_waited_for() -> None:
    """A command that submits nothing is answered at once."""
    journal = MemoryJournal(hold=True)
    journal.submit(SaveHome(None))
    assert result_of(CommandBench(journal=journal).long(224, 1)) is Result.ACCEPTED


def test_a_closed_link_is_not_answered_later() -> None:
    """The asker is gone; the change stays."""
    journal = MemoryJournal(hold=True)
    bench = bench_that_saves(journal, "home.set")
    bench.long(179, 1)
    bench.service.link_closed(QGC.link)
    journal.settle()
    bench.service.handle_timeout(10)
    assert bench.taken() == []
