"""Messages of a `.tlog`: those of its first autopilot, as received."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from autopilot.mav import ParameterType, VehicleType
from mavlink_bridge.clients.heartbeat import is_autopilot
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.parameters import HASH
from mavlink_bridge.wire.codec import Message, decode, ids_of
from mavlink_bridge.wire.framing import is_sound
from sortie.incident.recording import Recording
from sortie.reading.facts import remember
from sortie.reading.telemetry import frames, payload_of

_ANSWERS: Final = ids_of(
    "PARAM_VALUE", "MISSION_COUNT", "MISSION_ITEM", "MISSION_ITEM_INT", "MISSION_ACK", "MISSION_REQUEST",
    "MISSION_REQUEST_INT", "COMMAND_ACK", "FILE_TRANSFER_PROTOCOL", "LOG_ENTRY", "LOG_DATA", "TIMESYNC", "PING",
)  # fmt: skip
"""Answers to a station of that time; a station of today has not asked."""
_HEARTBEAT, _PARAM_VALUE = ids_of("HEARTBEAT"), ids_of("PARAM_VALUE")


def tell_telemetry(recording: Recording) -> None:
    """Take the vehicle's messages, with times of reception."""
    sender: tuple[int, int] | None = None
    for frame in frames(recording.path):
        if not is_sound(frame.data):
            continue
        data, at_ms = payload_of(frame), max((frame.stamp_us - recording.facts.boot_us) // 1000, 0)
        if sender is not None and frame.sender != sender:
            other: Message | None = decode(frame.kind, data) if frame.kind in _HEARTBEAT else None
            if other is not None and other.type == VehicleType.GCS:
                recording.stations.append(at_ms / 1000.0)
            continue
        if sender is None:
            beat: Message = decode(frame.kind, data)
            if frame.kind not in _HEARTBEAT or not is_autopilot(beat, Peer(0, *frame.sender)):
                continue
            sender, recording.system = frame.sender, frame.sender[0]
            recording.vehicle, recording.autopilot = beat.type, beat.autopilot
        if frame.kind in _PARAM_VALUE:
            _remember(recording, decode(frame.kind, data))
        if frame.kind not in _ANSWERS:
            recording.keep(at_ms, frame.kind, data)


def _remember(recording: Recording, m: Any) -> None:
    """Take a PARAM_VALUE; invalid ones are skipped."""
    if m.param_id == HASH:
        return
    with suppress(ValueError):
        kind = ParameterType(m.param_type)
        remember(recording.values, m.param_id, recording.firmware.value_of(m.param_value, kind))
        recording.types[m.param_id] = kind
