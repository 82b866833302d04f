"""The page's server in this process, on a free port, with a link that somebody may connect to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sortie.runtime.runtime import Runtime
from sortie.web.server import PageServer, PageSettings
from sortie.web.station import WebStation

TOKEN = "a-token-of-tests"


@dataclass(frozen=True)
class PageRun:
    """`address`: of the page; `link`: where a vehicle may connect to; `port` of the server."""

    server: PageServer
    address: str
    link: str

    @property
    def port(self) -> int:
        return self.server.port


@contextmanager
def page_run(folder: Path, *, control: bool = False, link: str = "tcpin:127.0.0.1:0") -> Iterator[PageRun]:
    """Serve until the end of the block; logs and loop are looked for in `folder`."""
    runtime = Runtime()
    ended = threading.Event()
    station = WebStation(runtime, control=control)
    opened = runtime.open(station.endpoint, link)
    thread = threading.Thread(target=lambda: runtime.run(ended.is_set, every_s=0.1))
    thread.start()
    server = PageServer(
        station, PageSettings(token=TOKEN, loop=folder, control=control, connect=opened, logs=folder / "logs")
    )
    try:
        yield PageRun(server, server.start(), opened)
    finally:
        server.close()
        ended.set()
        thread.join()
        runtime.close()
