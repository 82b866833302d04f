"""The radio that is wired to ArduPilot SITL: eight channels by UDP (`--rc-in-port`)."""

from __future__ import annotations

import socket
import struct

_CHANNELS = (1500, 1500, 1500, 1500, 1800, 1000, 1000, 1800)
_SWITCH = 4


class SitlRadio:
    """A pilot's transmitter. `port`: where SITL listens for it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def turn_switch(self, pwm_us: int) -> None:
        """The mode switch; the throttle is in the middle."""
        channels = list(_CHANNELS)
        channels[_SWITCH] = pwm_us
        self._socket.sendto(struct.pack("<8H", *channels), ("127.0.0.1", self.port))

    def close(self) -> None:
        """Switch it off."""
        self._socket.close()
