"""What a storm around real processes asks of one that reboots, or that has no processor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.storm.invariants.wires import a_heartbeat_is_sent_every_two_seconds
from tests.storm.medium import StormLink
from tests.storm.process import Process, Simulated
from tests.storm.starvation import STARVED_MS, WINDOW_MS, Starvation, Threads
from tests.storm.station import Station
from tests.storm.swarm import draw
from tests.storm.world import Storm

REBOOT_MS, SILENT_MS = 20_000, 15_000
AGAIN_MS = 500


class RebootingProcess(Process):
    """A process that refuses connections of those who look after its vehicles at the end, for `REBOOT_MS`."""

    _listens_ms: int | None = None

    def connect(self, station: Station, number: int, link: StormLink, *, trusted: bool = True) -> None:
        storm: Any = self.witness
        if station.name.startswith("rescuer"):
            self._listens_ms = self._listens_ms or storm.now_ms + REBOOT_MS
            if storm.now_ms < self._listens_ms:
                storm.at_ms(storm.now_ms + AGAIN_MS, lambda: storm.connect(station))
                return
        super().connect(station, number, link, trusted=trusted)


class MutedProcess(Process):
    """A process whose vehicles say nothing for `SILENT_MS` after somebody connects who looks after them."""

    def connect(self, station: Station, number: int, link: StormLink, *, trusted: bool = True) -> None:
        storm: Any = self.witness
        if station.name.startswith("rescuer"):
            endpoint = self.endpoint(number)
            endpoint.muted = True
            storm.at_ms(storm.now_ms + SILENT_MS, lambda: setattr(endpoint, "muted", False))
        super().connect(station, number, link, trusted=trusted)


class ProcessMachine(Simulated):
    """A machine of processes of this kind."""

    def __init__(self, seed: int, kind: type[Process]) -> None:
        super().__init__(seed)
        self._kind = kind

    def begin(self, *given: Any) -> Process:
        return self._kind(*given)


def _times_s(lines: Iterable[str], end: str) -> list[float]:
    return [float(line.split()[0]) for line in lines if line.endswith(end)]


def test_who_looks_after_vehicles_that_reboot_waits_until_they_listen_and_names_each(tmp_path: Path) -> None:
    """Plans for the second and the third were addressed to the first (--real 5110, 5314)."""
    plan = replace(draw(3, minutes=0.1, vehicles=3), acts=(), faults=(), signed=False)
    verdict = Storm(plan, tmp_path, ProcessMachine(plan.seed, RebootingProcess)).run()
    assert verdict.broken is None, "\n".join(verdict.story.lines)
    uploads_s = _times_s(verdict.story.lines, "last upload ended: 0")
    assert len(uploads_s) == 3 and min(uploads_s) * 1000 > REBOOT_MS


def test_who_looks_after_a_vehicle_asks_whether_its_motors_run_when_it_is_heard(tmp_path: Path) -> None:
    """The last that had been heard of one was older than its arming (--real 5420)."""
    plan = replace(draw(3, minutes=0.1, vehicles=1), acts=(), faults=(), signed=False)
    verdict = Storm(plan, tmp_path, ProcessMachine(plan.seed, MutedProcess)).run()
    assert verdict.broken is None, "\n".join(verdict.story.lines)
    assert min(_times_s(verdict.story.lines, "bring home")) * 1000 > SILENT_MS


def test_a_station_names_the_vehicle_that_it_is_on_before_it_is_connected(tmp_path: Path) -> None:
    plan = replace(draw(3, minutes=0.1, vehicles=3), acts=(), faults=())
    storm = Storm(plan, tmp_path, Simulated(plan.seed))
    assert [station.target for station in storm.stations] == [(each.vehicle + 1, 1) for each in plan.stations]


@pytest.mark.parametrize("muted", [False, True])
def test_a_heartbeat_is_not_late_in_the_pass_in_which_its_process_has_a_processor_again(muted: bool) -> None:
    """The wait was noted at the next look of the invariants, a second later, behind the HEARTBEAT (--real 5314)."""
    view: Any = SimpleNamespace(now_ms=3_023, life={}, service=SimpleNamespace(endpoint=SimpleNamespace(muted=muted)))
    peer: Any = SimpleNamespace(memory={"beat": 1_000}, station=SimpleNamespace(name="one"))
    late = a_heartbeat_is_sent_every_two_seconds(view, None, peer, bytes((0xFD, 9, 0, 0, 0, 1, 1)))
    assert (late is None) is muted


def _judged(turns: list[tuple[int, int, bool]]) -> list[bool]:
    starvation = Starvation(0)
    return [starvation.look(now_ms, waited_ms, queued=queued) for now_ms, waited_ms, queued in turns]


def test_a_process_that_waited_for_its_processor_in_sum_owes_nothing_for_a_while() -> None:
    turns = [(now_ms, now_ms // 4, False) for now_ms in range(0, 2_000, 100)]
    judged = _judged(turns + [(now_ms, 500, False) for now_ms in range(2_000, 6_000, 100)])
    assert judged.index(True) == STARVED_MS * 4 // 100 + 1
    assert judged[-1] is False and sum(judged) < (2 * WINDOW_MS + 2_000) // 100


def test_a_process_that_still_waits_owes_nothing_although_nothing_is_counted_yet() -> None:
    queued = _judged([(now_ms, 0, True) for now_ms in range(0, 1_000, 100)])
    assert queued == [now_ms > STARVED_MS for now_ms in range(0, 1_000, 100)]
    assert not any(_judged([(now_ms, 0, False) for now_ms in range(0, 1_000, 100)]))


def test_a_storm_that_looks_late_asks_for_nothing() -> None:
    assert _judged([(100, 0, False), (500, 0, False), (600, 0, False), (700 + WINDOW_MS, 0, False)])[:3] == [
        False,
        True,
        True,
    ]


def test_a_thread_waits_that_is_ready_and_had_no_turn_since_the_last_look(tmp_path: Path) -> None:
    threads = Threads(1)
    threads._tasks = tmp_path
    task = tmp_path / "1"
    task.mkdir()

    def becomes(state: str, schedstat: str) -> bool:
        (task / "stat").write_text(f"1 (a ) name) {state} 0 0")
        (task / "schedstat").write_text(schedstat)
        return threads.queued()

    assert [becomes("R", "5 1 1"), becomes("R", "5 1 1"), becomes("R", "6 1 2"), becomes("S", "6 1 2")] == [
        False,
        True,
        False,
        False,
    ]
