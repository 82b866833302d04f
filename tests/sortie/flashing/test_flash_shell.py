"""The shell around a session: it opens, follows and closes the port, and nothing more."""

from __future__ import annotations

import os
import termios
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from mavlink_bridge.bootloader.script import BootloaderSilentError, PortGone, Runner, Script, ScriptWire
from sortie.config.serial_ports import PortFinder
from sortie.flashing.shell import FlashShell


class Ends:
    """A pseudo-terminal: `master` is the device's side."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        tty.setraw(self.master)
        tty.setraw(self.slave)
        self.name = os.ttyname(self.slave)


@pytest.fixture
def ends() -> Iterator[Ends]:
    made = Ends()
    yield made
    for descriptor in (made.master, made.slave):
        os.close(descriptor)


class Quiet:
    """Tells nobody anything."""

    def refresh(self, now_ms: int) -> None:
        """Called after each pass."""


def run(wire: ScriptWire, script: Script[None], port: str) -> None:
    FlashShell(Runner(wire, script), PortFinder(port, list), Quiet()).run()


def opened(wire: ScriptWire) -> Script[None]:
    wire.wants_port = True
    until = wire.now_ms + 5000
    while not wire.connected:
        assert wire.now_ms < until, "the shell has not opened the port"
        yield until


def test_bytes_go_both_ways(ends: Ends) -> None:
    wire = ScriptWire()

    def script() -> Script[None]:
        yield from opened(wire)
        wire.send(bytes(range(256)))
        yield wire.now_ms
        assert os.read(ends.master, 300) == bytes(range(256))
        os.write(ends.master, b"\x12\x10")
        yield from wire.more(wire.now_ms + 5000)
        assert bytes(wire.inbox) == b"\x12\x10"

    run(wire, script(), ends.name)


def test_the_port_is_opened_at_the_rate_that_is_wanted_and_anew_at_another(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PortFinder, "is_uart", lambda self, path: True)
    wire, speeds = ScriptWire(), []

    def script() -> Script[None]:
        yield from opened(wire)
        for baud in (115_200, 57_600, 921_600):
            wire.baud = baud
            yield wire.now_ms
            speeds.append(termios.tcgetattr(ends.slave)[4])

    run(wire, script(), ends.name)
    assert speeds == [termios.B115200, termios.B57600, termios.B921600]
    assert wire.opened == 1, "another rate is no other opening"


def test_a_port_that_goes_while_its_rate_is_changed_is_told_as_gone(
    tmp_path: Path, ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PortFinder, "is_uart", lambda self, path: True)
    link, wire = tmp_path / "board", ScriptWire()
    link.symlink_to(ends.name)

    def script() -> Script[None]:
        yield from opened(wire)
        link.unlink()
        wire.baud = 57_600
        yield wire.now_ms
        with pytest.raises(PortGone):
            yield from wire.more(wire.now_ms + 5000)

    run(wire, script(), str(link))


def test_a_rate_is_of_no_matter_on_usb_and_on_pseudo_terminals(ends: Ends) -> None:
    wire = ScriptWire()

    def script() -> Script[None]:
        yield from opened(wire)
        wire.baud = 57_600
        yield wire.now_ms
        assert termios.tcgetattr(ends.slave)[4] == termios.B115200

    run(wire, script(), ends.name)


def test_a_port_whose_device_goes_is_told_as_gone() -> None:
    made, wire = Ends(), ScriptWire()

    def script() -> Script[None]:
        yield from opened(wire)
        os.close(made.slave)
        os.close(made.master)
        with pytest.raises(PortGone):
            yield from wire.more(wire.now_ms + 5000)

    run(wire, script(), made.name)


def test_a_link_that_leads_to_another_port_is_followed(tmp_path: Path, ends: Ends) -> None:
    link, other, wire = tmp_path / "board", Ends(), ScriptWire()
    link.symlink_to(ends.name)

    def script() -> Script[None]:
        yield from opened(wire)
        link.unlink()
        with pytest.raises(PortGone):
            yield from wire.more(wire.now_ms + 5000)
        link.symlink_to(other.name)
        yield from opened(wire)
        wire.send(b"here")
        yield wire.now_ms
        assert os.read(other.master, 10) == b"here"

    run(wire, script(), str(link))
    assert wire.opened == 2


def test_a_port_that_is_not_wanted_is_closed_and_free_for_others(ends: Ends) -> None:
    wire = ScriptWire()

    def script() -> Script[None]:
        yield from opened(wire)
        yield from wire.close(10)
        assert not wire.connected
        second = ScriptWire()
        run(second, opened(second), ends.name)

    run(wire, script(), ends.name)


def test_a_port_that_another_program_has_locked_is_an_obstacle(ends: Ends) -> None:
    holder, wire = ScriptWire(), ScriptWire()

    def blocked() -> Script[None]:
        wire.wants_port = True
        until = wire.now_ms + 5000
        while wire.obstacle is None:
            assert wire.now_ms < until, "the shell has met no obstacle"
            yield wire.now_ms + 10
        assert "in use by" in wire.obstacle.what

    def holding() -> Script[None]:
        yield from opened(holder)
        run(wire, blocked(), ends.name)

    run(holder, holding(), ends.name)


def test_silence_is_told_in_time(ends: Ends) -> None:
    wire = ScriptWire()

    def script() -> Script[None]:
        yield from opened(wire)
        began = wire.now_ms
        with pytest.raises(BootloaderSilentError):
            yield from wire.more(began + 50)
        assert 50 <= wire.now_ms - began < 1000

    run(wire, script(), ends.name)
