"""Further components of a vehicle: extended parameters, cameras, gimbals."""

from __future__ import annotations

from typing import Final

from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import dialect
from sortie.conform.case import Chapter, Steps, Waiting
from sortie.conform.cases.parameters import NO_NAME
from sortie.conform.exchange import ABSENT_SYSTEM, Exchange
from sortie.conform.facts import VehicleFound

extended = Chapter("parameter-ext", "services/parameter_ext.html")
CHAPTERS: Final = (extended,)


def _component_of(x: Exchange) -> int:
    """Component whose extended parameters are asked for: the camera, if there is one."""
    return x.found.component if x.found.camera is None else x.found.camera


def _with_extended(found: VehicleFound) -> str:
    information = found.camera_information
    if information is None or not bytes(information.cam_definition_uri, "ascii").strip(b"\0"):
        return "none of its components tells a definition of extended parameters"
    return ""


@extended.must("other-system", "a list of another system is not answered", "guide/routing.html#routing-detail")
def _ext_other(x: Exchange) -> Steps:
    x.send(dialect.MAVLink_param_ext_request_list_message(ABSENT_SYSTEM, 1))
    yield from x.silent("PARAM_EXT_VALUE")


@extended.must("list", "PARAM_EXT_REQUEST_LIST is answered with every index", "#read_all", _with_extended)
def _ext_list(x: Exchange) -> Steps:
    component = _component_of(x)
    x.send(dialect.MAVLink_param_ext_request_list_message(x.found.system, component))
    seen: dict[int, Message] = {}
    while (message := (yield from x.hear("PARAM_EXT_VALUE", within_ms=1200, component=component))) is not None:
        seen[message.param_index] = message
    x.check(bool(seen), "PARAM_EXT_VALUE, none came")
    count = next(iter(seen.values())).param_count
    x.check(set(seen) == set(range(count)) or x.tries > 1, f"{count} values, {len(seen)} came")


def _ext_first(x: Exchange) -> Waiting[Message]:
    component = _component_of(x)
    question = dialect.MAVLink_param_ext_request_read_message(x.found.system, component, b"", 0)
    return (yield from x.ask(question, "PARAM_EXT_VALUE", component=component))


@extended.must("read", "a parameter is read by its index and by its name", "#read_single", _with_extended)
def _ext_read(x: Exchange) -> Steps:
    first, component = (yield from _ext_first(x)), _component_of(x)
    question = dialect.MAVLink_param_ext_request_read_message(x.found.system, component, first.param_id.encode(), -1)
    named = yield from x.ask(question, "PARAM_EXT_VALUE", component=component)
    x.check(named.param_value == first.param_value, f"{first.param_value}, {named.param_value} came")


@extended.must("set-same", "a set is answered with PARAM_EXT_ACK and the value that holds", "#write", _with_extended)
def _ext_set(x: Exchange) -> Steps:
    first, component = (yield from _ext_first(x)), _component_of(x)
    message = dialect.MAVLink_param_ext_set_message(
        x.found.system, component, first.param_id.encode(), first._param_value_raw, first.param_type
    )
    ack = yield from x.ask(message, "PARAM_EXT_ACK", component=component)
    x.check(ack.param_result == dialect.PARAM_ACK_ACCEPTED, f"ACCEPTED, {ack.param_result} came")


@extended.must("set-unknown", "a set of an unknown name is VALUE_UNSUPPORTED", "#write", _with_extended)
def _ext_unknown(x: Exchange) -> Steps:
    component = _component_of(x)
    message = dialect.MAVLink_param_ext_set_message(
        x.found.system, component, NO_NAME, b"1", dialect.MAV_PARAM_EXT_TYPE_UINT8
    )
    ack = yield from x.ask(message, "PARAM_EXT_ACK", component=component)
    x.check(ack.param_result == dialect.PARAM_ACK_VALUE_UNSUPPORTED, f"VALUE_UNSUPPORTED, {ack.param_result} came")
