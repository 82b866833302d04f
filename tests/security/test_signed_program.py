"""Signing in the running program: key files, which links may open, pymavlink's signing client over TCP."""

from __future__ import annotations

import hashlib
import socket
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pymavlink import mavutil

from sortie.commands.cli import run
from sortie.config.errors import UserError
from sortie.config.link_policy import check_links
from sortie.config.signing_key import read_key
from sortie.storage.signing_keys import KeyFile
from sortie.storage.store import Store
from tests.fakes.served import free_port, served

KEY = bytes(range(32))
ANSWER_S = 240.0


# --- key files --------------------------------------------------------------------------------------------------------
def test_a_key_file_holds_digits_or_a_passphrase(tmp_path: Path) -> None:
    """A passphrase becomes the key that Mission Planner and MAVProxy make of it."""
    file = tmp_path / "key"
    file.write_text(KEY.hex() + "\n")
    file.chmod(0o600)
    assert read_key(file) == (KEY, [])
    file.chmod(0o640)
    assert read_key(file) == (KEY, [f"--signing-key {file}: others can read it; chmod 600 {file}"])
    file.write_text("correct horse battery\n")
    assert read_key(file)[0] == hashlib.sha256(b"correct horse battery").digest()


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines", b"\xff\xfe", b"x" * 5000])
def test_a_file_without_a_key_is_one_line_and_status_2(tmp_path: Path, content: bytes, capsys: Any) -> None:
    """And one that does not exist."""
    file = tmp_path / "key"
    file.write_bytes(content)
    for path in (file, tmp_path / "none"):
        with pytest.raises(UserError) as refusal:
            read_key(path)
        assert refusal.value.status == 2
    status = run(
        [
            "serve",
            "--signing-key",
            str(file),
            "--state-dir",
            str(tmp_path / "state"),
            "--link",
            f"tcpin:127.0.0.1:{free_port()}",
        ]
    )
    assert (status, capsys.readouterr().err.count("\n")) == (2, 1)


def test_the_stored_key_is_its_owners_only(tmp_path: Path) -> None:
    """Mode 0600 from the first byte on; forgotten on request; a damaged file is an error, not an open vehicle."""
    store = Store(tmp_path)
    try:
        keys = KeyFile(store)
        assert keys.load() is None
        assert keys.save_key(KEY) is None
        assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
        assert keys.load() == KEY
        assert KEY.hex() not in (tmp_path / "state.db").read_bytes().decode("latin1")
        assert KeyFile(store, fixed=True).save_key(None) == "it is given by --signing-key"
        keys.path.write_text("garbage")
        with pytest.raises(UserError, match="has no signing key"):
            keys.load()
        assert keys.save_key(None) is None
        assert keys.load() is None
    finally:
        store.close()


def test_the_first_stamp_of_a_run_is_kept_at_once_and_no_lower_one_after_it(tmp_path: Path) -> None:
    """A power failure right after the start, and a clock that is behind at the next; a fleet has one stamp."""
    store = Store(tmp_path)
    try:
        keys = KeyFile(store)
        keys.save_stamp(12345)
        with sqlite3.connect(f"file:{store.path}?mode=ro", uri=True) as beside:
            assert beside.execute("SELECT stamp FROM signing").fetchone() == (12345,)
        keys.save_stamp(12000)
    finally:
        store.close()
    again = Store(tmp_path)
    assert again.stored.signing_stamp == 12345
    again.close()


# --- links ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "url", ["tcpin:0.0.0.0:5760", "udpin:0.0.0.0:14550", "udpout:192.0.2.1:14550", "tcp:192.0.2.1:1"]
)
def test_a_network_link_needs_a_key_or_the_word(url: str) -> None:
    """Refused with one line that shows both ways out; with --insecure a warning; with a key nothing."""
    with pytest.raises(UserError, match=r"--signing-key FILE, or --insecure") as refusal:
        check_links([url], signed=False, insecure=False)
    assert (refusal.value.status, "\n" in str(refusal.value)) == (2, False)
    assert len(check_links([url], signed=False, insecure=True)) == 1
    assert check_links([url], signed=True, insecure=False) == []


def test_a_replay_is_not_told_of_a_key_that_it_cannot_have() -> None:
    """It has no such option, and nothing flies."""
    told = check_links(["/dev/ttyS0,57600", "tcpin:0.0.0.0:5760"], signed=False, insecure=True, a_log=True)
    with pytest.raises(UserError, match="--insecure if everyone who can reach it may read the log") as refusal:
        check_links(["tcpin:0.0.0.0:5760"], signed=False, insecure=False, a_log=True)
    assert all("key" not in text and "command" not in text for text in (*told, str(refusal.value)))


def test_loopback_is_free_and_a_uart_warns() -> None:
    """Native USB and pseudo-terminals are as good as loopback; a UART, or a USB adapter, may have a radio behind it."""
    free = ["tcpin:127.0.0.1:5760", "udpout:127.0.0.1:14550", "udpin:localhost:1", "tcpin:[::1]:1", "/dev/ttyACM0,9600"]
    assert check_links(free, signed=False, insecure=False) == []
    (warning,) = check_links(["/dev/ttyS0,57600"], signed=False, insecure=False)
    assert "not signed" in warning
    assert check_links(["/dev/ttyUSB0,57600"], signed=True, insecure=False) == []


@pytest.mark.parametrize(
    "urls",
    [
        ("tcpin:127.0.0.1:5760", "udpin:127.0.0.1:5760", "tcpin://127.0.0.1:5760"),
        ("/dev/ttyS0,57600", "serial:/dev/ttyS0:115200"),
    ],
)
def test_a_link_that_is_given_twice_is_named(urls: tuple[str, ...]) -> None:
    """The system would call its port in use, as if by another program. Port 0 is another port each time."""
    with pytest.raises(UserError, match=f"--link {urls[-1]}: this link is given twice"):
        check_links(urls, signed=True, insecure=False)
    check_links(["tcpin:127.0.0.1:0", "tcpin:127.0.0.1:0"], signed=True, insecure=False)
    check_links(urls[:-1], signed=True, insecure=False)


def test_the_program_refuses_to_open_the_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2, one line, no port opened."""
    port = free_port()
    status = run(["serve", "--link", f"tcpin:0.0.0.0:{port}", "--state-dir", str(tmp_path)])
    error = capsys.readouterr().err
    assert (status, error.count("\n"), f"tcpin:0.0.0.0:{port}" in error) == (2, 1, True)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


# --- pymavlink over TCP -----------------------------------------------------------------------------------------------
@contextmanager
def client(port: int, key: bytes | None = None) -> Iterator[Any]:
    """pymavlink on TCP; with a key it signs, and takes only what is signed."""
    link = mavutil.mavlink_connection(f"tcp:127.0.0.1:{port}", source_system=255, source_component=190)
    link.mav.WIRE_PROTOCOL_VERSION = "2.0"
    if key is not None:
        link.setup_signing(key, sign_outgoing=True)
    try:
        yield link
    finally:
        link.close()


def asks_version(link: Any, wait_s: float = ANSWER_S) -> Any:
    """The COMMAND_ACK for REQUEST_MESSAGE AUTOPILOT_VERSION, or None."""
    link.mav.command_long_send(1, 1, 512, 0, 148, 0, 0, 0, 0, 0, 0)
    return link.recv_match(type="COMMAND_ACK", blocking=True, timeout=wait_s)


def test_pymavlink_signs_and_is_answered_signed(tmp_path: Path) -> None:
    """On a link that the network can reach: unsigned and wrongly signed commands are ignored, signed ones answered."""
    key_file = tmp_path / "key"
    key_file.write_text(KEY.hex())
    key_file.chmod(0o600)
    port = free_port()
    with served(tmp_path, "--signing-key", str(key_file), "--link", f"tcpin:0.0.0.0:{port}", ready=False, speedup="1"):
        with client(port, KEY) as station:
            ack = asks_version(station)
            assert ack is not None and ack.get_signed()
        with client(port) as stranger:
            assert stranger.recv_match(type="HEARTBEAT", blocking=True, timeout=ANSWER_S) is not None
            assert asks_version(stranger, 1.0) is None
        with client(port, bytes(32)[:-1] + b"x") as thief:
            assert asks_version(thief, 1.0) is None


def test_a_key_set_over_loopback_outlives_the_program(tmp_path: Path) -> None:
    """SETUP_SIGNING by pymavlink; the next start needs no --insecure and knows the key; mode 0600."""
    with served(tmp_path, ready=False, speedup="1") as service, client(service.port) as station:
        station.mav.setup_signing_send(1, 1, list(KEY), 0)
        assert asks_version(station) is not None  # in order behind it
    key_file = tmp_path / "state" / "signing.key"
    assert (stat.S_IMODE(key_file.stat().st_mode), key_file.read_text()) == (0o600, KEY.hex() + "\n")
    port = free_port()
    with served(tmp_path, "--link", f"tcpin:0.0.0.0:{port}", ready=False, speedup="1") as service:
        with client(port) as stranger:
            assert asks_version(stranger, 1.0) is None
        with client(port, KEY) as station:
            heard = station.recv_match(type="HEARTBEAT", blocking=True, timeout=ANSWER_S)
            assert heard is not None and heard.get_signed()
            assert asks_version(station) is not None
        with client(service.port) as local:
            assert asks_version(local) is not None
