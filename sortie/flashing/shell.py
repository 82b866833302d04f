"""The thin shell around a flashing session: open, read, write, close, wait. It decides nothing."""

from __future__ import annotations

import os
import select
import time
from typing import Protocol

from mavlink_bridge.bootloader.script import Runner
from mavlink_bridge.links.address import LinkError, LinkSpec
from mavlink_bridge.links.serial import SerialLink
from sortie.config.serial_ports import PortFinder
from sortie.flashing.obstacles import obstacle_of
from sortie.runtime.clock import link_clock_ms

_POLL_S = 0.1


class Narrator(Protocol):
    """Who tells a person how it goes."""

    def refresh(self, now_ms: int) -> None: ...


class FlashShell:
    """Runs a session's `runner` to its end on the port that `finder` finds."""

    def __init__(self, runner: Runner, finder: PortFinder, narrator: Narrator) -> None:
        self._runner = runner
        self._finder = finder
        self._narrator = narrator
        self._device: SerialLink | None = None
        self._node: tuple[int, int] | None = None
        self._next_look_s = 0.0

    def run(self) -> None:
        """Until the session has ended. The port is closed afterwards, whatever happens."""
        runner = self._runner
        try:
            runner.advance(link_clock_ms())
            while not runner.done:
                self._tend()
                self._wait()
                self._read()
                runner.advance(link_clock_ms())
                self._write()
                self._narrator.refresh(link_clock_ms())
        finally:
            self._close()

    def _tend(self) -> None:
        """Have the port open when it is wanted, at the rate that is wanted, and closed when not."""
        wire = self._runner.wire
        if self._device is not None:
            if not wire.wanted or self._replaced():
                self._close()
                self._runner.port_closed(link_clock_ms())
            elif wire.uart:
                self._device.set_baud(wire.baud)
            return
        if not wire.wanted or time.monotonic() < self._next_look_s:
            return
        self._next_look_s = time.monotonic() + _POLL_S
        path = self._finder.find()
        if path is None:
            wire.obstacle = None
            return
        self._device = self._open(path)
        if self._device is not None:
            self._finder.opened(path)
            wire.uart = self._finder.is_uart(path)
            self._runner.port_opened(path, link_clock_ms())
            self._write()

    def _open(self, path: str) -> SerialLink | None:
        wire = self._runner.wire
        device = SerialLink(LinkSpec("serial", path=path, baud=wire.baud))
        try:
            device.open(link_clock_ms())
        except LinkError as problem:
            wire.obstacle = obstacle_of(path, problem.__cause__)
            return None
        self._node = _node_of(path)
        return device

    def _replaced(self) -> bool:
        """Has the name of the port gone, or does it lead to another device now?"""
        if time.monotonic() < self._next_look_s:
            return False
        self._next_look_s = time.monotonic() + _POLL_S
        return _node_of(self._runner.wire.port) != self._node

    def _wait(self) -> None:
        runner, device = self._runner, self._device
        deadline = runner.next_deadline_ms()
        left_s = _POLL_S if deadline is None else (deadline - link_clock_ms()) / 1000.0
        timeout = min(max(left_s, 0.0), _POLL_S)
        descriptor = None if device is None else device.fileno()
        if device is None or descriptor is None:
            time.sleep(timeout)
        else:
            select.select([descriptor], [descriptor] if device.wants_write else [], [], timeout)

    def _read(self) -> None:
        device, runner = self._device, self._runner
        if device is None:
            return
        device.flush()
        data = device.read()
        if data:
            runner.receive(data, link_clock_ms())
        elif not device.connected:
            self._close()
            runner.port_closed(link_clock_ms())

    def _write(self) -> None:
        data = self._runner.take_outgoing()
        if data and self._device is not None:
            self._device.write(data)

    def _close(self) -> None:
        device, self._device = self._device, None
        if device is not None:
            device.close()


def _node_of(path: str) -> tuple[int, int] | None:
    """Which device node a name leads to now."""
    try:
        status = os.stat(path)  # noqa: PTH116 - follows links, as Path.stat does, at every pass
    except OSError:
        return None
    return status.st_ino, status.st_rdev
