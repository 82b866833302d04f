"""`sortie radio` and `--radio`: bytes through real sockets, and what a stranger does wrong."""

from __future__ import annotations

import json
import re
import signal
import socket
from pathlib import Path

import pytest

from mavlink_bridge.links.radio.profiles import PROFILES
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameReader, FrameWriter
from sortie import UserError
from sortie.assembly.program import specs_of
from sortie.commands.cli import run
from sortie.config.radio import EXAMPLE, radio_profile, radios_of_links
from sortie.config.settings import Settings
from tests.fakes.patience import PATIENCE_S
from tests.fakes.program import wait_for
from tests.fakes.warm import begin_warm

HEARTBEAT = codec.payload(dialect.MAVLink_heartbeat_message(2, 3, 0, 0, 0, 3))


def _hear(station: socket.socket, reader: FrameReader, wanted: set[str]) -> set[str]:
    """Names of what comes until all wanted are there."""
    names: set[str] = set()
    while not wanted <= names:
        data = station.recv(65536)
        assert data, f"closed after {names}"
        names |= {str(codec.message_name(frame.msg_id)) for frame in reader.receive(data)}
    return names


def test_a_relay_carries_both_ways_and_tells_what_became_of_it(tmp_path: Path) -> None:
    """A HEARTBEAT each way arrives, each side hears its own modem, and the last line counts."""
    process = begin_warm(
        tmp_path, "radio", "tcpin:127.0.0.1:0", "tcpin:127.0.0.1:0", "--radio", "sik-air-250", "--json"
    )
    ports = [int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", wait_for(process, "between"))[-2:]]
    ends = [socket.create_connection(("127.0.0.1", port), PATIENCE_S) for port in ports]
    for number, end in enumerate(ends):
        end.settimeout(PATIENCE_S)
        end.sendall(FrameWriter(1 + number, 1).frame(*HEARTBEAT))
    for end in ends:
        _hear(end, FrameReader(), {"HEARTBEAT", "RADIO_STATUS"})
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    facts = json.loads(out.splitlines()[-1])
    assert facts["radio"] == "sik-air-250"
    assert facts["from_vehicle"]["carried"] == facts["to_vehicle"]["carried"] == 21
    for end in ends:
        end.close()


def test_serve_stands_behind_its_radio(tmp_path: Path) -> None:
    """Who connects hears the vehicle through the air, and the modem on the ground."""
    link = _free_link()
    process = begin_warm(
        tmp_path,
        "serve",
        "--link",
        link,
        "--radio",
        f"{link}=sik-air-250",
        "--state-dir",
        str(tmp_path / "s"),
        "--log-dir",
        str(tmp_path / "l"),
    )
    wait_for(process, "serving")
    _hear_over(link, {"HEARTBEAT", "ATTITUDE", "RADIO_STATUS"})
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err


def _free_link() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"tcpin:127.0.0.1:{server.getsockname()[1]}"


def _hear_over(link: str, wanted: set[str]) -> None:
    with socket.create_connection(("127.0.0.1", int(link.rpartition(":")[2])), PATIENCE_S) as station:
        station.settimeout(PATIENCE_S)
        station.sendall(FrameWriter(255, 190).frame(*HEARTBEAT))
        _hear(station, FrameReader(), wanted)


def test_a_busy_port_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["radio", f"tcpin:127.0.0.1:{port}", "tcpin:127.0.0.1:0"]) == 2
    err = capsys.readouterr().err
    assert str(port) in err and "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["radio", "tcpin:127.0.0.1:0"], "GROUND-LINK"),
        (["radio", "tcpin:127.0.0.1:0", "tpcin:127.0.0.1:0"], "tpcin"),
        (["radio", "tcpin:127.0.0.1:0", "tcpin:127.0.0.1:0", "--radio", "sik-5760"], "did you mean sik-57600"),
        (["radio", "tcpin:127.0.0.1:0", "tcpin:127.0.0.1:0", "--radio", "./none.toml"], "No such file"),
        (["radio", "tcpin:127.0.0.1:0", "tcpin:127.0.0.1:0", "--distance", "0"], "distance"),
        (["serve", "--link", "tcpin:127.0.0.1:0", "--radio", "tcp:1=usb"], "there is no link tcp:1"),
    ],
)
def test_a_strangers_mistakes(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, status 2."""
    assert run(words) == 2
    err = capsys.readouterr().err
    assert told.lower() in err.lower().replace("_", "-"), err
    assert "Traceback" not in err


def test_a_file_changes_what_it_says(tmp_path: Path) -> None:
    """The example is read; the air follows from the rate; the rest is that of the radio it is like."""
    file = tmp_path / "mine.toml"
    file.write_text(EXAMPLE)
    assert radio_profile(str(file)).air == PROFILES["sik-57600"].air
    file.write_text('like = "wifi"\nbytes_per_s = 5000.0\nlatency_ms = 20.0\nlosses = { good = 0.5 }\n')
    mine, wifi = radio_profile(str(file)), PROFILES["wifi"]
    assert (mine.name, mine.latency_ms, mine.losses.good) == ("mine", 20.0, 0.5)
    assert (mine.losses.bad, mine.fifo) == (wifi.losses.bad, wifi.fifo)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("fif = 3", "did you mean fifo"),
        ("fifo = 3", "300"),
        ('like = "sic-57600"', "sik-57600"),
        ('like = "usb"\nair_kbps = 64', "bytes_per_s"),
        ("bytes_per_s = 9.0", "air_kbps"),
        ('like = "usb"\nbudget = { power_dbm = 3.0 }', "no power"),
        ('report = "RADIO_STATE"', "RADIO_STATE"),
        ("fifo =", "mine.toml"),
        ("losses = { goood = 0.1 }", "unknown key 'losses.goood'; did you mean good?"),
        ("fifo = 'x'", "fifo: expected a whole number, found a text"),
        ("like = 'sik'", "like = 'sik' is no radio; known are sik-57600,"),
    ],
)
def test_a_wrong_file_says_where(tmp_path: Path, text: str, told: str) -> None:
    """With the key, and what would be right."""
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(UserError, match=told):
        radio_profile(str(file))


def test_a_name_is_for_all_links_and_a_link_has_its_own() -> None:
    """In either order."""
    urls = ("tcpin:127.0.0.1:1", "tcpin:127.0.0.1:2")
    for given in (["usb", f"{urls[1]}=lte"], [f"{urls[1]}=lte", "usb"]):
        found = radios_of_links(given, urls)
        assert {url: one.name for url, one in found.items()} == {urls[0]: "usb", urls[1]: "lte"}
    assert radios_of_links([], urls) == {}


@pytest.mark.parametrize(
    ("given", "told"),
    [(["usb", "lte"], "all links already got a radio"), (["a=usb", "lte", "a=usb"], "link a already got a radio")],
)
def test_a_second_radio_of_a_link_is_told(given: list[str], told: str) -> None:
    """Instead of one that wins silently."""
    with pytest.raises(UserError, match=told):
        radios_of_links(given, ("a", "b"))


def test_vehicles_of_a_fleet_have_radios_of_their_own(tmp_path: Path) -> None:
    """As the file says for one; its HEARTBEAT comes over the air, and what it does not know is told."""
    file = tmp_path / "fleet.toml"
    link = _free_link()
    file.write_text(f'[[vehicle]]\nlinks = ["{link}"]\nradio = "sik-air-250"\n\n[[vehicle]]\n')
    process = begin_warm(tmp_path, "serve", "--fleet", str(file), "--link", "tcpin:127.0.0.1:0")
    wait_for(process, "serving")
    _hear_over(link, {"HEARTBEAT", "ATTITUDE", "RADIO_STATUS"})
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    file.write_text('[[vehicle]]\nradio = "sik-air-251"\n')
    with pytest.raises(UserError, match="did you mean sik-air-250"):
        specs_of(Settings(fleet=file))
