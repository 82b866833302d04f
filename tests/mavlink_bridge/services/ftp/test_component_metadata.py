"""The files that say what a component is: found from COMPONENT_METADATA, in the published schemas, translated."""

from __future__ import annotations

import json
import lzma
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from mavlink_bridge.services.camera.settings import definition
from mavlink_bridge.services.ftp.component_metadata import (
    LOCALE,
    Described,
    MetadataFiles,
    MetadataType,
    by_name,
    crc32,
    text_at,
)
from mavlink_bridge.services.ftp.wire import Opcode, Operation
from mavlink_bridge.services.german import german
from mavlink_bridge.wire.codec import dialect
from sortie import Session
from sortie.api.link import SessionLink
from tests.mavlink_bridge.services.ftp.test_parameter_metadata import ALLOWED as ALLOWED_OF_A_PARAMETER
from tests.mavlink_bridge.services.ftp.test_parameter_metadata import ask_for_metadata, download

#: Keys of an entry in general.json that the schema allows (mavlink, component_metadata/general.schema.json).
ALLOWED = {
    "type", "uri", "fileCrc", "uriFallback", "fileCrcFallback", "translationUri", "translationUriFallback",
}  # fmt: skip
PARAMETERS, COMMANDS, EVENTS, ACTUATORS = 1, 2, 4, 5
CAMERA, GIMBAL = 100, 154


def files(station: SessionLink, component: int = 1) -> tuple[dict[str, Any], dict[int, dict[str, Any]]]:
    """The general file, and the others by their type."""
    told = ask_for_metadata(station, component)
    content = download(station, told.uri.rstrip("\0"), component)
    assert told.file_crc == crc32(content)
    general = json.loads(content)
    found = {}
    for one in general["metadataTypes"]:
        packed = download(station, one["uri"], component)
        assert one["fileCrc"] == crc32(packed)
        found[one["type"]] = json.loads(lzma.decompress(packed))
    return general, found


def check_general(general: dict[str, Any], **named: str) -> None:
    """What the schema allows, and each type once; versions as numbers. `named`: names of the component."""
    assert set(general) == {"version", "vendorName", "firmwareVersion", "metadataTypes", *named}
    assert general["version"] >= 1 and re.fullmatch(r"\d+\.\d+\.\d+(\.\d+)?", general["firmwareVersion"])
    assert all(general[key] == name for key, name in named.items())
    assert all(set(one) <= ALLOWED and {"type", "uri"} <= set(one) for one in general["metadataTypes"])


@pytest.mark.parametrize("firmware", ["ardupilot", "px4"])
@pytest.mark.parametrize("vehicle", ["sim:copter", "sim:rover", "sim:boat", "sim:plane", "sim:quadplane"])
def test_the_general_file_keeps_to_its_schema_and_leads_to_the_others(vehicle: str, firmware: str) -> None:
    """Version, vendor, firmware's version as numbers, type and place of each."""
    with Session(vehicle, firmware=firmware) as session:
        general, found = files(session.connect())
    check_general(general)
    assert set(found) == {PARAMETERS, COMMANDS, EVENTS} | ({ACTUATORS} if firmware == "px4" else set())
    assert found[EVENTS]["components"]["1"]["namespace"] == {"ardupilot": "sortie", "px4": "px4"}[firmware]


def strings(document: Any, rule: Any, place: str = "") -> dict[str, str]:
    """The strings that have translations, by the rule of the file itself, as QGroundControl walks it."""
    found = {}
    for key in rule.get("translate", []):
        if isinstance(document.get(key), str):
            found[f"{place}/{key}"] = document[key]
    for key in rule.get("translate-global", []):
        if key in document:
            found[f"$globals/{key}/{document[key]}"] = document[key]
    if "list" in rule:
        for one in document:
            found |= strings(one, rule["list"], f"{place}/{one[rule['list']['key']]}")
    for key, inner in rule.get("items", {}).items():
        for name in list(document) if key == "*" else [key]:
            if name in document:
                found |= strings(document[name], inner, f"{place}/{name}")
    return found


FITTED = {"MNT1_TYPE": 6.0, "CAM1_TYPE": 6.0}  # with commands and components of their own
AS_IT_IS = re.compile(
    r"[-A-Z0-9_/]+|Motor \d|(Failsafe: )?(\{\d\}[: ]*)+(in \{3\} s)?|Acro|AltHold|Auto|EKF3|Guided|Loiter|"
    r"BendyRuler|Dijkstra|Generator|Richenpower|"
    r"MAVLink|MAVLinkCamV2|Neutral|Mission|Plus|Standard|Barometer|PosHold|Rover|Simple|SmartRTL|Stabilize|System|failsafe"
)
"""Names, and words that are the same in German."""


@pytest.mark.parametrize(
    ("vehicle", "firmware"),
    [("sim:copter", "ardupilot"), ("sim:copter", "px4"), ("sim:rover", "ardupilot"), ("sim:boat", "ardupilot"),
     ("sim:rover", "px4")],
)  # fmt: skip
def test_a_station_in_german_shows_german(vehicle: str, firmware: str) -> None:
    """The summary names the file of the locale; each of its places is a string of the file, with its source beside,
    and each string of the file that may have a translation has one."""
    with Session(vehicle, firmware=firmware, params=FITTED) as session:
        station = session.connect()
        general, found = files(station)
        for one in general["metadataTypes"]:
            if one["type"] != ACTUATORS:  # short labels, which stay English
                assert check_german(station, one, found[one["type"]]) > 40


def check_german(station: SessionLink, entry: dict[str, Any], document: Any, component: int = 1) -> int:
    """How many strings of a file are in German: all that may be."""
    summary = json.loads(download(station, entry["translationUri"], component))
    linguist = ElementTree.fromstring(lzma.decompress(download(station, summary[LOCALE]["url"], component)))
    known = strings(document, document["translation"])
    places = {}
    named = by_name(document)
    for context in linguist.iter("context"):
        place = context.findtext("name") or ""
        places[place] = context.findtext("message/translation") or ""
        assert context.findtext("message/source") == known[place] == text_at(named, place)
    assert {place: text for place, text in known.items() if not places.get(place)} == {}
    modes = re.compile(r"/enums/(mode_t|navigation_mode_t|navigation_mode_group_t)/")
    same = {text for place, text in known.items() if places[place] == text and not modes.search(place)}
    assert {text for text in same if not AS_IT_IS.fullmatch(text)} == set()
    return len(places)


def test_a_camera_tells_its_settings() -> None:
    """Component 100, asked as the autopilot is: who made it, and each extended parameter with its type, the values
    that its definition file has, and German."""
    with Session(params=FITTED) as session:
        station = session.connect()
        general, found = files(station, CAMERA)
        (entry,) = general["metadataTypes"]
        assert check_german(station, entry, found[PARAMETERS], CAMERA) > 20
    check_general(general, modelName="Simulated camera", vendorName="Sortie", firmwareVersion="1.0.0")
    told = {one["name"]: one for one in found[PARAMETERS]["parameters"]}
    described = {one.attrib["name"]: one for one in ElementTree.fromstring(definition()).iter("parameter")}
    assert list(told) == list(described)
    for name, one in told.items():
        assert set(one) <= ALLOWED_OF_A_PARAMETER
        assert one["type"] == {"int32": "Int32", "float": "Float"}[described[name].attrib["type"]]
        assert one["default"] == float(described[name].attrib["default"])
        options = {option.attrib["name"]: float(option.attrib["value"]) for option in described[name].iter("option")}
        assert {value["description"]: value["value"] for value in one["values"]} == options


def test_a_gimbal_tells_who_it_is() -> None:
    """Component 154: the general file alone, by its own MAVFTP."""
    with Session(params=FITTED) as session:
        general, found = files(session.connect(), GIMBAL)
    check_general(general, modelName="Simulated gimbal", vendorName="Sortie", firmwareVersion="1.0.0")
    assert found == {}


def test_a_question_to_all_is_answered_by_each_component() -> None:
    """A station that does not know which there are; of files only the vehicle's are had so."""
    with Session(params=FITTED) as session:
        station = session.connect()
        station.send(dialect.MAVLink_command_long_message(1, 0, 512, 0, 397, 0, 0, 0, 0, 0, 0))
        open_it = Operation(1, 1, Opcode.OPEN_FILE_RO, 17, 0, 0, 0, b"@SYS/general.json")
        station.send(dialect.MAVLink_file_transfer_protocol_message(0, 1, 0, list(open_it.pack())))
        session.run_for(0.2)
        heard = station.messages()
    by = {
        name: [one.get_srcComponent() for one in heard if one.get_type() == name]
        for name in {one.get_type() for one in heard}
    }
    assert sorted(by["COMPONENT_METADATA"]) == sorted(by["COMMAND_ACK"]) == [1, CAMERA, GIMBAL]
    assert by["FILE_TRANSFER_PROTOCOL"] == [1]


def test_german_says_what_the_text_says() -> None:
    """With the number of its channel, umlauts and all; what nobody has translated has none."""
    assert (
        german("What drives output 12; 0 = free for DO_SET_SERVO") == "Was Ausgang 12 treibt; 0 = frei für DO_SET_SERVO"
    )
    assert german("Relay3 On/Off") == "Relais 3 ein/aus"
    assert german("Land there") == "Dort landen"
    assert german("A parameter of a package on radio channel 3") is None


def test_commands_say_what_the_vehicle_does() -> None:
    """With its number, what it is as a mission item, and whether it is taken as a command."""
    with Session("sim:rover") as session:
        _, found = files(session.connect())
    commands = {one["id"]: one for one in found[COMMANDS]["commands"]}
    assert commands[16] == {
        "id": 16,
        "name": "MAV_CMD_NAV_WAYPOINT",
        "command": False,
        "missionItem": "flown",
        "specifiesCoordinate": True,
        "params": [{"index": 1, "label": "hold", "units": "s"}],
    }
    assert (commands[22]["missionItem"], commands[22]["command"]) == ("kept", False)
    assert (commands[401]["missionItem"], commands[401]["command"]) == ("none", True)
    assert commands[262]["name"] == "MAV_CMD_DO_SET_STANDARD_MODE"


def test_a_place_that_is_not_there_is_an_error() -> None:
    """Of the program: nothing is translated by chance."""
    with pytest.raises(KeyError):
        text_at(by_name({"parameters": [{"name": "A"}]}), "/parameters/B/shortDesc")


def test_files_are_made_once_however_often_their_folder_is_listed() -> None:
    """A client asks for a folder some entries at a time, and the sizes of all files stand in it."""
    made: list[str] = []
    texts = {"a & <b>": "ä & <b>"}

    def document() -> dict[str, Any]:
        made.append("document")
        return {"parameters": [{"name": "A", "shortDesc": "a & <b>"}]}

    def translated() -> dict[str, str]:
        made.append("german")
        return {"/parameters/A/shortDesc": texts["a & <b>"]}

    pages = MetadataFiles([Described(MetadataType.PARAMETER, "parameters", document, translated)], (1, 0, 0)).pages()
    first = {name: page() for name, page in pages.items()}
    assert {name: page() for name, page in pages.items()} == first
    assert made == ["document", "document", "german"]
    linguist = ElementTree.fromstring(lzma.decompress(first[f"parameters.{LOCALE}.ts.xz"]))
    assert [each.text for each in linguist.iter("source")] == list(texts)
    assert [each.text for each in linguist.iter("translation")] == list(texts.values())


@pytest.mark.parametrize(
    ("kind", "title", "motors"), [("copter", "Multirotor", 4), ("rover", "Rover (Differential)", 2)]
)
def test_the_actuators_of_a_px4_lead_to_parameters_that_are_there(kind: str, title: str, motors: int) -> None:
    """Each geometry, output and function as QGroundControl looks them up: by names of parameters and their values."""
    with Session(f"sim:{kind}", firmware="px4") as session:
        _, found = files(session.connect())
    actuators, parameters = found[ACTUATORS], {one["name"]: one for one in found[PARAMETERS]["parameters"]}
    assert set(actuators) == {"version", "outputs_v1", "functions_v1", "mixer_v1"} and actuators["version"] == 2
    (group,) = actuators["outputs_v1"][0]["subgroups"]
    (function,) = group["per-channel-parameters"]
    outputs = [parameters[function["name"].replace("${i}", str(one["param-index"]))] for one in group["channels"]]
    assert [one["default"] for one in outputs] == [101 + number for number in range(motors)]
    labels = {str(one["value"]): one["description"] for one in outputs[0]["values"]}
    assert labels == {number: one["label"] for number, one in actuators["functions_v1"].items()}
    (geometry,) = actuators["mixer_v1"]["config"]
    name, number = geometry["option"].split("==")
    assert parameters[name]["default"] == int(number) and geometry["title"] == title
    (driven,) = geometry["actuators"]
    count = driven["count"]
    assert motors == (count if isinstance(count, int) else parameters[count]["default"])
    for one in driven["per-item-parameters"]:
        if "name" in one:
            assert all(one["name"].replace("${i}", str(index)) in parameters for index in range(motors))
        else:
            assert len(one["value"]) == motors
    assert driven["actuator-type"] in actuators["mixer_v1"]["actuator-types"]
