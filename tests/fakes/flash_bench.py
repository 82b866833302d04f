"""A flashing session against a simulated board, in virtual time: no port, no clock, no sleep."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable
from random import Random
from typing import Any

from mavlink_bridge.bootloader.firmware import FirmwareImage, parse_firmware
from mavlink_bridge.bootloader.protocol import Op
from mavlink_bridge.bootloader.session import FlashSession
from mavlink_bridge.testing.board import Power, SimulatedBoard

PORT = "/dev/ttyACM0"
FLIGHT_BAUD = 57_600
"""At which the firmware speaks on a UART."""
STEP_MS = 100
"""How often a shell looks whether the port is there."""


def image_of(size: int = 5000) -> bytes:
    """Bytes that no other image of another size begins with."""
    return Random(size).randbytes(size)


def apj(board_id: int = 140, size: int = 5000, **changes: Any) -> bytes:
    """A firmware file; `changes` replaces fields, None removes one."""
    image = image_of(size)
    fields: dict[str, Any] = {
        "magic": "APJFWv1",
        "board_id": board_id,
        "board_revision": 0,
        "summary": "CubeOrange",
        "version": "0.1",
        "image": base64.b64encode(zlib.compress(image, 9)).decode(),
        "image_size": size,
        "git_identity": "5e471e00",
        "extf_image": "",
        "extf_image_size": 0,
    }
    fields.update(changes)
    return json.dumps({name: value for name, value in fields.items() if value is not None}).encode()


def firmware(board_id: int = 140, size: int = 5000, **changes: Any) -> FirmwareImage:
    return parse_firmware(apj(board_id, size, **changes), "x.apj")


class FlashBench:
    """Runs `session` against `board` until the session ends. `at` says what happens when. `uart`: the port has a rate,
    and bytes at another than the bootloader's, or above `top_baud`, arrive as rubbish."""

    def __init__(
        self, session: FlashSession, board: SimulatedBoard | None, *, uart: bool = False, top_baud: int = 10**7
    ) -> None:
        self.session = session
        self.uart = uart
        self.top_baud = top_baud
        self.board = board
        self.now_ms = 0
        self.events: list[tuple[int, Callable[[], None]]] = []
        self.lines: list[str] = []
        self.sent = bytearray()

    def at(self, when_ms: int, do: Callable[[], None]) -> None:
        self.events.append((when_ms, do))
        self.events.sort(key=lambda event: event[0])

    def plug(self) -> None:
        assert self.board is not None
        self.board.plug(self.now_ms)

    def run(self, until_ms: int = 1_000_000) -> FlashBench:
        runner = self.session.runner
        runner.advance(0)
        while not runner.done and self.now_ms < until_ms:
            self._pass()
            self._observe()
            if not runner.done:
                self.now_ms = self._next_instant()
        return self

    def _pass(self) -> None:
        now, runner, wire, board = self.now_ms, self.session.runner, self.session.wire, self.board
        while self.events and self.events[0][0] <= now:
            self.events.pop(0)[1]()
        if board is not None:
            board.handle_timeout(now)
        there = board is not None and board.attached
        if wire.connected and not (there and wire.wants_port):
            runner.port_closed(now)
        elif not wire.connected and there and wire.wants_port and now % STEP_MS == 0:
            wire.uart = self.uart
            runner.port_opened(PORT, now)
        self._exchange(now)
        runner.advance(now)
        self._exchange(now)

    def _exchange(self, now: int) -> None:
        runner, wire, board = self.session.runner, self.session.wire, self.board
        while board is not None and wire.connected and board.attached:
            out = runner.take_outgoing()
            self.sent += out
            if out:
                board.receive(self._carried(out), now)
            back = board.take_outgoing()
            if back:
                runner.receive(self._carried(back), now)
            if not out and not back:
                return

    def _carried(self, data: bytes) -> bytes:
        """What arrives of these bytes."""
        assert self.board is not None
        bootloader, baud = self.board.bootloader, self.session.wire.baud
        speaks = baud == bootloader.baud if self.board.power is Power.BOOTLOADER else baud == FLIGHT_BAUD
        return data if not self.uart or (speaks and baud <= self.top_baud) else b"\xe0" * len(data)

    def _observe(self) -> None:
        self.lines += self.session.status.take_lines()

    @property
    def stages(self) -> list[str]:
        return [stage.value for stage in self.session.status.stages]

    def _next_instant(self) -> int:
        grid = (self.now_ms // STEP_MS + 1) * STEP_MS
        due = [grid, self.session.runner.next_deadline_ms(), *(when for when, _ in self.events[:1])]
        if self.board is not None:
            due.append(self.board.next_deadline_ms())
        return max(self.now_ms + 1, min(at for at in due if at is not None))


def words(done: FlashBench) -> str:
    """What the session says that has failed."""
    assert done.session.runner.done
    assert done.session.linked is None
    return str(done.session.failure)


def count(done: FlashBench, op: Op) -> int:
    """How often the bootloader has heard a command."""
    assert done.board is not None
    return done.board.bootloader.counts[op]
