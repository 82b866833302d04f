"""`sortie loop --link`: others may watch the skimmer; without --link nothing is open."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader
from tests.fakes.program import last_line, run
from tests.fakes.warm import begin_warm


@pytest.mark.parametrize(("profile", "custom_modes"), [("space", {0, 1, 2, 3}), ("drone-box", {0, 3, 4, 9})])
def test_a_ground_station_sees_whole_sorties(tmp_path: Path, profile: str, custom_modes: set[int]) -> None:
    """HEARTBEATs of the skimmer in each of its modes and its statuses; the sorties are those of a loop without
    a watcher."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        receiver.settimeout(0.05)
        link = f"udpout:127.0.0.1:{receiver.getsockname()[1]}"
        arguments = ("loop", "--profile", profile, "--sorties", "1", "--seed", "2", "--json")
        watched = begin_warm(tmp_path, *arguments, "--state-dir", "one", "--link", link)
        reader, seen, modes = FrameReader(), set(), set()
        quiet = 0
        while quiet < 10:
            try:
                data = receiver.recv(65536)
            except TimeoutError:
                quiet = quiet + 1 if watched.poll() is not None else 0
                continue
            for frame in reader.receive(data):
                seen.add((frame.system, codec.message_name(frame.msg_id)))
                if frame.msg_id == 0 and frame.system == 1:
                    message = codec.decode(frame.msg_id, frame.payload)
                    modes.add(message.custom_mode)
        assert watched.returncode == 0
        told = json.loads((watched.stdout.read() if watched.stdout else "").splitlines()[-1])
    assert {(1, "HEARTBEAT"), (1, "TUNNEL")} <= seen
    assert custom_modes <= modes
    alone = run(tmp_path, *arguments, "--state-dir", "two")
    if profile == "space":
        assert last_line(alone) == told
    else:  # more wake-ups sum the same flows in smaller parts
        assert _course(last_line(alone)) == _course(told)


def _course(told: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Outcomes, and the starts of phases 1 to 7: the flight itself."""
    return [(s["outcome"], [(p["phase"], p["start_s"]) for p in s["phases"][:7]]) for s in told["sorties"]]


def test_a_busy_port_is_exit_2(tmp_path: Path) -> None:
    """One line."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        busy = other.getsockname()[1]
        done = run(tmp_path, "loop", "--sorties", "1", "--state-dir", "s", "--link", f"tcpin:127.0.0.1:{busy}")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_link_that_the_network_can_reach_needs_a_word(tmp_path: Path) -> None:
    """--insecure."""
    done = run(tmp_path, "loop", "--sorties", "1", "--state-dir", "s", "--link", "tcpin:0.0.0.0:0")
    assert done.returncode == 2
    assert "--insecure" in done.stderr
