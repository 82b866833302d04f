"""The link to a controller on pseudo-terminals: found, followed when it comes back elsewhere, its rate found."""

from __future__ import annotations

import os
import termios
from pathlib import Path

import pytest

from mavlink_bridge.links.hub import LinkHub
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import MARK_V2, FrameWriter
from sortie.companion.connection import BAUDS, BaudSearch, ControllerFront, ControllerPort, NotHeard
from sortie.config.errors import UserError
from sortie.runtime.runtime import Runtime
from tests.fakes.patience import PATIENCE_S
from tests.fakes.plugs import Device, Plugs, by_id

HEARTBEAT = FrameWriter(1, 1).frame(*codec.payload(codec.dialect.MAVLink_heartbeat_message(2, 3, 81, 0, 3, 3)))


class Side:
    """A controller's port in a hub, on a clock of our own."""

    def __init__(self, address: str) -> None:
        self.said: list[str] = []
        self.endpoint = Endpoint(255, 191)
        self.hub = LinkHub(self.endpoint)
        self.now_ms = 0
        self.port = ControllerPort(address, self.hub, self.said.append, 0)

    @property
    def frames(self) -> int:
        return sum(self.endpoint.statistics(link).frames_in for link in self.endpoint.links())

    def run(self, duration_ms: int) -> None:
        for _ in range(duration_ms // 100):
            self.now_ms += 100
            self.hub.wait(0.0)
            self.hub.receive(self.now_ms, 0)
            self.hub.flush()
            self.port.look(self.frames, self.now_ms)

    def hear(self, device: Device) -> None:
        """The device says something, and it comes in."""
        before = self.frames
        os.write(device.master, HEARTBEAT)
        for _ in range(100):
            if self.frames > before:
                return
            self.hub.wait(0.1)
            self.run(100)
        raise AssertionError("nothing came in")

    def gone(self) -> None:
        for _ in range(100):
            if any("has gone" in text for text in self.said):
                return
            self.hub.wait(0.1)
            self.run(100)
        raise AssertionError("nobody noticed")


@pytest.fixture
def plugs(monkeypatch: pytest.MonkeyPatch) -> Plugs:
    return Plugs(monkeypatch)


def test_auto_says_what_it_found_with_its_usb_ids(plugs: Plugs) -> None:
    cube = Device(plugs, "350039")
    side = Side("auto")
    assert side.said == [f"flight controller found: {cube.path} (2dae:1016 Hex/ProfiCNC CubeOrange)"]
    side.hear(cube)
    side.hub.close()
    cube.unplug()


def test_auto_without_a_controller_tells_which_ports_there_are(plugs: Plugs) -> None:
    with pytest.raises(UserError, match="no flight controller is plugged in; there are no serial ports"):
        Side("auto")


def test_auto_with_two_controllers_names_both_and_the_way_out(plugs: Plugs) -> None:
    one, two = Device(plugs, "1"), Device(plugs, "2")
    plugs.show(two.path, "2", location="1-3:1.0")
    with pytest.raises(UserError) as caught:
        Side("auto")
    assert one.path in str(caught.value) and two.path in str(caught.value)
    assert "name one with --vehicle" in str(caught.value)
    one.unplug()
    two.unplug()


@pytest.mark.parametrize("how", ["auto", "its path"])
def test_a_board_that_comes_back_under_another_name_is_the_same_board(plugs: Plugs, how: str) -> None:
    """By its USB serial number: /dev/ttyACM0 becomes /dev/ttyACM1 when somebody still has the old one open."""
    cube = Device(plugs, "350039")
    side = Side("auto" if how == "auto" else f"{cube.path},115200")
    side.hear(cube)
    cube.unplug()
    side.gone()
    stranger = Device(plugs, "77")
    plugs.show(stranger.path, "77", location="1-7:1.0")
    side.run(5000)
    back = Device(plugs, "350039")
    side.run(2500)
    side.hear(back)
    assert side.said[-1] == f"{back.path} is back"
    side.hub.close()
    stranger.unplug()
    back.unplug()


def test_a_link_is_followed_anew_at_each_opening(plugs: Plugs, tmp_path: Path) -> None:
    """As udev's names below /dev/serial/by-id; half a frame of before is forgotten."""
    cube = Device(plugs, "350039")
    path = by_id(tmp_path, cube)
    side = Side(f"{path},57600")
    side.hear(cube)
    os.write(cube.master, HEARTBEAT[:9])
    side.hub.wait(0.1)
    side.run(100)
    cube.unplug()
    side.gone()
    path.unlink()
    side.run(3000)
    back = Device(plugs, "350039")
    by_id(tmp_path, back)
    side.run(2500)
    side.hear(back)
    (link,) = side.endpoint.links()
    assert side.endpoint.statistics(link).errors == 0
    side.hub.close()
    back.unplug()


@pytest.mark.parametrize("how", ["auto", "its path"])
def test_a_board_that_restarts_is_left_alone_while_its_bootloader_listens(plugs: Plugs, how: str) -> None:
    """Five seconds, after which it starts its firmware if nobody has spoken to it."""
    cube = Device(plugs, "350039")
    side = Side("auto" if how == "auto" else f"{cube.path},115200")
    side.hear(cube)
    cube.unplug()
    side.gone()
    bootloader = Device(plugs, "350039", "CubeOrange-BL")
    side.run(5000)
    assert "has gone" in side.said[-1]
    bootloader.unplug()
    side.run(500)
    back = Device(plugs, "350039")
    side.run(2500)
    side.hear(back)
    side.hub.close()
    back.unplug()


def test_a_device_that_came_back_locked_is_told_of_once(plugs: Plugs, tmp_path: Path) -> None:
    """ModemManager takes new ports: who, and what to do, two seconds after the first attempt; and it goes on trying."""
    cube = Device(plugs, "350039")
    path = by_id(tmp_path, cube)
    side = Side(f"{path},57600")
    cube.unplug()
    side.gone()
    back = Device(plugs, "350039")
    by_id(tmp_path, back)
    other = Side(f"{back.path},57600")
    side.run(20_000)
    assert [text for text in side.said if "in use by" in text] == [side.said[-1]]
    assert "stop it" in side.said[-1]
    other.hub.close()
    side.run(2500)
    side.hear(back)
    side.hub.close()
    back.unplug()


def test_the_rate_is_looked_for_when_nobody_gave_it(plugs: Plugs) -> None:
    """A device that is heard at 57600 only: the second rate, after two seconds."""
    cube = Device(plugs, "350039")
    side = Side(cube.path)
    rates: list[int] = []
    while side.port.search is not None:
        assert len(rates) < 200
        rates.append(termios.tcgetattr(cube.master)[4])
        os.write(cube.master, HEARTBEAT if rates[-1] == termios.B57600 else bytes(len(HEARTBEAT)))
        assert side.hub.wait(PATIENCE_S)
        side.run(100)
    assert rates[:20] == [termios.B115200] * 20
    assert side.said == [f"{cube.path}: MAVLink at 57600 baud"]
    assert side.port.spec.url == f"{cube.path},57600"
    (link,) = side.endpoint.links()
    statistics = side.endpoint.statistics(link)
    assert (statistics.baud, statistics.name, side.port.baud) == (57_600, f"{cube.path},57600", 57_600)
    side.hub.close()
    cube.unplug()


def test_noise_that_looks_like_an_unknown_message_ends_no_search(plugs: Plugs, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a wrong rate there is such noise every few seconds: its checksum cannot be checked."""
    monkeypatch.setattr("sortie.companion.connection._TELL_AFTER_S", 0.2)
    cube, runtime, said = Device(plugs, "350039"), Runtime(), list[str]()
    front = ControllerFront(cube.path, runtime, on_error=lambda *_: None, say=said.append)
    os.write(cube.master, bytes((MARK_V2, 0, 0, 0, 7, 1, 1, 0xEE, 0xEE, 0xEE, 0, 0)))
    with pytest.raises(NotHeard):
        front.find(patience_s=1.0)
    assert front.endpoint.totals().frames_in == 1
    assert said[0].startswith(f"{cube.path}: no MAVLink yet; trying ")
    runtime.close()
    cube.unplug()


def test_a_rate_that_was_given_is_kept(plugs: Plugs) -> None:
    cube = Device(plugs, "350039")
    side = Side(f"{cube.path},115200")
    side.run(30_000)
    assert termios.tcgetattr(cube.master)[4] == termios.B115200
    side.hub.close()
    cube.unplug()


def test_the_search_goes_round() -> None:
    """Two seconds each."""
    search = BaudSearch(115_200, 0)
    seen = [search.baud for now_ms in range(100, 16_001, 100) if search.step(now_ms)]
    assert seen == [*BAUDS[1:], *BAUDS, BAUDS[0]][: len(seen)]
    assert len(seen) == 8
