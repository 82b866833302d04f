"""Node with the port of a flashing session: it opens, reads, writes and closes the port, and waits for a port that
cannot be opened yet. The session decides."""

from __future__ import annotations

import os
import selectors
import sys
from typing import Final, Protocol

from mavlink_bridge.bootloader.failures import AGAIN
from mavlink_bridge.bootloader.script import Obstacle, Runner
from mavlink_bridge.links.address import LinkError, LinkSpec
from mavlink_bridge.links.hub import Poll
from mavlink_bridge.links.serial import SerialLink
from mavlink_bridge.links.serial_trouble import TroubleKind, trouble_of
from mavlink_bridge.routing.endpoint import Endpoint
from sortie.config.serial_ports import PortFinder
from sortie.runtime.node import QuietNode
from sortie.runtime.runtime import Runtime

_PATIENCE_MS: Final = {
    TroubleKind.FORBIDDEN: 2_000,  # udev gives a new port to its group some moments after it has appeared
    TroubleKind.BUSY: 15_000,
    TroubleKind.NO_PORT: 0,
    TroubleKind.OTHER: 5_000,
}


def obstacle_of(path: str, problem: BaseException | None) -> Obstacle | None:
    """Return the obstacle for a `problem` while opening `path`; None when the port does not exist."""
    trouble = trouble_of(path, problem)
    if trouble.kind is TroubleKind.ABSENT:
        return None
    if trouble.kind is TroubleKind.NO_PORT:
        return Obstacle(trouble.what, "name the board's port with --port, or leave it out", 0)
    return Obstacle(trouble.what, f"{trouble.remedy} and {AGAIN}", _PATIENCE_MS[trouble.kind])


_POLL_S = 0.1
_POLL_MS = 100


class Narrator(Protocol):
    def refresh(self, now_ms: int) -> None: ...


class FlashShell(QuietNode):
    """Runner of a session on the port that `finder` finds."""

    now_ms = 0

    def __init__(self, runner: Runner, finder: PortFinder, narrator: Narrator) -> None:
        self._runner = runner
        self._finder = finder
        self._narrator = narrator
        self._device: SerialLink | None = None
        self._poll: Poll | None = None
        self._watched: tuple[int, int] | None = None  # descriptor and events
        self._node: tuple[int, int] | None = None
        self._next_look_ms = 0

    def run(self) -> None:
        """Run until the session has ended, then close the port."""
        runtime, runner = Runtime(), self._runner
        self._poll = runtime.go_real().poll
        runtime.add(self)
        try:
            runner.advance(runtime.link_ms)
            runtime.settle()
            runtime.run(lambda: runner.done, lambda wall_s: self._narrator.refresh(runtime.link_ms), every_s=_POLL_S)
        finally:
            self._close()
            runtime.close()

    # --- a node -------------------------------------------------------------------------------------------------------
    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Return no endpoints: the port carries MAVLink only in parts."""
        return ()

    def next_link_deadline_ms(self) -> int | None:
        return self._runner.next_deadline_ms()

    def serve_links(self, link_ms: int) -> None:
        """Read, advance the session, write, and open or close the port."""
        self._read(link_ms)
        self._runner.advance(link_ms)
        self._write()
        if not self._runner.done:
            self._tend(link_ms)
        self._watch()

    # --- the port -----------------------------------------------------------------------------------------------------
    def _tend(self, now_ms: int) -> None:
        """Open the port at the required rate, or close it."""
        wire = self._runner.wire
        if self._device is not None:
            if not wire.wants_port or self._replaced(now_ms):
                self._close()
                self._runner.port_closed(now_ms)
            elif wire.uart:
                self._device.set_baud(wire.baud)
            return
        if not wire.wants_port or now_ms < self._next_look_ms:
            return
        self._next_look_ms = now_ms + _POLL_MS
        path = self._finder.find()
        if path is None:
            wire.obstacle = None
            return
        self._device = self._open(path, now_ms)
        if self._device is not None:
            self._finder.opened(path)
            wire.uart = self._finder.is_uart(path)
            self._runner.port_opened(path, now_ms)
            self._write()

    def _open(self, path: str, now_ms: int) -> SerialLink | None:
        wire = self._runner.wire
        device = SerialLink(LinkSpec("serial", path=path, baud=wire.baud))
        try:
            device.open(now_ms)
        except LinkError as problem:
            wire.obstacle = obstacle_of(path, problem.__cause__)
            return None
        self._node = _node_of(path)
        return device

    def _replaced(self, now_ms: int) -> bool:
        """Check whether the name of the port has vanished or leads to another device."""
        if now_ms < self._next_look_ms:
            return False
        self._next_look_ms = now_ms + _POLL_MS
        return _node_of(self._runner.wire.port) != self._node

    def _watch(self) -> None:
        """Watch the port for input, and for space to write."""
        device, watched = self._device, None
        descriptor = None if device is None else device.fileno()
        if device is not None and descriptor is not None:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if device.wants_write else 0)
            watched = (descriptor, events)
        if watched == self._watched or self._poll is None:
            return
        if self._watched is not None:
            self._poll.forget(self._watched[0])
        self._watched = watched
        if watched is not None:
            self._poll.watch(watched[0], lambda events: None, watched[1])

    def _read(self, now_ms: int) -> None:
        device, runner = self._device, self._runner
        if device is None:
            return
        device.flush()
        data = device.read()
        if data:
            runner.receive(data, now_ms)
        elif not device.connected:
            self._close()
            runner.port_closed(now_ms)

    def _write(self) -> None:
        data = self._runner.take_outgoing()
        if data and self._device is not None:
            self._device.write(data)

    def _close(self) -> None:
        device, self._device = self._device, None
        self._watch()
        if device is not None:
            device.close()


def _node_of(path: str) -> tuple[int, int] | None:
    """Return the device that a name leads to now."""
    try:
        status = os.stat(path)  # noqa: PTH116 - follows links, as Path.stat does, at every pass
    except OSError:
        return None
    if sys.platform == "win32":
        return status.st_ino, status.st_dev
    return status.st_ino, status.st_rdev
