"""A machine that is too slow for all that is asked: vehicle time lags, answers come late, every vehicle is heard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from autopilot.interface.layout import TICK_MS
from mavlink_bridge.links.hub import LinkHub
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.network import Network
from mavlink_bridge.routing.open_link import CONGESTED, OutQueue
from mavlink_bridge.services.parameters import LIST_PASS, ParameterService
from mavlink_bridge.wire.framing import split_frames
from sortie import Fleet
from sortie.logs.run_log import LOGGER
from sortie.runtime.pacing import MAX_LAG_S, Pace
from sortie.runtime.runtime import Runtime
from sortie.runtime.share import SILENT_S, SLICE_S, Lag, Share, WallHeartbeats, never

HEARTBEAT, POSITION = 0, 33
PORTION = 128


class Crowded:
    """A vehicle node and its sockets, poll and hub: each pass takes `pass_s` of the wall, and there is always somebody
    who wants something, for as long as there is time."""

    endpoints = ()
    look_every_ms = 50

    def __init__(self, pass_s: float, wish_s: float) -> None:
        self.now_ms = 0
        self.wall_s = 50.0
        self.beats_s: list[float] = []
        self.wishes = 0
        self.poll = self
        self.share = Share(lambda: self.wall_s)
        self._pass_s, self._wish_s = pass_s, wish_s

    def advance(self, until_ms: int, link_ms: int | None = None) -> None:
        self.wall_s += self._pass_s
        before_ms, self.now_ms = self.now_ms, min(self.now_ms - self.now_ms % 250 + 250, until_ms)
        if before_ms // 1000 != self.now_ms // 1000:
            self.beat()

    def beat(self) -> None:
        self.beats_s.append(self.wall_s)

    def serve_links(self, link_ms: int) -> None:
        for _ in range(1000):
            self.wall_s += self._wish_s
            self.wishes += 1
            if not self.share.has_time():
                return

    def wait(self, wait_s: float) -> bool:
        return True

    def next_vehicle_deadline_ms(self) -> int:
        return self.now_ms + TICK_MS

    def next_link_deadline_ms(self) -> int:
        return 0

    def next_deadline_ms(self) -> None:
        """No link wants to be opened."""

    def hubs(self) -> list[Any]:
        return []

    def receive(self, node: Any, link_ms: int) -> None:
        """All that comes is a wish."""

    heard = receive

    def commit(self, link_ms: int) -> None:
        """Nothing is kept."""

    def flush(self) -> None:
        """Nothing waits."""

    def look_again(self) -> None:
        """It keeps no deadline."""


def crowd(pass_s: float, wish_s: float, seconds: float) -> Crowded:
    node: Any = Crowded(pass_s, wish_s)
    runtime = Runtime(node, lambda: node.wall_s)
    runtime.add_vehicle(node)
    runtime.set_speedup(1.0, never)
    while node.wall_s < 50.0 + seconds:
        runtime.turn(lambda: False)
    return node  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("pass_s", "wish_s"), [(0.01, 0.001), (0.2, 0.05), (0.3, 0.1)], ids=["quick", "slow", "too slow"]
)
def test_wishes_without_end_keep_no_heartbeat_back(pass_s: float, wish_s: float) -> None:
    """None is later than 2 s, time passes at the rate that is left, and wishes are served all the same."""
    node = crowd(pass_s, wish_s, 60.0)
    gaps = [after - before for before, after in zip(node.beats_s, node.beats_s[1:], strict=False)]
    assert max(gaps) <= 2.0 and len(gaps) > 28
    turn_s = max(pass_s, 0.001) * 2 + SLICE_S + wish_s
    assert node.now_ms > 1000 * 60.0 * min(1.0, 0.25 / turn_s) * 0.8
    assert node.wishes > 60.0 / turn_s / 4


def test_time_passes_although_each_turn_takes_longer_than_the_lag_that_is_kept() -> None:
    """Forgetting all of it each time was vehicle time that stood still for minutes."""
    pace = Pace(1.0)
    pace.rebase(0.0, 0)
    reached_ms, lost_s = 0, 0.0
    for turn in range(1, 11):
        reached_ms = pace.due_ms(3.0 * turn, reached_ms)
        lost_s += pace.take_lost_s()
    assert reached_ms == 10 * 1000 * MAX_LAG_S
    assert lost_s == pytest.approx(30.0 - 10 * MAX_LAG_S)


def test_lag_is_told_once_to_the_person_and_each_minute_to_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line with what was lost; not that a speed-up is not reached."""
    said: list[str] = []
    logged: list[str] = []
    lag = Lag(said.append)
    monkeypatch.setattr(LOGGER, "warning", lambda form, text, extra: logged.append(text))
    for second in range(130):
        lag.note(0.5, float(second), 1.0)
    assert said == [
        "sortie: vehicle time lags: 1.0 s are lost, this machine is too slow for all that is asked; "
        "run.log tells when it loses more"
    ]
    assert [text.split(": ")[1].split(" s ")[0] for text in logged] == ["1.0", "30.0", "30.0"]
    Lag(said.append).note(5.0, 0.0, 8.0)
    assert len(said) == 1


def test_in_slow_motion_nobody_waits_longer_for_a_heartbeat() -> None:
    """At a tenth of real time a vehicle's own come each 10 s; MAVSDK takes 3 s of the wall for a loss, QGroundControl
    3.5. At real time nothing is added to them."""
    beats = WallHeartbeats()
    heard = [tenth for tenth in range(300) if beats.due(tenth / 10.0, 10 * tenth) or tenth % 100 == 0]
    assert max(later - earlier for earlier, later in pairwise(heard)) == SILENT_S * 10
    usual, standing = WallHeartbeats(), WallHeartbeats()
    assert not any(usual.due(tenth / 10.0, 100 * tenth) for tenth in range(300))
    assert [tenth for tenth in range(40) if standing.due(tenth / 10.0, 0)] == [int(SILENT_S * 10), int(SILENT_S * 20)]


def test_a_share_is_asked_for_by_the_wall() -> None:
    """And without bounds there is always time."""
    wall_s = [7.0]
    share = Share(lambda: wall_s[0])
    share.begin(bounded=True)
    assert share.has_time()
    wall_s[0] += SLICE_S
    assert not share.has_time()
    share.begin(bounded=False)
    assert share.has_time()


# --- links take turns -------------------------------------------------------------------------------------------------
class Talker:
    """A stream link that has said something."""

    lossy = False
    connected = True
    pending = 0
    wants_write = False

    def __init__(self, name: str, said: bytes) -> None:
        self.name = name
        self.said = said

    def fileno(self) -> None:
        """No descriptor: the test says when it is ready."""

    def read(self) -> bytes:
        said, self.said = self.said, b""
        return said

    def flush(self) -> None:
        """It has nothing to send or to acknowledge."""

    def next_deadline_ms(self) -> None:
        return None

    def close(self) -> None:
        """It has no descriptor."""


@pytest.fixture
def listening() -> Iterator[Any]:
    """A hub with three talkers, whose owner notes who was heard with how much."""
    heard: list[tuple[int, int]] = []
    owner: Any = SimpleNamespace(
        portion=PORTION,
        open_link=int,
        out_queue=lambda number: OutQueue(),
        receive=lambda number, data, link_ms, vehicle_ms: heard.append((number, len(data))),
        claim_deadline_ms=lambda: 0,
        given_up=[],
        close_link=lambda number: None,
    )
    owner.give_up_claims = lambda link_ms, vehicle_ms: owner.given_up.append(link_ms)
    hub = LinkHub(owner, has_time=lambda: False)
    talkers: list[Any] = [Talker(str(number), bytes(PORTION * 2 + 10)) for number in (1, 2, 3)]
    for talker in talkers:
        hub.add(talker)
    yield SimpleNamespace(hub=hub, talkers=talkers, heard=heard, owner=owner)
    hub.close()


def test_without_time_links_are_read_in_turn_and_nothing_is_lost(listening: Any) -> None:
    """A portion each time; what waits makes the next look due at once, and half a frame is not given up meanwhile."""
    for talker in listening.talkers:
        listening.hub._noting(talker)(1)
    for at_ms in range(1, 10):
        listening.hub.receive(at_ms, at_ms)
        assert listening.hub.next_deadline_ms() == 0
    assert not listening.owner.given_up or listening.owner.given_up[0] > 6
    for at_ms in range(10, 14):
        listening.hub.receive(at_ms, at_ms)
    assert {
        number: sum(size for who, size in listening.heard if who == number) for number in (1, 2, 3)
    } == dict.fromkeys((1, 2, 3), PORTION * 2 + 10)
    assert len(listening.heard) == 9 and max(size for _, size in listening.heard) == PORTION
    listening.hub.remove(listening.talkers[0], "test")


def test_the_more_vehicles_share_a_link_the_smaller_is_a_portion() -> None:
    """Each of its frames may concern all of them."""
    owners = [Network([Endpoint(system) for system in range(1, count + 1)]) for count in (1, 2, 8, 100)]
    assert [owner.portion for owner in owners] == [Endpoint(1).portion, 512, PORTION, PORTION]


# --- a reader that is too slow ---------------------------------------------------------------------------------------
class Trickle(Talker):
    """A stream link whose reader takes some bytes a turn."""

    def __init__(self) -> None:
        super().__init__("1", b"")
        self.waiting, self.got = b"", b""

    def write(self, data: bytes) -> int:
        self.waiting, self.pending = data, len(data)
        return len(data)

    def drain(self, count: int) -> None:
        self.got += self.waiting[:count]
        self.waiting = self.waiting[count:]
        self.pending = len(self.waiting)


def test_a_reader_that_is_too_slow_hears_all_of_a_fleet_alike() -> None:
    """A third of what twelve stream: no HEARTBEAT is missing, of each as many positions, and what waits, an answer
    among it, is bounded."""
    with Fleet(count=12) as fleet:
        node, link = fleet.node, Trickle()
        hub = LinkHub(node.networks[0])
        hub.add(link)
        waited = 0
        while node.now_ms < 90_000:
            node.advance(node.now_ms + 50)
            node.serve_links(node.now_ms)
            hub.flush()
            waited = max(waited, link.pending + node.networks[0].out_queue(1).size)
            link.drain(500)
        heard = Counter((frame[5], int.from_bytes(frame[7:10], "little")) for frame in split_frames(link.got))
        hub.close()
    assert waited < CONGESTED + 50_000
    for message in (HEARTBEAT, POSITION):
        counts = [heard[system, message] for system in range(1, 13)]
        assert max(counts) - min(counts) <= 2 and min(counts) > 55, counts
    assert heard[12, POSITION] < 4 * 60, "of all that was due a part"


# --- vehicles take turns ----------------------------------------------------------------------------------------------
def test_without_time_vehicles_are_served_in_turn() -> None:
    """One in each call, those that have waited first; with time all at once."""
    with Fleet(count=4) as fleet:
        node = fleet.node
        served: list[int] = []
        usual = node._tell
        node._tell = lambda member, link_ms: (served.append(member), usual(member, link_ms))  # type: ignore[method-assign,assignment,func-returns-value]
        node.serve_links(0)  # what a start leaves to do
        node.has_time = lambda: False
        served.clear()
        for member in range(4):
            node.touch(member)
        for _ in range(3):
            node.serve_links(0)
            node.touch(0)  # wants something all the time
        node.serve_links(0)
        assert served == [0, 1, 2, 3]
        assert node.next_link_deadline_ms() == 0, "vehicle 0 waits"
        node.has_time = lambda: True
        node.serve_links(0)
        assert served[4:] == [0]


def test_lists_of_parameters_share_what_one_pass_says() -> None:
    """Twenty stations that ask one vehicle for all cost it no more at a time than one does."""
    with Fleet(count=1) as fleet:
        service = fleet.node.services[0]
        (served,) = [due.service for due in service.endpoint._timed if isinstance(due.service, ParameterService)]
        sizes = []
        for asked in range(8):
            link = service.endpoint.open_link(f"station {asked}")
            served._lists[link] = 0
            served._continue_lists(0)
            sizes.append(len(served.take_outgoing()))
        assert sizes[0] == LIST_PASS
        assert max(sizes) <= LIST_PASS
