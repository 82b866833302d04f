"""What a page in a browser costs: the vehicle that it shows, itself with a fleet, and the person who waits for it."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import which

import aiohttp

from benchmarks import NotHere
from benchmarks.vehicle import Client, Served, free_port, processor_s

_ADDRESS = re.compile(r"http://\S+?/(?=[,\s]|$)")
_SECONDS = 10.0
_STATE = '{"kind":"state"'
FLEET = 50


def cost_for_the_vehicle() -> float:
    """Percent of a core that a vehicle at real time, disarmed, takes more with the page open than alone."""
    with Served("--speedup", "1") as served:
        client = Client(served.port)
        client.wait_armable()
        client.socket.close()
        alone = _share(served.process.pid, _SECONDS)
        with _web(served.port) as (_, address):
            return asyncio.run(_watched(address, served.process.pid, 1)) - alone


def fleet_page() -> tuple[float, float]:
    """(percent of a core of `sortie web`, states a second) with fifty vehicles shown to one reader."""
    with Served("--speedup", "1", "--count", str(FLEET)) as served:
        Client(served.port).wait_armable()
        with _web(served.port) as (pid, address):
            rates: list[float] = []
            return asyncio.run(_watched(address, pid, FLEET, rates)), rates[0]


def first_map() -> float:
    """Seconds from the start of `sortie web` until a vehicle stands on the map, in a Chromium that is there already."""
    from playwright.sync_api import sync_playwright

    path = which("chromium") or which("chromium-browser") or which("google-chrome")
    if path is None:
        raise NotHere("no Chromium is installed")
    with Served("--speedup", "1") as served, sync_playwright() as driver:
        Client(served.port).wait_armable()
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page()
        began_s = time.monotonic()
        with _web(served.port) as (_, address):
            page.goto(address)
            page.wait_for_function("() => document.querySelector('#waiting').hidden", polling=10)
            took_s = time.monotonic() - began_s
        browser.close()
        return took_s


@contextmanager
def _web(port: int) -> Iterator[tuple[int, str]]:
    """`sortie web` of a service: its process and its address."""
    command = [sys.executable, "-m", "sortie", "web", "--connect", f"tcp:127.0.0.1:{port}"]
    process = subprocess.Popen([*command, "--listen", f"127.0.0.1:{free_port()}"], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    found = _ADDRESS.search(process.stderr.readline())
    assert found is not None
    try:
        yield process.pid, found.group()
    finally:
        process.terminate()
        process.wait(10)


async def _watched(address: str, pid: int, vehicles: int, rates: list[float] | None = None) -> float:
    """Percent of a core that a process takes while somebody reads the page's states, once all vehicles are there."""
    async with aiohttp.ClientSession() as client, client.ws_connect(f"{address}ws", max_msg_size=0) as socket:
        while (await _state(socket)).count('"system":') < vehicles:
            pass
        measuring = asyncio.create_task(asyncio.to_thread(_share, pid, _SECONDS))
        count = 0
        while not measuring.done():
            await _state(socket)
            count += 1
        if rates is not None:
            rates.append(count / _SECONDS)
        return measuring.result()


async def _state(socket: aiohttp.ClientWebSocketResponse) -> str:
    while True:
        text = await socket.receive_str()
        if text.startswith(_STATE):
            return text


def _share(pid: int, seconds: float) -> float:
    before, began_s = processor_s(pid), time.monotonic()
    time.sleep(seconds)
    return 100.0 * (processor_s(pid) - before) / (time.monotonic() - began_s)
