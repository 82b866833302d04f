"""Vehicles with a signing key: which frames they accept and send (https://mavlink.io/en/guide/message_signing.html)."""

from __future__ import annotations

from mavlink_bridge.services.system.signing import SECOND
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import SIGNATURE_SIZE, SIGNED, MavlinkFrame
from sortie.storage.rows import StoredState
from tests.storm.invariant import When, invariant, noted
from tests.storm.keys import KEY, is_signed_with, stamp_of
from tests.storm.station import Message
from tests.storm.view import Peer, View

SIGNING = "https://mavlink.io/en/guide/message_signing.html"
_OF_MODEMS = codec.ids_of("RADIO_STATUS", "CELLULAR_STATUS")
_LOOKED_AT = ("HEARTBEAT", "COMMAND_ACK", "MISSION_ACK", "PARAM_VALUE")


@invariant(When.SENT, SIGNING, *_LOOKED_AT)
def nothing_is_sent_unsigned(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """A vehicle with a signing key signs all frames, except on trusted links."""
    if not view.storm.plan.signed or peer.station.trusted:
        return None
    signed = bool(frame[2] & SIGNED) and is_signed_with(frame, KEY)
    return None if signed else f"{message.get_type()} to {peer.station.name} is not signed"


def _stamps_are_stored(view: View) -> bool:
    """Has the disk taken what it was to store of them?"""
    return view.process is not None and not view.process.store.refused_stamp


def _is_stored(view: View, stamp: int) -> bool:
    """Will a restart refuse this stamp?"""
    assert view.process is not None
    return stamp <= view.process.vehicles.signing[0]._store.stamp


@invariant(When.SENT, SIGNING, *_LOOKED_AT)
def a_signature_timestamp_never_goes_back(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """The timestamps of a signing stream (system, component, link) always increase, also over restarts and changes of
    the system clock. Exception: those used while the disk refused to store them may come again after a restart."""
    if not frame[2] & SIGNED:
        return None
    stream, stamp = (frame[5], frame[6], frame[-13]), stamp_of(frame)
    memory, run = view.memory.setdefault("stamps", {}), view.life.setdefault("stamps", {})
    before = max(memory.get(stream, 0), run.get(stream, 0))
    run[stream] = stamp
    if _stamps_are_stored(view):
        memory[stream] = stamp
    return None if stamp > before else f"stamp {stamp} after {before} to {peer.station.name}"


@invariant(When.START, SIGNING)
def vehicles_of_a_fleet_begin_with_one_timestamp(view: View, stored: StoredState) -> str | None:
    """After a start, the signing timestamps of all vehicles are within a second: a station that has heard one refuses a
    stream that is a minute behind it."""
    process = view.process
    assert process is not None
    stamps = [each.signing.timestamp for each in process.vehicles.signing if each.signing is not None]
    apart = max(stamps, default=0) - min(stamps, default=0)
    return None if apart <= SECOND else f"{len(stamps)} vehicles begin {apart / SECOND:g} s apart"


@invariant(When.ACCEPTED, SIGNING)
def unsigned_frames_are_ignored(view: View, peer: Peer, frame: MavlinkFrame) -> str | None:
    """A vehicle with a signing key accepts only frames signed with it, and no frame twice, also over restarts.
    Exceptions: trusted links, RADIO_STATUS and CELLULAR_STATUS; after a restart a frame accepted while the disk refused
    to store timestamps, or on a trusted link before its timestamp was stored."""
    if not view.storm.plan.signed:
        return None
    accepted, run = view.memory.setdefault("accepted", {}), view.life.setdefault("accepted", {})
    signed, signature = frame.signed and is_signed_with(frame.raw, KEY), frame.raw[-SIGNATURE_SIZE:]
    before = run.get(signature, accepted.get(signature))
    if signed:
        run[signature] = view.now_ms
        if _stamps_are_stored(view) and (not peer.station.trusted or _is_stored(view, stamp_of(frame.raw))):
            accepted[signature] = view.now_ms
    if peer.station.trusted or frame.msg_id in _OF_MODEMS or (signed and before is None):
        return None
    name = codec.message_name(frame.msg_id)
    return f"{name} of {peer.station.name} " + (f"was accepted at {before} ms before" if signed else "is not signed")


@noted("PARAM_SET")
def _value(view: View, message: Message, peer: Peer) -> None:
    view.memory.setdefault("asked values", {}).setdefault(message.param_id, set()).add(message.param_value)


@invariant(When.PASS, "docs/reference/ground-stations.md, 1.8")
def a_parameter_has_a_value_that_was_set(view: View) -> str | None:
    """A parameter has its initial value, or a value set by a station that is allowed to set it."""
    version, judged = view.service.parameters.version, view.life.setdefault("judged values", {})
    if judged.get("version") == version:
        return None
    judged["version"] = version
    served, asked = view.service.served, view.memory.get("asked values", {})
    first = view.memory.setdefault("first values", {name: served[name] for name in view.parameters})
    for name in view.parameters:
        value = served[name]
        if value != first[name] and not any(abs(value - each) <= 1e-4 * abs(each) for each in asked.get(name, ())):
            return f"{name} is {value:g}, which no permitted station has set"
    return None
