"""What ground stations are told about parameters: QGroundControl by MAVFTP, Mission Planner by a file."""

from __future__ import annotations

import json
import lzma
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from autopilot.parameters import Parameters
from autopilot.vehicles.kinds import COPTER, vehicle_class
from mavlink_bridge.services.ftp.component_metadata import crc32
from mavlink_bridge.services.ftp.parameter_metadata import mission_planner_document, qgc_document
from mavlink_bridge.wire.codec import dialect
from sortie import Session
from sortie.api.link import SessionLink
from sortie.commands.cli import run
from tests.fakes.ftp_client import LinkFiles

#: Keys that the schema allows (mavlink, component_metadata/parameter.schema.json).
ALLOWED = {"name", "type", "shortDesc", "longDesc", "units", "default", "decimalPlaces", "min", "max", "increment",
           "rebootRequired", "group", "category", "volatile", "values", "bitmask", "readOnly"}  # fmt: skip


def ask_for_metadata(station: SessionLink, component: int = 1) -> Any:
    """As QGroundControl: 512 for 397."""
    station.send(dialect.MAVLink_command_long_message(1, component, 512, 0, 397, 0, 0, 0, 0, 0, 0))
    assert station.receive("COMMAND_ACK", where=lambda ack: ack.get_srcComponent() == component).result == 0
    return station.receive("COMPONENT_METADATA", where=lambda told: told.get_srcComponent() == component)


def download(station: SessionLink, uri: str, component: int = 1) -> bytes:
    """The file that a URI names, as QGroundControl takes it apart: scheme off, the rest is the path."""
    assert uri.startswith("mftp://")
    return LinkFiles(station, component).download(uri.removeprefix("mftp://"))


def test_qgroundcontrol_finds_every_parameter() -> None:
    """COMPONENT_METADATA names the general file, that the parameter file; checksums fit; all parameters are in it."""
    with Session() as session:
        station = session.connect()
        message = ask_for_metadata(station)
        general = download(station, message.uri.rstrip("\0"))
        assert crc32(general) == message.file_crc
        document = json.loads(general)
        assert document["version"] == 1
        assert re.fullmatch(r"\d+\.\d+\.\d+", document["firmwareVersion"])
        described = next(one for one in document["metadataTypes"] if one["type"] == 1)
        packed = download(station, described["uri"])
        assert (described["type"], described["fileCrc"]) == (1, crc32(packed))
        parameters = json.loads(lzma.decompress(packed))
        assert parameters["version"] == 1
        assert [one["name"] for one in parameters["parameters"]] == list(session.service.parameters.names())


@pytest.mark.parametrize("kind", ["copter", "rover"])
def test_entries_keep_to_the_schema(kind: str) -> None:
    """Known keys and types only; numbers within the type; values and bits with a text each."""
    for one in qgc_document(Parameters(vehicle_class(kind).parameters))["parameters"]:
        assert set(one) <= ALLOWED, one
        assert one["type"] in ("Int8", "Int16", "Int32", "Float")
        assert re.fullmatch(r"[\w]{1,16}", one["name"])
        assert one["shortDesc"]
        assert isinstance(one["default"], float) == (one["type"] == "Float")
        assert all(isinstance(value["value"], int) and value["description"] for value in one.get("values", []))
        assert all(0 <= bit["index"] < 32 and bit["description"] for bit in one.get("bitmask", []))


def test_an_entry_says_what_the_table_says() -> None:
    """Unit, range and default of one that everybody knows."""
    entries = {one["name"]: one for one in qgc_document(Parameters(COPTER.parameters))["parameters"]}
    speed = Parameters(COPTER.parameters).definition("WPNAV_SPEED")
    assert (entries["WPNAV_SPEED"]["units"], entries["WPNAV_SPEED"]["default"]) == ("cm/s", 1000.0)
    assert (entries["WPNAV_SPEED"]["min"], entries["WPNAV_SPEED"]["max"]) == (speed.minimum, speed.maximum)


def test_mission_planner_finds_a_parameter_as_it_looks_for_it() -> None:
    """By the name "ArduCopter:NAME"; range, units, bits and values where it reads them."""
    root = ElementTree.fromstring(mission_planner_document(Parameters(COPTER.parameters), "copter"))
    entries = {one.attrib["name"]: one for one in root.iter("param")}
    assert len(entries) == len(Parameters(COPTER.parameters).names())
    fields = {one.attrib["name"]: one.text for one in entries["ArduCopter:WPNAV_SPEED"].iter("field")}
    assert (fields["Units"], len((fields["Range"] or "").split())) == ("cm/s", 2)
    codes = [one.attrib["code"] for one in entries["ArduCopter:FRAME_CLASS"].iter("value")]
    assert "1" in codes
    assert all(one.attrib["documentation"] for one in entries.values())


def test_the_command_writes_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """To a file, or to stdout; a form that does not exist is status 2."""
    file = tmp_path / "Rover.apm.pdef.xml"
    assert run(["param", "metadata", "--format", "mp", "--vehicle", "sim:rover", "-o", str(file)]) == 0
    assert ElementTree.parse(file).find(".//param[@name='Rover:CRUISE_SPEED']") is not None
    assert run(["param", "metadata", "--format", "qgc"]) == 0
    assert json.loads(capsys.readouterr().out)["version"] == 1
    assert run(["param", "metadata", "--format", "xml"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
