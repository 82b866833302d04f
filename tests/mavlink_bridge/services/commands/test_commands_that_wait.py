"""Commands that begin a mission while a new one is on its way to the disk: DroneKit sends them without waiting for the
acknowledgement of its upload."""

from __future__ import annotations

import pytest

from autopilot.mav import Cmd, Result
from mavlink_bridge.firmware.ardupilot import home_item
from mavlink_bridge.routing.service import Message, Peer
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.services.commands.waiting import LONGEST_WAIT_MS
from mavlink_bridge.services.mission.convert import write_item
from mavlink_bridge.wire.codec import dialect
from sortie.api.testing import stand_in
from sortie.api.testing.stand_in import StandIn
from tests.fakes.command_bench import QGC, CommandBench, result_of
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.mission_bench import waypoints
from tests.fakes.mission_core import HOME

AUTO, RTL = 3, 6
OTHER = Peer(2, 250, 190)


class WaitingBench(CommandBench):
    """A mission is being written until `storing` is False."""

    def __init__(self) -> None:
        super().__init__()
        self.storing = True
        self.service = CommandService(
            self.autopilot, self.telemetry, vehicle_now=lambda: 0, storing=lambda: self.storing
        )

    def written(self, now_ms: int = 20) -> list[Message]:
        self.storing = False
        self.service.handle_timeout(now_ms)
        return self.taken()

    @property
    def calls(self) -> list[str]:
        return [call[0] for call in self.autopilot.calls]


@pytest.fixture
def bench() -> WaitingBench:
    return WaitingBench()


@pytest.mark.parametrize(
    ("number", "params"),
    [(Cmd.DO_SET_MODE, (1.0, AUTO)), (Cmd.MISSION_START, ()), (Cmd.DO_SET_MISSION_CURRENT, (1.0,))],
)
def test_what_begins_a_mission_waits_until_it_is_written(
    bench: WaitingBench, number: Cmd, params: tuple[float, ...]
) -> None:
    """Acted on and answered once, although it was repeated meanwhile."""
    assert bench.long(number, *params) == []
    assert bench.long(number, *params, confirmation=1, now_ms=10) == []
    assert bench.calls == []
    bench.service.handle_timeout(15)
    assert bench.taken() == [] and bench.calls == []
    answers = bench.written()
    assert [answer.get_type() for answer in answers if answer.get_type() == "COMMAND_ACK"] == ["COMMAND_ACK"]
    assert len(bench.calls) == 1
    assert bench.service.next_deadline_ms() is None


def test_a_set_mode_waits_and_is_not_answered(bench: WaitingBench) -> None:
    assert bench.send(dialect.MAVLink_set_mode_message(1, 1, AUTO)) == []
    assert bench.calls == []
    assert bench.written() == []
    assert len(bench.calls) == 1


def test_a_set_mode_that_waits_takes_no_answer_from_a_command(bench: WaitingBench) -> None:
    """Both ask for AUTO, and only the command is acknowledged; a station that sends both to be sure waited in vain."""
    bench.send(dialect.MAVLink_set_mode_message(1, 1, AUTO))
    bench.long(Cmd.DO_SET_MODE, 1, AUTO)
    assert result_of(bench.written()) is Result.ACCEPTED


def test_of_two_items_the_last_one_is_current(bench: WaitingBench) -> None:
    """Another parameter is another command, not a repetition: each is acted on and answered, in order."""
    bench.long(Cmd.DO_SET_MISSION_CURRENT, 2)
    bench.long(Cmd.DO_SET_MISSION_CURRENT, 3)
    bench.long(Cmd.DO_SET_MISSION_CURRENT, 3, confirmation=1)
    assert [answer.get_type() for answer in bench.written()] == ["COMMAND_ACK", "MISSION_CURRENT"] * 2
    assert [args for name, args, _ in bench.autopilot.calls] == [(2,), (3,)]


def test_other_modes_and_commands_do_not_wait_for_the_disk(bench: WaitingBench) -> None:
    assert result_of(bench.long(Cmd.DO_SET_MODE, 1, RTL)) is Result.ACCEPTED
    assert result_of(bench.long(Cmd.COMPONENT_ARM_DISARM, 0)) is Result.ACCEPTED
    assert len(bench.calls) == 2


def test_another_mode_takes_the_place_of_an_auto_that_waits(bench: WaitingBench) -> None:
    """RTL of anybody: the AUTO before it is rejected, and does not follow when the mission is written."""
    bench.long(Cmd.DO_SET_MODE, 1, AUTO)
    answers = bench.long(Cmd.DO_SET_MODE, 1, RTL, peer=OTHER)
    assert [answer.result for answer in answers] == [Result.TEMPORARILY_REJECTED, Result.ACCEPTED]
    assert bench.written() == [] and len(bench.calls) == 1


def test_after_ten_seconds_it_is_rejected(bench: WaitingBench) -> None:
    bench.long(Cmd.MISSION_START, now_ms=500)
    assert bench.service.next_deadline_ms() == 500 + LONGEST_WAIT_MS
    bench.service.handle_timeout(499 + LONGEST_WAIT_MS)
    assert bench.taken() == []
    bench.service.handle_timeout(500 + LONGEST_WAIT_MS)
    assert result_of(bench.taken()) is Result.TEMPORARILY_REJECTED
    assert bench.written() == [] and bench.calls == []


def test_of_a_crowd_32_wait(bench: WaitingBench) -> None:
    """Whoever has many ids fills no memory; the others are served against the mission that there is."""
    for system in range(40):
        bench.long(Cmd.MISSION_START, peer=Peer(2, 100 + system, 190))
    assert len(bench.calls) == 8
    assert len(bench.written()) == 32


def test_a_closed_link_begins_nothing(bench: WaitingBench) -> None:
    bench.long(Cmd.MISSION_START)
    bench.service.link_closed(QGC.link)
    assert bench.written() == [] and bench.calls == []


def test_dronekits_upload_and_auto_on_a_slow_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The vehicle as it is put together: SET_MODE behind the last item, both in one packet, before the disk is done."""
    journal = MemoryJournal()
    monkeypatch.setattr(stand_in, "NoJournal", lambda: journal)
    vehicle = StandIn()
    vehicle.run_to(12_000)
    service = vehicle.service
    journal.hold = True
    missions, items = service.missions, (home_item(HOME), *waypoints(3))
    missions.handle_message(dialect.MAVLink_mission_count_message(1, 1, len(items), 0), QGC, 12_000)
    for item in items:
        missions.handle_message(write_item(item, 0, item.seq, QGC, as_int=True, current=False), QGC, 12_000)
    assert missions.storing()
    missions.handle_message(dialect.MAVLink_mission_set_current_message(1, 1, 3), QGC, 12_000)
    service.commands.handle_message(dialect.MAVLink_set_mode_message(1, 1, AUTO), QGC, 12_000)
    vehicle.run_to(12_400)
    assert vehicle.autopilot.modes.number != AUTO
    journal.settle()
    vehicle.run_to(12_500)
    assert vehicle.autopilot.modes.number == AUTO and vehicle.autopilot.sequencer.current_nav_index() == 3
