"""What `demo` and `fly` share: fly what is loaded, show progress, print the result."""

from __future__ import annotations

import json
import time
from typing import Any

from autopilot.context.events import Event
from autopilot.flight.lifecycle import FlightState
from autopilot.interface.geo import GeoPoint
from sortie.commands.build import Program
from sortie.commands.progress import Progress
from sortie.nodes.flight import Flight
from sortie.runtime.runtime import Runtime

#: What `demo` and `fly` count down from, unless they are told otherwise.
COUNTDOWN = {"FM_COUNTDOWN": 3.0}


def place_of(run: Program, runtime: Runtime, progress: Progress) -> GeoPoint | None:
    """Where the vehicle stands. A flight controller is where it says that it is, and nowhere before it has a position:
    that is waited for; None when a signal comes instead."""
    if run.controller is None:
        return run.home
    state = run.service.vehicle.state
    if not state.has_position:
        progress.terminal.say("sortie: waiting for the flight controller's position")
        runtime.run(lambda: state.has_position)
    return state.place if state.has_position else None


def fly_once(
    run: Program, runtime: Runtime, progress: Progress, *, auto_go: bool = False, go_at_s: float = 0.0
) -> tuple[Flight, float]:
    """One flight of the loaded mission, to its end or a signal; and the wall seconds it took once it had started.
    `auto_go`, `go_at_s`: see `Flight`."""
    flight = Flight(run.service, auto_go=auto_go, go_at_ms=round(1000.0 * go_at_s))
    service = run.service
    watched = _Watched(flight, progress)
    service.follow(watched)
    try:
        runtime.run(lambda: flight.done, progress.refresh)
    finally:
        service.unfollow(watched)
    flight.abort("stopped")
    took_s = time.monotonic() - watched.started_s
    run.recorder.finish(service.now_ms)
    return flight, took_s


class _Watched:
    """A flight, with what a person sees of it. `started_s`: since when it flies, seconds of the wall."""

    def __init__(self, flight: Flight, progress: Progress) -> None:
        self._flight = flight
        self._progress = progress
        self.next_deadline_ms = flight.next_deadline_ms
        self.started_s = time.monotonic()
        self._flies = False

    def step(self, events: list[Event], now_ms: int) -> None:
        """See `Follower`."""
        self._progress.observe(events, now_ms)
        self._flight.step(events, now_ms)
        flies = self._flight.state is FlightState.FLYING
        if flies and not self._flies:
            self.started_s = time.monotonic()
        self._flies = flies


def report_of(run: Program, flight: Flight, flight_wall_s: float, began_s: float) -> dict[str, Any]:
    """The JSON object of `demo --once` and `fly`. `wall_s` counts from the start of the command, `flight_wall_s` and
    `speedup` from the start of the flight."""
    wall_s = time.monotonic() - began_s
    result = flight.result
    return {
        "result": result.result,
        "reason": result.reason or None,
        "items_reached": result.items_reached,
        "flight_time_s": result.flight_time_s,
        "distance_m": result.distance_m,
        "wall_s": round(wall_s, 3),
        "flight_wall_s": round(flight_wall_s, 4),
        "speedup": round(result.flight_time_s / max(flight_wall_s, 1e-6), 1),
        "logs": str(run.recorder.latest or run.log_dir),
    }


def summary_of(flights: list[dict[str, Any]]) -> dict[str, Any]:
    """One object for a row of flights: that of the last one, and all of them under `flights` when there are more."""
    return flights[-1] if len(flights) == 1 else {**flights[-1], "flights": flights}


def print_result(result: dict[str, Any], as_json: bool) -> None:
    """The last line on stdout."""
    if as_json:
        print(json.dumps(result), flush=True)
        return
    why = f" ({result['reason']})" if result["reason"] else ""
    print(
        f"{result['result']}{why}: {len(result['items_reached'])} items reached, {result['flight_time_s']:.0f} s of "
        f"flight, {result['distance_m']:.0f} m, {result['speedup']:g} times real time; logs in {result['logs']}",
        flush=True,
    )
