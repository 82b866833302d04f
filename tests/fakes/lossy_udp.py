"""A datagram link between a controller program and Sortie that loses frames, the same ones for the same seed."""

from __future__ import annotations

import socket
from pathlib import Path
from random import Random

from mavlink_bridge.wire.framing import FrameReader
from tests.fakes.carrier import Carrier
from tests.fakes.served import free_port


class LossyUdp(Carrier):
    """`address` is for --vehicle; `loss` of all frames get lost, each way. `lost` counts them."""

    def __init__(self, folder: Path, *, loss: float, seed: int = 1, speedup: float = 1.0) -> None:
        super().__init__(folder, speedup=speedup)
        self._port = free_port(socket.SOCK_DGRAM)
        self.address = f"udpin:127.0.0.1:{self._port}"
        self.lost = 0
        self._loss = loss
        self._random = Random(seed)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect(("127.0.0.1", self._port))
        self._reader = FrameReader()
        self.begin()

    def _arrives(self) -> bool:
        arrives = self._random.random() >= self._loss
        self.lost += not arrives
        return arrives

    def give(self, data: bytes) -> None:
        for frame in self._reader.receive(data):
            if self._arrives():
                try:
                    self._socket.send(frame.raw)
                except OSError:  # Sortie does not listen yet
                    return

    def take(self) -> bytes:
        taken = b""
        while True:
            try:
                data = self._socket.recv(65536)
            except OSError:  # nothing there, or Sortie does not listen yet
                return taken
            taken += b"".join(frame.raw for frame in FrameReader().receive(data) if self._arrives())

    def close(self) -> None:
        super().close()
        self._socket.close()
