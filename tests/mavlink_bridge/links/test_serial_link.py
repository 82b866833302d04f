"""Serial on pseudo-terminals: exclusive, raw, back after the device went away."""

from __future__ import annotations

import errno
import os
import pty
import select
import termios
from pathlib import Path

import pytest
import serial

from mavlink_bridge.links.address import LinkError, parse_link
from mavlink_bridge.links.serial import SerialLink
from mavlink_bridge.testing.link_contract import LinkPair, receive_all, wait_until


def line(folder: Path) -> tuple[int, Path]:
    """(master, path): a serial device under a name of ours, as udev gives one."""
    master, slave = pty.openpty()
    os.set_blocking(master, False)
    path = folder / "ttyTEST"
    path.unlink(missing_ok=True)
    path.symlink_to(os.ttyname(slave))
    os.close(slave)
    return master, path


def read_master(master: int) -> bytes:
    assert select.select([master], [], [], 10)[0]
    return os.read(master, 1000)


def opened(path: Path) -> SerialLink:
    link = SerialLink(parse_link(f"{path},57600"))
    link.open(0)
    return link


def test_all_bytes_pass_unchanged_both_ways(tmp_path: Path) -> None:
    """Raw: no echo, no newline translation, no flow control characters."""
    master, path = line(tmp_path)
    link = opened(path)
    every = bytes(range(256))
    os.write(master, every)
    assert receive_all(LinkPair(link, link), link, 256) == every
    link.write(every)
    assert read_master(master) == every
    link.close()
    os.close(master)


def test_a_line_has_one_user(tmp_path: Path) -> None:
    """A second program is told so in one line, and the first goes on."""
    master, path = line(tmp_path)
    first = opened(path)
    with pytest.raises(LinkError, match="ttyTEST is in use by another program"):
        opened(path)
    os.write(master, b"still here")
    assert receive_all(LinkPair(first, first), first, 10) == b"still here"
    first.close()
    opened(path).close()
    os.close(master)


def test_a_missing_device_is_named(tmp_path: Path) -> None:
    """With where to look; the link may still be kept and tried again."""
    with pytest.raises(LinkError, match=r"there is no .*ttyNONE; .*serial ports.*`ls /dev/serial/by-id`") as caught:
        opened(tmp_path / "ttyNONE")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("number", "what", "remedy"),
    [
        (
            errno.EACCES,
            "no permission for /dev/ttyACM_absent: it takes a member of the group dialout",
            "usermod -aG dialout",
        ),
        (errno.EBUSY, "/dev/ttyACM_absent is in use by another program (ModemManager, ", "stop it"),
        (errno.EAGAIN, "/dev/ttyACM_absent is in use by another program (ModemManager, ", "stop it"),
    ],
)
def test_a_device_that_cannot_be_opened_says_why_and_what_helps(
    number: int, what: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line, whether it is a ground station's link or a controller's."""

    def refuse(*arguments: object, **named: object) -> None:
        raise serial.SerialException(number, "could not open port")

    monkeypatch.setattr(serial, "Serial", refuse)
    with pytest.raises(LinkError) as caught:
        SerialLink(parse_link("/dev/ttyACM_absent,57600")).open(0)
    text = str(caught.value)
    assert text.startswith(f"link /dev/ttyACM_absent,57600: {what}")
    assert remedy in text
    assert "\n" not in text


def test_another_rate_is_taken_at_once_and_kept_for_the_next_opening(tmp_path: Path) -> None:
    """Bytes go on passing, and the link's name tells the rate."""
    master, path = line(tmp_path)
    link = opened(path)
    link.set_baud(921_600)
    assert termios.tcgetattr(master)[4] == termios.B921600
    assert link.name == f"{path},921600"
    assert link.read() == b"" and link.connected, "silence is no end"
    os.write(master, b"on")
    assert receive_all(LinkPair(link, link), link, 2) == b"on"
    link.close()
    os.close(master)


def test_a_device_that_goes_while_its_rate_is_changed_is_lost(tmp_path: Path) -> None:
    """And looked for again, as ever."""
    master, path = line(tmp_path)
    link = opened(path)
    os.close(master)
    link.set_baud(921_600)
    wait_until(LinkPair(link, link), lambda: link.read() == b"" and not link.connected, "the device has gone")
    assert link.next_deadline_ms() is not None
    link.close()


def test_a_file_is_no_serial_line(tmp_path: Path) -> None:
    """One line again."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LinkError, match="file,57600: ") as caught:
        opened(tmp_path / "file")
    assert "\n" not in str(caught.value)


def test_a_device_that_goes_away_is_opened_again_when_it_is_back(tmp_path: Path) -> None:
    """Unplugged: not connected, nothing ends; attempts 0.1, 0.2, 0.4 s apart; back: bytes pass, short pauses again."""
    master, path = line(tmp_path)
    link = opened(path)
    os.close(master)
    path.unlink()
    wait_until(LinkPair(link, link), lambda: link.read() == b"" and not link.connected, "the device has gone")
    assert link.write(b"x") == 0
    now_ms = 0
    for pause in (100, 200, 400):
        link.maintain(now_ms)
        assert link.next_deadline_ms() == now_ms + pause
        now_ms += pause
        link.maintain(now_ms)
        assert not link.connected
    master, path = line(tmp_path)
    link.maintain(now_ms)
    link.maintain(now_ms + 800)
    assert link.connected
    assert link.next_deadline_ms() is None
    link.write(b"back")
    assert read_master(master) == b"back"
    os.close(master)
    wait_until(LinkPair(link, link), lambda: link.read() == b"" and not link.connected, "gone again")
    link.maintain(5000)
    assert link.next_deadline_ms() == 5100
    link.close()
    assert link.read() is None
