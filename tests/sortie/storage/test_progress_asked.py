"""Progress of a mission: what a person has set is durable when it is acknowledged; what comes by itself holds nobody
up."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from autopilot.context.journal import Change, SavePlan, SaveProgress, SaveTogether
from autopilot.interface.geo import GeoPoint
from autopilot.mav import Cmd, Result
from autopilot.mission.state import MissionState
from mavlink_bridge.routing.endpoint import raise_error
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.wire.codec import dialect
from sortie.api.sample import square
from sortie.assembly.vehicle import VIRTUAL_EPOCH_US, build_service, make_vehicle
from sortie.config.vehicle_spec import VehicleSpec
from sortie.nodes.vehicle import VehicleService
from sortie.storage import store as store_module
from sortie.storage.store import Entry, Store
from tests.fakes.core_bench import Bench, takeoff, waypoint
from tests.fakes.patience import PATIENCE_S

HOME = GeoPoint(47.3769, 8.5417, 408.0)
STATION = Peer(1, 255, 190)


class SlowDisk(Store):
    """A store whose writer waits in the midst of its write until `spins` is set. `writes`: it is there."""

    spins, writes = threading.Event(), threading.Event()

    def _write(self, batch: Sequence[tuple[int, str, Entry]]) -> str | None:
        self.writes.set()
        assert self.spins.wait(PATIENCE_S)
        return super()._write(batch)

    def on_disk(self) -> tuple[int, int] | None:
        """Index and state as a start after a `kill -9` now would find them."""
        with sqlite3.connect(self.path) as database:
            row = database.execute("SELECT * FROM progress").fetchone()
        return None if row is None else (int(row[-2]), int(row[-1]))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowDisk]:
    """Progress that nobody has asked for is not written within this test."""
    monkeypatch.setattr(store_module, "_PROGRESS_S", 1000.0)
    made = SlowDisk(tmp_path)
    made.spins.set()
    yield made
    made.spins.set()
    made.close()


@pytest.fixture
def service(store: SlowDisk) -> VehicleService:
    """A copter with a mission, all of which is written."""
    spec = VehicleSpec("copter", None, HOME, 0.0, 1, alone=True)
    vehicle, stored = make_vehicle("copter", HOME, 0.0, 1), store.stored
    made = build_service(spec, vehicle, store, stored, {}, epoch_us=VIRTUAL_EPOCH_US, on_error=raise_error)
    made.autopilot.plans.replace(0, square(HOME))
    assert store.wait(store.submit(SaveProgress(0, 0, requested=True)), PATIENCE_S)
    made.commands.take_outgoing()
    return made


def _asks_for(service: VehicleService, index: int) -> None:
    ask = dialect.MAVLink_command_long_message(1, 1, Cmd.DO_SET_MISSION_CURRENT, 0, index, 0, 0, 0, 0, 0, 0)
    service.commands.handle_message(ask, STATION, 0)


def _answers(service: VehicleService) -> list[int]:
    service.commands.handle_timeout(0)
    out = [one.message for one in service.commands.take_outgoing()]
    return [message.result for message in out if message.get_type() == "COMMAND_ACK"]


def test_an_item_that_a_person_has_set_is_on_the_disk_when_it_is_acknowledged(
    service: VehicleService, store: SlowDisk
) -> None:
    store.spins.clear()
    store.writes.clear()
    _asks_for(service, 3)
    assert store.writes.wait(PATIENCE_S)
    assert _answers(service) == []
    store.submit(SaveProgress(4, MissionState.RUNNING))  # it flies on meanwhile
    assert _answers(service) == []
    store.spins.set()
    assert store.wait(store.latest(), PATIENCE_S)
    assert _answers(service) == [Result.ACCEPTED]
    assert store.on_disk() == (3, MissionState.IDLE)
    _asks_for(service, 2)
    assert store.wait(store.latest(), PATIENCE_S)
    assert _answers(service) == [Result.ACCEPTED]
    assert store.on_disk() == (2, MissionState.IDLE)


def test_the_item_that_is_current_already_is_written_all_the_same() -> None:
    """It has come by itself, and may not be on the disk yet."""
    bench = Bench()
    bench.begin([takeoff(), waypoint(60, 0), waypoint(60, 60)])
    bench.run(60.0, lambda: bool(bench.core.sequencer.progress()[0] == 2))
    before = len(bench.journal.changes)
    assert bench.journal.changes[-1] == SaveProgress(2, MissionState.RUNNING)
    assert bench.core.mission_commands.set_current(2).ok
    assert bench.journal.changes[before:] == [SaveProgress(2, MissionState.RUNNING, requested=True)]


def test_a_new_system_id_does_not_wait_for_progress(service: VehicleService, store: SlowDisk) -> None:
    """The id is taken when its parameter is durable; progress that is written with it belongs to nobody's answer."""
    service.parameters.set("SYSID_THISMAV", 9.0)
    assert store.wait(store.submit(SaveProgress(1, MissionState.RUNNING)), PATIENCE_S)
    assert store.durable() > store.latest()
    service.serve_links(0)
    assert service.endpoint.system_id == 9


@pytest.mark.parametrize(
    ("state", "change", "found"),
    [
        (MissionState.IDLE, SavePlan(0, square(HOME)[1:]), (0, MissionState.IDLE)),
        (MissionState.COMPLETED, SavePlan(0, square(HOME)[1:]), (0, MissionState.IDLE)),
        (MissionState.IDLE, SaveTogether((SavePlan(0, ()), SavePlan(1, ()))), (0, MissionState.IDLE)),
        (MissionState.RUNNING, SavePlan(0, square(HOME)[1:]), (3, MissionState.RUNNING)),
        (MissionState.IDLE, SavePlan(0, square(HOME)), (3, MissionState.IDLE)),
        (MissionState.IDLE, SavePlan(2, ()), (3, MissionState.IDLE)),
    ],
)
def test_another_mission_is_not_continued_at_an_item_of_the_old_one(
    store: SlowDisk, state: MissionState, change: Change, found: tuple[int, int]
) -> None:
    """`kill -9` right behind MISSION_ACK: the sequencer's own rewind is not written yet. AUTO would have begun in the
    midst of the new mission. A mission that is flown is continued in the new one, and an equal one is the same."""
    store.submit(SavePlan(0, square(HOME)))
    store.submit(SaveProgress(3, state))
    assert store.wait(store.submit(change), PATIENCE_S)
    assert store.on_disk() == found
