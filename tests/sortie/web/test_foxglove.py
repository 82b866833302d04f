"""Foxglove's WebSocket: what is advertised and published, and that nobody can send anything there."""

from __future__ import annotations

import asyncio
import json
from math import sqrt

import pytest

pytest.importorskip("foxglove", reason="Foxglove's SDK is not installed: sortie[mcap]")
pytest.importorskip("aiohttp", reason="the page's library is not installed: sortie[web]")

import aiohttp
from foxglove.messages import LogLevel

from autopilot.geo import GeoPoint
from sortie import Session, UserError
from sortie.runtime.runtime import Runtime
from sortie.web.foxglove_server import FoxgloveServer, from_home, level_of, turned
from sortie.web.station import Station
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
        station = Station(runtime, control=True)
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
    assert json.loads(data)["mode"] == "STABILIZE"


async def look(server, page):
    """(the server's word about itself, schemas by topic, the first state)."""
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(f"ws://127.0.0.1:{server.port}", protocols=["foxglove.sdk.v1"]) as socket,
    ):
        info, channels = None, {}
        while info is None or len(channels) < 4:
            told = await socket.receive_json()
            info = told if told["op"] == "serverInfo" else info
            channels |= {one["topic"]: one for one in told.get("channels", [])}
        await socket.send_json(
            {"op": "subscribe", "subscriptions": [{"id": 7, "channelId": channels["/1/state"]["id"]}]}
        )
        while True:
            page.run(0.5)
            server.commit(page.now_ms)
            try:
                message = await asyncio.wait_for(socket.receive(), 0.2)
            except TimeoutError:
                continue  # it has not heard of the subscription yet
            if message.type is aiohttp.WSMsgType.BINARY:
                return info, {topic: one["schemaName"] for topic, one in channels.items()}, message.data[13:]
