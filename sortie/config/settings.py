"""What a command was told: flags, environment, configuration file, defaults, in that order of precedence.

Every value is checked here, also one that the command will not use, so that a typing error never hides. Stored values
(parameters, missions) come below these and above the defaults; the state store has them.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import isfinite
from pathlib import Path
from typing import Any

from autopilot.geo import GeoPoint
from autopilot.vehicles.kinds import DEFAULT, KINDS
from sortie.config.errors import UserError, nearest

DEFAULT_HOME = (-35.363261, 149.165230, 584.0, 353.0)
DEFAULT_LINKS = ("udpout:127.0.0.1:14550", "tcpin:127.0.0.1:5760")
DEFAULT_CONNECT = "tcp:127.0.0.1:5760"


@dataclass(frozen=True, slots=True)
class VehicleSpec:
    """`kind` "sim", "ardupilot" or "link"; `frame` the kind of vehicle (empty for a link, which tells by itself);
    `target` the SITL binary or the connection string."""

    kind: str = "sim"
    frame: str = DEFAULT.name
    target: str = ""

    def __str__(self) -> str:
        """As --vehicle has it."""
        if self.kind == "link":
            return self.target
        return f"{self.kind}:{self.frame}" + (f"={self.target}" if self.target else "")


@dataclass(frozen=True, slots=True)
class Settings:
    """Values as they hold for one run. `home` is (place, heading in degrees) or None when nobody gave one."""

    vehicle: VehicleSpec = field(default_factory=VehicleSpec)
    home: tuple[GeoPoint, float] | None = None
    speedup: float | None = None
    seed: int = 0
    param: tuple[str, ...] = ()
    fault: tuple[str, ...] = ()
    link: tuple[str, ...] | None = None
    sysid: int | None = None
    state_dir: Path | None = None
    log_dir: Path | None = None
    log_format: str = "text"
    telemetry_log: bool = True
    strategy: str = "guided"
    trace: Path | None = None
    signing_key: Path | None = None
    insecure: bool = False
    metrics: str | None = None

    @property
    def links(self) -> tuple[str, ...]:
        """The links to open: those given, or the default ones."""
        return DEFAULT_LINKS if self.link is None else self.link


def default_state_dir() -> Path:
    """`$XDG_STATE_HOME/sortie`."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return (Path(base) if base else Path.home() / ".local" / "state") / "sortie"


def parse_home(text: str) -> tuple[GeoPoint, float]:
    """LAT,LON,ALT,HEADING in ArduPilot's order: degrees, degrees, metres AMSL, degrees."""
    wrong = UserError("expected LAT,LON,ALT,HEADING, such as -35.363261,149.165230,584,353", option="home", given=text)
    try:
        lat, lon, alt, heading = (float(part) for part in text.split(","))
    except ValueError:
        raise wrong from None
    if not (all(map(isfinite, (alt, heading))) and abs(lat) <= 90.0 and abs(lon) <= 180.0 and abs(alt) < 83000.0):
        raise wrong
    return GeoPoint(lat, lon, alt), heading % 360.0


def parse_vehicle(text: str) -> VehicleSpec:
    """`sim:KIND`, `ardupilot:KIND[=BINARY]` or a connection string."""
    kind, _, rest = text.partition(":")
    if kind in ("sim", "ardupilot"):
        frame, _, target = rest.partition("=")
        if frame not in KINDS or (kind == "sim" and target):
            known = [f"{kind}:{name}" for name in KINDS]
            raise UserError(
                f"unknown vehicle; use {' or '.join(known)}{nearest(text, known)}", option="vehicle", given=text
            )
        return VehicleSpec(kind, frame, target)
    schemes = ("tcp", "udpin", "udpout", "udp", "tcpin", "serial")
    if text == "auto" or text.startswith("/") or (kind in schemes and rest):
        return VehicleSpec("link", "", text)
    known = [f"{kind}:{name}" for kind in ("sim", "ardupilot") for name in KINDS]
    raise UserError(
        f"--vehicle {text}: use {', '.join(known)} or a connection string such as tcp:HOST:PORT or /dev/ttyACM0,115200"
        f"{nearest(text, known)}"
    )


def parse_speedup(text: str) -> float:
    """0 (as fast as possible) or a positive factor."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not (isfinite(value) and value >= 0.0):
        raise UserError(
            "expected 0 (as fast as possible) or a positive number, 1 is real time", option="speedup", given=text
        )
    return value


def parse_metrics(text: str) -> tuple[str, int]:
    """Host and port of HOST:PORT; :PORT and PORT alone are loopback."""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port[:6]) <= 65535):
        raise UserError("expected HOST:PORT, such as 127.0.0.1:9100", option="metrics", given=text)
    return host.strip("[]") or "127.0.0.1", int(port)


def _integer(name: str, text: str, low: int, high: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise UserError(f"expected a whole number from {low} to {high}", option=name, given=text)
    return value


_LISTS = frozenset({"param", "fault", "link"})


def _convert(name: str, value: Any) -> Any:
    """The value of one setting from its text (flag, environment) or TOML value."""
    if name in _LISTS:
        return tuple(str(entry) for entry in value)
    text = str(value)
    match name:
        case "vehicle":
            return parse_vehicle(text)
        case "home":
            return parse_home(text)
        case "speedup":
            return parse_speedup(text)
        case "seed":
            return _integer(name, text, 0, 2**63 - 1)
        case "sysid":
            return _integer(name, text, 1, 255)
        case "telemetry_log" | "insecure":
            if text.lower() not in ("true", "false", "1", "0"):
                raise UserError("expected true or false", option=name.replace("_", "-"), given=text)
            return text.lower() in ("true", "1")
        case "metrics":
            parse_metrics(text)
            return text
        case "strategy":
            if text not in ("guided", "native"):
                raise UserError("expected guided or native", option="strategy", given=text)
            return text
        case "log_format":
            if text not in ("text", "json"):
                raise UserError("expected text or json", option="log-format", given=text)
            return text
        case _:
            return Path(text).expanduser()


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """SORTIE_VEHICLE, SORTIE_STATE_DIR ...; lists (SORTIE_LINK, SORTIE_PARAM, SORTIE_FAULT) are split at blanks."""
    found: dict[str, Any] = {}
    for name in _names():
        text = environment.get(f"SORTIE_{name.upper()}")
        if text:
            found[name] = text.split() if name in _LISTS else text
    return found


def _names() -> list[str]:
    return [entry.name for entry in fields(Settings)]


def _from_file(path: Path) -> dict[str, Any]:
    """A TOML file with the flags' names; `[param]` may be a table of NAME = VALUE."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{error.strerror}", option="config", given=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{error}", option="config", given=str(path)) from error
    found: dict[str, Any] = {}
    for key, value in values.items():
        name = key.replace("-", "_")
        if name not in _names():
            raise UserError(f"unknown key '{key}'{nearest(name, _names())}", option="config", given=str(path))
        if name == "param" and isinstance(value, dict):
            value = [f"{parameter}={number}" for parameter, number in value.items()]
        if name in _LISTS and isinstance(value, str):
            value = [value]
        if (name in _LISTS) != isinstance(value, list):
            raise UserError(
                f"'{key}' must be {'a list' if name in _LISTS else 'a single value'}", option="config", given=str(path)
            )
        found[name] = value
    return found


def resolve(flags: Mapping[str, Any], config: Path | None, environment: Mapping[str, str]) -> Settings:
    """Settings from `flags` (None or empty: not given) over the environment over the file `config` (or
    SORTIE_CONFIG). Parameters add up over the three, the flag's last."""
    given = {name: value for name, value in flags.items() if value is not None and value != [] and value != ()}
    if config is None and environment.get("SORTIE_CONFIG"):
        config = Path(environment["SORTIE_CONFIG"])
    layers: Sequence[tuple[str, Mapping[str, Any]]] = (
        (f"--config {config}: ", {} if config is None else _from_file(config)),
        ("environment, SORTIE_", _from_environment(environment)),
        ("", given),
    )
    merged: dict[str, Any] = {}
    for source, layer in layers:
        for name, value in layer.items():
            try:
                converted = _convert(name, value)
            except UserError as error:
                if not source:
                    raise
                word = name.upper() if source.endswith("_") else name
                raise UserError(error.worded(f"{source}{word}")) from None
            merged[name] = merged.get(name, ()) + converted if name == "param" else converted
    return Settings(**merged)
