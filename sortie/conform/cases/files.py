"""Component metadata, logs, and the events of a vehicle."""

from __future__ import annotations

import json
import lzma
from typing import Final

from mavlink_bridge.clients.file_read import FileOutcome, FileRead
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import dialect
from sortie.conform.case import Chapter
from sortie.conform.cases.ftp import SCHEME, crc_of, path_of
from sortie.conform.exchange import Exchange, NotApplicableError, Steps, Waiting
from sortie.conform.facts import has, sends

metadata = Chapter("component-metadata", (has("COMPONENT_METADATA", lambda found: found.metadata),))
logs = Chapter("log")
events = Chapter("events", (sends("CURRENT_EVENT_SEQUENCE"),))
CHAPTERS: Final = (metadata, logs, events)


def _general(x: Exchange) -> Waiting[bytes]:
    message = yield from x.available("COMPONENT_METADATA")
    read = yield from x.play(FileRead(x.target, path_of(message.uri)))
    x.check(read.outcome is FileOutcome.READ, f"{message.uri}, its reading ended with {read.outcome!r}")
    return read.content


def _document(x: Exchange, content: bytes, path: str) -> dict[str, object]:
    """Return the object in a JSON file, which is packed if its name says so."""
    try:
        document = json.loads(lzma.decompress(content) if path.endswith((".xz", ".lzma")) else content)
    except (ValueError, lzma.LZMAError, RecursionError) as error:
        x.fail(f"a JSON file, {type(error).__name__}")
    if not isinstance(document, dict):
        x.fail(f"an object, {document!r:.60} came")
    return document


@metadata.case("on-vehicle")
def _on_vehicle(x: Exchange) -> Steps:
    message = yield from x.available("COMPONENT_METADATA")
    x.check(message.uri.startswith(SCHEME), f"{SCHEME}..., {message.uri} came")


@metadata.case("crc")
def _metadata_crc(x: Exchange) -> Steps:
    message = yield from x.available("COMPONENT_METADATA")
    content = yield from _general(x)
    x.check(message.file_crc == crc_of(content), f"{crc_of(content):#x}, {message.file_crc:#x} came")


@metadata.case("schema")
def _schema(x: Exchange) -> Steps:
    message = yield from x.available("COMPONENT_METADATA")
    document = _document(x, (yield from _general(x)), message.uri)
    x.check({"version", "metadataTypes"} <= set(document), "version and metadataTypes")


@metadata.case("files")
def _metadata_files(x: Exchange) -> Steps:
    message = yield from x.available("COMPONENT_METADATA")
    document = _document(x, (yield from _general(x)), message.uri)
    types = document.get("metadataTypes", [])
    if not isinstance(types, list):
        x.fail(f"a list of metadataTypes, {types!r:.60} came")
    for entry in types:
        uri = entry.get("uri") if isinstance(entry, dict) else None
        if not isinstance(uri, str) or not uri.isprintable():
            x.fail(f"a uri, {entry!r:.60} came")
        if uri.startswith(SCHEME):
            read = yield from x.play(FileRead(x.target, path_of(uri)))
            x.check(read.outcome is FileOutcome.READ, f"{uri}, its reading ended with {read.outcome!r}")
            crc = entry.get("fileCrc")
            x.check(crc is None or crc == crc_of(read.content), f"fileCrc {crc_of(read.content)} of {uri}, {crc}")


# --- logs -------------------------------------------------------------------------------------------------------------
def _log_list(x: Exchange) -> Waiting[list[Message]]:
    x.send(dialect.MAVLink_log_request_list_message(*x.ids, 0, 0xFFFF))
    x.undo("log transfer", _log_end(x))
    return (yield from x.until_quiet("LOG_ENTRY", 1500))


def _log_end(x: Exchange) -> Steps:
    x.send(dialect.MAVLink_log_request_end_message(*x.ids))
    yield from x.wait(100)


@logs.case("list")
def _logs_listed(x: Exchange) -> Steps:
    x.check(bool((yield from _log_list(x))), "LOG_ENTRY, none came")


@logs.case("entries")
def _log_entries(x: Exchange) -> Steps:
    entries = yield from _some_logs(x)
    numbers = {entry.num_logs for entry in entries}
    x.check(
        len(numbers) == 1 and len({entry.id for entry in entries}) == entries[0].num_logs,
        f"{sorted(numbers)}, {len(entries)} came",
    )


@logs.case("last")
def _log_last(x: Exchange) -> Steps:
    entries = yield from _some_logs(x)
    x.check(entries[-1].last_log_num == max(entry.id for entry in entries), f"last_log_num {entries[-1].last_log_num}")


def _some_logs(x: Exchange) -> Waiting[list[Message]]:
    entries = yield from _log_list(x)
    if not entries or entries[0].num_logs == 0:
        raise NotApplicableError("it has no logs")
    return entries


@logs.case("data")
def _log_data(x: Exchange) -> Steps:
    entries = yield from _some_logs(x)
    block = yield from _log_block(x, entries[0].id, 0)
    x.check(block.ofs == 0 and 0 < block.count <= 90, f"1 to 90 bytes at 0, {block.count} at {block.ofs} came")


@logs.case("data-again")
def _log_again(x: Exchange) -> Steps:
    entries = yield from _some_logs(x)
    first, again = (yield from _log_block(x, entries[0].id, 90)), (yield from _log_block(x, entries[0].id, 90))
    x.check(bytes(first.data) == bytes(again.data), "the same bytes")


def _log_block(x: Exchange, number: int, offset: int) -> Waiting[Message]:
    question = dialect.MAVLink_log_request_data_message(*x.ids, number, offset, 90)
    return (yield from x.ask(question, "LOG_DATA", lambda data: data.id == number and data.ofs == offset))


@logs.case("unknown")
def _log_unknown(x: Exchange) -> Steps:
    yield from _log_list(x)
    x.send(dialect.MAVLink_log_request_data_message(*x.ids, 64_000, 0, 90))
    data = yield from x.hear("LOG_DATA", lambda data: data.id == 64_000)
    x.check(data is None or data.count == 0, "no bytes")


# --- events -----------------------------------------------------------------------------------------------------------
@events.case("missing")
def _event_missing(x: Exchange) -> Steps:
    current = yield from x.expect("CURRENT_EVENT_SEQUENCE", within_ms=6000)
    sequence = (current.sequence + 30_000) & 0xFFFF
    yield from x.ask(dialect.MAVLink_request_event_message(*x.ids, sequence, sequence), "RESPONSE_EVENT_ERROR")


@events.case("again")
def _event_again(x: Exchange) -> Steps:
    current = yield from x.expect("CURRENT_EVENT_SEQUENCE", within_ms=6000)
    question = dialect.MAVLink_request_event_message(*x.ids, current.sequence, current.sequence)
    answer = yield from x.ask(question, ("EVENT", "RESPONSE_EVENT_ERROR"))
    x.check(answer.get_type() == "EVENT" and answer.sequence == current.sequence, f"EVENT {current.sequence}")


@events.case("sequence")
def _event_sequence(x: Exchange) -> Steps:
    yield from x.expect("CURRENT_EVENT_SEQUENCE", within_ms=6000)
    yield from x.expect("CURRENT_EVENT_SEQUENCE", within_ms=6000)
