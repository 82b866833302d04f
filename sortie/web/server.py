"""Server of the page: HTTP and WebSockets on loopback, in its own thread.

Every path begins with the token (`guard`). Below it are the page, its WebSocket (`ws`), flights with reports
(`flights`), and the paths of mavlink2rest (`rest`).
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import threading
from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import WSMsgType, web

from autopilot.interface.records import dataclass, field
from autopilot.mav import FailureType, FailureUnit
from mavlink_bridge.services.failures import FAILURES
from sortie.config.errors import UserError
from sortie.logs.run_log import log_error
from sortie.web.guard import HEADERS, REPORT_POLICY, RequestGuard, policy
from sortie.web.questions import Answer
from sortie.web.records import JOURNAL, MapHeights, RecordedFlights, read_loop
from sortie.web.requests import LARGEST_PLAN, number_of_request, read_request
from sortie.web.rest_server import RestPaths, send_waiting
from sortie.web.station import WebStation

KINDS: Final = {
    ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml",
}  # fmt: skip
END_S: Final = 0.5
"""Time for closing a connection, s."""
BEHIND: Final = 2
"""States that a viewer may be behind before states are skipped."""
_UNHEARD: Final = logging.Logger("aiohttp", logging.CRITICAL)
"""Logger for aiohttp, which prints a traceback for each invalid request; our own errors are logged here."""


@dataclass(frozen=True, slots=True)
class PageSettings:
    """Settings of the page. `host`, `port` (0: a free one). `token`: part of every address. `control`: requests may
    change vehicles. `tiles`: address of map tiles with {z}, {x}, {y}. `connect`: description of the link. `logs`: log
    directory. `loop`: state directory of a sortie loop. `origins`: other allowed pages. `terrain`: ground heights."""

    token: str
    loop: Path
    host: str = "127.0.0.1"
    port: int = 0
    control: bool = False
    tiles: str | None = None
    origins: tuple[str, ...] = ()
    terrain: Path | None = None
    connect: str = ""
    logs: Path | None = None


@dataclass(eq=False)
class _Viewer:
    """Open page with its queue of messages."""

    socket: web.WebSocketResponse
    waiting: asyncio.Queue[str] = field(default_factory=asyncio.Queue)


class PageServer:
    """Server from `start` to `close`. UserError when the address cannot be bound."""

    def __init__(self, station: WebStation, settings: PageSettings) -> None:
        self.station = station
        self.settings = settings
        self.flights = RecordedFlights(settings.logs)
        self.ground = MapHeights(settings.terrain)
        self.port = settings.port
        self._viewers: set[_Viewer] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)
        self._runner: web.AppRunner | None = None

    # --- its thread ---------------------------------------------------------------------------------------------------
    def start(self, *, or_free: bool = False) -> str:
        """Listen and return the address of the page. `or_free`: use another port if that one is in use."""
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._listen(or_free), self._loop).result()
        except OSError as error:
            self.close()
            raise UserError(
                f"no web page: {self.settings.host}:{self.settings.port}: {os.strerror(error.errno or 0)}; "
                "choose another port with --listen"
            ) from error
        return self.address

    @property
    def address(self) -> str:
        host = self.settings.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/{self.settings.token}/"

    def close(self) -> None:
        if self._runner is not None:
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _listen(self, or_free: bool) -> None:
        app = web.Application(middlewares=[self._guarded], client_max_size=LARGEST_PLAN)
        at = f"/{self.settings.token}"
        app.router.add_get(f"{at}/", self._page)
        app.router.add_get(f"{at}/ws", self._socket)
        app.router.add_get(f"{at}/loop", self._show_loop)
        app.router.add_get(f"{at}/ground", self._show_ground)
        app.router.add_get(f"{at}/flights", self._list_flights)
        app.router.add_get(f"{at}/flights/{{name:.+}}/report", self._report)
        app.router.add_get(f"{at}/flights/{{name:.+}}/files/{{file}}", self._file)
        RestPaths(self.station, self._loop, control=self.settings.control).add_to(app.router, at)
        app.router.add_get(f"{at}/{{file}}", self._asset)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=END_S, logger=_UNHEARD)
        await runner.setup()
        self._runner = runner
        try:
            await web.TCPSite(runner, self.settings.host, self.settings.port).start()
        except OSError as error:
            if not or_free or error.errno != errno.EADDRINUSE:
                raise
            await web.TCPSite(runner, self.settings.host, 0).start()
        self.port = runner.addresses[0][1]
        self._guard = RequestGuard.of(self.settings.token, self.settings.host, self.port, self.settings.origins)

    async def _end(self) -> None:
        closing = [asyncio.create_task(viewer.socket.close()) for viewer in self._viewers]
        if closing:
            await asyncio.wait(closing, timeout=END_S)  # a client that does not read never finishes
        if self._runner is not None:
            await self._runner.cleanup()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:  # the library waits 10 s for the rest of a request whose sender has gone
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=END_S)

    @web.middleware
    async def _guarded(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Refuse requests that `RequestGuard` refuses."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        refused = self._guard.refuses(request.path, headers)
        if refused is not None:
            return web.Response(status=403, text=f"{refused}\n", headers=HEADERS)
        if request.method == "OPTIONS":
            return web.Response(status=204, headers={**HEADERS, **self._guard.for_others(headers)})
        try:
            response = await handler(request)
        except web.HTTPException as problem:
            about = f": the page is at /{self.settings.token}/" if problem.status == 404 else ""
            response = web.Response(status=problem.status, text=f"{problem.reason}{about}\n")
        except web.RequestPayloadError as problem:
            response = web.Response(status=400, text=f"{problem}\n")
        except UserError as problem:
            text = f"{problem}\n".encode(errors="replace")  # file names are bytes
            response = web.Response(status=422, body=text)
        except ConnectionError:
            raise  # the client has disconnected; the library handles it
        except Exception as error:
            log_error(error, "the page's server")
            raise
        if not response.prepared:
            for name, value in {**HEADERS, **self._guard.for_others(headers)}.items():
                response.headers.setdefault(name, value)
        return response

    # --- the page -----------------------------------------------------------------------------------------------------
    async def _page(self, request: web.Request) -> web.Response:
        response = _asset("index.html")
        tiles = self.settings.tiles
        response.headers["Content-Security-Policy"] = policy(None if tiles is None else "/".join(tiles.split("/")[:3]))
        return response

    async def _asset(self, request: web.Request) -> web.Response:
        return _asset(request.match_info["file"])

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        """Serve the page's WebSocket: states and answers out, requests in."""
        socket = web.WebSocketResponse(timeout=END_S, heartbeat=20.0, compress=False, max_msg_size=LARGEST_PLAN + 4096)
        await socket.prepare(request)
        viewer = _Viewer(socket)
        viewer.waiting.put_nowait(_text(self._hello()))
        self._add(viewer)
        sending = asyncio.create_task(send_waiting(socket, viewer.waiting))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._take(viewer, message.data)
        finally:
            sending.cancel()
            self._remove(viewer)
        return socket

    def _add(self, viewer: _Viewer) -> None:
        self._viewers.add(viewer)
        self.station.call(lambda: self.station.listeners.add(self._state_changed))

    def _remove(self, viewer: _Viewer) -> None:
        self._viewers.discard(viewer)
        if not self._viewers:
            self.station.call(lambda: self.station.listeners.discard(self._state_changed))

    def _state_changed(self, state: bytes) -> None:
        """Pass a new state on. Runs in the runtime's thread."""
        self._soon(self._spread, state.decode())

    def _soon(self, act: Callable[[str], None], data: str) -> None:
        """Call a function in the server's thread, unless it has ended."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act, data)

    def _spread(self, state: str) -> None:
        for viewer in self._viewers:
            if viewer.waiting.qsize() < BEHIND:
                viewer.waiting.put_nowait(state)

    def _hello(self) -> dict[str, Any]:
        """Return the first message for a page."""
        settings = self.settings
        return {
            "kind": "hello",
            "control": settings.control,
            "connect": settings.connect,
            "tiles": settings.tiles,
            "failures": [[FailureUnit(unit).name, FailureType(kind).name] for unit, kind in FAILURES],
            "ground": settings.terrain is not None,
            "flights": settings.logs is not None,
            "loop": (settings.loop / JOURNAL).is_file(),
        }

    def _take(self, viewer: _Viewer, text: str) -> None:
        try:
            request = read_request(text)
        except (msgspec.DecodeError, RecursionError) as error:
            refusal = {"kind": "answer", "id": number_of_request(text), "ok": False, "text": str(error)}
            viewer.waiting.put_nowait(_text(refusal))
            return

        def reply(answer: Answer) -> None:
            document = {"kind": "answer", "id": request.id, "ok": answer.ok, "text": answer.text, "data": answer.data}
            self._soon(viewer.waiting.put_nowait, _text(document))

        self.station.ask(request, reply)

    async def _show_loop(self, request: web.Request) -> web.Response:
        loop = await asyncio.to_thread(read_loop, self.settings.loop)
        return web.Response(body=msgspec.json.encode(loop), content_type="application/json")

    async def _show_ground(self, request: web.Request) -> web.Response:
        """Answer with ground heights of an area."""
        try:
            south, west, north, east = (float(request.query[name]) for name in ("south", "west", "north", "east"))
            rows, columns = int(request.query["rows"]), int(request.query["columns"])
        except (KeyError, ValueError) as error:
            raise web.HTTPBadRequest from error
        grid = await asyncio.to_thread(self.ground.grid, south, west, north, east, rows, columns)
        return web.Response(body=msgspec.json.encode(grid), content_type="application/json")

    # --- flights ------------------------------------------------------------------------------------------------------
    async def _list_flights(self, request: web.Request) -> web.Response:
        listed = await asyncio.to_thread(self.flights.listed)
        return web.Response(body=msgspec.json.encode(listed), content_type="application/json")

    async def _report(self, request: web.Request) -> web.Response:
        page = await asyncio.to_thread(self.flights.report, request.match_info["name"])
        if page is None:
            raise web.HTTPNotFound
        return web.Response(text=page, content_type="text/html", headers={"Content-Security-Policy": REPORT_POLICY})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        found = self.flights.file(request.match_info["name"], request.match_info["file"])
        if found is None:
            raise web.HTTPNotFound
        return web.FileResponse(found, headers={"Content-Disposition": f'attachment; filename="{found.name}"'})


def _text(message: dict[str, Any]) -> str:
    return msgspec.json.encode(message).decode()


def _asset(name: str) -> web.Response:
    """Return a file of the page. HTTPNotFound for another name."""
    found = next((file for file in files("sortie.web.page").iterdir() if file.name == name), None)
    kind = KINDS.get(Path(name).suffix)
    if kind is None or found is None:
        raise web.HTTPNotFound
    return web.Response(text=found.read_text("utf-8"), content_type=kind, charset="utf-8")
