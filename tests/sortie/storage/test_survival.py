"""`kill -9` at any instant loses nothing that was acknowledged."""

from __future__ import annotations

import re

import pytest

from autopilot.interface.geo import GeoPoint
from autopilot.mission.items import MissionItem
from mavlink_bridge.clients import (
    CommandOutcome,
    MissionDownload,
    MissionUpload,
    ParameterOutcome,
    ParameterRead,
    ParameterWrite,
    TransferOutcome,
    command_long,
)
from mavlink_bridge.wire.codec import dialect
from sortie.api.sample import square
from sortie.nodes.client import Listener, Remote
from tests.fakes.patience import PATIENCE_S
from tests.fakes.program import begin, wait_for
from tests.fakes.served import free_port

HOME = GeoPoint(47.3769, 8.5417, 408.0)
WORDS = ("--home", "47.3769,8.5417,408,0", "--speedup", "0")


def serve(tmp_path, port):
    """A service on `port`, once it listens."""
    process = begin(tmp_path, "serve", *WORDS, "--link", f"tcpin:127.0.0.1:{port}")
    wait_for(process, "serving")
    return process


def test_kill_9_keeps_what_was_acknowledged(tmp_path):
    """Mission, fence, rally, a parameter, home and the current item: acknowledged, killed, and there again."""
    port = free_port()
    mission = square(HOME)
    rally = (MissionItem(5100, 3, x=47.377, y=8.542, z=25.0),)
    process = serve(tmp_path, port)
    with Remote(f"tcp:127.0.0.1:{port}") as remote:
        for upload in (MissionUpload(remote.target, mission, home=HOME), MissionUpload(remote.target, rally, kind=2)):
            remote.ask(upload)
            assert upload.outcome is TransferOutcome.ACCEPTED
        write = ParameterWrite(remote.target, "WPNAV_SPEED", 640.0)
        remote.ask(write)
        assert write.outcome is ParameterOutcome.ACCEPTED
        set_home = command_long(remote.target, dialect.MAV_CMD_DO_SET_HOME, 0, 0, 0, 0, 47.38, 8.55, 420.0)
        remote.ask(set_home)
        assert set_home.outcome is CommandOutcome.ACCEPTED
        current = command_long(remote.target, dialect.MAV_CMD_DO_SET_MISSION_CURRENT, 3)
        remote.ask(current)
        assert current.outcome is CommandOutcome.ACCEPTED
    process.kill()
    process.communicate(timeout=PATIENCE_S)
    process = serve(tmp_path, port)
    with Remote(f"tcp:127.0.0.1:{port}") as remote:
        down = MissionDownload(remote.target)
        remote.ask(down)
        assert [(i.command, i.x, i.y, i.z) for i in down.items] == [(i.command, i.x, i.y, i.z) for i in mission]
        points = MissionDownload(remote.target, kind=2)
        remote.ask(points)
        assert len(points.items) == 1
        read = ParameterRead(remote.target, "WPNAV_SPEED")
        remote.ask(read)
        assert read.value is not None
        assert read.value.value == 640.0
        listener = Listener(frozenset(("HOME_POSITION", "MISSION_CURRENT")), remote.watch)
        remote.endpoint.add_service(listener)
        assert remote.run_until(lambda: len(listener.latest) == 2, 10.0)
        assert listener.latest["HOME_POSITION"].latitude == pytest.approx(473800000, abs=40)  # a float32 on the wire
        assert listener.latest["MISSION_CURRENT"].seq == 3
    process.terminate()
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0


@pytest.mark.parametrize("sets", [1, 7, 40])
def test_kill_9_in_the_middle_of_sets_keeps_every_acknowledged_one(tmp_path, sets):
    """Parameters set one after the other; killed right after the last acknowledgement."""
    port = free_port()
    process = serve(tmp_path, port)
    with Remote(f"tcp:127.0.0.1:{port}") as remote:
        for number in range(sets):
            write = ParameterWrite(remote.target, "WPNAV_SPEED", 100.0 + number)
            remote.ask(write)
            assert write.outcome is ParameterOutcome.ACCEPTED
        process.kill()
    process.communicate(timeout=PATIENCE_S)
    process = serve(tmp_path, port)
    with Remote(f"tcp:127.0.0.1:{port}") as remote:
        read = ParameterRead(remote.target, "WPNAV_SPEED")
        remote.ask(read)
        assert read.value is not None
        assert read.value.value == 100.0 + sets - 1
    process.kill()
    process.communicate(timeout=PATIENCE_S)


def test_a_killed_process_leaves_no_lock(tmp_path):
    """The next one starts, and the lock then names it."""
    port = free_port()
    first = serve(tmp_path, port)
    first.kill()
    first.communicate(timeout=PATIENCE_S)
    second = serve(tmp_path, port)
    assert re.fullmatch(str(second.pid), (tmp_path / "xdg" / "sortie" / "lock").read_text().strip())
    second.terminate()
    second.communicate(timeout=PATIENCE_S)
