"""The server process of mavsdk-grpc, connected to a served vehicle."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import free_port


@contextmanager
def mavsdk_server(vehicle: int, folder: Path) -> Iterator[int]:
    """The server of what is served on TCP port `vehicle`; its own port."""
    import mavsdk_grpc

    binary = Path(mavsdk_grpc.__file__).parent / "bin" / "mavsdk_server"
    port = free_port()
    with (folder / "mavsdk_server").open("wb") as output:
        command = [str(binary), "-p", str(port), f"tcpout://127.0.0.1:{vehicle}"]
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            yield port
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
