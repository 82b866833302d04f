"""Measures Sortie: JSON on stdout, progress on stderr. `--check`: status 1 when a floor is missed, each scaled by how
fast the machine was beside it (`benchmarks.yardstick`). `--against CHECKOUT`: alternating runs, and their ratios."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from benchmarks import (
    NotHere,
    against,
    answers,
    bridge,
    campaigns,
    cluster,
    described,
    exchange,
    firmware,
    fleet,
    flights,
    installed,
    links,
    pages,
    pictures,
    programs,
    rehearsal,
    reports,
    sorties,
    stations,
    terrain,
    tests_that_fly,
    yardstick,
)


@dataclass(frozen=True)
class Figure:
    """One figure: its floor (or ceiling when `at_most`), and its unit."""

    name: str
    floor: float
    unit: str
    at_most: bool = False

    def scaled(self, share: float) -> float:
        """The floor on a machine of which `share` is left; never stricter than the floor. A slow one needs no more
        memory."""
        share = 1.0 if self.unit.startswith("MB") else min(share, 1.0)
        return self.floor / share if self.at_most else self.floor * share

    def holds(self, value: float, floor: float) -> bool:
        return value <= floor if self.at_most else value >= floor


@dataclass(frozen=True)
class Measurement:
    """Runs once and gives a value for each of its figures. `work`: the kind of the yardstick that its figures go with,
    and with how many processes; None where they do not depend on the processor's speed."""

    name: str
    figures: Sequence[Figure]
    run: Callable[[], Sequence[float]]
    runs: int = 3
    work: tuple[str, int] | None = ("plain", 1)

    def measure(self) -> tuple[list[float], float]:
        """Medians of its figures, and the share of the machine that there was before and after."""
        shares = [self._share()]
        rows = [self.run() for _ in range(self.runs)]
        shares.append(self._share())
        return [statistics.median(values) for values in zip(*rows, strict=True)], statistics.fmean(shares)

    def _share(self) -> float:
        return 1.0 if self.work is None else yardstick.share(*self.work)


def _kernel() -> tuple[float, float]:
    return fleet.kernel_speed(1, 2000.0), fleet.kernel_speed(1000, 4.0)


def _plane_kernel() -> tuple[float, float]:
    return fleet.kernel_speed(1, 2000.0, "plane"), fleet.kernel_speed(1000, 4.0, "plane")


def _actors() -> float:
    from benchmarks.actors import actor_layer

    return actor_layer()


MEASUREMENTS = (
    Measurement("square, client parses with pymavlink over TCP", (Figure("parsing_client", 800, "x real time"),),
                lambda: (flights.parsing_client(),), work=("plain", 2)),
    Measurement("rover, client parses with pymavlink over TCP", (Figure("rover_parsing_client", 800, "x real time"),),
                lambda: (flights.rover_parsing_client(),), work=("plain", 2)),
    Measurement("examples/plane.plan, client parses with pymavlink over TCP",
                (Figure("plane_parsing_client", 2000, "x real time"),), lambda: (flights.plane_parsing_client(),),
                runs=5, work=("plain", 2)),
    Measurement("square, client drains its TCP socket", (Figure("draining_client", 3000, "x real time"),),
                lambda: (flights.draining_client(),), work=("plain", 2)),
    Measurement("square as a PX4, client parses with pymavlink over TCP",
                (Figure("px4_parsing_client", 800, "x real time"),), lambda: (flights.parsing_client("px4"),),
                work=("plain", 2)),
    Measurement("square as a PX4, client drains its TCP socket",
                (Figure("px4_draining_client", 2000, "x real time"),), lambda: (flights.draining_client("px4"),),
                work=("plain", 2)),
    Measurement("square, no client, telemetry log on", (Figure("headless_log", 3300, "x real time"),),
                lambda: (flights.headless(True),)),
    Measurement("square, no client, telemetry log off", (Figure("headless", 10_000, "x real time"),),
                lambda: (flights.headless(False),)),
    Measurement("actor layer, against none", (Figure("actor_layer", 25, "% of the headless speed-up", at_most=True),),
                lambda: (_actors(),), work=None),
    Measurement("kernel alone", (Figure("kernel_one", 10_000, "x real time"),
                                 Figure("kernel_fleet_1000", 15_000, "vehicle-seconds/s")), _kernel,
                work=("compiled", 1)),
    Measurement("kernel of a plane alone", (Figure("plane_kernel_one", 20_000, "x real time"),
                                            Figure("plane_kernel_fleet_1000", 15_000, "vehicle-seconds/s")),
                _plane_kernel, work=("compiled", 1)),
    Measurement("our part of an exchange with an ArduPilot in our world", (Figure("exchange", 20, "us", at_most=True),),
                lambda: (exchange.exchange_us(),), work=("compiled", 1)),
    Measurement("ArduCopter in our world, pymavlink client that time waits for",
                (Figure("firmware_paced", 25, "x real time"),), lambda: (firmware.paced(),), runs=1,
                work=("plain", 2)),
    Measurement("ten ArduCopters in our world", (Figure("firmware_ten", 4, "x real time"),),
                lambda: (firmware.standing("ardupilot", 10),), work=("plain", 2)),
    Measurement("ArduCopter in our world, from its start until it can be armed",
                (Figure("firmware_armable", 10, "s", at_most=True),), lambda: (firmware.armable(),)),
    Measurement("PX4 in our world", (Figure("firmware_px4", 6, "x real time"),),
                lambda: (firmware.standing("px4", 1),), work=("plain", 2)),
    Measurement("100 copters on missions, client drains all streams at 4 Hz, logs written",
                (Figure("fleet_draining_client", 30, "x real time"),),
                lambda: (fleet.flown(100, client=True),), work=("plain", 2)),
    Measurement("100 copters on missions, no client, no telemetry log", (Figure("fleet_headless", 80, "x real time"),),
                lambda: (fleet.flown(100, client=False),), work=("plain", 2)),
    Measurement("1,000 copters on missions at real time, one client",
                (Figure("fleet_core", 80, "% of a core", at_most=True),
                 Figure("fleet_heartbeat", 300, "ms late", at_most=True),
                 Figure("fleet_start", 10, "s", at_most=True), Figure("fleet_memory", 1, "MB each", at_most=True)),
                fleet.thousand, runs=1, work=("plain", 2)),
    Measurement("1,000 planes on missions at real time, one client",
                (Figure("planes_core", 60, "% of a core", at_most=True),), lambda: fleet.thousand("plane")[:1], runs=1,
                work=("plain", 2)),
    Measurement("250 missions of 50 items over a shared link", (Figure("fleet_upload", 4000, "items/s"),),
                lambda: (fleet.uploads(),), work=("plain", 2)),
    Measurement("start", (Figure("first_heartbeat", 0.25, "s of processor", at_most=True),
                          Figure("armable", 0.5, "s of processor", at_most=True)), answers.start_up),
    Measurement("small commands", (Figure("version", 0.06, "s of processor", at_most=True),
                                   Figure("status", 0.15, "s of processor", at_most=True)), answers.small_commands),
    Measurement("fresh clone to the end of a flight", (Figure("fresh_clone", 40, "s", at_most=True),),
                lambda: (installed.fresh_clone(),), runs=1, work=("plain", 2)),
    Measurement("wheel into an empty environment, to the end of a flight",
                (Figure("fresh_wheel", 20, "s", at_most=True),), lambda: installed.fresh_wheel()[:1], runs=1,
                work=("plain", 2)),
    Measurement("that environment, and the wheel", (Figure("environment", 230, "MB", at_most=True),
                                                    Figure("wheel", 5, "MB", at_most=True)),
                lambda: installed.fresh_wheel()[1:], runs=1, work=None),
    Measurement("scripts/run in front of a command, installed", (Figure("script", 50, "ms", at_most=True),),
                lambda: (programs.script(),)),
    Measurement("SIGTERM to the end of the slowest command", (Figure("sigterm", 5, "s", at_most=True),),
                lambda: (programs.sigterm(),), runs=1),
    Measurement("mission of 500 items", (Figure("upload", 4000, "items/s"), Figure("download", 4000, "items/s")),
                answers.transfers, work=("plain", 2)),
    Measurement("parameter list", (Figure("parameters", 20_000, "1/s"),), lambda: (answers.parameter_list(),),
                work=("plain", 2)),
    Measurement("DroneKit connects", (Figure("dronekit_connect", 1.5, "s", at_most=True),),
                lambda: (stations.dronekit_connect(),), work=("plain", 2)),
    Measurement("MAVSDK connects to a PX4, until healthy and armable",
                (Figure("mavsdk_connect", 6, "s", at_most=True),), lambda: (stations.mavsdk_connect(),),
                work=("plain", 2)),
    Measurement("QGroundControl's connect sequence", (Figure("qgc_connect", 0.3, "s", at_most=True),),
                lambda: (stations.qgroundcontrol_connect(),), work=("plain", 2)),
    Measurement("command round trip", (Figure("ack_median", 1, "ms", at_most=True),
                                       Figure("ack_p99", 5, "ms", at_most=True)), answers.round_trips,
                work=("plain", 2)),
    Measurement("mission of 50 items at 25 % loss each way", (Figure("lossy_upload", 6, "s", at_most=True),
                                                              Figure("lossy_download", 14, "s", at_most=True)),
                links.lossy_mission, runs=1, work=None),
    Measurement("64 clients at default rates", (Figure("latest_heartbeat", 200, "ms late", at_most=True),),
                lambda: (links.crowd(),), work=("plain", 2)),
    Measurement("router, UDP in and out", (Figure("router", 60_000, "messages/s of one core"),),
                lambda: (links.router(),)),
    Measurement("radio between two memory links", (Figure("radio", 20_000, "messages/s of one core"),),
                lambda: (links.radio(),)),
    Measurement("1,000 sorties of profile space", (Figure("space_sorties", 90, "s", at_most=True),),
                lambda: (sorties.space(),), runs=1),
    Measurement("one drone-box sortie of 20 minutes", (Figure("drone_box_sortie", 10, "s", at_most=True),),
                lambda: (sorties.drone_box(),)),
    Measurement("between a controller at 921600 baud and a station",
                (Figure("setpoint_latency", 5, "ms", at_most=True),
                 Figure("bridge_cpu", 15, "% of a core", at_most=True)),
                lambda: (bridge.setpoint_latency(), bridge.processor_time()), work=("plain", 2)),
    Measurement("a fresh vehicle in a test, armable, warm process", (Figure("test_vehicle", 30, "ms", at_most=True),),
                lambda: (tests_that_fly.fresh_vehicle(),)),
    Measurement("the page of a flight of 20 minutes", (Figure("report_page", 3, "s", at_most=True),),
                lambda: (reports.page(),)),
    Measurement("the log of an hour", (Figure("hour_read", 4, "s of processor", at_most=True),
                                       Figure("hour_reproduced", 30, "s", at_most=True)), reports.hour, runs=1),
    Measurement("a log of 20 minutes shown to a station", (Figure("log_played", 40_000, "messages a s of processor"),),
                lambda: (reports.played(),)),
    Measurement("reading logs of 500 MB", (Figure("large_bin", 300, "MB", at_most=True),
                                           Figure("large_tlog", 300, "MB", at_most=True),
                                           Figure("large_ulg", 300, "MB", at_most=True)), reports.large, runs=1,
                work=None),
    Measurement("the page in a browser: what the vehicle pays at 4 Hz",
                (Figure("page_for_the_vehicle", 1, "% of a core", at_most=True),),
                lambda: (pages.cost_for_the_vehicle(),), work=("plain", 2)),
    Measurement("the page in a browser: 50 vehicles",
                (Figure("page_of_fleet", 35, "% of a core", at_most=True), Figure("page_rate", 3.9, "states/s")),
                pages.fleet_page, runs=1, work=("plain", 2)),
    Measurement("the page in a browser: from the command to the map",
                (Figure("page_first_map", 3, "s", at_most=True),), lambda: (pages.first_map(),), work=("plain", 2)),
    Measurement("first test of a fresh process", (Figure("first_test", 1.5, "s", at_most=True),),
                lambda: (tests_that_fly.first_test(),)),
    Measurement("1,000 tests that each fly 60 s, two workers", (Figure("thousand_tests", 60, "s", at_most=True),),
                lambda: (tests_that_fly.thousand_tests(),), runs=1, work=("plain", 2)),
    Measurement("500 flights by pymavlink, time waits for it, all cores busy",
                (Figure("pymavlink_flakes", 0, "flights", at_most=True),
                 Figure("paced_pymavlink", 100, "x real time")), tests_that_fly.paced_pymavlink, runs=1,
                work=("plain", 2)),
    Measurement("200 flights by MAVSDK, time waits for it, all cores busy",
                (Figure("mavsdk_flakes", 0, "flights", at_most=True),
                 Figure("paced_mavsdk", 20, "x real time")), tests_that_fly.paced_mavsdk, runs=1,
                work=("plain", 2)),
    Measurement("terrain in the kernel, against none",
                (Figure("terrain_lookups", 10, "% of the kernel's speed", at_most=True),),
                lambda: (terrain.kernel_cost(),), runs=1),
    Measurement("1,000 pictures of a camera, in a process of their own",
                (Figure("picture", 20, "ms", at_most=True), Figure("picture_handed_over", 0.5, "ms", at_most=True)),
                pictures.pictures, runs=1),
    Measurement("video of a camera, 640 x 480 and thermal, ten frames a second",
                (Figure("video", 50, "% of a core", at_most=True),), lambda: (pictures.video(),), runs=1),
    Measurement("rehearsal: rules of 1,000 items in a fence of 200 corners, over terrain",
                (Figure("rehearsal_rules", 150, "ms", at_most=True),), lambda: (rehearsal.rules(),)),
    Measurement("rehearsal: 200 flights of a 20 minute plan, two cores",
                (Figure("rehearsal_flights", 15, "s", at_most=True),
                 Figure("rehearsal_page", 3, "s", at_most=True)), rehearsal.flights, runs=1,
                work=("plain", 2)),
    Measurement("rehearsal: 200 flights of a plane's 30 minute plan, two cores",
                (Figure("rehearsal_wings", 20, "s", at_most=True),), lambda: rehearsal.flights("plane")[:1], runs=1,
                work=("plain", 2)),
    Measurement("campaign of squares judged by three formulas, two workers",
                (Figure("campaign_flying", 500_000, "flight minutes/h"),
                 Figure("campaign_two_workers", 1.85, "times one worker")), campaigns.flying, runs=1,
                work=("plain", 2)),
    Measurement("encounters with other aircraft, each with and without the reaction, two workers",
                (Figure("encounters", 15, "minutes for 100,000", at_most=True),
                 Figure("encounter", 18, "ms of processor", at_most=True)), campaigns.encounters,
                runs=1, work=("plain", 2)),
    Measurement("a test of Aerialist of 500 s, round boxes",
                (Figure("aerialist", 100, "times real time"),
                 Figure("aerialist_processor", 100, "times real time, by processor")), described.speed),
    Measurement("a run of a campaign beside its flight", (Figure("campaign_overhead", 3, "ms", at_most=True),),
                lambda: (campaigns.overhead(),)),
    Measurement("the command of a campaign of 100,000 runs",
                (Figure("campaign_memory", 500, "MB", at_most=True),
                 Figure("campaign_memory_growth", 50, "MB", at_most=True)), campaigns.memory, runs=1, work=None),
    Measurement("a simulated cluster of 64 worker processes, against one of 4",
                (Figure("campaign_cluster", 1.5, "times the processor of a task", at_most=True),
                 Figure("campaign_batch", 25, "ms of processor for a task of 290 results", at_most=True)),
                cluster.growth, runs=1, work=None),
    Measurement("a failure of a campaign, put on disk with its signals",
                (Figure("campaign_failure", 2, "ms of processor", at_most=True),), lambda: (campaigns.kept(),),
                work=None),
    Measurement("shrink of a failure with four causes planted as one",
                (Figure("campaign_shrink", 200, "flights", at_most=True),
                 Figure("campaign_shrunk", 1, "causes", at_most=True)), campaigns.shrunk, runs=1, work=None),
    Measurement("ten planted bugs, random sampling against a search",
                (Figure("campaign_search", 3, "times the flights"),), lambda: (campaigns.planted_bugs(),), runs=1,
                work=None),
    Measurement("idle, one client at 4 Hz", (Figure("idle_cpu", 4, "% of a core", at_most=True),
                                             Figure("idle_memory", 80, "MB", at_most=True)), answers.idle, runs=1),
)  # fmt: skip


def _measure(chosen: Sequence[Measurement]) -> tuple[dict[str, dict[str, object]], list[str]]:
    """All results, and the names of the figures that miss their floors, without what this machine cannot measure."""
    results: dict[str, dict[str, object]] = {}
    missed = []
    for measurement in chosen:
        print(f"{measurement.name} ...", file=sys.stderr, flush=True)
        try:
            values, share = measurement.measure()
        except NotHere as why:
            print(f"  not measured: {why}", file=sys.stderr)
            continue
        beside = {} if measurement.work is None else {"yardstick": "{} {}".format(*measurement.work)}
        for figure, value in zip(measurement.figures, values, strict=True):
            floor = figure.scaled(share)
            good = figure.holds(value, floor)
            results[figure.name] = {
                "median": round(value, 3),
                "unit": figure.unit,
                "holds": good,
                "at_most" if figure.at_most else "at_least": figure.floor,
                "scaled": round(floor, 3),
                **beside,
                "share": round(share, 3),
            }
            print(
                f"  {figure.name}: {value:.4g} {figure.unit} (floor {figure.floor:g}, {floor:.4g} on "
                f"{100.0 * share:.0f} % of the machine){'' if good else '  MISSED'}",
                file=sys.stderr,
            )
            if not good:
                missed.append(figure.name)
    return results, missed


def _against(chosen: Sequence[Measurement], checkout: Path, rounds: int) -> bool:
    """Print the ratios to another checkout; is no figure worse by more than 5 %?"""
    here = Path(__file__).resolve().parents[1]
    compared = against.compare(here, checkout.resolve(), [measurement.name for measurement in chosen], rounds)
    rows = {name: figure.summary() for name, figure in compared.items()}
    for name, row in rows.items():
        print(f"  {name}: {row['ratio']} {row['spread']}{'  WORSE' if row['worse'] else ''}", file=sys.stderr)
    print(json.dumps(rows, indent=1))
    return not any(row["worse"] for row in rows.values())


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--check", action="store_true", help="status 1 when a floor is missed")
    parser.add_argument("--only", help="a part of a measurement's name")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="compare with another checkout")
    parser.add_argument("--rounds", type=int, default=3, help="of --against: pairs of runs (3)")
    given = parser.parse_args()
    chosen = [measurement for measurement in MEASUREMENTS if (given.only or "") in measurement.name]
    if not chosen:
        parser.error(f"--only {given.only}: no measurement has that in its name")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a start is measured with Python's caches, as users have it
    if given.against is not None:
        return 0 if _against(chosen, given.against, given.rounds) or not given.check else 1
    results, missed = _measure(chosen)
    print(json.dumps(results, indent=1))
    return 1 if given.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
