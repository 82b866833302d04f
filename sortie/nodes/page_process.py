"""`--web`: the program `sortie web` as a process beside a run, on a link of its own, so that it costs the flight as
much as a ground station. It ends with the run. After a reboot of the run, the page has the same address."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from mavlink_bridge.links.hub import LinkOwner
from sortie.config.errors import UserError, pip_install
from sortie.config.settings import Settings
from sortie.runtime.runtime import Runtime

DEFAULT_LISTEN: Final = ("127.0.0.1", 8088)
"""Port of mavlink2rest, whose paths the page serves."""
TOKEN: Final = "SORTIE_WEB_TOKEN"
"""Environment variable for the token. It is not on the command line, which every user can read."""
OWNER: Final = "SORTIE_WEB_OWNER"
"""Environment variable with the process of the run. When that process is gone, the page ends too."""
_LISTEN: Final = "SORTIE_LISTEN"
_LINK: Final = "tcpin:127.0.0.1:0"
_END_S: Final = 3.0


class PageProcess:
    """Process of the page. `owner`: the owner of the link that it uses; `state`: state folder of a sortie loop.
    UserError when the library of the page is missing or its port is in use."""

    def __init__(self, settings: Settings, runtime: Runtime, owner: LinkOwner, state: Path | None = None) -> None:
        if find_spec("aiohttp") is None:
            raise UserError(f"a page needs aiohttp: {pip_install('web')}, or leave --web out")
        address = runtime.open(owner, _LINK).removeprefix("tcpin:")
        os.environ.setdefault(TOKEN, secrets.token_urlsafe(18))
        os.environ[_LISTEN] = _listen(settings.listen)  # a reboot starts another program with the same environment
        command = [sys.executable, "-m", "sortie", "web", "--connect", f"tcp:{address}"]
        command += ["--log-dir", str(settings.logs)]
        if state is not None:
            command += ["--state-dir", str(state)]
        if settings.control:
            command.append("--control")
        if settings.tiles is not None:
            command += ["--tiles", settings.tiles]
        if settings.terrain is not None:
            command += ["--terrain", str(settings.terrain)]
        environment = os.environ | {OWNER: str(os.getpid())}
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment)

    def close(self) -> None:
        """End the process; kill it if it does not end within 3 s."""
        self._process.terminate()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _listen(given: tuple[str, int] | None) -> str:
    """Return the address to listen on: the given one, else the usual port, else any free port. UserError when the
    given one is in use."""
    host, port = given or DEFAULT_LISTEN
    with socket.socket() as probe:
        if sys.platform != "win32":  # Windows would take a port that is in use
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if given is not None:
                why = f"{os.strerror(error.errno or 0)}; choose another port"
                raise UserError(why, option="listen", given=f"{host}:{port}") from error
            probe.bind((host, 0))
        return f"{host}:{probe.getsockname()[1]}"
