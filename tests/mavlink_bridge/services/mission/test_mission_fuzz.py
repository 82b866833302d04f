"""Any sequence of mission messages: no exception, the plan is the old one or a new one entire, allowed answers only."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from autopilot.context.journal import SavePlan, SaveTogether
from autopilot.mission.items import MissionItem
from autopilot.mission.validate import check_item
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.mission.convert import write_item
from mavlink_bridge.services.mission.service import MissionService
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from tests.fakes.examples import examples
from tests.fakes.mission_bench import MAVPROXY, MISSION_PLANNER, QGC, US, Bench, fence_square, waypoints

PEERS = (QGC, MISSION_PLANNER, MAVPROXY, Peer(3, 255, 190, mavlink1=True))
KINDS = st.sampled_from((0, 0, 0, 1, 2, 255, 7))
SEQ = st.sampled_from((0, 0, 1, 1, 2, 3, 4, 5, 65535))
COUNTS = st.sampled_from((0, 1, 2, 3, 4, 5, 5001, 5002, 65535))
INDEX = st.sampled_from((-32768, -1, 0, 1, 2, 3, 4, 32767))
MESSAGE_IDS = (38, 39, 40, 41, 43, 44, 45, 47, 51, 73)
ALLOWED = {
    "MISSION_COUNT": {"REQUEST", "ACK"},
    "MISSION_WRITE_PARTIAL_LIST": {"REQUEST", "ACK"},
    "MISSION_ITEM": {"REQUEST", "REQUEST_INT", "ACK"},
    "MISSION_ITEM_INT": {"REQUEST", "REQUEST_INT", "ACK"},
    "MISSION_REQUEST_LIST": {"COUNT", "ACK"},
    "MISSION_REQUEST": {"ITEM", "ACK"},
    "MISSION_REQUEST_INT": {"ITEM_INT", "COUNT", "ACK"},
    "MISSION_CLEAR_ALL": {"ACK", "REQUEST"},
    "MISSION_ACK": {"REQUEST_INT"},
    "MISSION_SET_CURRENT": {"CURRENT"},
}


def item_message(draw: Any, sessions: list[int]) -> Any:
    kind, seq = draw(KINDS), draw(SEQ)
    command = draw(st.sampled_from((16, 16, 16, 16, 177, 5001, 5003, 5100, 0, 31999)))
    session = sessions[kind] if kind < 3 else 0
    item = MissionItem(command=command, frame=3, param1=1.0, x=1.0, y=2.0, z=float(session))
    message = write_item(item, kind, seq, US, as_int=draw(st.booleans()), current=False)
    message.current = draw(st.sampled_from((0, 0, 0, 0, 1, 2, 3, 255)))
    return message


STEPS = st.tuples(
    st.sampled_from(["message"] * 2 + ["item"] + ["next"] * 4 + ["time", "disk", "tick", "fly", "close"]),
    st.sampled_from(PEERS),
    st.integers(0, 2**31),
)


def message(data: Any) -> Any:
    makers = (
        lambda d: dialect.MAVLink_mission_count_message(1, 1, d(COUNTS), d(KINDS)),
        lambda d: dialect.MAVLink_mission_count_message(1, 1, d(st.sampled_from((2, 3))), 0),
        lambda d: dialect.MAVLink_mission_write_partial_list_message(1, 1, d(INDEX), d(INDEX), d(KINDS)),
        lambda d: dialect.MAVLink_mission_request_list_message(1, 1, d(KINDS)),
        lambda d: dialect.MAVLink_mission_request_message(1, 1, d(SEQ), d(KINDS)),
        lambda d: dialect.MAVLink_mission_request_int_message(1, 1, d(SEQ), d(KINDS)),
        lambda d: dialect.MAVLink_mission_clear_all_message(1, 1, d(KINDS)),
        lambda d: dialect.MAVLink_mission_ack_message(1, 1, d(st.integers(0, 255)), d(KINDS)),
        lambda d: dialect.MAVLink_mission_set_current_message(1, 1, d(SEQ)),
    )
    # By number: Hypothesis tells functions apart by their addresses, and these are others each time.
    return makers[data.draw(st.integers(0, len(makers) - 1))](data.draw)


class Checked(Bench):
    """Watches the invariants. Items carry in z which upload of their type they were sent for: `sessions` counts the
    requests for item 0, at which no item has been taken yet."""

    def __init__(self) -> None:
        super().__init__(hold=True)
        self.core.mission.replace(waypoints(2))
        self.core.fence.replace(fence_square())
        self.sessions = [0, 0, 0]
        self.partial_seen = False
        self.allowed = [{self.core.storage(kind).items()} for kind in range(3)]
        self._looked_at = 0

    def answers(self) -> list[tuple[Any, ...]]:
        heard = super().answers()
        for out, answer in zip(self.last, heard, strict=True):
            if answer in (("REQUEST", 0), ("REQUEST_INT", 0)):
                self.sessions[out.message.mission_type] += 1
        return heard

    def check(self) -> None:
        for change in self.journal.changes[self._looked_at :]:
            for plan in change.plans if isinstance(change, SaveTogether) else (change,):
                assert isinstance(plan, SavePlan)
                if not self.partial_seen:
                    assert len({item.z for item in plan.items}) <= 1, "items of two uploads in one plan"
                self.allowed[plan.kind].add(plan.items)
        self._looked_at = len(self.journal.changes)
        for kind in range(3):
            assert self.core.storage(kind).items() in self.allowed[kind]

    def next_item(self, kind: int) -> Any | None:
        """The very item that an upload waits for."""
        upload = self.service._transfers[kind]._upload
        if upload is None:
            return None
        item = MissionItem((16, 5003, 5100)[kind], 3, param1=5.0, x=1.0, y=2.0, z=float(self.sessions[kind]))
        return write_item(item, kind, upload.next, US, as_int=True, current=False), upload.peer


def run(sequence: list[tuple[str, Peer, int]], data: Any) -> Checked:
    bench = Checked()
    for what, peer, number in sequence:
        if what == "time":
            bench.wait(number % 9000)
        elif what == "disk":
            bench.journal.settle(("disk full", None, None)[number % 3])
            bench.wait(0)
        elif what == "tick":
            bench.core.tick()
        elif what == "fly":
            bench.core.flying = not bench.core.flying
        elif what == "close":
            bench.service.link_closed(peer.link)
        else:
            _say(what, bench, peer, number, data)
        bench.check()
    return bench


def _say(what: str, bench: Checked, peer: Peer, number: int, data: Any) -> None:
    """A random message, a random item, or the next item of an upload; and its answers judged."""
    sent = item_message(data.draw, bench.sessions) if what == "item" else None
    if what == "next":
        sent, peer = bench.next_item(number % 3) or (None, peer)
    if sent is None:
        sent = message(data)
    name = sent.get_type()
    bench.partial_seen |= name == "MISSION_WRITE_PARTIAL_LIST"
    answers = bench.hear(sent, peer)
    assert {answer[0] for answer in answers} <= ALLOWED[name], (name, answers)
    assert len(answers) <= 2


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(STEPS, min_size=10, max_size=60), st.data())
def test_any_sequence_of_messages_keeps_the_plans_whole(sequence: list[tuple[str, Peer, int]], data: Any) -> None:
    """Old or new entire, never of two uploads, whatever stations, disk, links and time do; every upload ends."""
    bench = run(sequence, data)
    for _ in range(12):  # what was deferred (at most 8 changes of each type) is served in the end
        bench.journal.settle()
        bench.wait(9000)
        bench.check()
    assert bench.service.next_deadline_ms() is None


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(st.tuples(st.sampled_from(MESSAGE_IDS), st.binary(max_size=40)), max_size=40))
def test_any_payload_of_any_mission_message_is_survived(payloads: list[tuple[int, bytes]]) -> None:
    """Fields of any value, NaN and infinity included; all answers can be packed."""
    bench = Bench()
    bench.upload(waypoints(2))
    for msg_id, payload in payloads:
        bench.hear(codec.decode(msg_id, payload), QGC)
        bench.core.tick()
        for out in bench.last:
            assert codec.payload(out.message)[1]
        count = bench.core.mission.count()
        assert all(check_item(item, 0, count).ok for item in bench.core.mission.items())


def test_the_fuzzed_names_are_all_that_the_service_handles() -> None:
    """A new message must join the fuzz."""
    assert set(ALLOWED) == MissionService.handles
