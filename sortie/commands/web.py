"""`sortie web`: a web page that shows the vehicles on a link."""

from __future__ import annotations

import os
import re
import secrets
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from sortie.config.errors import UserError, pip_install
from sortie.config.given import GivenOptions
from sortie.config.options import CONNECT, FOXGLOVE, ORIGINS, SHOWN_LOGS, SHOWN_STATE, SHOWN_TERRAIN, STATION_KEY
from sortie.config.settings import Settings
from sortie.config.values import default_state_dir
from sortie.nodes.client import signing_of
from sortie.nodes.page_process import DEFAULT_LISTEN, OWNER, TOKEN
from sortie.runtime.runtime import Runtime
from sortie.runtime.share import never

if TYPE_CHECKING:
    from sortie.web.foxglove_server import FoxgloveServer
    from sortie.web.station import WebStation


_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]+")


def web(given: GivenOptions) -> int:
    """Serve the page until SIGTERM (status 0) or Ctrl-C (130). Status 2 when a library is missing or the port is in
    use."""
    try:
        from sortie.web.server import PageServer, PageSettings
    except ModuleNotFoundError as error:
        raise UserError(f"a page needs {error.name}: {pip_install('web')}") from error
    from sortie.web.station import WebStation

    for option, folder in (("state", given[SHOWN_STATE]), ("log", given[SHOWN_LOGS])):
        if folder is not None and folder.is_file():  # one that does not exist may come later
            raise UserError(f"--{option}-dir {folder}: is a file, not a folder")
    runtime = Runtime()
    with ExitStack() as stack:
        stack.callback(runtime.close)
        station = WebStation(runtime, control=given[Settings.control], signing=signing_of(given[STATION_KEY]))
        url = given[CONNECT]
        try:
            runtime.open(station.endpoint, url)
        except UserError as error:
            raise UserError(f"--connect {url}: {error}") from error
        runtime.install_signals()
        state = given[SHOWN_STATE] or default_state_dir()
        logs = given[SHOWN_LOGS] or state / "logs"
        terrain = given[SHOWN_TERRAIN]
        if terrain is not None:
            from sortie.reading.terrain import check_ground

            check_ground(terrain)
        host, port = given[Settings.listen] or DEFAULT_LISTEN
        owner = os.environ.get(OWNER)
        settings = PageSettings(
            token=_token(),
            loop=state,
            host=host,
            port=port,
            control=given[Settings.control],
            tiles=given[Settings.tiles],
            connect=url if owner is None else "",
            origins=given[ORIGINS],
            terrain=terrain,
            logs=logs if logs.is_dir() or given[SHOWN_LOGS] else None,
        )
        server = PageServer(station, settings)
        address = server.start(or_free=given[Settings.listen] is None)
        stack.callback(server.close)
        foxglove_port = given[FOXGLOVE]
        if foxglove_port is not None:
            with runtime.signals.postponed():
                stack.callback(_serve_foxglove(runtime, station, foxglove_port).close)
        acts = "" if settings.control else " (read-only; --control adds the buttons that fly)"
        print(f"sortie: the page is at {address}{acts}", file=sys.stderr, flush=True)
        runtime.run(never if owner is None else lambda: str(os.getppid()) != owner)
    return runtime.signals.exit_status or 0


def _token() -> str:
    """Return the token of the environment, or a new one. UserError for one that an address cannot have."""
    given = os.environ.get(TOKEN)
    if given and not _TOKEN.fullmatch(given):
        raise UserError(f"environment, {TOKEN}: expected letters, digits, - and _")
    return given or secrets.token_urlsafe(18)


def _serve_foxglove(runtime: Runtime, station: WebStation, port: int) -> FoxgloveServer:
    try:
        from sortie.web.foxglove_server import FoxgloveServer
    except ModuleNotFoundError as error:
        raise UserError(f"--foxglove needs {error.name}: {pip_install('web,mcap')}") from error
    server = FoxgloveServer(station, port)
    runtime.add(server)
    print(f"sortie: Foxglove connects to ws://127.0.0.1:{server.port}", file=sys.stderr, flush=True)
    return server
