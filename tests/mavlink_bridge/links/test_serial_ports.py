"""The serial ports of this machine: how they are told, and where a baud rate means something."""

from __future__ import annotations

from pathlib import Path

import pytest

from mavlink_bridge.links.serial_ports import SerialPort, is_uart, ports_phrase

CUBE = SerialPort("/dev/ttyACM0", 0x2DAE, 0x1016, "35003E", "1-2:1.0", "CubePilot CubeOrange")
FTDI = SerialPort("/dev/ttyUSB0", 0x0403, 0x6015, "D1", "1-4", "FTDI FT231X")
WCH = SerialPort("/dev/ttyACM1", 0x1A86, 0x55D2, "W1", "1-5:1.0", "WCH USB Dual_Serial")
BUILT_IN = SerialPort("/dev/ttyAMA0")


def ports() -> list[SerialPort]:
    return [CUBE, FTDI, WCH, BUILT_IN]


@pytest.mark.parametrize(
    ("path", "uart"),
    [
        ("/dev/ttyACM0", False),
        ("/dev/ttyACM1", True),
        ("/dev/ttyACM9", False),
        ("/dev/ttyUSB0", True),
        ("/dev/ttyAMA0", True),
        ("/dev/ttyS0", True),
        ("/dev/pts/7", False),
    ],
)
def test_the_rate_matters_on_uarts_and_adapters_only(path: str, uart: bool) -> None:
    assert is_uart(path, ports) is uart


def test_a_link_to_a_port_is_followed(tmp_path: Path) -> None:
    """As the names below /dev/serial/by-id are."""
    (tmp_path / "usb-Hex_ProfiCNC_CubeOrange-if00").symlink_to("/dev/ttyACM0")
    (tmp_path / "usb-FTDI_FT231X-if00").symlink_to("/dev/ttyUSB0")
    assert not is_uart(str(tmp_path / "usb-Hex_ProfiCNC_CubeOrange-if00"), ports)
    assert is_uart(str(tmp_path / "usb-FTDI_FT231X-if00"), ports)


def test_ports_are_told_with_their_usb_ids() -> None:
    assert (
        ports_phrase(lambda: [FTDI, BUILT_IN])
        == "serial ports here: /dev/ttyUSB0 (0403:6015 FTDI FT231X), /dev/ttyAMA0"
    )
    assert ports_phrase(list) == "there are no serial ports on this machine"
