"""How fast the service starts, answers, and how little it uses when nothing happens."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from benchmarks.vehicle import Client, Served, dialect, item, place

_ROUND_TRIPS = 400


def start_up() -> tuple[float, float]:
    """(seconds from process start to the first HEARTBEAT, to armable at speedup 1)."""
    with Served("--speedup", "1") as served:
        client = Client(served.port)
        client.wait("HEARTBEAT")
        heartbeat = time.monotonic() - served.started_s
        client.wait_armable()
        return heartbeat, time.monotonic() - served.started_s


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
        before, began = _cpu_s(served.process.pid), time.monotonic()
        while time.monotonic() - began < seconds:
            client.receive()
        used = _cpu_s(served.process.pid) - before
        return 100.0 * used / (time.monotonic() - began), _resident_mb(served.process.pid)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100.0


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024.0
    return 0.0
