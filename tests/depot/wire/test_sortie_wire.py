"""Sortie messages as MAVLink: there and back, and what is none."""

from __future__ import annotations

import math
import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depot.messages import AbortLimits, DepotCommand, MissionPlan, Status
from depot.names import MODES, SkimmerStage
from depot.wire import wire
from depot.wire.packages import PackageStore
from mavlink_bridge.wire.codec import decode, dialect, payload

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
LIMITS = AbortLimits(triggers=0x3FFE, spine_max_k=333.0, corridor_m=1_234.5)
PLAN = MissionPlan(7, ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0)), 339_600.0, 216_000.0, 18_900.0, 0.25, 0.5, LIMITS)


def over_the_wire(message: object) -> object:
    """As the other side decodes it."""
    msg_id, data, _ = payload(message)
    return decode(msg_id, data)


@given(
    st.builds(
        Status,
        seq=st.integers(0, 0xFFFF),
        boot_ms=st.integers(0, 0xFFFFFFFF),
        stage=st.sampled_from(list(SkimmerStage)),
        mode=st.sampled_from(MODES),
        wants_ack=st.booleans(),
        taken_over=st.booleans(),
        trigger=st.integers(0, 14),
        trips=st.integers(0, 0x3FFF),
        place=st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180), FLOATS),
        plan=st.integers(0, 10**7),
        loaded=st.integers(0, 10**7),
        overstress=st.integers(0, 100),
        fuel_kg=FLOATS,
        store_kg=FLOATS,
        capacity=FLOATS,
        remaining_s=FLOATS,
    )
)
def test_a_status_comes_back_as_it_was_sent(status: Status) -> None:
    """All fields, in the precision of the wire."""
    message = over_the_wire(wire.pack_status(status))
    assert message.get_type() == "TUNNEL" and message.payload_type == wire.STATUS  # type: ignore[attr-defined]
    back = wire.read_status(wire.tunnel_data(message))
    assert back is not None
    if status.place is not None and back.place is not None:
        assert back.place == pytest.approx(status.place, abs=1e-7)
        back.place = status.place
    for field in Status.__struct_fields__:
        assert getattr(back, field) == pytest.approx(getattr(status, field)), field


def test_a_plan_needs_its_waypoints() -> None:
    """The header says how many; with another number it is refused, and without its limits."""
    data = wire.tunnel_data(over_the_wire(wire.pack_plan(PLAN, 1, 1)))
    assert wire.read_plan(data, PLAN.waypoints, LIMITS) == PLAN
    assert wire.read_plan(data, PLAN.waypoints[:1], LIMITS) is None
    assert wire.read_plan(data, PLAN.waypoints, None) is None


def test_acknowledgements_come_back() -> None:
    """Of a plan and of a status."""
    assert wire.read_plan_ack(wire.tunnel_data(wire.pack_plan_ack(7, True, 200, 191))) == (7, True)
    assert wire.read_plan_ack(wire.tunnel_data(wire.pack_plan_ack(8, False, 200, 191))) == (8, False)
    assert wire.read_status_ack(wire.tunnel_data(wire.pack_status_ack(65_535, 1, 1))) == 65_535


@given(st.binary(max_size=128))
def test_any_bytes_are_a_message_or_none(data: bytes) -> None:
    """Nothing a peer sends raises."""
    wire.read_status(data)
    wire.read_plan(data, PLAN.waypoints, LIMITS)
    PackageStore().take(data, 1, 1)
    wire.read_plan_ack(data)
    wire.read_status_ack(data)


def test_an_unknown_stage_mode_or_trigger_is_no_status() -> None:
    """A newer sender's."""
    data = bytearray(wire.tunnel_data(wire.pack_status(Status())))
    for offset in (6, 7, 9):
        broken = bytearray(data)
        broken[offset] = 200
        assert wire.read_status(bytes(broken)) is None


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_neither_a_status_nor_a_plan(value: float) -> None:
    """The controllers make times of these numbers."""
    for field in ("remaining_s", "thrust", "least_power"):
        status = msgspec.structs.replace(Status(), **{field: value})
        assert wire.read_status(wire.tunnel_data(wire.pack_status(status))) is None, field
    assert wire.read_status(wire.tunnel_data(wire.pack_status(Status(place=(1.0, 2.0, value))))) is None
    for field in ("t_sortie_s", "harvest_s", "power_reserve"):
        plan = msgspec.structs.replace(PLAN, **{field: value})
        assert wire.read_plan(wire.tunnel_data(wire.pack_plan(plan, 1, 1)), PLAN.waypoints, LIMITS) is None, field


@pytest.mark.parametrize("order", list(DepotCommand))
def test_orders_are_commands(order: DepotCommand) -> None:
    """GO is the flight manager's own; the others are MAV_CMD_USER_2."""
    command, param1 = wire.command_of(order)
    assert wire.order_of(command, param1) is order
    assert (command == dialect.MAV_CMD_USER_1) == (order is DepotCommand.GO)


@pytest.mark.parametrize(("command", "param1"), [(31010, 0x21), (31011, 0.0), (31011, 99.0), (31011, 1.5), (400, 1.0)])
def test_other_commands_are_no_orders(command: int, param1: float) -> None:
    """Refused as unsupported."""
    assert wire.order_of(command, param1) is None


def test_the_heartbeat_shows_mode_and_state() -> None:
    """Docked STANDBY, flying ACTIVE, ABORT-1 CRITICAL, disposal EMERGENCY."""
    expected = {SkimmerStage.DOCKED: 3, SkimmerStage.HARVEST: 4, SkimmerStage.DISPOSAL: 6}
    for stage, state in expected.items():
        assert wire.heartbeat(Status(stage=stage)).system_status == state
    assert wire.heartbeat(Status(stage=SkimmerStage.RETURN, trigger=3)).system_status == 5
    assert [wire.heartbeat(Status(mode=mode)).custom_mode for mode in MODES] == [0, 1, 2, 3, 4]


def test_the_layouts_fit_a_tunnel() -> None:
    """128 bytes."""
    assert len(wire.tunnel_data(wire.pack_status(Status()))) <= 128
    assert struct.calcsize("<IHddfff") == len(wire.tunnel_data(wire.pack_plan(PLAN, 1, 1)))
