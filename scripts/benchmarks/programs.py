"""What a person waits for around a command: the script in front of it, and its end."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_CALLS = 10


def script() -> float:
    """ms of processor time that `scripts/run` takes by itself once it has installed: the least of ten calls."""
    sys.path.insert(0, str(_ROOT))
    from tests.fakes.clone import make_clone

    with tempfile.TemporaryDirectory(prefix="sortie-bench-") as folder:
        clone, environment = make_clone(Path(folder))
        return min(_processor_s(clone / "scripts" / "run", os.environ | environment) for _ in range(_CALLS)) * 1000.0


def _processor_s(program: Path, environment: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def sigterm() -> float:
    """Seconds from SIGTERM to the end of the command that takes longest, of all there are."""
    sys.path.insert(0, str(_ROOT))
    from tests.fakes.program import begin
    from tests.fakes.signalled import TABLE, start

    slowest_s = 0.0
    for row in TABLE:
        with (
            tempfile.TemporaryDirectory(prefix="sortie-bench-") as folder,
            socket.create_server(("127.0.0.1", 0)) as silent,
        ):
            process = start(Path(folder), row, silent, begin)
            began_s = time.perf_counter()
            process.send_signal(signal.SIGTERM)
            process.communicate()
            slowest_s = max(slowest_s, time.perf_counter() - began_s)
            if process.returncode != 0:
                raise RuntimeError(f"{row}: status {process.returncode}")
    return slowest_s
