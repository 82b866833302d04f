"""Why a port cannot be opened, in words; that links and flashing use them is tested with those."""

from __future__ import annotations

import errno
import getpass
import grp
import termios
from pathlib import Path
from types import SimpleNamespace

import pytest

from mavlink_bridge.links.address import LinkError, parse_link
from mavlink_bridge.links.serial import SerialLink
from mavlink_bridge.links.serial_trouble import TroubleKind, trouble_of


@pytest.mark.parametrize(
    ("owner", "group"), [("uucp", "uucp"), ("plugdev", "plugdev"), ("root", "dialout"), ("tty", "dialout")]
)
def test_the_group_that_has_the_port_is_named(
    owner: str, group: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group of people: one that udev has not given the port to anybody by is not the one to join."""
    monkeypatch.setattr(grp, "getgrgid", lambda number: SimpleNamespace(gr_name=owner))
    trouble = trouble_of(str(tmp_path), PermissionError(errno.EACCES, "x"))
    assert trouble.what == f"no permission for {tmp_path}: it takes a member of the group {group}"
    assert trouble.remedy == f"`sudo usermod -aG {group} {getpass.getuser()}`, log in again"


def test_a_user_without_a_name_is_told_a_command_that_works_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container a user may be a number only."""

    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert "-aG dialout $USER" in trouble_of("/dev/ttyACM_absent", PermissionError(errno.EPERM, "x")).remedy


def test_a_device_that_is_no_line_is_no_serial_port() -> None:
    """pyserial opens it and says that it could not be configured."""
    with pytest.raises(LinkError, match="link /dev/null,57600: /dev/null is no serial port; name one"):
        SerialLink(parse_link("/dev/null,57600")).open(0)


def test_a_port_with_a_name_that_no_file_can_have_is_not_there() -> None:
    with pytest.raises(LinkError, match="there is no /dev/xxx"):
        SerialLink(parse_link(f"/dev/{'x' * 300},57600")).open(0)


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (FileNotFoundError(errno.ENOENT, "x"), TroubleKind.ABSENT),
        (OSError(errno.ENXIO, "x"), TroubleKind.ABSENT),
        (OSError(errno.EBUSY, "x"), TroubleKind.BUSY),
        (BlockingIOError(errno.EAGAIN, "x"), TroubleKind.BUSY),
        (termios.error(errno.ENOTTY, "Inappropriate ioctl for device"), TroubleKind.NO_PORT),
        (termios.error(errno.EIO, "Input/output error"), TroubleKind.ABSENT),
        (ValueError("Not a valid baudrate: 7"), TroubleKind.OTHER),
    ],
)
def test_each_trouble_has_its_kind_one_line_and_a_remedy(problem: Exception, kind: TroubleKind) -> None:
    trouble = trouble_of("/dev/null", problem)
    assert trouble.kind is kind
    assert trouble.remedy
    assert "\n" not in trouble.what + trouble.remedy
