"""Flights of `demo` and `fly`, for one vehicle or many: fly the loaded missions, show progress, report results."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autopilot.context.events import Event
from autopilot.flight.lifecycle import FlightState
from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass
from autopilot.mission.commands import command_name
from autopilot.mission.plan import Plan
from sortie.assembly.program import Program
from sortie.commands.progress import Progress
from sortie.commands.report import page_of_flight, write_comparison
from sortie.config.words import counted
from sortie.nodes.flight import Flight
from sortie.nodes.vehicle import VehicleService
from sortie.reading.facts import FlightFacts
from sortie.reading.logs import read_log
from sortie.runtime.runtime import Runtime

# Countdown of `demo` and `fly` unless another is given.
COUNTDOWN = {"FM_COUNTDOWN": 3.0}


def places_of(run: Program, runtime: Runtime, progress: Progress) -> list[GeoPoint] | None:
    """Return the places of the vehicles. For a flight controller, wait until it reports a position; None when a signal
    comes first."""
    if run.controller is None:
        return [spec.home for spec in run.vehicles.specs]
    state = run.service.vehicle.state
    if not state.has_position:
        progress.terminal.say("sortie: waiting for the flight controller's position")
        runtime.run(lambda: state.has_position)
    return [state.place] if state.has_position else None


class _WatchedFlight:
    """Flight with its progress display. `flies_since_s`: real time since it flies, s."""

    def __init__(
        self, service: VehicleService, progress: Progress, number: int, *, auto_go: bool, go_at_ms: int
    ) -> None:
        self.service = service
        auto_go = auto_go and service.parameters["FM_AUTO_GO"] > 0.0
        self.flight = Flight(service, auto_go=auto_go, go_at_ms=go_at_ms)
        self.next_deadline_ms = self.flight.next_deadline_ms
        self.flies_since_s = time.monotonic()
        self._flies = False
        self._progress = progress
        self._number = number

    def step(self, events: list[Event], now_ms: int) -> None:
        """Process the events of a pass (`Follower`)."""
        self._progress.observe(self._number, events, now_ms)
        self.flight.step(events, now_ms)
        flies = self.flight.state is FlightState.FLYING
        if flies and not self._flies:
            self.flies_since_s = time.monotonic()
        self._flies = flies


@dataclass(frozen=True, slots=True)
class FlightRound:
    """Round: one flight of each vehicle. `wall_s`: its real time, s. `flight_wall_s`: the same from the start of the
    first vehicle's flight. `passed_s`: vehicle time, s."""

    flights: Sequence[Flight]
    wall_s: float
    flight_wall_s: float
    passed_s: float


def fly_round(
    run: Program, runtime: Runtime, progress: Progress, *, auto_go: bool = False, go_at_s: float = 0.0
) -> FlightRound:
    """Fly each loaded mission until all end or a signal comes. `go_at_s`: see `Flight`; `auto_go`: vehicles with
    FM_AUTO_GO start by themselves."""
    began_s, began_ms = time.monotonic(), run.vehicles.node.now_ms
    watched = [
        _WatchedFlight(member.service, progress, number, auto_go=auto_go, go_at_ms=round(1000.0 * go_at_s))
        for number, member in enumerate(run.vehicles.members)
    ]
    for flier in watched:
        flier.service.watchers.follow(flier)
    if not run.alone:
        runtime.settle()  # each was changed from outside, and acts now
    waiting = [flier.flight for flier in watched]

    def all_done() -> bool:
        if run.vehicles.fleet is not None:
            for number, failed in run.vehicles.fleet.stranded.items():
                watched[number].flight.fail(str(failed.error))
        while waiting and waiting[-1].done:
            waiting.pop()
        return not waiting

    try:
        runtime.run(all_done, progress.refresh)
    finally:
        for flier in watched:
            flier.service.watchers.unfollow(flier)
    ended_s = time.monotonic()
    for flier in watched:
        flier.flight.abort("stopped")
    run.vehicles.finish_flights()
    passed_s = (run.vehicles.node.now_ms - began_ms) / 1000.0
    return FlightRound(
        [flier.flight for flier in watched], ended_s - began_s, ended_s - watched[0].flies_since_s, passed_s
    )


# --- results ----------------------------------------------------------------------------------------------------------
def report_of(run: Program, flown: FlightRound, began_s: float) -> dict[str, Any]:
    """Return the JSON object of `demo --once` and `fly`. `wall_s` counts from `began_s`. For one vehicle,
    `flight_wall_s` and `speedup` count from the start of its flight; for a fleet, `speedup` is that of the whole
    round."""
    vehicles = [
        {**asdict(result), "reason": result.reason or None, "logs": str(recorder.latest or recorder.directory)}
        for result, recorder in zip((f.result for f in flown.flights), run.vehicles.recorders, strict=True)
    ]
    wall_s = round(time.monotonic() - began_s, 3)
    if run.alone:
        (vehicle,) = vehicles
        logs, speedup = vehicle.pop("logs"), vehicle["flight_time_s"] / max(flown.flight_wall_s, 1e-6)
        took = {"wall_s": wall_s, "flight_wall_s": round(flown.flight_wall_s, 4), "speedup": round(speedup, 1)}
        return {**vehicle, **took, "logs": logs}
    results = {vehicle["result"] for vehicle in vehicles}
    return {
        "result": "completed" if results == {"completed"} else "failed" if "failed" in results else "aborted",
        "vehicles": [
            {"sysid": spec.system, **vehicle, **({"network": spec.network} if spec.several_networks else {})}
            for spec, vehicle in zip(run.vehicles.specs, vehicles, strict=True)
        ],
        **_closest(run),
        "wall_s": wall_s,
        "speedup": round(flown.passed_s / max(flown.wall_s, 1e-6), 1),
        "logs": str(run.settings.logs),
    }


def _closest(run: Program) -> dict[str, Any]:
    """Return the closest approach of two vehicles, and all below 20 m."""
    company = run.vehicles.company
    if company is None:
        return {}
    from sortie.logs.separation_log import as_facts  # with what fleets have

    company.finish()
    labels = [spec.label for spec in run.vehicles.specs]
    closest = None if company.closest is None else as_facts(company.closest, labels)
    return {
        "closest_m": None if closest is None else closest["distance_m"],
        "closest": closest,
        "approaches": [as_facts(approach, labels) for approach in company.approaches],
        "collisions": [as_facts(approach, labels) for approach in company.collisions],
    }


def summary_of(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Summarize a series of rounds: the last one, with all in `flights` if there are several."""
    return rounds[-1] if len(rounds) == 1 else {**rounds[-1], "flights": rounds}


def item_without_end(run: Program, plan: Plan) -> str | None:
    """Return a sentence about a mission item without an end of its own; None if there is none. Simulated vehicles
    only."""
    from autopilot.rehearsal.field import FlyingField
    from autopilot.rehearsal.way import NoWayError, walk

    facts = run.vehicles.services[0].autopilot.facts
    try:
        item = walk(plan, FlyingField(facts.vehicle_class, facts.parameters, run.vehicles.specs[0].home)).endless
    except NoWayError:  # the flight will show
        return None
    if item is None:
        return None
    return (
        f"mission item {item.seq}: {command_name(item.command)} has no end but a station's command or an empty battery"
    )


def write_pages(run: Program, rounds: Sequence[dict[str, Any]], plans: Sequence[Plan], pages: Path) -> None:
    """Write a page for each flight and put its path into the results."""
    for flight in rounds:
        for result, spec, plan in zip(flight.get("vehicles", [flight]), run.vehicles.specs, plans, strict=True):
            result["report"] = page_of_flight(Path(result["logs"]), plan, pages, vehicle=spec.label or None)


def compare_rounds(
    rounds: Sequence[dict[str, Any]], reference: FlightFacts, within_m: float, pages: Path | None
) -> None:
    """Compare each round's flight with the reference, write a page of both, and put the differences into the results.
    The page is in `pages` or beside the flight's log. UserError when nothing was logged."""
    from sortie.reports.comparison import compared

    for flight in rounds:
        folder = Path(flight["logs"])
        flown = read_log(folder)
        found = compared(flown, reference, within_m=within_m)
        page = folder / "expected.html" if pages is None else pages / f"expected-{folder.name}.html"
        write_comparison(page, (flown, reference), found)
        flight["expected"] = found.as_json() | {"report": str(page)}
        if not found.same:
            print(f"sortie: not as expected: {found.first} See {page}", file=sys.stderr)


def print_result(result: dict[str, Any], as_json: bool) -> None:
    """Print the result on stdout: for a fleet also a line for each vehicle that did not complete."""
    if as_json:
        print(json.dumps(result), flush=True)
    elif "vehicles" in result:
        _print_fleet(result)
    else:
        why = f" ({result['reason']})" if result["reason"] else ""
        reached = counted(len(result["items_reached"]), "item")
        print(
            f"{result['result']}{why}: {reached} reached, {result['flight_time_s']:.0f} s of flight, "
            f"{result['distance_m']:.0f} m, {result['speedup']:g} times real time; logs in {result['logs']}",
            flush=True,
        )


def _print_fleet(result: dict[str, Any]) -> None:
    vehicles = result["vehicles"]
    for vehicle in vehicles:
        if vehicle["result"] != "completed":
            print(f"vehicle {vehicle['sysid']}: {vehicle['result']} ({vehicle['reason']})", flush=True)
    if result["closest"] is not None:
        a, b = result["closest"]["pair"]
        print(f"closest: {a} and {b}, {result['closest_m']:g} m at {result['closest']['time_s']:g} s", flush=True)
    for collision in result["collisions"]:
        print(f"collided: {' and '.join(collision['pair'])} at {collision['time_s']:g} s", flush=True)
    completed = sum(vehicle["result"] == "completed" for vehicle in vehicles)
    print(
        f"{result['result']}: {completed} of {counted(len(vehicles), 'mission')} completed, "
        f"{result['speedup']:g} times real time; logs in {result['logs']}",
        flush=True,
    )
