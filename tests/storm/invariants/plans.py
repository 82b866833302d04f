"""Missions, fences and rally points."""

from __future__ import annotations

from autopilot.context.events import CurrentChanged, ItemReached
from autopilot.mav import Cmd, MissionResult, MissionType
from mavlink_bridge.routing.service import NOBODY
from mavlink_bridge.routing.service import Peer as WirePeer
from mavlink_bridge.services.mission.convert import read_item
from mavlink_bridge.services.mission.upload import ABANDON_MS, UploadState
from tests.storm.invariant import When, Where, invariant, noted
from tests.storm.invariants.whole import homes_of
from tests.storm.plans import mark_of, marks
from tests.storm.station import Message, Station
from tests.storm.view import Peer, View

UPLOADS = "docs/reference/mission-semantics.md, 2.2"
REPEAT_MS, REPEAT_BY_RADIO_MS = 1_500, 10_000
INPUTS = (
    "MISSION_COUNT", "MISSION_WRITE_PARTIAL_LIST", "MISSION_ITEM", "MISSION_ITEM_INT", "MISSION_REQUEST_LIST",
    "MISSION_REQUEST", "MISSION_REQUEST_INT", "MISSION_CLEAR_ALL", "MISSION_ACK",
)  # fmt: skip
"""Messages of the mission protocol that come to a vehicle."""


@invariant(When.SENT, "docs/reference/mission-semantics.md, 1.2", "MISSION_ITEM_REACHED")
def a_reached_item_exists(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """MISSION_ITEM_REACHED has the number of a mission item (or 0 for the guided target of a rover)."""
    last = view.life.setdefault("most items", {})
    last["n"] = max(last.get("n", 0), view.service.item_count)
    return None if message.seq <= last["n"] else f"item {message.seq} of {last['n']} was reached"


@invariant(When.EVENT, "seed 001, Update Tick", "ItemReached", "CurrentChanged")
def an_item_is_reached_once_a_pass(view: View, event: ItemReached | CurrentChanged) -> str | None:
    """ItemReached is not announced again for an item until another item becomes the current one, or a mission is
    uploaded."""
    memory = view.life.setdefault("reached", {})
    if isinstance(event, CurrentChanged):
        memory.clear()
        return None
    revision = view.service.autopilot.plans.mission.revision
    if memory.get("last") == (event.seq, revision):
        return f"item {event.seq} is reached again"
    memory["last"] = event.seq, revision
    return None


@invariant(When.SENT, "docs/reference/mission-semantics.md, 1.6", "MISSION_CURRENT")
def the_current_item_exists(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """MISSION_CURRENT is at least 0 and at most one more than the number of the last item."""
    count = view.service.item_count
    last = view.life.setdefault("largest", {})
    last["n"] = max(last.get("n", 0), count)
    return None if message.seq <= last["n"] + 1 else f"current {message.seq} of {last['n']}"


@invariant(When.END, "docs/reliability.md, Storms", where=Where.BOTH)
def a_plan_is_taken_after_the_storm(view: View, rescuer: Station) -> str | None:
    """When all faults are over, an upload over a good link is accepted, and a download returns the same plan."""
    done = dict(rescuer.finished)
    if done.get("last upload") != 0:
        return f"the last upload ended with {done.get('last upload')}"
    read = done.get("last download")
    if read is None or marks(tuple(read)) != marks(view.last_plan) or len(read) != len(view.last_plan):
        return f"read back {read}"
    return None


@noted(*INPUTS)
def _row(view: View, message: Message, peer: Peer) -> None:
    kind = message.mission_type
    if kind in (0, 1, 2):
        view.storm.story.meet("upload", view.service.missions.state(kind).name, message.get_type())


@noted("MISSION_COUNT", "MISSION_WRITE_PARTIAL_LIST")
def _announced(view: View, message: Message, peer: Peer) -> None:
    if message.target_system not in (0, view.service.endpoint.system_id):  # 0: all systems, as garbage may say
        return
    memory = peer.memory.setdefault(("upload", message.mission_type), {"most": 0, "seqs": set()})
    whole = message.get_type() == "MISSION_COUNT"
    memory["most"] = max(memory["most"], message.count if whole else message.end_index + 1)


@noted("MISSION_COUNT", "MISSION_WRITE_PARTIAL_LIST", "MISSION_ITEM", "MISSION_ITEM_INT")
def _came(view: View, message: Message, peer: Peer) -> None:
    peer.came["upload", message.mission_type] += 1


@invariant(When.SENT, UPLOADS, "MISSION_REQUEST", "MISSION_REQUEST_INT", where=Where.BOTH)
def an_item_is_requested_from_the_station_that_announced_it(
    view: View, message: Message, peer: Peer, frame: bytes
) -> str | None:
    """An item is requested only from a station whose MISSION_COUNT on that link includes it."""
    peer.left["request", message.mission_type] += 1
    most = peer.memory.get(("upload", message.mission_type), {"most": 0})["most"]
    return (
        None
        if message.seq < most
        else f"item {message.seq} is requested from {peer.station.name}, MISSION_COUNT was {most}"
    )


@noted("MISSION_REQUEST_LIST")
def _reads_its_own(view: View, message: Message, peer: Peer) -> None:
    if view.storm.machine.real or message.mission_type not in (0, 1, 2):
        return
    commit = view.service.missions.transfer(message.mission_type)._commit
    if commit is not None and not _is_of(view, commit.peer, peer):
        commit = None
    at_ms, before = peer.memory.get(("reads its own", message.mission_type), (None, None))
    if at_ms == view.now_ms and before is None:
        commit = None  # the answer to the same question, asked before this commit began, is not sent yet
    peer.memory["reads its own", message.mission_type] = view.now_ms, commit


def _is_of(view: View, writer: WirePeer, peer: Peer) -> bool:
    """Has the vehicle the plan from this station, with the ids that it has had all the time?"""
    heard, process = peer.memory["heard"], view.process
    assert process is not None, "it hears"
    on_link = peer.station in process.stations_on(view.number, writer.link)
    return writer != NOBODY and heard == {(writer.system, writer.component)} and on_link


@invariant(When.SENT, UPLOADS, "MISSION_COUNT")
def a_station_reads_the_plan_that_it_has_written(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """A station that asks for the plan it has just uploaded or cleared is answered when that is on disk, not with the
    plan before."""
    _, own = peer.memory.pop(("reads its own", message.mission_type), (None, None))
    if own is None or view.service.missions.transfer(message.mission_type)._commit is not own:
        return None
    return f"{peer.station.name} reads the plan before the one that it has sent"


@invariant(When.SENT, UPLOADS, "MISSION_REQUEST", "MISSION_REQUEST_INT")
def two_stations_do_not_upload_at_once(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """Items of a plan type are requested from one station only, until its upload has ended and another station has sent
    a MISSION_COUNT. Exception: requests to the one before that still wait for its radio."""
    memory = view.life.setdefault(("owner", message.mission_type), {"who": [peer], "former": [], "at": view.now_ms})
    waited = view.now_ms - memory["at"] <= REPEAT_BY_RADIO_MS
    late = bool(peer.station.radio) and peer in memory["former"] and waited
    if peer in memory["who"] or (message.seq and late):
        return None
    if message.seq:
        owner = memory["who"][0].station.name
        return f"item {message.seq} is requested from {peer.station.name}, the upload is {owner}'s"
    if late:  # an old request, or a new upload
        memory["who"].append(peer)
    else:
        memory.update(who=[peer], former=memory["who"], at=view.now_ms)
    return None


@invariant(When.PASS, UPLOADS)
def a_silent_upload_is_ended(view: View) -> str | None:
    """An upload without messages ends after 8 s (checked after 10 s), and a received plan is written within two
    seconds."""
    for kind in (0, 1, 2):
        memory = view.life.setdefault(("upload", kind), {})
        state = view.service.missions.state(kind)
        came = sum(peer.came["upload", kind] for peer in view.peers.values())
        if memory.get("state") is not state or memory.get("came") != came or view.storm.disk_delay_ms:
            memory.update(state=state, since=view.now_ms, came=came)
            continue
        stands_ms = view.now_ms - memory["since"]
        if state is UploadState.COMMITTING and stands_ms > 2_000:
            return f"plan {kind} is being written for {stands_ms} ms"
        if state is UploadState.RECEIVING and stands_ms > ABANDON_MS + 2_000:
            return f"an upload of plan {kind} stands for {stands_ms} ms"
    return None


@invariant(When.PASS, UPLOADS)
def a_missing_item_is_requested_again(view: View) -> str | None:
    """During an upload, a MISSION_REQUEST is sent at least every 1.5 s; to a radio, which other messages fill, every
    10 s."""
    within_ms = REPEAT_BY_RADIO_MS if any(peer.station.radio for peer in view.peers.values()) else REPEAT_MS
    for kind in (0, 1, 2):
        memory = view.life.setdefault(("request", kind), {})
        requests = sum(peer.left["request", kind] for peer in view.peers.values())
        runs = view.service.missions.state(kind) is UploadState.RECEIVING and not view.service.endpoint.muted
        if not runs or not memory.get("runs") or memory["requests"] != requests:
            memory.update(requests=requests, since=view.now_ms, runs=runs)
        elif view.now_ms - memory["since"] > within_ms:
            return f"no item of plan {kind} was requested in {view.now_ms - memory['since']} ms"
    return None


HASTE_MS = 80
"""A tick less than the shortest pause of a request that is repeated."""


@noted("MISSION_COUNT", "MISSION_WRITE_PARTIAL_LIST", "MISSION_ACK")
def _asks_anew(view: View, message: Message, peer: Peer) -> None:
    for what in ("asked", "sequence"):
        view.life.pop((what, message.mission_type), None)


@invariant(When.SENT, UPLOADS, "MISSION_REQUEST", "MISSION_REQUEST_INT")
def an_item_is_not_requested_again_at_once(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """The same item is requested again after 80 ms at the earliest. Exceptions: item 0, because MISSION_COUNT may be
    repeated; and an upload that has been restarted."""
    last, at_ms = view.life.get(("asked", message.mission_type), (-1, 0))
    view.life["asked", message.mission_type] = message.seq, view.now_ms
    waits_ms = view.now_ms - at_ms
    early = 0 < last == message.seq and waits_ms < HASTE_MS and not _delayed(view, peer)
    return f"item {last} is requested again after {waits_ms} ms" if early else None


def _delayed(view: View, peer: Peer) -> bool:
    """May answers have waited in the vehicle: for its radio, or a station that does not read?"""
    return bool(view.life.get("muted")) or bool(peer.station.radio)


@invariant(When.SENT, "docs/reference/mission-semantics.md, 2.1", "MISSION_COUNT")
def a_mission_count_is_that_of_the_plan(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """MISSION_COUNT is 0 or the number of items of the plan that is stored or being stored, including home, or of the
    one before, which was still there when the pass began, or when the message began to wait for a radio."""
    kept = dict(view.ledger.kept.plans)
    homes = int(message.mission_type == 0 and view.plan.firmware == "ardupilot")
    sizes = view.life.get("plan sizes", {}).get(message.mission_type, {})
    since_ms = view.now_ms - REPEAT_BY_RADIO_MS if peer.station.radio else max(sizes.values(), default=0)
    before = {size + homes for size, at_ms in sizes.items() if at_ms >= since_ms}
    allowed = {len(kept.get(message.mission_type, ())) + homes, 0, homes, *before}
    for state in view.ledger.allowed():
        allowed.add(len(dict(state.plans).get(message.mission_type, ())) + homes)
    return None if message.count in allowed else f"count {message.count} of type {message.mission_type}, kept {allowed}"


@invariant(When.EVENT, "seed 001, Update Tick", "CurrentChanged")
def the_current_item_is_in_the_mission(view: View, event: CurrentChanged) -> str | None:
    """CurrentChanged has the number of an item of the mission."""
    count = view.service.autopilot.plans.mission.count()
    return None if 0 <= event.seq <= max(count, 0) else f"item {event.seq} of {count}"


@invariant(When.EVENT, "seed 001, Update Tick", "ItemReached", "CurrentChanged")
def an_item_reached_was_the_current_one(view: View, event: ItemReached | CurrentChanged) -> str | None:
    """ItemReached has the same item as the CurrentChanged before it."""
    memory = view.life.setdefault("current", {})
    if isinstance(event, CurrentChanged):
        memory["seq"] = event.seq
        return None
    known = memory.get("seq", event.seq)
    return None if known == event.seq else f"item {event.seq} is reached, the current one is {known}"


@invariant(When.SENT, "docs/reference/mission-semantics.md, 2.1", "MISSION_ITEM", "MISSION_ITEM_INT", where=Where.BOTH)
def a_downloaded_item_is_that_of_the_plan(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """A sent MISSION_ITEM or MISSION_ITEM_INT equals the item of that number in the uploaded plan. Item 0 of a mission
    is a waypoint at home, for firmware that has home there."""
    told, kind = read_item(message, message.mission_type), message.mission_type
    if kind == MissionType.MISSION and message.seq == 0 and view.firmware.habits.home_is_item_0:
        return None if told.command == Cmd.NAV_WAYPOINT else f"home is reported as {told}"  # any height: not a mark
    mark = mark_of(told)
    uploaded = None if mark is None else view.uploads.get((kind, mark))
    if uploaded is None:
        return None
    at = message.seq - homes_of(view, kind)
    if not 0 <= at < len(uploaded):
        return f"item {message.seq} of upload {mark}, which has {len(uploaded)}"
    item = uploaded[at]
    near = abs(told.x - item.x) < 1e-5 and abs(told.y - item.y) < 1e-5 and abs(told.z - item.z) < 0.01
    return None if near and told.command == item.command else f"item {message.seq} of upload {mark} is sent as {told}"


@invariant(When.SENT, UPLOADS, "MISSION_REQUEST", "MISSION_REQUEST_INT", "MISSION_ACK")
def a_duplicate_ends_no_upload(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """A repeated item of an upload is not answered by MAV_MISSION_INVALID_SEQUENCE. Where the station has itself
    requested an item since the vehicle did, the answer may be to that."""
    memory = view.life.setdefault(("sequence", message.mission_type), {"asked": -1, "at": 0})
    if message.get_type() != "MISSION_ACK":
        memory.update({"asked": message.seq, "at": view.now_ms})
        return None
    at_ms, last = peer.memory.get(("item", message.mission_type), (-1, 0))
    reads = peer.memory.get(("reads", message.mission_type), -1) >= memory["at"]
    if message.type != MissionResult.INVALID_SEQUENCE or at_ms != view.now_ms or reads:
        return None
    return None if last >= memory["asked"] else f"item {last} is refused, {memory['asked']} was requested"


@noted("MISSION_REQUEST", "MISSION_REQUEST_INT")
def _item_requested(view: View, message: Message, peer: Peer) -> None:
    peer.memory["reads", message.mission_type] = view.now_ms


@noted("MISSION_ITEM", "MISSION_ITEM_INT")
def _item_came(view: View, message: Message, peer: Peer) -> None:
    """Of those that come at one instant the last of the plan."""
    at_ms, last = peer.memory.get(("item", message.mission_type), (-1, 0))
    last = max(last, message.seq) if at_ms == view.now_ms else message.seq
    peer.memory["item", message.mission_type] = view.now_ms, last
