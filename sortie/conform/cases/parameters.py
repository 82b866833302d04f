"""Parameters: lists, reading, writing, encodings."""

from __future__ import annotations

from functools import partial
from math import isfinite, nan
from typing import Final

from autopilot.mav import Capability, Component, ParameterType
from mavlink_bridge.clients.parameters import ParameterRead, ParameterValue, ParameterWrite, read_value
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import dialect
from sortie.conform.case import Chapter
from sortie.conform.exchange import (
    ABSENT_COMPONENT,
    ABSENT_SYSTEM,
    OTHER_STATION,
    Exchange,
    NotApplicableError,
    Steps,
    UntestedError,
    Waiting,
)

parameter = Chapter("parameter")
CHAPTERS: Final = (parameter,)

_BY_NAME: Final = -1
_TRIES, _LATE_MS = 4, 800
_UNLISTED: Final = 0xFFFF
"""Index of a value that is sent after a change, not as part of a list."""
NO_NAME: Final = b"NO_SUCH_PARAM_XQ"
_HASH: Final = "_HASH_CHECK"
HARMLESS: Final = (
    "PILOT_TKOFF_ALT", "RTL_CLIMB_MIN", "WPNAV_RADIUS", "WP_RADIUS_M", "WP_RADIUS", "MIS_TAKEOFF_ALT", "NAV_ACC_RAD",
    "RTL_ALTITUDE", "RTL_LOIT_TIME", "LOG_FILE_TIMEOUT", "LOG_FILE_BUFSIZE", "MAV_RADIO_ID", "COM_FLTMODE1",
    "RTL_LAND_DELAY", "BATT_CAPACITY", "SR0_PARAMS",
)  # fmt: skip
"""Parameters that may change for a second without effect on a disarmed vehicle; real and integer ones."""


# --- lists ------------------------------------------------------------------------------------------------------------
def _list(x: Exchange) -> Waiting[list[ParameterValue]]:
    """Return the parameters by index, from a list without losses."""
    yield from x.parameters()
    values = sorted(x.found.values.values(), key=lambda value: value.index)
    return [value for value in values if value.name != _HASH]


@parameter.case("list.begins")
def _begins(x: Exchange) -> Steps:
    yield from x.ask(dialect.MAVLink_param_request_list_message(*x.ids), "PARAM_VALUE")
    yield from _quiet(x)


def _quiet(x: Exchange) -> Steps:
    """Wait until a list has ended."""
    yield from x.until_quiet("PARAM_VALUE", 800)


@parameter.case("list.complete")
def _complete(x: Exchange) -> Steps:
    values = yield from _list(x)
    indices = [value.index for value in values]
    missing = sorted(set(range(values[0].count)) - set(indices))
    x.check(not missing, f"{values[0].count} parameters, {len(missing)} did not come: {missing[:8]}")


@parameter.case("list.once")
def _once(x: Exchange) -> Steps:
    x.send(dialect.MAVLink_param_request_list_message(*x.ids))
    listed = yield from x.until_quiet("PARAM_VALUE", 1500, lambda value: value.param_index != _UNLISTED)
    names = [read_value(message, x.target.firmware).name for message in listed]
    twice = sorted({name for name in names if names.count(name) > 1} - {_HASH}) if len(set(names)) < len(names) else []
    x.check(bool(names) and not twice, f"each once, {twice[:5]} came again")


@parameter.case("list.count")
def _count(x: Exchange) -> Steps:
    values = yield from _list(x)
    counts = {value.count for value in values}
    x.check(len(counts) == 1, f"one count, {sorted(counts)} came")


@parameter.case("list.names")
def _names(x: Exchange) -> Steps:
    values = yield from _list(x)
    odd = [
        value.name
        for value in values
        if not (0 < len(value.name) <= 16 and value.name.isascii() and value.name.isprintable())
    ]
    x.check(not odd, f"names of text, {odd[:5]} came")


@parameter.case("list.types")
def _types(x: Exchange) -> Steps:
    values = yield from _list(x)
    known = dialect.enums["MAV_PARAM_TYPE"]
    odd = {value.name: value.type for value in values if value.type not in known}
    x.check(not odd, f"a MAV_PARAM_TYPE, {odd} came")


@parameter.case("list.finite")
def _finite(x: Exchange) -> Steps:
    values = yield from _list(x)
    odd = [value.name for value in values if not isfinite(value.value)]
    x.check(not odd, f"finite values, {odd[:5]} have none")


@parameter.case("list.whole")
def _whole(x: Exchange) -> Steps:
    values = yield from _list(x)
    whole = [value for value in values if value.type in set(ParameterType) - {ParameterType.REAL32}]
    odd = [f"{value.name}={value.value}" for value in whole if value.value != round(value.value)]
    x.check(not odd, f"whole numbers, {odd[:4]} came")


@parameter.case("list.stable")
def _stable(x: Exchange) -> Steps:
    before = {value.name for value in (yield from _list(x))}
    x.found.values = {}
    after = {value.name for value in (yield from _list(x))}
    x.check(before == after, f"the same names, {sorted(before ^ after)[:5]} differ")


@parameter.case("list.all-components")
def _list_of_all(x: Exchange) -> Steps:
    yield from x.ask(dialect.MAVLink_param_request_list_message(x.found.system, Component.ALL), "PARAM_VALUE")
    yield from _quiet(x)


parameter.add(
    "list.other-system",
    lambda x: x.unanswered(dialect.MAVLink_param_request_list_message(ABSENT_SYSTEM, 1), "PARAM_VALUE"),
)


@parameter.case("list.other-station")
def _list_to_other(x: Exchange) -> Steps:
    question = dialect.MAVLink_param_request_list_message(*x.ids)
    yield from x.ask(question, "PARAM_VALUE", sender=OTHER_STATION)
    yield from _quiet(x)


@parameter.case("list.gaps")
def _gaps(x: Exchange) -> Steps:
    values = yield from _list(x)
    for value in values[:: max(len(values) // 12, 1)]:
        answer = yield from _at(x, value.index)
        x.check(answer.name == value.name, f"{value.name} at {value.index}, {answer.name} came")


# --- reading ----------------------------------------------------------------------------------------------------------
def _question(x: Exchange, name: bytes, index: int = _BY_NAME, component: int | None = None) -> Message:
    return dialect.MAVLink_param_request_read_message(
        x.found.system, x.found.component if component is None else component, name, index
    )


def _at(x: Exchange, index: int) -> Waiting[ParameterValue]:
    message = yield from x.ask(_question(x, b"", index), "PARAM_VALUE", lambda value: value.param_index == index)
    return read_value(message, x.target.firmware)


def _named(x: Exchange, name: str, component: int | None = None) -> Waiting[ParameterValue]:
    return (yield from _value_of(x, _question(x, name.encode(), _BY_NAME, component), name))


def _value_of(x: Exchange, message: Message, name: str) -> Waiting[ParameterValue]:
    """Read or set a parameter and expect its PARAM_VALUE."""
    answer = yield from x.ask(message, "PARAM_VALUE", lambda value: value.param_id == name, f"PARAM_VALUE of {name}")
    return read_value(answer, x.target.firmware)


@parameter.case("read.name")
def _read_name(x: Exchange) -> Steps:
    values = yield from _list(x)
    for value in values[:: max(len(values) // 10, 1)]:
        answer = yield from _named(x, value.name)
        x.check(answer.type == value.type, f"{value.name} of type {value.type}, {answer.type} came")


@parameter.case("read.index")
def _read_index(x: Exchange) -> Steps:
    values = yield from _list(x)
    value = values[len(values) // 2]
    at, named = (yield from _at(x, value.index)), (yield from _named(x, value.name))
    x.check((at.name, at.value) == (named.name, named.value), f"{named.name}={named.value}, {at.name}={at.value} came")


@parameter.case("read.ends")
def _read_ends(x: Exchange) -> Steps:
    count = (yield from _list(x))[0].count
    yield from _at(x, 0)
    yield from _at(x, count - 1)
    x.send(_question(x, b"", count))
    yield from x.silent("PARAM_VALUE", lambda value: value.param_index == count, "there is no such index")


@parameter.case("read.count")
def _read_count(x: Exchange) -> Steps:
    value = (yield from _list(x))[0]
    answer = yield from _named(x, value.name)
    x.check(answer.count == value.count, f"{value.count}, {answer.count} came")


@parameter.case("read.longest")
def _read_longest(x: Exchange) -> Steps:
    values = yield from _list(x)
    long = [value.name for value in values if len(value.name) == 16]
    if not long:
        raise NotApplicableError("it has no parameter with 16 characters")
    yield from _named(x, long[0])


parameter.add(
    "read.unknown",
    lambda x: x.unanswered(_question(x, NO_NAME), "PARAM_VALUE", what="no PARAM_VALUE for a name that there is not"),
)
parameter.add(
    "read.unknown-told",
    lambda x: x.ask(_question(x, NO_NAME), ("STATUSTEXT", "PARAM_ERROR"), what="word about an unknown parameter"),
)


@parameter.case("read.all-components")
def _read_all(x: Exchange) -> Steps:
    value = (yield from _list(x))[0]
    yield from _named(x, value.name, Component.ALL)


@parameter.case("read.other-component")
def _read_other(x: Exchange) -> Steps:
    value = (yield from _list(x))[0]
    yield from x.wait(1000)  # on a bad link, a list that was requested twice may still be in transit
    x.send(_question(x, value.name.encode(), _BY_NAME, ABSENT_COMPONENT))
    yield from x.silent("PARAM_VALUE", lambda answer: answer.param_id == value.name)


@parameter.case("read.burst")
def _read_burst(x: Exchange) -> Steps:
    values = (yield from _list(x))[:20]
    for value in values:
        x.send(_question(x, b"", value.index))
    answers = yield from x.collect("PARAM_VALUE", 3000)
    missing = {value.name for value in values} - {heard.message.param_id for heard in answers}
    x.check(not missing or x.tries > 1, f"all of them, {sorted(missing)} did not come")


# --- writing ----------------------------------------------------------------------------------------------------------
def _harmless(x: Exchange, real: bool) -> Waiting[ParameterValue]:
    """Choose a parameter that may be changed; its value is restored at the end."""
    yield from x.parameters()
    for name in HARMLESS:
        value = x.found.values.get(name)
        if value is not None and (value.type == ParameterType.REAL32) == real:
            x.undo(f"parameter {name}", _put_back(x, value))
            return value
    raise UntestedError("no parameter is known whose change would be harmless here")


def _put_back(x: Exchange, value: ParameterValue) -> Steps:
    """Restore a value until it is read back; late answers of a slow vehicle do not count."""
    for _ in range(_TRIES):
        yield from x.collect("PARAM_VALUE", _LATE_MS)
        read = yield from x.play(ParameterRead(x.target, value.name))
        if read.value is not None and read.value.value == value.value:
            return
        yield from x.play(ParameterWrite(x.target, value.name, value.value, type=value.type))
    x.check(False, f"{value.name} was {value.value:g}")


def _set(x: Exchange, name: str, value: float, kind: int) -> Message:
    return dialect.MAVLink_param_set_message(*x.ids, name.encode(), x.target.firmware.wire_value(value, kind), kind)


def _changed(real: bool, x: Exchange) -> Steps:
    old = yield from _harmless(x, real)
    value = old.value + 1.0
    answer = yield from _value_of(x, _set(x, old.name, value, old.type), old.name)
    x.check(answer.value == value, f"{old.name}={value:g}, {answer.value:g} came")


def _read_back(real: bool, x: Exchange) -> Steps:
    old = yield from _harmless(x, real)
    yield from _value_of(x, _set(x, old.name, old.value + 1.0, old.type), old.name)
    answer = yield from _named(x, old.name)
    x.check(answer.value == old.value + 1.0, f"{old.name}={old.value + 1.0:g} read back, {answer.value:g} came")


def _type_unchanged(real: bool, x: Exchange) -> Steps:
    old = yield from _harmless(x, real)
    answer = yield from _value_of(x, _set(x, old.name, old.value + 1.0, old.type), old.name)
    x.check(answer.type == old.type, f"type {old.type}, {answer.type} came")


def _same(real: bool, x: Exchange) -> Steps:
    old = yield from _harmless(x, real)
    answer = yield from _value_of(x, _set(x, old.name, old.value, old.type), old.name)
    x.check(answer.value == old.value, f"{old.name}={old.value:g}, {answer.value:g} came")


def _twice(real: bool, x: Exchange) -> Steps:
    old = yield from _harmless(x, real)
    x.send(_set(x, old.name, old.value + 2.0, old.type))
    yield from _value_of(x, _set(x, old.name, old.value + 1.0, old.type), old.name)
    yield from x.wait(300)
    answer = yield from _named(x, old.name)
    x.check(answer.value == old.value + 1.0, f"the last of two values, {answer.value:g} came")


for _real, _kind in ((True, "real"), (False, "whole")):
    for _name, _run in (
        ("acknowledged", _changed),
        ("holds", _read_back),
        ("type", _type_unchanged),
        ("unchanged", _same),
        ("twice", _twice),
    ):
        parameter.add(f"set.{_kind}.{_name}", partial(_run, _real))


@parameter.case("set.listed")
def _set_listed(x: Exchange) -> Steps:
    old = yield from _harmless(x, True)
    yield from _value_of(x, _set(x, old.name, old.value + 1.0, old.type), old.name)
    values, x.found.values = x.found.values, {}
    yield from x.parameters()
    answer, x.found.values = x.found.values[old.name], values
    x.check(answer.value == old.value + 1.0, f"{old.value + 1.0:g} in the list, {answer.value:g} came")


@parameter.case("set.unknown")
def _set_unknown(x: Exchange) -> Steps:
    x.send(dialect.MAVLink_param_set_message(*x.ids, NO_NAME, 1.0, ParameterType.REAL32))
    yield from x.silent("PARAM_VALUE", lambda value: value.param_id == NO_NAME.decode())
    count = (yield from _list(x))[0].count
    answer = yield from _at(x, 0)
    x.check(answer.count == count, f"{count} parameters, {answer.count} came")


@parameter.case("set.nan")
def _set_nan_holds(x: Exchange) -> Steps:
    old = yield from _harmless(x, True)
    x.send(dialect.MAVLink_param_set_message(*x.ids, old.name.encode(), nan, old.type))
    yield from x.wait(400)
    answer = yield from _named(x, old.name)
    x.check(isfinite(answer.value), f"a number, {answer.value} came")


@parameter.case("set.beyond")
def _set_beyond(x: Exchange) -> Steps:
    old = yield from _harmless(x, False)
    if x.found.can(Capability.PARAM_ENCODE_BYTEWISE):
        raise NotApplicableError("bytes of a 32 bit number cannot be beyond it")
    message = dialect.MAVLink_param_set_message(*x.ids, old.name.encode(), 3e9, old.type)
    answer = yield from _value_of(x, message, old.name)
    x.check(abs(answer.value) <= 2**31, f"what a whole number holds, {answer.value:g} came")


@parameter.case("set.other-component")
def _set_other(x: Exchange) -> Steps:
    old = yield from _harmless(x, True)
    wire = x.target.firmware.wire_value(old.value + 1.0, old.type)
    x.send(dialect.MAVLink_param_set_message(x.found.system, ABSENT_COMPONENT, old.name.encode(), wire, old.type))
    yield from x.wait(400)
    answer = yield from _named(x, old.name)
    x.check(answer.value == old.value, f"{old.value:g} unchanged, {answer.value:g} came")


@parameter.case("set.broadcast")
def _set_broadcast(x: Exchange) -> Steps:
    old = yield from _harmless(x, True)
    message = _set(x, old.name, old.value + 1.0, old.type)
    yield from x.ask(message, "PARAM_VALUE", lambda value: value.param_id == old.name, sender=OTHER_STATION)


@parameter.case("set.storm")
def _set_storm(x: Exchange) -> Steps:
    old = yield from _harmless(x, True)
    for step in range(10):
        x.send(_set(x, old.name, old.value + 1.0 + step % 2, old.type))
    answers = yield from x.collect("PARAM_VALUE", 2500, lambda value: value.param_id == old.name)
    x.check(bool(answers), "PARAM_VALUE, none came")
    last = read_value(answers[-1].message, x.target.firmware).value
    x.check(last == old.value + 2.0 or x.tries > 1, f"the last value {old.value + 2.0:g}, {last:g} came")
