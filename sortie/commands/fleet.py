"""`sortie serve` and `sortie fly` with many vehicles."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autopilot.context.events import Event
from autopilot.mission.plan import Plan
from sortie.commands.fleet_program import FleetProgram
from sortie.commands.fleet_progress import FleetProgress
from sortie.commands.flying import COUNTDOWN, summary_of
from sortie.commands.progress import last_word
from sortie.commands.report import page_of_flight, prepare_folder
from sortie.config.errors import UserError
from sortie.config.given import Given
from sortie.config.options import FLIGHT_REPORT, GO_AT, JSON, PLAN, REPEAT
from sortie.config.settings import Settings
from sortie.config.vehicle_spec import VehicleSpec, specs_of
from sortie.logs.separation_log import as_facts
from sortie.logs.terminal import run_log_shown
from sortie.nodes.flight import Flight
from sortie.nodes.plan_file import check_reach, load_plan, moved_plan, read_plan, start_of
from sortie.nodes.vehicle import Service
from sortie.runtime.runtime import Runtime


def serve_fleet(settings: Settings) -> int:
    """As `serve`, with all vehicles of the settings."""
    vehicles = specs_of(settings)
    with FleetProgram(settings, vehicles) as run:
        runtime = run.begin(default_speedup=1.0)
        run.open_links()
        kinds = ", ".join(sorted({one.kind for one in vehicles}))
        ordered = sorted(vehicles, key=lambda one: (one.network, one.system))
        print(
            f"sortie: serving {len(vehicles)} vehicles ({kinds}), {ordered[0].label} to {ordered[-1].label}, on "
            f"{', '.join(run.open_at)}", file=sys.stderr, flush=True,
        )  # fmt: skip
        progress = FleetProgress(run.node.services, [one.label for one in vehicles])
        level = logging.INFO if progress.tells_all else logging.WARNING
        with last_word(runtime.signals, run.log_dir), run_log_shown(progress.terminal, level):
            run.load()
            runtime.run(lambda: run.reboot, progress.refresh)
    if run.reboot:
        run.boot_anew()
    return runtime.signals.exit_status or 0


def fly_fleet(given: Given, settings: Settings) -> int:
    """As `fly`, with all vehicles: status 0 when every mission was completed."""
    vehicles, plans = _plans(given, settings)
    pages = given[FLIGHT_REPORT]
    if pages is not None:
        prepare_folder(pages)
    with FleetProgram(settings, vehicles, defaults=COUNTDOWN) as run:
        for one, plan in zip(vehicles, plans, strict=True):
            check_reach(plan, one.home, hint=f"vehicle {one.label} stands too far away")
        runtime = run.begin(default_speedup=1.0, running=True)
        for service, plan in zip(run.node.services, plans, strict=True):
            load_plan(service, plan)
        run.open_links()
        progress = FleetProgress(run.node.services, [one.label for one in vehicles])
        progress.terminal.say(f"sortie: flying {len(vehicles)} vehicles")
        run.load()
        progress.terminal.start()
        try:
            rounds = _fly_all(run, runtime, progress, given[REPEAT], given[GO_AT])
        finally:
            progress.terminal.stop()
        if pages is not None:
            _write_pages(rounds, vehicles, plans, pages)
        _print_result(summary_of(rounds), given[JSON])
        if runtime.signals.exit_status is not None:
            return runtime.signals.exit_status
        return 0 if all(one["result"] == "completed" for one in rounds) else 1


def _write_pages(
    rounds: Sequence[dict[str, Any]], vehicles: Sequence[VehicleSpec], plans: Sequence[Plan], pages: Path
) -> None:
    """A page of each vehicle's flight in each round, and its path in what is printed."""
    for one_round in rounds:
        for told, one, plan in zip(one_round["vehicles"], vehicles, plans, strict=True):
            told["report"] = page_of_flight(Path(told["logs"]), plan, pages, vehicle=one.label)


def _plans(given: Given, settings: Settings) -> tuple[list[VehicleSpec], list[Plan]]:
    """The vehicles, and what each flies."""
    if settings.fleet is not None:
        if given[PLAN] is not None:
            raise UserError(f"{given[PLAN]}: the --fleet file names what is flown; leave one of the two out")
        read: dict[Path, Plan] = {}
        plans = []
        for one in specs_of(settings):
            if one.plan is None:
                raise UserError(f"--fleet {settings.fleet}: vehicle {one.label} has no plan; each needs one to fly")
            if one.plan not in read:
                try:
                    read[one.plan] = read_plan(one.plan)
                except UserError as error:
                    raise error.within(one.source) from None
            plans.append(moved_plan(read[one.plan], one.offset))
        # Where nobody says where they stand, it is where the first of the plans begins.
        return specs_of(settings, start_of(next(iter(read.values())))), plans
    path: Path | None = given[PLAN]
    if path is None:
        raise UserError("Missing argument 'PLAN' (see sortie fly --help)")
    plan = read_plan(path)
    vehicles = specs_of(settings, start_of(plan))
    return vehicles, [moved_plan(plan, one.offset) for one in vehicles]


def _fly_all(
    run: FleetProgram, runtime: Runtime, progress: FleetProgress, repeat: int, go_at_s: float
) -> list[dict[str, Any]]:
    """Reports of up to `repeat` rounds; a signal, or a round that was not completed by all, ends the row."""
    rounds: list[dict[str, Any]] = []
    for _ in range(repeat):
        rounds.append(_fly_once(run, runtime, progress, go_at_s))
        if runtime.signals.exit_status is not None or rounds[-1]["result"] != "completed":
            break
    return rounds


class _Follower:
    """One vehicle's flight, observed with what a person sees of it."""

    def __init__(self, service: Service, progress: FleetProgress, number: int, go_at_s: float) -> None:
        self.flight = Flight(service, go_at_ms=round(1000.0 * go_at_s))
        self.next_deadline_ms = self.flight.next_deadline_ms
        self._progress = progress
        self._number = number

    def step(self, events: list[Event], now_ms: int) -> None:
        """See `Follower`."""
        self._progress.observe(self._number, events, now_ms)
        self.flight.step(events, now_ms)


def _fly_once(run: FleetProgram, runtime: Runtime, progress: FleetProgress, go_at_s: float) -> dict[str, Any]:
    began_s, began_ms = time.monotonic(), run.node.now_ms
    for number in range(len(run.node.services)):
        run.node.touch(number)  # each stands at the present time when it is asked
    followers = [_Follower(service, progress, number, go_at_s) for number, service in enumerate(run.node.services)]
    waiting = [follower.flight for follower in followers]
    for number, follower in enumerate(followers):
        run.node.services[number].follow(follower)
    runtime.settle()

    def all_done() -> bool:
        while waiting and waiting[-1].done:
            waiting.pop()
        return not waiting

    try:
        runtime.run(all_done, progress.refresh)
    finally:
        for service, follower in zip(run.node.services, followers, strict=True):
            service.unfollow(follower)
    took_s = time.monotonic() - began_s
    flights = [follower.flight for follower in followers]
    for flight, recorder in zip(flights, run.recorders, strict=True):
        flight.abort("stopped")
        recorder.finish(run.node.now_ms)
    return _report(run, flights, took_s, (run.node.now_ms - began_ms) / 1000.0)


def _report(run: FleetProgram, flights: Sequence[Flight], took_s: float, passed_s: float) -> dict[str, Any]:
    vehicles = [
        {
            "sysid": one.system, "result": flight.result.result, "reason": flight.result.reason or None,
            "items_reached": flight.result.items_reached, "flight_time_s": flight.result.flight_time_s,
            "distance_m": flight.result.distance_m, "logs": str(recorder.latest or run.log_dir / one.label),
            **({"network": one.network} if one.several_networks else {}),
        }
        for one, flight, recorder in zip(run.vehicles, flights, run.recorders, strict=True)
    ]  # fmt: skip
    results = {flight.result.result for flight in flights}
    return {
        "result": "completed" if results == {"completed"} else "failed" if "failed" in results else "aborted",
        "vehicles": vehicles,
        **_closest(run),
        "wall_s": round(took_s, 3),
        "speedup": round(passed_s / max(took_s, 1e-6), 1),
        "logs": str(run.log_dir),
    }


def _closest(run: FleetProgram) -> dict[str, Any]:
    """The closest that two came, who, when; and all below 20 m."""
    run.company.finish()
    labels = [one.label for one in run.vehicles]
    closest = None if run.company.closest is None else as_facts(run.company.closest, labels)
    return {
        "closest_m": None if closest is None else closest["distance_m"],
        "closest": closest,
        "approaches": [as_facts(one, labels) for one in run.company.approaches],
        "collisions": [as_facts(one, labels) for one in run.company.collisions],
    }


def _print_result(result: dict[str, Any], as_json: bool) -> None:
    """The last line on stdout; for people with one for each vehicle that did not complete."""
    if as_json:
        print(json.dumps(result), flush=True)
        return
    vehicles = result["vehicles"]
    for one in vehicles:
        if one["result"] != "completed":
            print(f"vehicle {one['sysid']}: {one['result']} ({one['reason']})", flush=True)
    if result["closest"] is not None:
        a, b = result["closest"]["pair"]
        print(f"closest: {a} and {b}, {result['closest_m']:g} m at {result['closest']['time_s']:g} s", flush=True)
    for one in result["collisions"]:
        print(f"collided: {' and '.join(one['pair'])} at {one['time_s']:g} s", flush=True)
    completed = sum(one["result"] == "completed" for one in vehicles)
    print(
        f"{result['result']}: {completed} of {len(vehicles)} missions completed, {result['speedup']:g} times real "
        f"time; logs in {result['logs']}", flush=True,
    )  # fmt: skip
