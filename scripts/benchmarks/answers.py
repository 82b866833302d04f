"""How fast the service starts, answers, and how little it uses when nothing happens."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.vehicle import Client, Served, dialect, item, place, processor_s

_ROUND_TRIPS = 400


def start_up() -> tuple[float, float]:
    """Seconds of processor time of a service until its first HEARTBEAT, and until it is armable at speedup 1: not what
    else the machine does meanwhile. A first start, which writes Python's caches, comes before."""
    with Served("--speedup", "1") as served:
        Client(served.port).wait("HEARTBEAT")
    with Served("--speedup", "1") as served:
        client = Client(served.port)
        client.wait("HEARTBEAT")
        heartbeat_s = processor_s(served.process.pid)
        client.wait_armable()
        return heartbeat_s, processor_s(served.process.pid)


def small_commands() -> tuple[float, float]:
    """Seconds of processor time of `sortie --version`, and of `sortie status` of a running service."""
    with Served("--speedup", "1") as served:
        Client(served.port).wait_armable()
        asked = ["status", "--connect", f"tcp:127.0.0.1:{served.port}"]
        return _of_command("--version"), _of_command(*asked)


def _of_command(*arguments: str) -> float:
    """The least of five calls, and one before that fills caches."""
    used: list[float] = []
    for _ in range(6):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "sortie", *arguments], stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(used)


def transfers(count: int = 500) -> tuple[float, float]:
    """(items a second up, down) of a mission of `count` items on loopback, one request at a time."""
    with Served() as served:
        client = Client(served.port)
        client.wait("HEARTBEAT")
        items = [item(0, 16, *place(0, 0))]
        items += [item(seq, 16, *place(seq % 50, seq // 50), z=20.0) for seq in range(1, count)]
        up = client.upload(items)
        got, down = client.download()
        return count / up, got / down


def parameter_list() -> float:
    """Parameters a second, from the request to the last value."""
    with Served() as served:
        client = Client(served.port)
        client.wait("HEARTBEAT")
        began = time.perf_counter()
        client.send(dialect.MAVLink_param_request_list_message(1, 1))
        seen: set[int] = set()
        while True:
            for message in client.receive():
                if message.get_type() == "PARAM_VALUE":
                    seen.add(message.param_index)
                    if len(seen) == message.param_count:
                        return len(seen) / (time.perf_counter() - began)


def round_trips() -> tuple[float, float]:
    """(median, 99th percentile) in ms of a command's round trip at speedup 1."""
    with Served("--speedup", "1") as served:
        client = Client(served.port)
        client.wait_armable()
        times = []
        for _ in range(_ROUND_TRIPS):
            began = time.perf_counter()
            client.command(512, 148)
            times.append((time.perf_counter() - began) * 1000.0)
        times.sort()
        return statistics.median(times), times[int(len(times) * 0.99)]


def idle(seconds: float = 10.0) -> tuple[float, float]:
    """(percent of one core, resident MB) at speedup 1, disarmed, with one client at 4 Hz."""
    with Served("--speedup", "1") as served:
        client = Client(served.port)
        client.wait_armable()
        client.send(dialect.MAVLink_request_data_stream_message(1, 1, 0, 4, 1))
        before, began = processor_s(served.process.pid), time.monotonic()
        while time.monotonic() - began < seconds:
            client.receive()
        used = processor_s(served.process.pid) - before
        return 100.0 * used / (time.monotonic() - began), _resident_mb(served.process.pid)


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024.0
    return 0.0
