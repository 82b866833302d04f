"""Measures Sortie: JSON on stdout, progress on stderr. `--check`: status 1 when a floor is missed."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from benchmarks import answers, bridge, flights, links, sorties, stations


@dataclass(frozen=True)
class Figure:
    """One figure: its floor (or ceiling when `at_most`), and its unit."""

    name: str
    floor: float
    unit: str
    at_most: bool = False

    def holds(self, value: float) -> bool:
        return value <= self.floor if self.at_most else value >= self.floor


@dataclass(frozen=True)
class Measurement:
    """Runs once and gives a value for each of its figures."""

    name: str
    figures: Sequence[Figure]
    run: Callable[[], Sequence[float]]
    runs: int = 3


def _kernel() -> tuple[float, float]:
    from sitl.vehicles.fleet import kernel_speed

    return kernel_speed(1, 2000.0), kernel_speed(1000, 4.0)


def _actors() -> float:
    from benchmarks.actors import actor_layer

    return actor_layer()


MEASUREMENTS = (
    Measurement("square, client parses with pymavlink over TCP", (Figure("parsing_client", 800, "x real time"),),
                lambda: (flights.parsing_client(),)),
    Measurement("rover, client parses with pymavlink over TCP", (Figure("rover_parsing_client", 800, "x real time"),),
                lambda: (flights.rover_parsing_client(),)),
    Measurement("square, client drains its TCP socket", (Figure("draining_client", 2000, "x real time"),),
                lambda: (flights.draining_client(),)),
    Measurement("square, no client, telemetry log on", (Figure("headless_log", 2000, "x real time"),),
                lambda: (flights.headless(True),)),
    Measurement("square, no client, telemetry log off", (Figure("headless", 4000, "x real time"),),
                lambda: (flights.headless(False),)),
    Measurement("actor layer, against none", (Figure("actor_layer", 25, "% of the headless speed-up", at_most=True),),
                lambda: (_actors(),)),
    Measurement("kernel alone", (Figure("kernel_one", 10_000, "x real time"),
                                 Figure("kernel_fleet_1000", 15_000, "vehicle-seconds/s")), _kernel),
    Measurement("start", (Figure("first_heartbeat", 0.8, "s", at_most=True), Figure("armable", 10, "s", at_most=True)),
                answers.start_up),
    Measurement("mission of 500 items", (Figure("upload", 4000, "items/s"), Figure("download", 4000, "items/s")),
                answers.transfers),
    Measurement("parameter list", (Figure("parameters", 20_000, "1/s"),), lambda: (answers.parameter_list(),)),
    Measurement("DroneKit connects", (Figure("dronekit_connect", 1.5, "s", at_most=True),),
                lambda: (stations.dronekit_connect(),)),
    Measurement("QGroundControl's connect sequence", (Figure("qgc_connect", 0.3, "s", at_most=True),),
                lambda: (stations.qgroundcontrol_connect(),)),
    Measurement("command round trip", (Figure("ack_median", 1, "ms", at_most=True),
                                       Figure("ack_p99", 5, "ms", at_most=True)), answers.round_trips),
    Measurement("mission of 50 items at 25 % loss each way", (Figure("lossy_upload", 6, "s", at_most=True),
                                                              Figure("lossy_download", 14, "s", at_most=True)),
                links.lossy_mission, runs=1),
    Measurement("64 clients at default rates", (Figure("latest_heartbeat", 200, "ms late", at_most=True),),
                lambda: (links.crowd(),)),
    Measurement("router, UDP in and out", (Figure("router", 60_000, "messages/s of one core"),),
                lambda: (links.router(),)),
    Measurement("1,000 sorties of profile space", (Figure("space_sorties", 60, "s", at_most=True),),
                lambda: (sorties.space(),), runs=1),
    Measurement("one drone-box sortie of 20 minutes", (Figure("drone_box_sortie", 10, "s", at_most=True),),
                lambda: (sorties.drone_box(),)),
    Measurement("between a controller at 921600 baud and a station",
                (Figure("setpoint_latency", 5, "ms", at_most=True),
                 Figure("bridge_cpu", 15, "% of a core", at_most=True)),
                lambda: (bridge.setpoint_latency(), bridge.processor_time())),
    Measurement("idle, one client at 4 Hz", (Figure("idle_cpu", 4, "% of a core", at_most=True),
                                             Figure("idle_memory", 220, "MB", at_most=True)), answers.idle, runs=1),
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--check", action="store_true", help="status 1 when a floor is missed")
    parser.add_argument("--only", help="a part of a measurement's name")
    chosen = parser.parse_args()
    results: dict[str, dict[str, object]] = {}
    missed = []
    for measurement in MEASUREMENTS:
        if chosen.only and chosen.only not in measurement.name:
            continue
        print(f"{measurement.name} ...", file=sys.stderr, flush=True)
        rows = [measurement.run() for _ in range(measurement.runs)]
        for figure, values in zip(measurement.figures, zip(*rows, strict=True), strict=True):
            value = statistics.median(values)
            good = figure.holds(value)
            results[figure.name] = {"median": round(value, 3), "unit": figure.unit, "holds": good,
                                    "at_most" if figure.at_most else "at_least": figure.floor}  # fmt: skip
            print(f"  {figure.name}: {value:.4g} {figure.unit}{'' if good else '  MISSED'}", file=sys.stderr)
            if not good:
                missed.append(figure.name)
    print(json.dumps(results, indent=1))
    return 1 if chosen.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
