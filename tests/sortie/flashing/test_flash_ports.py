"""Which port the board is on, and why a port cannot be opened."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from mavlink_bridge.links.serial_ports import SerialPort
from mavlink_bridge.links.serial_trouble import users_of
from sortie.config.errors import UserError
from sortie.config.serial_ports import PortFinder
from sortie.flashing.shell import obstacle_of

CUBE = SerialPort("/dev/ttyACM0", 0x2DAE, 0x1016, "35003E", "1-2:1.0", "CubePilot CubeOrange")
CUBE_SECOND = replace(CUBE, device="/dev/ttyACM1", location="1-2:1.2")
CUBE_BOOTLOADER = replace(CUBE, device="/dev/ttyACM3", text="CubePilot CubeOrange-BL")
PIXHAWK = SerialPort("/dev/ttyACM2", 0x1209, 0x5741, "1F00", "1-3:1.0", "ArduPilot fmuv3")
ADAPTER = SerialPort("/dev/ttyUSB0", 0x10C4, 0xEA60, "0001", "1-4", "Silicon Labs CP2102")
BUILT_IN = SerialPort("/dev/ttyS0")


class Bus:
    """The ports of a machine, which come and go."""

    def __init__(self, *ports: SerialPort) -> None:
        self.ports = list(ports)

    def __call__(self) -> list[SerialPort]:
        return self.ports


def test_auto_finds_the_flight_controller_among_other_ports() -> None:
    assert PortFinder("auto", Bus(BUILT_IN, CUBE, ADAPTER)).find() == "/dev/ttyACM0"
    assert PortFinder("auto", Bus(BUILT_IN, ADAPTER)).find() is None


def test_two_ports_of_one_board_are_one_board_and_the_first_is_taken() -> None:
    assert PortFinder("auto", Bus(CUBE, CUBE_SECOND)).find() == "/dev/ttyACM0"


def test_two_boards_are_named_and_none_is_taken() -> None:
    with pytest.raises(UserError) as caught:
        PortFinder("auto", Bus(CUBE, PIXHAWK)).find()
    text = str(caught.value)
    assert "/dev/ttyACM0 (2dae:1016 CubePilot CubeOrange)" in text
    assert "/dev/ttyACM2 (1209:5741 ArduPilot fmuv3)" in text
    assert "--port" in text
    assert caught.value.status == 2


def test_a_board_is_followed_to_its_new_name_by_its_usb_serial_number() -> None:
    bus = Bus(CUBE, ADAPTER)
    finder = PortFinder("auto", bus)
    finder.opened("/dev/ttyACM0")
    bus.ports = [ADAPTER, PIXHAWK]
    assert finder.find() is None
    bus.ports = [ADAPTER, PIXHAWK, CUBE_BOOTLOADER]
    assert finder.find() == "/dev/ttyACM3"


def test_a_board_that_went_before_it_was_known_is_no_reason_to_take_another() -> None:
    """It was opened, and gone from the list a moment later: two strangers are neither it nor a mistake of a person."""
    bus = Bus(CUBE)
    finder = PortFinder("auto", bus)
    path = finder.find()
    assert path is not None
    bus.ports = []
    finder.opened(path)
    bus.ports = [CUBE, PIXHAWK]
    assert finder.find() is None


def test_a_board_without_serial_number_is_followed_by_its_place_on_the_bus() -> None:
    bus = Bus(replace(CUBE, serial=""))
    finder = PortFinder("auto", bus)
    finder.opened("/dev/ttyACM0")
    bus.ports = [replace(CUBE_BOOTLOADER, serial="")]
    assert finder.find() == "/dev/ttyACM3"
    bus.ports = [replace(PIXHAWK, serial="")]
    assert finder.find() is None


def test_a_named_port_is_used_whatever_it_is_and_may_vanish_and_come_back(tmp_path: Path) -> None:
    link = tmp_path / "board"
    finder = PortFinder(str(link), Bus(CUBE))
    assert finder.find() is None
    link.symlink_to("/dev/null")
    assert finder.find() == str(link)
    finder.opened(str(link))
    link.unlink()
    assert finder.find() is None
    link.symlink_to("/dev/zero")
    assert finder.find() == str(link)


def test_a_named_port_that_another_board_has_taken_is_not_used(tmp_path: Path) -> None:
    device = tmp_path / "ttyACM0"
    device.touch()
    mine = replace(CUBE, device=str(device))
    bus = Bus(mine)
    finder = PortFinder(str(device), bus)
    finder.opened(str(device))
    bus.ports = [replace(PIXHAWK, device=str(device)), CUBE_BOOTLOADER]
    assert finder.find() == "/dev/ttyACM3"
    bus.ports = [mine]
    assert finder.find() == str(device)


def test_the_ports_of_the_machine_are_told_with_their_usb_ids() -> None:
    text = PortFinder("auto", Bus(BUILT_IN, ADAPTER)).list_ports()
    assert text == "serial ports here: /dev/ttyS0, /dev/ttyUSB0 (10c4:ea60 Silicon Labs CP2102)"
    assert PortFinder("auto", Bus()).list_ports() == "there are no serial ports on this machine"


@pytest.mark.parametrize("number", [errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO])
def test_a_port_that_has_just_gone_is_no_obstacle(number: int) -> None:
    assert obstacle_of("/dev/ttyACM0", OSError(number, "x")) is None


def test_without_permission_the_group_and_the_command_are_named() -> None:
    obstacle = obstacle_of("/dev/ttyACM_absent", OSError(errno.EACCES, "Permission denied"))
    assert obstacle is not None
    assert "group dialout" in obstacle.what
    assert "sudo usermod -aG dialout" in obstacle.next_step
    assert "log in again" in obstacle.next_step
    assert obstacle.patience_ms == 2000


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EAGAIN])
def test_a_port_in_use_is_waited_for_15_s(number: int) -> None:
    obstacle = obstacle_of("/dev/ttyACM_absent", OSError(number, "busy"))
    assert obstacle is not None
    assert "in use by another program (ModemManager" in obstacle.what
    assert obstacle.patience_ms == 15_000


def test_a_file_is_no_serial_port(tmp_path: Path) -> None:
    obstacle = obstacle_of(str(tmp_path), OSError(errno.EISDIR, "Is a directory"))
    assert obstacle is not None
    assert "is no serial port" in obstacle.what
    assert obstacle.patience_ms == 0


def test_who_has_the_port_is_read_from_proc(tmp_path: Path) -> None:
    port = tmp_path / "ttyACM0"
    port.touch()
    for number, name, target in (("41", "ModemManager", port), ("42", "bash", tmp_path / "other")):
        (tmp_path / "proc" / number / "fd").mkdir(parents=True)
        (tmp_path / "proc" / number / "comm").write_text(f"{name}\n")
        (tmp_path / "proc" / number / "fd" / "3").symlink_to(target)
    own = tmp_path / "proc" / str(os.getpid()) / "fd"
    own.mkdir(parents=True)
    (own / "3").symlink_to(port)
    assert users_of(str(port), tmp_path / "proc") == ["ModemManager (process 41)"]
