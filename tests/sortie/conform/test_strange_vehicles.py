"""Vehicles that say what none should say: a case fails or does not apply, and the examination goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from itertools import chain, repeat
from typing import Any

import pytest

from mavlink_bridge.services.ftp.wire import DATA_BYTES, Nak, Opcode, Operation, unpack
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect as m
from mavlink_bridge.wire.framing import FrameReader, FrameWriter
from sortie.conform.cases import chosen
from sortie.conform.exchange import STATION, CaseFailedError, Exchange, UntestedError
from sortie.conform.facts import Heard, VehicleFound

BAD = b"mftp://" + b"\xff" * 93
"""A text of 100 bytes that is no ASCII."""


def heard(message: Any) -> Heard:
    """The message as it comes from the wire."""
    (frame,) = FrameReader().receive(FrameWriter(1, 1).frame(*codec.payload(message)), 0)
    return Heard(codec.decode(frame.msg_id, frame.payload), frame, 0)


def played(name: str, found: VehicleFound, answers: Callable[[Any], Iterable[Heard]]) -> None:
    """Run a case against these answers; where there are none, time passes."""
    (case,) = chosen([name])
    assert not any(need(found) for need in case.needs)
    exchange = Exchange(found, 1500, 1)
    steps = case.run(exchange)
    until_ms, coming = next(steps), chain[Heard]()
    while True:
        for frame in FrameReader().receive(exchange.take(), 0):
            coming = chain(coming, answers(codec.decode(frame.msg_id, frame.payload)))
        one = next(coming, None)
        exchange.now_ms = until_ms if one is None else exchange.now_ms
        try:
            until_ms = steps.send(one)
        except StopIteration:
            return


def vehicle() -> VehicleFound:
    return VehicleFound(
        system=1, component=1, version=m.MAVLink_autopilot_version_message(*[0xFFFF] * 5, *[[0] * 8] * 3, 0, 0, 0)
    )


VALUE = heard(m.MAVLink_param_value_message(b"A", 1.0, 9, 1, 0))
ENDLESS = {
    "parameter.list.once": VALUE,
    "parameter.list.begins": VALUE,
    "log.list": heard(m.MAVLink_log_entry_message(1, 1, 1, 0, 0)),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_list_without_an_end_ends_the_case(name: str) -> None:
    with pytest.raises(CaseFailedError, match=r"an end of \w+, 20000 came"):
        played(name, vehicle(), lambda _: repeat(ENDLESS[name]))


def test_a_camera_whose_definition_is_no_text_does_not_end_the_examination() -> None:
    zeros = [0] * 32
    information = m.MAVLink_camera_information_message(0, zeros, zeros, 0, 1.0, 1.0, 1.0, 1, 1, 0, 1, 0, BAD)
    found = VehicleFound(system=1, component=1, camera_information=heard(information).message)
    assert [need(found) for case in chosen(["parameter-ext"]) for need in case.needs] == [""] * 4


def ftp(content: bytes) -> Callable[[Any], list[Heard]]:
    """A vehicle with this general file: a NAK for all others."""

    def answers(question: Any) -> list[Heard]:
        if question.get_type() == "COMMAND_LONG":
            ack = m.MAVLink_command_ack_message(question.command, 0, 0, 0, *STATION)
            return [heard(ack), heard(m.MAVLink_component_metadata_message(0, 0, b"mftp://general.json"))]
        asked = unpack(bytes(question.payload))
        replies = {
            Opcode.OPEN_FILE_RO: len(content).to_bytes(4, "little")
            if asked.data[: asked.size] == b"general.json"
            else b"",
            Opcode.READ_FILE: content[asked.offset : asked.offset + DATA_BYTES],
            Opcode.RESET_SESSIONS: b" ",
            Opcode.TERMINATE_SESSION: b" ",
        }
        data = replies.get(Opcode(asked.opcode), b"")
        opcode, data = (Opcode.ACK, data) if data else (Opcode.NAK, bytes((Nak.END_OF_FILE,)))
        reply = Operation(asked.seq + 1, 1, opcode, len(data), asked.opcode, 0, asked.offset, data)
        return [heard(m.MAVLink_file_transfer_protocol_message(0, *STATION, list(reply.pack())))]

    return answers


def test_names_of_files_that_cannot_be_asked_for_are_not_asked_for() -> None:
    found = vehicle()
    found.metadata = heard(m.MAVLink_component_metadata_message(0, 0, BAD)).message
    with pytest.raises(UntestedError, match="no file is known"):
        played("ftp.open", found, ftp(b""))
    content = json.dumps({"metadataTypes": [{"uri": "mftp://\ud800"}]}).encode()
    with pytest.raises(CaseFailedError, match="a uri, "):
        played("component-metadata.files", found, ftp(content))
