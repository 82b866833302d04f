"""Faults that are planted in our services, one at a time: a case of those that judge the service has to fail.

Most are a field of what a service says that is wrong, or a message that is lost or said twice; the rest break what a
service does. All are planted in one vehicle, on a link of their own each, and taken out again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import pytest

from autopilot.context.home import Home
from autopilot.interface.result import ACCEPTED
from autopilot.mav import Result
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.router import Router
from mavlink_bridge.routing.service import Outgoing
from mavlink_bridge.services.ftp.service import FtpService
from mavlink_bridge.services.ftp.wire import Nak, Opcode, Operation, unpack
from mavlink_bridge.services.mission import transfer
from mavlink_bridge.services.mission.service import MissionService
from mavlink_bridge.services.mission.transfer import PlanTransfer
from mavlink_bridge.services.mission.upload import PlanUpload, UploadSender
from mavlink_bridge.services.parameters import ParameterService
from mavlink_bridge.services.system.service import SystemService
from mavlink_bridge.services.system.signing import SigningService
from mavlink_bridge.services.telemetry.rates import StreamRates
from mavlink_bridge.services.telemetry.service import TelemetryService
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameWriter
from sortie.api.session import Session
from sortie.conform.case import Verdict
from sortie.conform.cases import chosen
from sortie.conform.examination import Examination, ExaminationSettings
from sortie.conform.facts import VehicleFound
from tests.fakes.conformity import examine

Said = Callable[[Any], list[Any]]
"""What is sent in the place of a message."""


@dataclass(frozen=True)
class Planted:
    """A fault: its name, the cases that are run, and how it is planted."""

    name: str
    only: str
    plant: Callable[[pytest.MonkeyPatch], None]


def said(name: str, only: str, message: str, instead: Said) -> Planted:
    """A fault of what is said: `instead` of each such message."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        send = Endpoint.send

        def faulty(self: Endpoint, sent: Any, link: int | None = None, component: int | None = None) -> None:
            for told in instead(sent) if sent.get_type() == message else [sent]:
                send(self, told, link, component)

        patch.setattr(Endpoint, "send", faulty)

    return Planted(name, only, plant)


def field(only: str, message: str, **wrong: Any) -> Planted:
    """Fields that are wrong: values, or functions of the message."""

    def instead(sent: Any) -> list[Any]:
        kind = type(sent)
        raw = {name: getattr(sent, f"_{name}_raw", getattr(sent, name)) for name in kind.fieldnames}
        raw |= {name: value(sent) if callable(value) else value for name, value in wrong.items()}
        return [kind(**raw)]

    return said(f"{message}.{'+'.join(wrong)} {only}", only, message, instead)


def lost(only: str, message: str) -> Planted:
    return said(f"{message} is lost, {only}", only, message, lambda sent: [])


def doubled(only: str, message: str) -> Planted:
    return said(f"{message} comes twice, {only}", only, message, lambda sent: [sent, sent])


def method(name: str, only: str, owner: type, attribute: str, fault: Callable[..., Any]) -> Planted:
    return Planted(name, only, lambda patch: patch.setattr(owner, attribute, fault))


def of_plans(name: str, only: str, handler: Callable[..., Any], fault: Callable[..., Any]) -> Planted:
    """A fault in the place of a handler of plans' messages, in each state and for each station."""
    rows = {key: fault if was is handler else was for key, was in transfer.TABLE.items()}
    return Planted(name, only, lambda patch: patch.setattr(transfer, "TABLE", rows))


def content(wrong: bytes) -> Callable[[Operation], dict[str, Any]]:
    """Other content of a file, filled up with spaces."""

    def change(reply: Operation) -> dict[str, Any]:
        reads = reply.opcode == Opcode.ACK and reply.req_opcode in (Opcode.READ_FILE, Opcode.BURST_READ_FILE)
        return (
            {"data": (b" " * reply.offset + wrong).ljust(reply.offset + len(reply.data))[reply.offset :]}
            if reads
            else {}
        )

    return change


def of_ftp(name: str, only: str, change: Callable[[Operation], dict[str, Any]]) -> Planted:
    """A fault of MAVFTP's answers."""

    def instead(sent: Any) -> list[Any]:
        reply = unpack(bytes(sent.payload))
        fields = {slot: getattr(reply, slot) for slot in Operation.__slots__} | change(reply)
        return [type(sent)(0, sent.target_system, sent.target_component, list(Operation(**fields).pack()))]

    return said(f"ftp {name}", only, "FILE_TRANSFER_PROTOCOL", instead)


def nothing(*_given: Any, **_named: Any) -> None:
    """In the place of a method that acts."""


def takes_any_sequence(self: PlanTransfer, message: Any, peer: Any, now_ms: int) -> None:
    message.seq = self._upload.next  # type: ignore[union-attr]
    TAKE(self, message, peer, now_ms)


def begins_anywhere(self: PlanTransfer, message: Any, peer: Any, now_ms: int) -> None:
    """A part of a plan that may lie behind its end."""
    self._receive(PlanUpload(peer, message.start_index, message.end_index, now_ms, self.committed.all_items()))


def takes_nothing(self: PlanTransfer, message: Any, peer: Any, now_ms: int) -> None:
    """A last item that is acknowledged and not kept."""
    if self._upload is not None and message.seq == self._upload.last and self._upload.first:
        self._end_upload()
        self._out.ack(peer, self.kind, 0)
    else:
        TAKE(self, message, peer, now_ms)


def acknowledged(self: PlanTransfer, message: Any, peer: Any, now_ms: int) -> None:
    """A clear that is acknowledged and clears nothing."""
    self._out.ack(peer, self.kind, 0)


def stored_as_it_was(self: ParameterService, name: str, asked: str, value: float) -> Any:
    return PUT(self, name, asked, self._parameters[name])


def without_request_order(self: PlanTransfer, upload: PlanUpload) -> None:
    if upload.next:
        ASK(self, upload)


TAKE, PUT, ASK = PlanTransfer._take_item, ParameterService._put, PlanTransfer._ask
PART = PlanTransfer._begin_partial
CLEAR, HEAR_ACK = PlanTransfer._clear, PlanTransfer._hear_ack
PAYLOAD = codec.payload
GROWING = count(1)


def zeros_stay(message: Any) -> tuple[int, bytes, int]:
    number, data, extra = PAYLOAD(message)
    return number, data + b"\0", extra


def unsigned_payloads(patch: pytest.MonkeyPatch) -> None:
    """Endpoint's payloads with a zero at the end; ours are made by the same function, and are taken all the same."""
    patch.setattr(codec, "payload", zeros_stay)


ACK, VALUE, COUNT, ITEM, ASKED = "COMMAND_ACK", "PARAM_VALUE", "MISSION_COUNT", "MISSION_ITEM_INT", "MISSION_REQUEST"
FAULTS = (
    field("command.long", ACK, command=lambda m: m.command + 1),
    field("command.unknown", ACK, result=0),
    field("command.long", ACK, result=4),
    field("command.unknown", ACK, result=Result.DENIED),
    field("command.ack-target", ACK, target_system=0, target_component=0),
    field("command.ack-of-each-station", ACK, target_system=255, target_component=190),
    lost("command.int", ACK),
    doubled("command.ack-before-message", ACK),
    field("command.place-refused", ACK, result=0),
    field("command.mode-unknown", ACK, result=0),
    field("command.frame-ignored", ACK, result=0),
    method("commands for others are done", "command.other-system", Router, "is_for_us", lambda *given: True),
    method("lists for others are answered", "parameter.list.other-system", Router, "is_for_us", lambda *given: True),
    method("uploads for others are answered", "mission.upload.other-system", Router, "is_for_us", lambda *given: True),
    lost("identity.version", "AUTOPILOT_VERSION"),
    field("identity.mavlink2", "AUTOPILOT_VERSION", capabilities=lambda m: m.capabilities & ~8192),
    field("identity.version-stable", "AUTOPILOT_VERSION", capabilities=lambda m: m.capabilities ^ next(GROWING)),
    field("identity.release", "AUTOPILOT_VERSION", flight_sw_version=0),
    field("identity.command-int", "AUTOPILOT_VERSION", capabilities=lambda m: m.capabilities & ~8),
    field("parameter.list", VALUE, param_index=lambda m: min(m.param_index + 1, 65535)),
    field("parameter.list.count", VALUE, param_count=lambda m: m.param_count + m.param_index % 2),
    field("parameter.list.types", VALUE, param_type=77),
    field("parameter.list.names", VALUE, param_id=lambda m: b"A\x01" + m.param_id[:14].encode()),
    field("parameter.set.real.acknowledged", VALUE, param_value=lambda m: m.param_value + 1),
    field("parameter.list.whole", VALUE, param_value=lambda m: m.param_value + 0.5),
    field("parameter.set.real.type", VALUE, param_type=lambda m: m.param_type if m.param_index < 65535 else 2),
    said("a list forgets a parameter", "parameter.list.complete", VALUE, lambda m: [] if m.param_index == 100 else [m]),
    said("a name is not answered", "parameter.read.name", VALUE, lambda m: [] if m.param_index == 65535 else [m]),
    said("an index is not answered", "parameter.read.index", VALUE, lambda m: [m] if m.param_index == 65535 else []),
    doubled("parameter.list.once", VALUE),
    method("a set is not stored", "parameter.set.real.holds", ParameterService, "_put", stored_as_it_was),
    method("sets are not heard", "parameter.set.whole.unchanged", ParameterService, "_set", nothing),
    method("a list does not begin", "parameter.list.begins", ParameterService, "_begin_list", nothing),
    method("a read does nothing", "parameter.read.ends", ParameterService, "_read", nothing),
    field("mission.upload.in-order", ASKED, seq=lambda m: m.seq + 1),
    field("fence.upload.in-order", ASKED, mission_type=0),
    field("mission.upload.in-order", ASKED, target_component=1),
    field("mission.upload.accepted", "MISSION_ACK", type=1),
    field("rally.upload.unknown-item", "MISSION_ACK", type=0),
    field("fence.clear", "MISSION_ACK", mission_type=0),
    doubled("mission.upload.ack-once", "MISSION_ACK"),
    lost("mission.upload.accepted", "MISSION_ACK"),
    field("mission.download.count", COUNT, count=lambda m: m.count + 1),
    field("mission.download.count", COUNT, target_system=0),
    field("rally.opaque-id.changes", COUNT, opaque_id=7),
    field("fence.opaque-id.agrees", COUNT, opaque_id=lambda m: m.opaque_id ^ 1),
    field("mission.download.equal", ITEM, x=lambda m: m.x + 100),
    field("rally.download.heights", ITEM, z=lambda m: m.z + 1),
    field("mission.download.frames", ITEM, frame=0),
    field("fence.download.equal", ITEM, command=5002),
    lost("rally.download.int", ITEM),
    of_plans("an upload accepts a gap", "mission.upload.gap", TAKE, takes_any_sequence),
    method("no item is asked for again", "fence.upload.asks-again", PlanTransfer, "handle_timeout", nothing),
    method("the first item is not asked for", "mission.upload.in-order", PlanTransfer, "_ask", without_request_order),
    method("an upload is never given up", "mission.upload.given-up", PlanUpload, "abandon_due_ms", lambda self: 10**12),
    of_plans("cancelling is not heard", "rally.upload.cancelled", HEAR_ACK, nothing),
    method("any station may upload", "mission.upload.two-stations", PlanTransfer, "_sender",
           lambda *given: UploadSender.OWNER),
    of_plans("a clear clears nothing", "mission.clear", CLEAR, acknowledged),
    method("a current item is not set", "mission.current.set", MissionService, "_set_current", nothing),
    lost("mission.current.unknown-told", "STATUSTEXT"),
    lost("ping.answered", "PING"),
    field("ping.content", "PING", seq=lambda m: m.seq + 1),
    field("ping.target", "PING", target_system=3),
    lost("timesync.answered", "TIMESYNC"),
    field("timesync.mirrored", "TIMESYNC", ts1=lambda m: m.ts1 + 1),
    field("timesync.own-time", "TIMESYNC", tc1=5),
    method("pings to others are answered", "ping.answers-are-not-answered", SystemService, "_answer_ping",
           lambda self, m, peer: self._out.append(Outgoing(m, peer.link))),
    of_ftp("counts wrongly", "ftp.sequence", lambda r: {"seq": r.seq + 1}),
    of_ftp("grants all", "ftp.unknown", lambda r: {"opcode": Opcode.ACK}),
    of_ftp("tells another offset", "ftp.read-block", lambda r: {"offset": r.offset + 1}),
    of_ftp("damages data", "ftp.read-agrees", lambda r: {"data": bytes((r.data[0] ^ r.size,)) + r.data[1:]}),
    of_ftp("always fails", "ftp.missing-reason", lambda r: {"data": bytes((Nak.FAIL,)) + r.data[1:]}),
    of_ftp("tells another size", "ftp.nak-size", lambda r: {"size": 5}),
    of_ftp("never completes", "ftp.burst", lambda r: {"burst_complete": 1, "offset": r.offset + 1}),
    of_ftp("does not end", "ftp.read-end", lambda r: {"opcode": Opcode.ACK}),
    lost("ftp.none", "FILE_TRANSFER_PROTOCOL"),
    method("sessions are not closed", "ftp.terminate", FtpService, "_close", nothing),
    method("an interval is ignored", "message-interval.attitude.20-hz", StreamRates, "set_message_interval",
           lambda *given: Result.ACCEPTED),
    method("off is ignored", "message-interval.off", StreamRates, "set_message_interval",
           lambda *given: Result.ACCEPTED),
    field("message-interval.told", "MESSAGE_INTERVAL", interval_us=0),
    method("a request is not kept", "request-message.available-modes", TelemetryService, "request_message",
           lambda *given: Result.ACCEPTED),
    field("standard-modes.all", "AVAILABLE_MODES", mode_index=1),
    field("standard-modes.names", "AVAILABLE_MODES", mode_name=b"SAME"),
    field("standard-modes.numbers", "AVAILABLE_MODES", custom_mode=4),
    field("component-metadata.crc", "COMPONENT_METADATA", file_crc=1),
    field("component-metadata.on-vehicle", "COMPONENT_METADATA", uri=b"http://x"),
    of_ftp("damages a description", "component-metadata.schema", content(b"{")),
    of_ftp("describes no files", "component-metadata.files", content(b'{"metadataTypes": [7]}')),
    lost("log.list", "LOG_ENTRY"),
    field("camera.photo-counted", "CAMERA_IMAGE_CAPTURED", image_index=0),
    field("camera.settings", "CAMERA_SETTINGS", mode_id=9),
    field("gimbal.device", "GIMBAL_MANAGER_INFORMATION", gimbal_device_id=0),
    field("parameter-ext.set-same", "PARAM_EXT_ACK", param_result=2),
    field("parameter-ext.list", "PARAM_EXT_VALUE", param_index=0),
    method("a home is not moved", "home.set", Home, "set", lambda *given: ACCEPTED),
    of_ftp("writes anywhere", "ftp.write.closed", lambda r: {"opcode": Opcode.ACK}),
    of_plans("a part is not asked for", "mission.partial.beyond", PART, begins_anywhere),
    of_plans("a part replaces nothing", "mission.partial.one", TAKE, takes_nothing),
    method("a key is not taken", "signing.answers", SigningService, "handle_message", nothing),
    method("numbers of frames stand still", "framing.sequence", FrameWriter, "advance", nothing),
    Planted("zeros are not cut", "framing.zeros-cut", unsigned_payloads),
)  # fmt: skip


@pytest.fixture(scope="module")
def vehicles() -> Iterator[dict[bool, tuple[Session, VehicleFound]]]:
    """A plain one, and (True) one with a camera and a gimbal, with what is known of each."""
    with Session() as plain, Session(params={"CAM1_TYPE": 6, "MNT1_TYPE": 6}) as equipped:
        known = {}
        for session in (plain, equipped):
            session.run_for(12.0)
            first = Examination([], ExaminationSettings())
            examine(session, first)
            known[session is equipped] = (session, first.found)
        yield known


def found(session: Session, only: str, known: VehicleFound) -> list[str]:
    """The cases that fail."""
    known = replace(known, values={}, names=known.names.copy())
    examination = Examination(chosen([only]), ExaminationSettings(may_fly=True), found=known)
    examine(session, examination)
    return [result.case.name for result in examination.results if result.verdict is Verdict.FAIL]


def test_planted_faults_are_found(vehicles: dict[bool, tuple[Session, VehicleFound]]) -> None:
    """Each, and none by a case that fails without it."""
    missed = []
    for fault in FAULTS:
        session, known = vehicles[fault.only.startswith(("camera", "gimbal", "parameter-ext"))]
        sound = found(session, fault.only, known)
        with pytest.MonkeyPatch.context() as patch:
            fault.plant(patch)
            failed = set(found(session, fault.only, known)) - set(sound)
        if ".upload." in fault.only:
            session.run_for(9.0)  # what a fault has left begun is given up
        if not failed:
            missed.append(fault.name)
    assert len(FAULTS) >= 99 and missed == []
