"""Our part of an exchange with a firmware that flies in our world."""

from __future__ import annotations

import socket
import struct
import time

from autopilot.interface.geo import GeoPoint
from sitl.kernel import packets as K
from sitl.vehicles.kinds import make_simulated
from sitl.vehicles.wiring import STEPS, body_of

COUNT = 20_000
WAITING = 100
"""Packets on the socket at a time; its buffer has room for more."""
_ALWAYS_MS = 1e9


def exchange_us() -> float:
    """Processor time of a packet from the socket, a step of a flying copter, and its answer to the socket; sending the
    packet, which is the firmware's part, taken off."""
    machine = make_simulated("copter", GeoPoint(-35.0, 149.0, 584.0), 0.0, 1, steps=STEPS["copter"])
    body = body_of("copter", machine, {})
    body.load()
    packet = bytearray(struct.pack("<HHI16H", 18458, 800, 0, *[1600] * 4, *[0] * 12))
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as theirs,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody,
    ):
        for made in (ours, theirs, nobody):
            made.bind(("127.0.0.1", 0))
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", 0, 1000))
        body.listen(ours.fileno())
        address, away = ours.getsockname(), nobody.getsockname()
        begin_s = time.process_time()
        for _ in range(COUNT):
            theirs.sendto(packet, away)
        sent_s = time.process_time() - begin_s
        begin_s = time.process_time()
        for first in range(0, COUNT, WAITING):
            for number in range(first, first + WAITING):
                struct.pack_into("<I", packet, 4, number)
                theirs.sendto(packet, address)
            while body.exchange_until(_ALWAYS_MS) != K.SILENT:
                body.begins()
        took_s = time.process_time() - begin_s - sent_s
    assert body.answers == COUNT
    return took_s / COUNT * 1e6
