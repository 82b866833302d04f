"""Conversion of sortie messages to MAVLink and back: ids, layouts, units (described in `docs/sortie-messages.md`).

TUNNEL (385) with payload types of the private range carries what no standard message has. COMMAND_LONG carries the
orders. Layouts are little-endian without padding. The functions keep no state.
"""

from __future__ import annotations

from math import isfinite
from struct import Struct

from msgspec.structs import astuple

from autopilot.mav import AutopilotType, Cmd, Component, ModeFlag, SystemState, VehicleType
from depot.messages import AbortLimits, DepotCommand, MissionPlan, Status
from depot.names import ABORT_1_NAMES, MODES, SkimmerStage
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import dialect

STATUS, PLAN, PLAN_ACK, STATUS_ACK = 32801, 32802, 32803, 32804
"""TUNNEL payload types."""
CMD_GO, GO = Cmd.USER_1, 0x20
"""MAV_CMD_USER_1 with param1 GO, a command of the flight manager."""
CMD_ORDER = Cmd.USER_2
"""MAV_CMD_USER_2 with param1 = number of the order (`DepotCommand`), except GO."""
DEPOT_SYSTEM, DEPOT_COMPONENT = 200, Component.ONBOARD_COMPUTER
"""System and component of the depot, an onboard computer with a system id of its own."""

_STATUS = Struct("<HIBBBBHIIHffffffffffffffffffffHHiif")
_PLAN = Struct("<IHddfff")
_PLAN_ACK = Struct("<IB")
_STATUS_ACK = Struct("<H")
_ROOM = 128
_UNKNOWN = 2**31 - 1
_MODE_NUMBER = {mode: number for number, mode in enumerate(MODES)}


def tunnel(kind: int, data: bytes, system: int = 0, component: int = 0) -> Message:
    """TUNNEL message with `data` as its payload."""
    padded = list(data.ljust(_ROOM, b"\0"))
    return dialect.MAVLink_tunnel_message(system, component, kind, len(data), padded)


def tunnel_data(message: Message) -> bytes:
    return bytes(message.payload[: message.payload_length])


def heartbeat(status: Status) -> Message:
    """HEARTBEAT of a skimmer: custom_mode is the mode's number; system_status is STANDBY (docked), ACTIVE, CRITICAL
    (ABORT-1) or EMERGENCY (disposal)."""
    if status.stage is SkimmerStage.DISPOSAL:
        system_status = SystemState.EMERGENCY
    elif status.trigger:
        system_status = SystemState.CRITICAL
    else:
        system_status = SystemState.STANDBY if status.stage is SkimmerStage.DOCKED else SystemState.ACTIVE
    return dialect.MAVLink_heartbeat_message(
        VehicleType.GENERIC,
        AutopilotType.GENERIC,
        ModeFlag.CUSTOM_MODE_ENABLED,
        _MODE_NUMBER[status.mode],
        system_status,
        3,
    )


def pack_status(status: Status) -> Message:
    seq, boot_ms, stage, mode, wants_ack, taken_over, *values, deep_discharges, current_spikes, place = astuple(status)
    data = _STATUS.pack(
        seq,
        min(boot_ms, 0xFFFFFFFF),
        stage,
        _MODE_NUMBER[mode],
        wants_ack | taken_over << 1,
        *values,
        min(deep_discharges, 0xFFFF),
        min(current_spikes, 0xFFFF),
        *_pack_place(place),
    )
    return tunnel(STATUS, data)


def read_status(data: bytes) -> Status | None:
    """Status packet; None for a wrong size, an unknown stage, mode or trigger, or a value that is not finite."""
    if len(data) != _STATUS.size:
        return None
    seq, boot_ms, stage, mode, flags, *values, lat, lon, alt = _STATUS.unpack(data)
    if stage > max(SkimmerStage) or mode >= len(MODES) or values[0] > len(ABORT_1_NAMES):
        return None
    if not all(map(isfinite, (*values, alt))):
        return None
    status = Status(seq, boot_ms, SkimmerStage(stage), MODES[mode], bool(flags & 1), bool(flags & 2), *values)
    status.place = None if lat == _UNKNOWN else (lat / 1e7, lon / 1e7, alt)
    return status


def _pack_place(place: tuple[float, float, float] | None) -> tuple[int, int, float]:
    """Degrees x 1e7 and metres as in GLOBAL_POSITION_INT; the largest number for an unknown position."""
    return (_UNKNOWN, _UNKNOWN, 0.0) if place is None else (round(place[0] * 1e7), round(place[1] * 1e7), place[2])


def pack_plan(plan: MissionPlan, system: int, component: int) -> Message:
    """Header of a plan with the number of its waypoints, which are uploaded before it."""
    number, waypoints, *values, _ = astuple(plan)
    return tunnel(PLAN, _PLAN.pack(number, len(waypoints), *values), system, component)


def read_plan(
    data: bytes, waypoints: tuple[tuple[float, float, float], ...], limits: AbortLimits | None
) -> MissionPlan | None:
    """Plan of a header, with the waypoints and limits that have arrived; None if it is invalid or they are
    incomplete."""
    if len(data) != _PLAN.size or limits is None:
        return None
    number, count, *values = _PLAN.unpack(data)
    if count != len(waypoints) or not all(map(isfinite, values)):
        return None
    t_sortie_s, harvest_s, store_kg, fuel_reserve, power_reserve = values
    return MissionPlan(number, waypoints, t_sortie_s, harvest_s, store_kg, fuel_reserve, power_reserve, limits)


def pack_plan_ack(number: int, accepted: bool, system: int, component: int) -> Message:
    return tunnel(PLAN_ACK, _PLAN_ACK.pack(number, accepted), system, component)


def read_plan_ack(data: bytes) -> tuple[int, bool] | None:
    """Number of a plan, and whether it was accepted."""
    if len(data) != _PLAN_ACK.size:
        return None
    number, accepted = _PLAN_ACK.unpack(data)
    return number, bool(accepted)


def pack_status_ack(seq: int, system: int, component: int) -> Message:
    return tunnel(STATUS_ACK, _STATUS_ACK.pack(seq), system, component)


def read_status_ack(data: bytes) -> int | None:
    """Sequence number of an acknowledged status; None for a wrong size."""
    return int(_STATUS_ACK.unpack(data)[0]) if len(data) == _STATUS_ACK.size else None


def order_of(command: int, param1: float) -> DepotCommand | None:
    """Order of a COMMAND_LONG; None if it is not one of ours."""
    if command == CMD_GO and param1 == GO:
        return DepotCommand.GO
    return DepotCommand(int(param1)) if command == CMD_ORDER and param1 in tuple(DepotCommand)[1:] else None


def command_of(order: DepotCommand) -> tuple[int, float]:
    """MAV_CMD and param1 of an order."""
    return (CMD_GO, float(GO)) if order is DepotCommand.GO else (CMD_ORDER, float(order))
