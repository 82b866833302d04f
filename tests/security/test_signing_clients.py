"""Sortie's own commands and sessions on signed links: with the key they work, without it they say what is missing."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from autopilot.mission.items import MissionItem
from mavlink_bridge.clients.heartbeat import HeartbeatWatch, WatchState
from mavlink_bridge.links.hub import LinkHub
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.wire.framing import MARK_V2, SIGNATURE_SIZE, SIGNED
from mavlink_bridge.wire.signing import Signing, timestamp_of
from sortie import Session, UserError
from sortie.commands.cli import run
from tests.fakes.served import free_port, served

KEY = bytes(range(32))


def key_file(folder: Path, text: str = KEY.hex()) -> Path:
    file = folder / "key"
    file.write_text(text)
    file.chmod(0o600)
    return file


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A service on a link that the network can reach, signed: where it listens, and its key file."""
    folder = tmp_path_factory.mktemp("signed")
    key, port = key_file(folder), free_port()
    more = ("--signing-key", str(key), "--link", f"tcpin:0.0.0.0:{port}")
    with served(folder, *more, ready=False, speedup="1"):
        yield f"tcp:127.0.0.1:{port}", key


def answer(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> Any:
    """What a command prints with --json."""
    assert run([*arguments, "--json"]) == status, capsys.readouterr().err
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return json.loads(out)


def test_commands_with_the_key_are_answered(
    signed: tuple[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """status, param, go: the one option, or its environment variable; each --json is one line."""
    url, key = signed
    there = ("--connect", url, "--signing-key", str(key))
    assert answer(capsys, "status", *there)["state"] == "IDLE"
    assert answer(capsys, "status", "--links", *there)["links"]
    assert answer(capsys, "param", "set", "WPNAV_SPEED", "650", *there) == {"WPNAV_SPEED": 650.0}
    saved = tmp_path / "all.param"
    count = answer(capsys, "param", "save", str(saved), *there)["parameters"]
    assert answer(capsys, "param", "reset", "WPNAV_SPEED", *there) == {"WPNAV_SPEED": 1000.0}
    assert answer(capsys, "param", "load", str(saved), *there) == {
        "parameters": count,
        "changed": 1,
        "refused": [],
        "unknown": [],
    }
    assert answer(capsys, "go", *there, status=1)["result"] == "FAILED"
    monkeypatch.setenv("SORTIE_CONNECT", url)
    monkeypatch.setenv("SORTIE_SIGNING_KEY", str(key))
    assert answer(capsys, "param", "get", "WPNAV_SPEED") == {"WPNAV_SPEED": 650.0}


def test_commands_without_the_key_say_so(
    signed: tuple[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, status 1: no key, another key. A file without a key is status 2 before anybody is asked."""
    url, _ = signed
    assert run(["param", "get", "WPNAV_SPEED", "--connect", url]) == 1
    assert capsys.readouterr().err == (
        f"sortie: the vehicle at {url} signs its messages and accepts only signed ones; give --signing-key FILE\n"
    )
    assert run(["status", "--connect", url, "--signing-key", str(key_file(tmp_path, "another"))]) == 1
    assert "signs with another key" in capsys.readouterr().err
    assert run(["go", "--connect", url, "--signing-key", str(tmp_path / "none")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_noise_that_looks_signed_is_no_vehicle_that_signs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A message of an unknown number has no checksum that could be checked."""
    monkeypatch.setattr("sortie.nodes.client.CONNECT_S", 0.5)
    noise = bytes((MARK_V2, 0, SIGNED, 0, 7, 1, 1, 0xEE, 0xEE, 0xEE)) + bytes(2 + SIGNATURE_SIZE)
    with socket.create_server(("127.0.0.1", 0)) as line, ThreadPoolExecutor(1) as end:
        url = f"tcp:127.0.0.1:{line.getsockname()[1]}"
        sent = end.submit(lambda: line.accept()[0])
        sent.add_done_callback(lambda accepted: accepted.result().sendall(noise))
        assert run(["status", "--connect", url]) == 1
        sent.result().close()
    assert capsys.readouterr().err.startswith(f"sortie: no vehicle answers at {url}")


def test_a_parameter_that_holds_another_value_is_told(
    signed: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Clamped to its type: what holds in JSON, status 1, and a line on stderr."""
    url, key = signed
    there = ("--connect", url, "--signing-key", str(key))
    assert run(["param", "set", "FM_COUNTDOWN", "12.5", *there, "--json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out) == {"FM_COUNTDOWN": 12.0}
    assert err == "sortie: FM_COUNTDOWN not set to 12.5: it is 12\n"


def found_with(session: Session, url: str, key: bytes | None) -> bool:
    """Does a client with this key hear a heartbeat that it accepts, and is it heard?"""
    client = Endpoint(255, 190)
    signing = None
    if key is not None:
        signing = Signing(key, timestamp_of(session.service.epoch_us))
        client.set_signing(signing)
    watch = HeartbeatWatch(announce=True)
    client.add_service(watch)
    hub = LinkHub(client)
    hub.open(url, 0)

    def look(_: Session) -> bool:
        now_ms = round(session.link_time_s * 1000)
        client.handle_timeouts(now_ms, now_ms)
        hub.flush()
        hub.wait(0.0)
        hub.receive(now_ms, now_ms)
        return watch.state is WatchState.FOUND

    try:
        session.run_until(look, timeout_s=60.0)
    finally:
        hub.close()
    return signing is None or signing.accepted > 0


@pytest.mark.parametrize("kind", ["bytes", "file"])
def test_a_session_signs_its_links(tmp_path: Path, kind: str) -> None:
    """With a key the network may be opened without `insecure`, and what goes out there is signed."""
    port = free_port()
    given = KEY if kind == "bytes" else key_file(tmp_path)
    with Session(signing_key=given, links=[f"tcpin:0.0.0.0:{port}"]) as session:
        assert found_with(session, f"tcp:127.0.0.1:{port}", KEY)


def test_a_session_keeps_closed_what_a_key_has_closed(tmp_path: Path) -> None:
    """SETUP_SIGNING over a memory link: the key is in the state directory, and the next session signs with it."""
    from sortie import mavlink

    with Session(state_dir=tmp_path) as session:
        link = session.connect()
        link.send(mavlink.MAVLink_setup_signing_message(1, 1, list(KEY), 0))
    assert (tmp_path / "signing.key").read_text().strip() == KEY.hex()
    port = free_port()
    with Session(state_dir=tmp_path, links=[f"tcpin:0.0.0.0:{port}"]) as session:
        assert found_with(session, f"tcp:127.0.0.1:{port}", KEY)


def test_a_session_refuses_what_is_no_key(tmp_path: Path) -> None:
    """In words, without the dashes of the command line."""
    with pytest.raises(UserError, match="expected 32 bytes, not 5"):
        Session(signing_key=b"short")
    with pytest.raises(UserError, match=r"^signing_key .*No such file or directory; expected 64 hexadecimal digits"):
        Session(signing_key=tmp_path / "none")


def test_a_session_without_a_key_is_as_it_was() -> None:
    """No wall clock comes in: two sessions, the same bytes, although both could be given a key."""

    def record() -> bytes:
        with Session(seed=4) as session:
            link = session.connect()
            session.upload([MissionItem(22, 3, z=10.0), MissionItem(21, 3)])
            session.start()
            session.run_for(20.0)
            return link.read()

    assert record() == record()


def test_a_loop_opens_the_network_with_a_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without one it refuses, and what it then recommends works."""
    loop = ["loop", "--sorties", "1", "--link", f"tcpin:0.0.0.0:{free_port()}", "--state-dir", str(tmp_path / "state")]
    assert run(loop) == 2
    assert "give --signing-key FILE" in capsys.readouterr().err
    assert run([*loop, "--signing-key", str(key_file(tmp_path))]) == 0
    assert run([*loop, "--signing-key", str(tmp_path / "none")]) == 2
    assert "No such file" in capsys.readouterr().err
