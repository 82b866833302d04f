"""A pass in which many act takes seconds of the wall: HEARTBEATs leave within it, and nothing else is changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from pymavlink.dialects.v20 import ardupilotmega as dialect

from mavlink_bridge.wire.framing import split_frames
from sortie.nodes.fleet import FleetNode
from sortie.runtime.node import QuietNode
from sortie.runtime.runtime import Runtime
from sortie.runtime.sockets import Sockets
from tests.fakes.assembled import fleet_node
from tests.sortie.runtime.test_fleet_equality import Flown, vehicle

COUNT, END_MS = 12, 30_000
HEARTBEAT = 0
Frames = dict[int, list[bytes]]
Between = Callable[[FleetNode], Callable[[], None]]


def flown(folder: Path, between: Between | None) -> tuple[Frames, list[dict[str, bytes]]]:
    """All begin in one pass: what each says on a shared link, and its files."""
    vehicles = [vehicle(number, "copter", 25.0 * number, 0.0) for number in range(1, COUNT + 1)]
    node = fleet_node(vehicles)
    left = [Flown(one, folder / str(one.endpoint.system_id), 0) for one in node.services]
    node.load()
    if between is not None:
        node.between = between(node)
    network = node.networks[0]
    link = network.open_link("station")
    ask = dialect.MAVLink_request_data_stream_message(0, 0, 0, 4, 1)
    network.receive(link, bytes(ask.pack(dialect.MAVLink(None, srcSystem=255, srcComponent=190))), 0, 0)
    said: Frames = defaultdict(list)
    while node.now_ms < END_MS:
        node.advance(END_MS)
        node.serve_links(node.now_ms)
        for frame in split_frames(network.out_queue(link).take()):
            said[frame[5]].append(frame)
    return said, [one.left() for one in left]


def impatient(node: FleetNode) -> Callable[[], None]:
    """HEARTBEATs at every fifth vehicle that decides something."""
    calls = 0

    def between() -> None:
        nonlocal calls
        calls += 1
        if calls % 5 == 0:
            node.beat()

    return between


def test_heartbeats_within_a_pass_change_nothing_else(tmp_path: Path) -> None:
    """The other frames are the same in the same order, without a gap in their numbers; and so are the logs, but for
    these HEARTBEATs in the recorded telemetry."""
    usual, files = flown(tmp_path / "usual", None)
    often, files_of_often = flown(tmp_path / "often", impatient)
    for system, frames in often.items():
        assert [frame[4] for frame in frames] == [number & 0xFF for number in range(len(frames))]
        assert len(frames) > len(usual[system]) + 20
        rest = [frame[7:-2] for frame in frames if frame[7] != HEARTBEAT]
        assert rest == [frame[7:-2] for frame in usual[system] if frame[7] != HEARTBEAT], f"vehicle {system}"
    for one, other in zip(files, files_of_often, strict=True):
        assert "flights/0001/flight.bin" in one
        assert [name for name, data in one.items() if other[name] != data] == ["flights/0001/flight.tlog"]


class Laborious(QuietNode):
    """A vehicle node whose passes take `pass_s` of the wall, with a breath each eighth of a second."""

    endpoints = ()
    look_every_ms = 50

    def __init__(self, pass_s: float) -> None:
        self.now_ms = 0
        self.wall_s = 100.0
        self.beats_s: list[float] = []
        self.breathe: Callable[[], None] = lambda: None
        self._pass_s = pass_s

    def advance(self, until_ms: int, link_ms: int | None = None) -> None:
        end_s = self.wall_s + self._pass_s
        while self.wall_s < end_s:
            self.wall_s += 0.125
            self.breathe()
        self.now_ms = until_ms

    def beat(self) -> None:
        self.beats_s.append(self.wall_s)

    def next_vehicle_deadline_ms(self) -> int:
        return self.now_ms + 20

    def look_again(self) -> None:
        """It keeps no deadline."""

    def load(self) -> None:
        """Nothing is compiled."""


def beats(pass_s: float, speedup: float) -> list[float]:
    """When HEARTBEATs leave within a pass that takes so long, s since its begin."""
    node = Laborious(pass_s)
    runtime = Runtime(Sockets(), wall_s=lambda: node.wall_s)
    node.breathe = runtime.breathe
    runtime.add_vehicle(node)
    runtime.set_speedup(speedup, lambda: speedup == 0.0)
    try:
        runtime.turn(lambda: False, 0.0)
        began_s = node.wall_s = node.wall_s + 0.125
        runtime.turn(lambda: node.now_ms > 0, 0.0)
        return [at_s - began_s for at_s in node.beats_s]
    finally:
        runtime.close()


def test_a_long_pass_is_heard_of_by_the_wall() -> None:
    """A quarter of a second after its begin, then each second; not of a short one, nor where time runs ahead."""
    assert beats(2.5, 1.0) == [0.25, 1.25, 2.25]
    assert beats(0.125, 1.0) == []
    assert beats(2.5, 0.0) == []


def test_a_pass_goes_over_windows_in_which_nobody_needs_one() -> None:
    """Vehicles that nobody hears look around once a second, which is a window where all stand and else four; a pass is
    for who decides, every 10 s."""
    for stand, window_ms in ((True, 1_000), (False, 250)):
        node = fleet_node([vehicle(number, "copter", 25.0 * number, 0.0) for number in range(1, 4)])
        node.load()
        while node.now_ms < 60_000:
            node.advance(60_000)
        windows: list[int] = []

        def watch(end_ms: int, stand: bool = stand, windows: list[int] = windows) -> bool:
            windows.append(end_ms)
            return stand

        node.on_pass.append(watch)
        node.advance(60_250)
        windows.clear()
        passes = 0
        while node.now_ms < 90_000:
            node.advance(90_000)
            passes += 1
        assert windows == [-(-end_ms // 20) * 20 for end_ms in range(61_000 if stand else 60_500, 90_001, window_ms)]
        assert passes <= 5


def test_an_armed_fleet_has_short_windows_until_it_has_settled() -> None:
    """Motors spool up before anything moves: distances are looked at as often as in flight."""
    node = fleet_node([vehicle(number, "rover", 25.0 * number, 0.0) for number in range(1, 3)])
    node.load()
    while node.now_ms < 60_000:
        node.advance(60_000)
    windows: list[int] = [node.now_ms]

    def watch(end_ms: int) -> bool:
        windows.append(end_ms)
        return True

    node.on_pass.append(watch)
    node.touch(0)
    node.services[0].vehicle.arm(force=True)
    node.serve_links(60_000)
    while node.now_ms < 80_000:
        node.advance(80_000)
    lengths = [end_ms - begin_ms for begin_ms, end_ms in pairwise(windows)]
    settled = next(number for number, length in enumerate(lengths) if length > 260)
    assert 64_000 <= windows[settled] <= 70_000 and max(lengths) >= 1_000
