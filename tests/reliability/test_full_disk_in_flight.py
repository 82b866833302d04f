"""The disk is full while a vehicle flies: what cannot be kept is refused and told, the flight goes on, and when there
is room again everything works. The error is injected where the store writes: root never meets a full disk here."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autopilot.interface.geo import GeoPoint
from autopilot.mission.items import MissionItem
from mavlink_bridge.clients import (
    CommandOutcome,
    MissionClear,
    MissionDownload,
    MissionUpload,
    ParameterRead,
    ParameterWrite,
    Target,
    TransferOutcome,
    command_long,
)
from mavlink_bridge.wire.codec import dialect
from sortie import Session, events
from sortie.api.sample import square

HOME = GeoPoint(47.3769, 8.5417, 408.0)
OTHER = (MissionItem(22, 3, z=5.0, seq=1), MissionItem(20, 3, seq=2))


@contextmanager
def full_disk() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:

        def no_room(database: object, change: object, vehicle: str) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        patch.setattr("sortie.storage.rows.apply", no_room)
        yield


def test_what_cannot_be_kept_is_refused_and_the_flight_goes_on(tmp_path: Path) -> None:
    with Session(home=HOME, state_dir=tmp_path) as session:
        link = session.connect()
        assert link.ask(MissionUpload(Target(), square(HOME), home=HOME)).outcome is TransferOutcome.ACCEPTED
        session.start()
        session.run_for(10.0)
        with full_disk():
            assert link.ask(MissionUpload(Target(), OTHER, home=HOME)).outcome is TransferOutcome.ERROR
            assert link.ask(MissionClear(Target(), kind=1)).outcome is TransferOutcome.ERROR
            set_home = command_long(Target(), dialect.MAV_CMD_DO_SET_HOME, 0, 0, 0, 0, 47.38, 8.55, 420.0)
            assert link.ask(set_home).outcome is CommandOutcome.FAILED
            link.ask(ParameterWrite(Target(), "WPNAV_SPEED", 500.0))
            assert session.param("WPNAV_SPEED") == 1000.0
            session.run_for(5.0)
        texts = [message.text for message in link.messages("STATUSTEXT")]
        assert any("Mission not stored: disk full" in text for text in texts), texts
        assert len(link.ask(MissionDownload(Target())).items) == len(square(HOME))
        assert link.ask(ParameterWrite(Target(), "WPNAV_SPEED", 600.0)).value.value == 600.0
        session.run_until(events.MissionComplete, timeout_s=300.0)
    with Session(home=HOME, state_dir=tmp_path) as session:
        link = session.connect()
        assert len(link.ask(MissionDownload(Target())).items) == len(square(HOME))
        assert link.ask(ParameterRead(Target(), "WPNAV_SPEED")).value.value == 600.0


def test_progress_that_finds_no_room_disturbs_nobody(tmp_path: Path) -> None:
    """The mission's index is kept in passing: nobody waits for it, and the flight is flown to its end."""
    with Session(home=HOME, state_dir=tmp_path) as session:
        session.upload(square(HOME))
        with full_disk():
            session.start()
            session.run_until(events.MissionComplete, timeout_s=300.0)
        assert session.state.mission.items == len(square(HOME))
