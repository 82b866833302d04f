"""mavlink2rest's paths: what they give is what its users read, and what they send arrives at the vehicle."""

from __future__ import annotations

import asyncio
import http.client
import json
from math import isnan

import pytest

pytest.importorskip("aiohttp", reason="the page's library is not installed: sortie[web]")

import aiohttp

from autopilot.interface.geo import GeoPoint
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.definitions import NAME_OF
from sortie import Session
from sortie.web.rest import Filter, NotAMessageError, example_json, heard_json, message_json, read_message
from tests.fakes.page_run import TOKEN, page_run
from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import served
from tests.fakes.watched import Watched

HOME = GeoPoint(47.3769, 8.5417, 408.0)
ARM = {
    "header": {"system_id": 255, "component_id": 240, "sequence": 0},
    "message": {
        "type": "COMMAND_LONG", "param1": 1.0, "param2": 0.0, "param3": 0.0, "param4": 0.0, "param5": 0.0,
        "param6": 0.0, "param7": 0.0, "command": {"type": "MAV_CMD_COMPONENT_ARM_DISARM"}, "target_system": 1,
        "target_component": 1, "confirmation": 1,
    },
}  # fmt: skip
"""mavlink2rest's own example (its README)."""


def test_a_message_looks_as_mavlink2rest_writes_it():
    """Names of enumerations, bits of masks, text as characters, NaN as null; `type` is `mavtype`."""
    heartbeat = message_json(dialect.MAVLink_heartbeat_message(2, 3, 81, 4, 3, 3))
    assert heartbeat == {
        "type": "HEARTBEAT",
        "mavtype": {"type": "MAV_TYPE_QUADROTOR"},
        "autopilot": {"type": "MAV_AUTOPILOT_ARDUPILOTMEGA"},
        "base_mode": {"bits": 81},
        "custom_mode": 4,
        "system_status": {"type": "MAV_STATE_STANDBY"},
        "mavlink_version": 3,
    }
    text = message_json(dialect.MAVLink_statustext_message(6, b"Hi"))
    assert text["text"][:3] == ["H", "i", "\0"]
    assert len(text["text"]) == 50
    command = message_json(dialect.MAVLink_command_long_message(1, 1, 400, 0, float("nan"), 0, 0, 0, 0, 0, 0))
    assert command["param1"] is None


def test_each_message_survives_there_and_back():
    """The example of each message of the dialect, as a page would fill it in, is the same message again."""
    for name in sorted(NAME_OF.values()):
        example = example_json(name)
        system, component, message = read_message(json.loads(json.dumps(example)))
        assert (system, component) == (255, 0)
        assert message_json(message) == example["message"], name


def test_a_null_is_nan_there_and_back():
    """A script leaves the heading to the vehicle (JSON.stringify makes null of NaN): 0 turned it to the north."""
    heard = ARM["message"] | {"param4": None}
    message = read_message(ARM | {"message": heard})[2]
    assert isnan(message.param4) and message_json(message) == heard
    absent = {name: value for name, value in heard.items() if name != "param4"}
    assert read_message(ARM | {"message": absent})[2].param4 == 0.0
    with pytest.raises(NotAMessageError, match="confirmation: None is no uint8_t"):
        read_message(ARM | {"message": ARM["message"] | {"confirmation": None}})


def test_masks_are_read_in_each_form():
    """Bits, a number, names with a bar between them (newer mavlink2rest)."""
    for given in ({"bits": 129}, 129, "MAV_MODE_FLAG_SAFETY_ARMED | MAV_MODE_FLAG_CUSTOM_MODE_ENABLED"):
        data = example_json("HEARTBEAT")
        data["message"]["base_mode"] = given
        assert read_message(data)[2].base_mode == 129


@pytest.mark.parametrize(
    "data",
    [
        None, [], {}, {"message": {}}, {"header": {}, "message": {"type": "HEARTBEAT"}},
        ARM | {"message": {"type": "ODD"}},
        ARM | {"message": ARM["message"] | {"command": {"type": "MAV_CMD_ODD"}}},
        ARM | {"message": ARM["message"] | {"target_system": 256}}, ARM | {"message": ARM["message"] | {"param1": "x"}},
        ARM | {"header": {"system_id": 256, "component_id": 1}},
        ARM | {"header": {"system_id": True, "component_id": 1}},
        ARM | {"message": ARM["message"] | {"target_system": 1.5}},
        ARM | {"message": {"type": "PARAM_SET", "param_valu": 3.0}},
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused(data):
    """With the reason; nothing is sent."""
    with pytest.raises(NotAMessageError):
        read_message(data)


def test_a_field_of_a_newer_dialect_is_left_out():
    """A misspelt one is not: the one that it stands for would be 0."""
    assert read_message(ARM | {"message": ARM["message"] | {"newer": 1}})[2].param1 == 1.0
    with pytest.raises(NotAMessageError, match="param_valu: no field of PARAM_SET; did you mean param_value"):
        read_message(ARM | {"message": {"type": "PARAM_SET", "param_valu": 3.0}})


def test_the_tree_of_what_was_heard():
    """Each nested key by its path; a path to nowhere is none."""
    with Session(home=HOME) as session:
        page = Watched(session)
        page.run(3.0)

        def at(path):
            return heard_json(page.traffic, path, lambda at_ms: at_ms / 1000.0)

        attitude = at("vehicles/1/components/1/messages/ATTITUDE")
        assert attitude["message"]["type"] == "ATTITUDE"
        assert attitude["status"]["time"]["counter"] >= 8
        assert attitude["status"]["time"]["frequency"] == pytest.approx(4.0, abs=1.0)
        assert at("vehicles/1/components/1/messages/ATTITUDE/message/roll") == attitude["message"]["roll"]
        assert set(at("")) == {"vehicles"}
        assert at("vehicles/1")["id"] == 1
        json.dumps(at(""))
        for path in ("vehicles/9", "vehicles/1/components/1/messages/ODD", "odd"):
            with pytest.raises(KeyError):
                at(path)


def test_a_filter_is_a_regular_expression():
    """RC_.* takes both; one that is none is refused."""
    wanted = Filter("RC_.*")
    assert wanted.wants(codec.id_of("RC_CHANNELS_RAW"))
    assert not wanted.wants(codec.id_of("ATTITUDE"))
    with pytest.raises(ValueError, match="filter"):
        Filter("(")


def ask(run, path, method="GET", body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", run.port, timeout=PATIENCE_S)
    connection.request(method, f"/{TOKEN}{path}", body=body, headers=headers or {})
    response = connection.getresponse()
    told = response.status, response.read().decode()
    connection.close()
    return told


def test_over_http_and_a_websocket(tmp_path):
    """A running service: heard, filtered, armed by mavlink2rest's own example."""
    with served(tmp_path / "service") as service, page_run(tmp_path, control=True, link=service.tcp) as run:

        async def listen():
            async with (
                aiohttp.ClientSession() as client,
                client.ws_connect(f"{run.address}ws/mavlink?filter=HEARTBEAT") as socket,
            ):
                first = await socket.receive_json()
                await socket.send_str(json.dumps(ARM))
                heard = [(await socket.receive()).data]
                while not any("Ok(" in text for text in heard):
                    heard.append((await socket.receive()).data)
                while not first["message"]["base_mode"]["bits"] & 128:
                    first = json.loads((await socket.receive()).data)
                return first

        heard = asyncio.run(asyncio.wait_for(listen(), PATIENCE_S))
        assert heard["header"]["system_id"] == 1
        assert heard["message"]["type"] == "HEARTBEAT"
        status, text = ask(run, "/v1/mavlink/vehicles/1/components/1/messages/HEARTBEAT/message/type")
        assert (status, json.loads(text)) == (200, "HEARTBEAT")
        assert ask(run, "/mavlink/vehicles/77")[0] == 404
        example = json.loads(ask(run, "/helper/mavlink?name=HEARTBEAT")[1])
        assert example["message"]["mavtype"] == {"type": "MAV_TYPE_GENERIC"}
        assert ask(run, "/helper/mavlink?name=ODD")[0] == 404
        assert json.loads(ask(run, "/info")[1])["version"] == 0
        assert ask(run, "/mavlink", "POST", json.dumps(ARM))[0] == 200
        assert ask(run, "/mavlink", "POST", "{}")[0] == 404


def test_who_only_looks_cannot_send(tmp_path):
    """Without --control: 403, and a word on the WebSocket."""
    with page_run(tmp_path) as run:
        status, text = ask(run, "/mavlink", "POST", json.dumps(ARM))
        assert status == 403
        assert "--control" in text
        origin = {"Origin": "http://evil.example"}
        assert ask(run, "/mavlink", "POST", json.dumps(ARM), origin)[0] == 403
        assert ask(run, "/ws/mavlink", headers=origin)[0] == 403
