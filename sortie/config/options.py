"""The options that several commands share, with their help texts, and the groups in which they share them.

A group is a dataclass that a command takes as one parameter; `sortie.config.option_groups` makes options of its fields.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import typer

from sortie.config.settings import DEFAULT_CONNECT, Settings, resolve

Vehicle = Annotated[
    str | None,
    typer.Option(
        "--vehicle",
        help="sim:copter (default), sim:rover, sim:boat, ardupilot:copter[=BINARY], or a connection string.",
    ),
]
Home = Annotated[
    str | None, typer.Option("--home", metavar="LAT,LON,ALT,HEADING", help="Where a simulated vehicle stands at boot.")
]
Speedup = Annotated[
    str | None, typer.Option("--speedup", metavar="X", help="1 is real time, X is X times, 0 as fast as possible.")
]
Seed = Annotated[str | None, typer.Option("--seed", metavar="N", help="Seed of wind, noise and everything random.")]
Param = Annotated[
    list[str] | None,
    typer.Option("--param", metavar="NAME=VALUE|FILE", help="Set a parameter, or all of a .param file. Repeatable."),
]
FaultOption = Annotated[
    list[str] | None,
    typer.Option("--fault", metavar="NAME[=VALUE][@WHEN[..WHEN]]", help="Inject a fault, WHEN in seconds. Repeatable."),
]
Link = Annotated[
    list[str] | None,
    typer.Option(
        "--link",
        metavar="URL",
        help="A ground station link: tcpin:HOST:PORT, udpin:..., udpout:..., tcp:..., /dev/tty...,BAUD. Repeatable; "
        "replaces the default udpout:127.0.0.1:14550 and tcpin:127.0.0.1:5760.",
    ),
]
Sysid = Annotated[str | None, typer.Option("--sysid", metavar="N", help="MAVLink system id (SYSID_THISMAV).")]
StateDir = Annotated[
    Path | None,
    typer.Option("--state-dir", metavar="DIR", help="Where missions, parameters and home are kept."),
]
LogDir = Annotated[Path | None, typer.Option("--log-dir", metavar="DIR", help="Where logs go.")]
LogFormat = Annotated[str | None, typer.Option("--log-format", metavar="text|json", help="Form of run.log.")]
TelemetryLog = Annotated[
    bool | None,
    typer.Option("--telemetry-log/--no-telemetry-log", help="Write flight.tlog and telemetry.csv for each flight."),
]
Trace = Annotated[
    Path | None, typer.Option("--trace", metavar="FILE", help="Write the actors' messages, a JSON line each.")
]
SigningKey = Annotated[
    Path | None,
    typer.Option(
        "--signing-key", metavar="FILE", help="MAVLink 2 signing: 64 hexadecimal digits, or a passphrase on one line."
    ),
]
Insecure = Annotated[
    bool | None,
    typer.Option("--insecure", help="Allow links that the network can reach although there is no signing key."),
]
Metrics = Annotated[
    str | None,
    typer.Option("--metrics", metavar="HOST:PORT", help="Serve figures for Prometheus; without HOST on loopback only."),
]
Config = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="TOML file with the same names as the flags.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON line, the last on stdout.")]
Connect = Annotated[
    str,
    typer.Option("--connect", metavar="URL", envvar="SORTIE_CONNECT", help="Where the service listens."),
]
StationKey = Annotated[
    Path | None,
    typer.Option(
        "--signing-key", metavar="FILE", envvar="SORTIE_SIGNING_KEY", help="The key of a service that signs its links."
    ),
]
Component = Annotated[
    int | None,
    typer.Option(
        "--component", metavar="N", min=1, max=255,
        help="Whose parameters: 191 is Sortie itself when a flight controller is behind it.",
    ),
]  # fmt: skip
Strategy = Annotated[
    str | None,
    typer.Option(
        "--strategy", metavar="guided|native",
        help="With a flight controller: Sortie flies the mission in GUIDED, or the controller in its own AUTO.",
    ),
]  # fmt: skip
LoopFault = Annotated[
    list[str] | None,
    typer.Option(
        "--fault", metavar="NAME@WHEN[..WHEN][#K]",
        help="Inject a fault; WHEN is phaseN, phaseN+SECONDS or T+SECONDS, K the sortie or *. Repeatable.",
    ),
]  # fmt: skip
LoopLink = Annotated[
    list[str] | None,
    typer.Option("--link", metavar="URL", help="Let a ground station watch the skimmer. Repeatable; none open."),
]


@dataclass(frozen=True, slots=True)
class Run:
    """The vehicle of a run, its links, its files: what `serve`, `demo`, `fly` and `loop` share. Names are those of
    `Settings`; None is not given."""

    vehicle: Vehicle = None
    home: Home = None
    speedup: Speedup = None
    seed: Seed = None
    param: Param = None
    fault: FaultOption = None
    link: Link = None
    sysid: Sysid = None
    state_dir: StateDir = None
    log_dir: LogDir = None
    log_format: LogFormat = None
    telemetry_log: TelemetryLog = None
    trace: Trace = None
    signing_key: SigningKey = None
    insecure: Insecure = None
    metrics: Metrics = None
    strategy: Strategy = None
    config: Config = None

    def flags(self) -> dict[str, object]:
        """What was given as flags."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "config"}
        return {name: value for name, value in values.items() if value is not None}

    def settings(self) -> Settings:
        """With what environment and configuration file say. UserError for a wrong value."""
        return resolve(self.flags(), self.config, os.environ)


@dataclass(frozen=True, slots=True)
class LoopRun(Run):
    """As `Run`, with the loop's own grammar of faults; its links watch."""

    fault: LoopFault = None
    link: LoopLink = None


@dataclass(frozen=True, slots=True)
class Reach:
    """How a running service is reached."""

    connect: Connect = DEFAULT_CONNECT
    signing_key: StationKey = None


@dataclass(frozen=True, slots=True)
class ReachParameters(Reach):
    """And whose parameters are meant."""

    component: Component = None
