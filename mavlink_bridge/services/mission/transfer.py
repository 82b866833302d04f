"""Upload machine of one mission type, as a table (docs/reference/mission-semantics.md, 2.2).

The handler follows from the state, the kind of message, and whether its sender holds the upload; the table has all
combinations.

A plan becomes the vehicle's in one step: items are staged and checked one by one, the last passes all of them to the
journal, and the plan is swapped in and acknowledged when it is on disk. Until then, and after an error, timeout or
cancel, the whole old plan stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from autopilot.commands.plans import PLAN_NAMES
from autopilot.context.journal import Journal, SavePlan
from autopilot.interface.records import dataclass
from autopilot.mav import Frame, MissionResult, MissionType, Severity
from autopilot.mission.items import MissionItem
from autopilot.mission.validate import ItemVerdict, check_item
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.routing.service import NOBODY, Message, Peer
from mavlink_bridge.services.mission import texts
from mavlink_bridge.services.mission.convert import read_item
from mavlink_bridge.services.mission.plan import CommittedPlan, MissionParts
from mavlink_bridge.services.mission.texts import Outbox
from mavlink_bridge.services.mission.upload import (
    ABANDON_MS,
    LEFT_MS,
    LastAnswer,
    PlanUpload,
    UploadInput,
    UploadSender,
    UploadState,
    is_same_station,
    is_same_system,
)
from mavlink_bridge.wire.codec import dialect

MAX_ITEMS = 5000
"""Most items of a plan, without home."""
_TOO_MANY = f"Only {MAX_ITEMS} items are supported"
_ANEW = frozenset((UploadInput.COUNT, UploadInput.CLEAR))
"""Inputs with which a station begins anew."""
_MAX_DEFERRED = 8


@dataclass(frozen=True, slots=True)
class _Commit:
    """Plan that is being written to disk. `home_only`: uploaded with only its home item. `announced` False: somebody
    else acknowledges it. `marked`: see `PlanUpload`."""

    ticket: int
    items: tuple[MissionItem, ...]
    peer: Peer
    home_only: bool = False
    announced: bool = True
    marked: int | None = None


Refuses = Callable[[MissionItem], MissionResult | None]
"""Refusal of an item by the firmware; None: it knows it."""


class _RefusedError(Exception):
    """Refusal of a whole plan, with its reason for people."""


class PlanTransfer:
    """Upload, download and removal of one kind of plan (MAV_MISSION_TYPE 0, 1, 2)."""

    def __init__(
        self, kind: int, parts: MissionParts, journal: Journal, outbox: Outbox, firmware: Firmware, refuses: Refuses
    ) -> None:
        self.kind = kind
        self.state = UploadState.IDLE
        self.repeats = 0
        self.committed = CommittedPlan(kind, parts, outbox, firmware)
        self._refuses = refuses
        self._parts = parts
        self._journal = journal
        self._out = outbox
        self._max_count = MAX_ITEMS + self.committed.homes
        self._upload: PlanUpload | None = None
        self._commit: _Commit | None = None
        self._answer: LastAnswer | None = None
        self._stray = (-1, 0)  # link of the last item that belonged to no upload, and until when it counts, ms
        self._deferred: list[tuple[UploadInput, Message, Peer]] = []

    @property
    def owner(self) -> Peer | None:
        """Station that holds the upload or waits for its commit."""
        if self._upload is not None:
            return self._upload.peer
        return None if self._commit is None else self._commit.peer

    # --- in ---------------------------------------------------------------------------------------------------
    def handle(self, kind: UploadInput, message: Message, peer: Peer, now_ms: int) -> None:
        TABLE[self.state, kind, self._sender(kind, peer, now_ms)](self, message, peer, now_ms)

    def handle_timeout(self, now_ms: int) -> None:
        """Finish a commit; repeat the request or abandon the upload."""
        self.settle(now_ms)
        upload = self._upload
        if upload is None:
            return
        if now_ms >= upload.abandon_due_ms():
            self._end_upload()
            self._out.ack(upload.peer, self.kind, MissionResult.OPERATION_CANCELLED)
            self._out.text(Severity.WARNING, f"{PLAN_NAMES[self.kind]} upload timeout")
        elif now_ms >= upload.repeat_due_ms():
            self.repeats += 1
            upload.ask_again(now_ms)
            self._ask(upload)

    def next_deadline_ms(self) -> int | None:
        """Time of the next repetition or end of an upload, ms."""
        return None if self._upload is None else min(self._upload.repeat_due_ms(), self._upload.abandon_due_ms())

    def link_closed(self, link: int) -> None:
        """Drop the upload of a closed link. A commit continues, without an acknowledgement."""
        if self._upload is not None and self._upload.peer.link == link:
            self._end_upload()
        self._deferred = [entry for entry in self._deferred if entry[2].link != link]
        self.committed.link_closed(link)

    def _sender(self, kind: UploadInput, peer: Peer, now_ms: int) -> UploadSender:
        owner = self.owner
        if owner is None:
            return UploadSender.STRANGER
        if owner == NOBODY:
            return UploadSender.OWNER  # a plan in a file: it may be of any station
        on_any_link = kind is UploadInput.ITEM or (kind in _ANEW and self._is_left(now_ms))
        same = is_same_system(peer, owner) if on_any_link else is_same_station(peer, owner)
        return UploadSender.OWNER if same else UploadSender.STRANGER

    def _is_left(self, now_ms: int) -> bool:
        """True for an upload whose station does not answer: it may have been started anew, on another link."""
        return self._upload is not None and now_ms - self._upload.accepted_ms >= LEFT_MS

    # --- handlers: begin --------------------------------------------------------------------------------------
    def _begin(self, message: Message, peer: Peer, now_ms: int) -> None:
        """MISSION_COUNT: begin an upload; a station may restart its own."""
        if self._upload is not None and self._upload.peer.link != peer.link:
            self._stray = self._upload.peer.link, now_ms + ABANDON_MS  # its late items are not of the new upload
        self._end_upload()
        count = message.count
        if count > self._max_count:
            self._out.ack(peer, self.kind, MissionResult.NO_SPACE)
            self._out.text(Severity.WARNING, _TOO_MANY)
        elif count <= self.committed.homes and not self._parts.plans.may_clear(self.kind):
            self._out.ack(peer, self.kind, MissionResult.DENIED)
        elif count == 0:
            self._answer = None
            self._submit((), peer, now_ms)
        else:
            self._receive(PlanUpload(peer, 0, count - 1, now_ms))

    def _begin_partial(self, message: Message, peer: Peer, now_ms: int) -> None:
        first, last = message.start_index, message.end_index
        if 0 <= first <= last <= self.committed.count() and last < self._max_count:
            self._receive(PlanUpload(peer, first, last, now_ms, self.committed.all_items()))
        else:
            self._out.ack(peer, self.kind, MissionResult.ERROR)

    def _receive(self, upload: PlanUpload) -> None:
        if self._answer is not None and is_same_station(self._answer.peer, upload.peer):
            self._answer = None
        self.committed.begin_transfer(upload.peer)
        self._upload = upload
        self.state = UploadState.RECEIVING
        self._ask(upload)

    # --- handlers: items --------------------------------------------------------------------------------------
    def _take_item(self, message: Message, peer: Peer, now_ms: int) -> None:
        upload = self._upload
        assert upload is not None, "the state says that there is one"
        if self._is_late(upload, peer, now_ms):
            self._stray_item(message, peer, now_ms)
            return
        seq = message.seq
        if seq != upload.next:
            duplicate = upload.first <= seq < upload.next  # accepted before: dropped silently
            if not duplicate and self.committed.firmware.habits.gap_is_error:
                self._out.ack(peer, self.kind, MissionResult.INVALID_SEQUENCE)
            return
        item, verdict = self._read(message, upload.total)
        if not verdict.ok:
            self._refuse(upload, message, verdict.result, self._about(seq, verdict), now_ms)
            return
        if message.get_type() == "MISSION_ITEM":
            self.committed.warn_once(upload.peer, "got MISSION_ITEM; GCS should send MISSION_ITEM_INT")
        if message.current == 1:
            upload.marked = seq
        upload.accept(item, now_ms)
        if seq == upload.last:
            self._finish(upload, message, now_ms)
        else:
            self._ask(upload)

    def _read(self, message: Message, total: int) -> tuple[MissionItem, ItemVerdict]:
        """Item of a plan that will have `total` items, home included, and whether it is good."""
        item = read_item(message, self.kind)
        if self.kind == MissionType.MISSION:
            item = self.committed.firmware.item_from(item)
            total += 1 - self.committed.homes
        refused = self._refuses(item)
        if refused is not None:
            return item, ItemVerdict(refused, f"{item.command} in frame {item.frame} unsupported")
        return item, check_item(item, self.kind, total, approaches=self.committed.firmware.habits.approaches)

    def _about(self, seq: int, verdict: ItemVerdict) -> str:
        return f"{PLAN_NAMES[self.kind]} item {self.committed.stored(seq)}: {verdict.text}"

    def _is_late(self, upload: PlanUpload, peer: Peer, now_ms: int) -> bool:
        """True for an item of a station with the same ids on another link, whose upload there has just ended, or was
        cut off by a restart (then an item came before the upload that runs now)."""
        ended, (link, until_ms) = self._answer, self._stray
        if ended is not None and ended.peer.link == peer.link and ended.concerns(peer, now_ms):
            return True
        return peer.link == link != upload.peer.link and now_ms <= until_ms

    def _finish(self, upload: PlanUpload, message: Message, now_ms: int) -> None:
        """Check the whole plan after its last item, and commit it."""
        plan = upload.plan()
        items = plan[self.committed.homes :]
        complaint = self._complaint(items)
        if complaint is not None:
            self._refuse(upload, message, MissionResult.ERROR, complaint, now_ms)
        elif not items and not self._parts.plans.may_clear(self.kind):
            self._refuse(upload, message, MissionResult.DENIED, "", now_ms)
        else:
            self._end_upload()
            self._answer = LastAnswer.to(message, upload, MissionResult.ACCEPTED, now_ms)
            self._submit(plan, upload.peer, now_ms, upload.marked)

    def _complaint(self, items: tuple[MissionItem, ...]) -> str | None:
        """Error of a whole plan, without home; None: it is good."""
        habits = self.committed.firmware.habits
        return self._parts.plans.check(self.kind, items, empty_circles=habits.empty_circles)

    def _refuse(self, upload: PlanUpload, message: Message, result: MissionResult, text: str, now_ms: int) -> None:
        """Refuse an item or plan: end the upload, keep the old plan."""
        self._end_upload()
        self._answer = LastAnswer.to(message, upload, result, now_ms)
        self._out.ack(upload.peer, self.kind, result)
        if text:
            self._out.text(Severity.WARNING, text)

    def _stray_item(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Answer an item without an upload. It may be the last item of an upload whose acknowledgement was lost, a late
        duplicate (dropped, because an error would end the station's next transfer), or a mistake."""
        answer = self._answer
        if answer is None or not answer.concerns(peer, now_ms):
            self._stray = peer.link, now_ms + ABANDON_MS
            self._out.ack(peer, self.kind, MissionResult.ERROR)
        elif answer.is_repeated_by(message):
            self._out.ack(peer, self.kind, answer.result, answer.plan_id)
        elif not answer.is_duplicate(message):
            self._out.ack(peer, self.kind, MissionResult.ERROR)

    # --- handlers: the rest -----------------------------------------------------------------------------------
    def _clear(self, message: Message, peer: Peer, now_ms: int) -> None:
        """MISSION_CLEAR_ALL; it also ends the station's own upload."""
        self._end_upload()
        self._answer = None
        if self._parts.plans.may_clear(self.kind):
            self._submit((), peer, now_ms)
        else:
            self._out.ack(peer, self.kind, MissionResult.DENIED)

    def _list(self, message: Message, peer: Peer, now_ms: int) -> None:
        self.committed.answer_list(peer)

    def _request(self, message: Message, peer: Peer, now_ms: int) -> None:
        self.committed.answer_request(message, peer)

    def _hear_ack(self, message: Message, peer: Peer, now_ms: int) -> None:
        """MISSION_ACK from the uploading station. UNSUPPORTED is MAVSDK's answer to MISSION_REQUEST when it expects the
        _INT form; another error is its cancel; ACCEPTED, from Mission Planner, is ignored."""
        upload = self._upload
        assert upload is not None, "the state says that there is one"
        if message.type == MissionResult.UNSUPPORTED:
            if not upload.use_int:
                upload.use_int = True
                upload.ask_again(now_ms)
                self._ask(upload)
        elif message.type != MissionResult.ACCEPTED:
            self._end_upload()

    def _deny(self, message: Message, peer: Peer, now_ms: int) -> None:
        self._out.ack(peer, self.kind, MissionResult.DENIED)

    def _ignore(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Ignore a message."""

    def _defer(self, kind: UploadInput, message: Message, peer: Peer, now_ms: int) -> None:
        """Serve a message when the last change is on disk: another change, or a station that reads what it has just
        written. DroneKit sends CLEAR_ALL and COUNT together, and MISSION_REQUEST_LIST right after its last item; it
        repeats none of them."""
        if len(self._deferred) < _MAX_DEFERRED:
            self._deferred.append((kind, message, peer))
        else:
            self._deny(message, peer, now_ms)

    # --- all items at once ------------------------------------------------------------------------------------
    def put(self, messages: Sequence[Message], first: int | None) -> int | None:
        """Submit items that came together, in a file; no upload may be running. `first`: number of the first one in the
        plan that they change; None: they are the whole plan. Returns the journal's ticket; None: they are refused, and
        the reason is told."""
        try:
            plan = self._assembled(messages, first)
        except _RefusedError as refusal:
            if str(refusal):
                self._out.text(Severity.WARNING, str(refusal))
            return None
        self._answer = None
        return self._begin_commit(plan, NOBODY, announced=False)

    def _assembled(self, messages: Sequence[Message], first: int | None) -> tuple[MissionItem, ...]:
        """Plan with these items, home included. Raises _RefusedError."""
        base, begin = (None, 0) if first is None else (self.committed.all_items(), first)
        upload = PlanUpload(NOBODY, begin, begin + len(messages) - 1, 0, base)
        if upload.total > self._max_count:
            raise _RefusedError(_TOO_MANY)
        if base is not None and begin > len(base):
            raise _RefusedError(f"{PLAN_NAMES[self.kind]} item {begin}: the mission has {len(base)}")
        for message in messages:
            item, verdict = self._read(message, upload.total)
            if not verdict.ok:
                raise _RefusedError(self._about(message.seq, verdict))
            upload.items.append(item)
        plan = upload.plan()
        flown = plan[self.committed.homes :]
        complaint = self._complaint(flown)
        if complaint is not None or not (flown or self._parts.plans.may_clear(self.kind)):
            raise _RefusedError(complaint or "")
        return plan

    def is_committing(self, ticket: int) -> bool:
        """True while the plan of this ticket is being written to disk."""
        return self._commit is not None and self._commit.ticket == ticket

    def is_stored(self, ticket: int) -> bool:
        """True if the plan of this ticket, which was written to disk, was stored."""
        return self._journal.failure(ticket) is None

    # --- commit -----------------------------------------------------------------------------------------------
    def _submit(self, plan: tuple[MissionItem, ...], peer: Peer, now_ms: int, marked: int | None = None) -> None:
        self._begin_commit(plan, peer, marked=marked)
        self.settle(now_ms)

    def _begin_commit(
        self, plan: tuple[MissionItem, ...], peer: Peer, *, announced: bool = True, marked: int | None = None
    ) -> int:
        """Write a plan, home included, to disk."""
        homes = self.committed.homes
        items = plan[homes:]
        ticket = self._journal.submit(SavePlan(self.kind, items))
        self._commit = _Commit(ticket, items, peer, len(plan) == homes > 0, announced, marked)
        self.state = UploadState.COMMITTING
        return ticket

    def await_clear(self, ticket: int, peer: Peer) -> None:
        """Wait for the removal of all plans, one change of the journal that the service acknowledges."""
        self._end_upload()
        self._answer = None
        self._commit = _Commit(ticket, (), peer, announced=False)
        self.state = UploadState.COMMITTING

    def settle(self, now_ms: int) -> None:
        """Swap the plan in when the journal has stored it, acknowledge it, and serve the deferred messages."""
        commit = self._commit
        if commit is None or self._journal.durable() < commit.ticket:
            return
        self._commit = None
        self.state = UploadState.IDLE
        failure = self._journal.failure(commit.ticket)
        if failure is None:
            self._swap_in(commit)
        else:
            self._answer = None
            if commit.announced:
                self._out.ack(commit.peer, self.kind, MissionResult.ERROR)
            self._out.text(Severity.ERROR, f"{PLAN_NAMES[self.kind]} not stored: {failure}")
        deferred, self._deferred = self._deferred, []
        for kind, message, peer in deferred:
            self.handle(kind, message, peer, now_ms)

    def _swap_in(self, commit: _Commit) -> None:
        plan_id = self.committed.swap_in(commit.items, home_only=commit.home_only, marked=commit.marked)
        if self._answer is not None:
            self._answer = replace(self._answer, plan_id=plan_id)
        if commit.announced:
            self._out.ack(commit.peer, self.kind, MissionResult.ACCEPTED, plan_id)
        if self.committed.firmware.habits.announces_plans:
            self._out.text(Severity.INFO, (texts.RECEIVED if commit.items else texts.CLEARED)[self.kind])
        items = self.committed.storage.items()
        for place in texts.places_on_ground(items):
            self._parts.facts.altitude(Frame.GLOBAL_TERRAIN_ALT, 0.0, *place)  # requests unknown terrain
        for text in texts.about_terrain(items, self._parts.facts.over_ground):
            self._out.text(Severity.WARNING, text)
        if self.kind == MissionType.MISSION:
            for text in texts.about_skipped(self._parts.facts.vehicle_class, items, self._parts.facts.param):
                self._out.text(Severity.WARNING, text)

    # --- small parts ------------------------------------------------------------------------------------------
    def _end_upload(self) -> None:
        self._upload = None
        if self.state is UploadState.RECEIVING:
            self.state = UploadState.IDLE

    def _ask(self, upload: PlanUpload) -> None:
        int_form, plain = dialect.MAVLink_mission_request_int_message, dialect.MAVLink_mission_request_message
        as_int = upload.use_int or self.committed.firmware.habits.asks_by_int
        make, peer = int_form if as_int else plain, upload.peer
        self._out.send(make(peer.system, peer.component, upload.next, self.kind), peer)


_Handler = Callable[[PlanTransfer, Message, Peer, int], None]


def _rows(
    state: UploadState, sender: UploadSender, *handlers: _Handler
) -> dict[tuple[UploadState, UploadInput, UploadSender], _Handler]:
    return {(state, kind, sender): handler for kind, handler in zip(UploadInput, handlers, strict=True)}


def _later(kind: UploadInput) -> _Handler:
    return lambda transfer, message, peer, now_ms: transfer._defer(kind, message, peer, now_ms)


_P, _U = PlanTransfer, UploadInput
# columns: COUNT, WRITE_PARTIAL, ITEM, LIST, REQUEST, CLEAR, ACK
_IDLE = (_P._begin, _P._begin_partial, _P._stray_item, _P._list, _P._request, _P._clear, _P._ignore)
_OWNER = (_P._begin, _P._deny, _P._take_item, _P._deny, _P._deny, _P._clear, _P._hear_ack)
_STRANGER = (_P._deny, _P._deny, _P._deny, _P._list, _P._request, _P._deny, _P._ignore)
_READER = (_later(_U.COUNT), _later(_U.WRITE_PARTIAL), _P._ignore, _P._list, _P._request, _later(_U.CLEAR), _P._ignore)
_WRITER = (*_READER[:3], _later(_U.LIST), _later(_U.REQUEST), *_READER[5:])

TABLE: dict[tuple[UploadState, UploadInput, UploadSender], _Handler] = {
    **_rows(UploadState.IDLE, UploadSender.OWNER, *_IDLE),
    **_rows(UploadState.IDLE, UploadSender.STRANGER, *_IDLE),
    **_rows(UploadState.RECEIVING, UploadSender.OWNER, *_OWNER),
    **_rows(UploadState.RECEIVING, UploadSender.STRANGER, *_STRANGER),
    **_rows(UploadState.COMMITTING, UploadSender.OWNER, *_WRITER),
    **_rows(UploadState.COMMITTING, UploadSender.STRANGER, *_READER),
}
"""Handler by state, message and sender, for every combination."""
