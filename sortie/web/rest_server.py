"""HTTP and WebSocket paths of mavlink2rest (`rest`), below the page's address, also with `/v1` and below
`mavlink2rest/`."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Final, TypeVar

from aiohttp import WSMsgType, web

from mavlink_bridge.wire.framing import MavlinkFrame
from sortie.web import rest
from sortie.web.rest import Filter, NotAMessageError
from sortie.web.station import WebStation

WAITING: Final = 2000
"""Most messages that wait for a slow reader; then the oldest are dropped."""
T = TypeVar("T")


class RestPaths:
    """Handlers of the paths. `control`: messages may be sent."""

    def __init__(self, station: WebStation, loop: asyncio.AbstractEventLoop, *, control: bool) -> None:
        self._station = station
        self._loop = loop
        self._control = control

    def add_to(self, router: web.UrlDispatcher, at: str) -> None:
        """Serve the paths below `at`, and below its `mavlink2rest/`, where BlueOS has them and Cockpit expects them."""
        for place in (at, f"{at}/mavlink2rest"):
            router.add_get(f"{place}/info", self._info)
            self._add_version(router, place)
            self._add_version(router, f"{place}/v1")

    def _add_version(self, router: web.UrlDispatcher, base: str) -> None:
        router.add_get(f"{base}/helper/mavlink", self._helper)
        router.add_get(f"{base}/mavlink", self._heard)
        router.add_get(f"{base}/mavlink/{{path:.*}}", self._heard)
        router.add_post(f"{base}/mavlink", self._post)
        router.add_get(f"{base}/ws/mavlink", self._socket)

    async def _in_turn(self, work: Callable[[], T]) -> T:
        """Run `work` in the runtime's thread, and return its result or raise its error."""
        done: asyncio.Future[T] = self._loop.create_future()

        def in_turn() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - who has asked is told of it; the vehicle's thread goes on
                self._loop.call_soon_threadsafe(done.set_exception, error)
            else:
                self._loop.call_soon_threadsafe(done.set_result, result)

        self._station.call(in_turn)
        return await done

    async def _info(self, request: web.Request) -> web.Response:
        return _json(rest.info_json())

    async def _helper(self, request: web.Request) -> web.Response:
        try:
            return _json(rest.example_json(request.query.get("name", "")))
        except NotAMessageError as error:
            return _json(str(error), status=404)

    async def _heard(self, request: web.Request) -> web.Response:
        path = request.match_info.get("path", "")
        try:
            return _json(await self._in_turn(lambda: rest.heard_json(self._station.traffic, path, self._wall_s)))
        except KeyError:
            return web.Response(text="None", status=404, content_type="application/json")

    def _wall_s(self, link_ms: int) -> float:
        return time.time() - (self._station.link_ms - link_ms) / 1000.0

    async def _post(self, request: web.Request) -> web.Response:
        if not self._control:
            return _json("this page is read-only; start it with --control to send", status=403)
        try:
            await self._send(await request.read())
        except NotAMessageError as error:
            return _json(f"Failed to parse message, not a valid MAVLinkMessage: {error}", status=404)
        return web.Response()

    async def _send(self, text: str | bytes) -> int:
        """Send a message and return the size of its JSON. NotAMessageError."""
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise NotAMessageError(str(error)) from error
        system, component, message = rest.read_message(data)
        await self._in_turn(lambda: self._station.send(system, component, message))
        return len(text)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        try:
            message_filter = Filter(request.query.get("filter", ".*"))
        except ValueError as error:
            return _json(str(error), status=400)
        socket = web.WebSocketResponse(timeout=1.0, heartbeat=20.0, compress=False)
        await socket.prepare(request)
        waiting: asyncio.Queue[str] = asyncio.Queue()

        def keep(frame: MavlinkFrame) -> None:
            if waiting.qsize() >= WAITING:
                waiting.get_nowait()
            waiting.put_nowait(json.dumps(rest.frame_json(frame), indent=2))

        def hear(frame: MavlinkFrame) -> None:
            if message_filter.wants(frame.msg_id) and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(keep, frame)

        self._station.call(lambda: self._station.traffic.listeners.append(hear))
        sending = asyncio.create_task(send_waiting(socket, waiting))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    waiting.put_nowait(await self._answer(message.data))
        finally:
            sending.cancel()
            self._station.call(lambda: self._station.traffic.listeners.remove(hear))
        return socket

    async def _answer(self, text: str) -> str:
        if not self._control:
            return "this page is read-only; start it with --control to send"
        try:
            return f"Ok({await self._send(text)})"
        except NotAMessageError as error:
            return f"Could not convert input message. {error}"


async def send_waiting(socket: web.WebSocketResponse, waiting: asyncio.Queue[str]) -> None:
    """Send waiting texts until the socket is closed."""
    while True:
        text = await waiting.get()
        try:
            await socket.send_str(text)
        except ConnectionError:
            return


def _json(data: object, status: int = 200) -> web.Response:
    return web.Response(text=json.dumps(data, indent=2), status=status, content_type="application/json")
