"""Port for a pilot's transmitter (`--rc`), as ArduPilot's simulator has on 5501.

A datagram is 8 or 16 pulses of a receiver (us), each a little-endian uint16, from channel 1 on; 0 keeps the last pulse
of its channel. Other datagrams are dropped. Source: ArduPilot libraries/AP_HAL_SITL/SITL_State.cpp
(_read_rc_sitl_input).
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from struct import Struct
from typing import Final

from mavlink_bridge.links.address import LinkError, LinkSpec
from mavlink_bridge.links.hub import Poll
from mavlink_bridge.links.sockets import listen
from mavlink_bridge.routing.endpoint import Endpoint
from sortie.config.errors import UserError
from sortie.runtime.node import QuietNode

_FORMS: Final = {form.size: form for form in (Struct("<8H"), Struct("<16H"))}
_LARGEST: Final = 64
_PER_TURN: Final = 100


def pulses_of(datagram: bytes) -> tuple[int, ...]:
    """Return the pulses of a datagram, us; none for another format."""
    form = _FORMS.get(len(datagram))
    return () if form is None else form.unpack(datagram)


class PulsePort(QuietNode):
    """Node that passes received pulses to `take(pulses, link_ms)`. UserError: the port is busy."""

    now_ms = 0
    endpoints: tuple[Endpoint, ...] = ()

    def __init__(self, address: tuple[str, int], poll: Poll, take: Callable[[Sequence[int], int], None]) -> None:
        host, port = address
        try:
            self._socket = listen(LinkSpec("udpin", host=host, port=port), socket.SOCK_DGRAM)
        except LinkError as error:
            raise UserError(str(error), option="rc") from error
        self._poll = poll
        self._take = take
        self._received = False
        poll.watch(self._socket.fileno(), self._note)

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def close(self) -> None:
        self._poll.forget(self._socket.fileno())
        self._socket.close()

    def _note(self, events: int) -> None:
        self._received = True

    def serve_links(self, link_ms: int) -> None:
        if not self._received:
            return
        self._received = False
        for _ in range(_PER_TURN):  # the rest waits for the next turn
            try:
                datagram = self._socket.recv(_LARGEST)
            except BlockingIOError:
                return
            pulses = pulses_of(datagram)
            if pulses:
                self._take(pulses, link_ms)
