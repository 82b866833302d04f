"""Foxglove's WebSocket: what is advertised and published, and that nobody can send anything there."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import struct
import threading
from math import sqrt

import pytest

pytest.importorskip("foxglove", reason="Foxglove's SDK is not installed: sortie[mcap]")
pytest.importorskip("aiohttp", reason="the page's library is not installed: sortie[web]")

import aiohttp
import foxglove
from foxglove.messages import LogLevel

from autopilot.interface.geo import GeoPoint
from sortie import Session, UserError
from sortie.commands.cli import run
from sortie.runtime.runtime import Runtime
from sortie.web.foxglove_server import FoxgloveServer, from_home, level_of, turned
from sortie.web.station import WebStation
from tests.fakes.patience import PATIENCE_S
from tests.fakes.watched import Watched

HOME = GeoPoint(47.3769, 8.5417, 408.0)
HALF = sqrt(0.5)


@pytest.mark.parametrize(
    ("angles", "turn"),
    [
        ((0, 0, 90), (0, 0, 0, 1)),  # nose east: along x
        ((0, 0, 0), (0, 0, HALF, HALF)),  # nose north: a quarter turn to the left
        ((0, 90, 90), (0, -HALF, 0, HALF)),  # nose up
        ((90, 0, 90), (HALF, 0, 0, HALF)),  # right side down
    ],
)
def test_angles_become_turns_in_east_north_up(angles, turn):
    """Foxglove's axes are not MAVLink's."""
    assert turned(*angles) == pytest.approx(turn, abs=1e-9)


def test_severities_become_levels():
    """From the worst to the least."""
    levels = [level_of(severity) for severity in range(8)]
    assert levels == [LogLevel.Fatal] * 3 + [LogLevel.Error, LogLevel.Warning] + [LogLevel.Info] * 2 + [LogLevel.Debug]


def test_a_pose_needs_a_place_and_a_home():
    """None before; then metres east, north, up of home."""
    assert from_home({}) is None
    place = from_home({"home": [47.0, 8.0, 400.0], "lat": 47.001, "lon": 8.0, "alt_m": 410.0})
    assert place == pytest.approx((0.0, 111.3, 10.0), abs=0.5)


def test_what_is_advertised_and_published():
    """A Foxglove client sees four topics of the vehicle, may publish nothing, and gets what it subscribes to."""
    with Session(home=HOME) as session:
        page = Watched(session)
        page.run(3.0)
        runtime = Runtime()
        station = WebStation(runtime, control=True)
        station.watch = page.watch
        server = FoxgloveServer(station, 0)
        with pytest.raises(UserError, match="in use"):
            FoxgloveServer(station, server.port)
        try:
            server.commit(page.now_ms)
            info, topics, data = asyncio.run(asyncio.wait_for(look(server, page), PATIENCE_S))
        finally:
            server.close()
            runtime.close()
    assert "clientPublish" not in info["capabilities"]
    assert {
        "/1/fix": "foxglove.LocationFix",
        "/1/pose": "foxglove.FrameTransform",
        "/1/log": "foxglove.Log",
    }.items() <= topics.items()
    assert json.loads(data["/1/state"])["mode"] == "STABILIZE"
    fix = doubles(data["/1/fix"])
    assert [fix[number] for number in (1, 2, 3)] == pytest.approx([HOME.lat, HOME.lon, HOME.alt], abs=3.0, rel=1e-5)
    assert fix[1] == pytest.approx(HOME.lat, abs=1e-4)


def test_a_signal_while_the_server_starts_ends_the_command_and_the_server(monkeypatch, tmp_path):
    """The SDK's start calls Python's loggers: an exception that a signal raises there would become a SystemError."""
    start = foxglove.start_server
    servers = []

    def start_and_be_ended(**settings):
        servers.append(start(**settings))
        try:
            signal.raise_signal(signal.SIGTERM)
        except BaseException as error:
            raise SystemError("returned a result with an exception set") from error
        return servers[0]

    monkeypatch.setattr(foxglove, "start_server", start_and_be_ended)
    with pytest.raises(SystemExit) as end:
        run(["web", "--foxglove", "0", "--listen", "127.0.0.1:0", "--state-dir", str(tmp_path)])
    assert end.value.code == 0
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", servers[0].port)):
        pass


def test_a_taken_port_is_told_in_a_line(capsys):
    """The library's name for its error came first, and no advice."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        where = ["--listen", "127.0.0.1:0", "--connect", "udpin:127.0.0.1:0"]
        assert run(["web", *where, "--foxglove", str(port)]) == 2
    assert capsys.readouterr().err.startswith(f"sortie: --foxglove {port}: Address already in use")


def test_who_connects_and_asks_for_nothing_does_not_hold_the_end_up():
    """`sortie web --foxglove` ran on after SIGTERM while such a client stayed."""
    runtime = Runtime()
    server = FoxgloveServer(WebStation(runtime, control=False), 0)
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        ending = threading.Thread(target=server.close, daemon=True)
        ending.start()
        ending.join(PATIENCE_S)
        assert not ending.is_alive()
    runtime.close()


async def look(server, page):
    """(the server's word about itself, schemas by topic, the first data of state and fix)."""
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(f"ws://127.0.0.1:{server.port}", protocols=["foxglove.sdk.v1"]) as socket,
    ):
        info, channels = None, {}
        while info is None or len(channels) < 4:
            told = await socket.receive_json()
            info = told if told["op"] == "serverInfo" else info
            channels |= {one["topic"]: one for one in told.get("channels", [])}
        wanted = ("/1/state", "/1/fix")
        await socket.send_json(
            {
                "op": "subscribe",
                "subscriptions": [
                    {"id": number, "channelId": channels[name]["id"]} for number, name in enumerate(wanted)
                ],
            }
        )
        data = {}
        while len(data) < len(wanted):
            page.run(0.5)
            server.commit(page.now_ms)
            try:
                message = await asyncio.wait_for(socket.receive(), 0.2)
            except TimeoutError:
                continue  # it has not heard of the subscription yet
            if message.type is aiohttp.WSMsgType.BINARY:
                data[wanted[int.from_bytes(message.data[1:5], "little")]] = message.data[13:]
        return info, {topic: one["schemaName"] for topic, one in channels.items()}, data


def doubles(data):
    """The 64-bit floats of a Protobuf message by field number, as any reader of the schema finds them."""
    found, at = {}, 0
    while at < len(data):
        (tag, at), size = varint(data, at), 0
        if tag & 7 == 1:
            found[tag >> 3], size = struct.unpack_from("<d", data, at)[0], 8
        elif tag & 7 == 2:
            size, at = varint(data, at)
        else:
            _, at = varint(data, at)
        at += size
    return found


def varint(data, at):
    """(a number of Protobuf, where the next thing begins)."""
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at
