"""Values of options and their parsers: text in, value out, UserError for an invalid text.

A parser that knows its option names it in the error; otherwise `Option.read` does.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from math import inf, isfinite, nan
from pathlib import Path
from typing import Final

from autopilot.interface.earth import is_place
from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass
from autopilot.vehicles.kinds import DEFAULT, KINDS
from sortie.config.errors import UserError, nearest
from sortie.config.files import named_path

DEFAULT_HOME = (-35.363261, 149.165230, 584.0, 353.0)
DEFAULT_LINKS = ("udpout:127.0.0.1:14550", "tcpin:127.0.0.1:5760")
# Programs that can be started, and their kinds of vehicle.
_PX4_KINDS = tuple(name for name, kind in KINDS.items() if kind.sih_model)
_STARTED: Mapping[str, tuple[str, ...]] = {"sim": tuple(KINDS), "ardupilot": tuple(KINDS), "px4": _PX4_KINDS}
OURS, THEIRS = "ours", "theirs"
DEFAULT_CONNECT = "tcp:127.0.0.1:5760"


@dataclass(frozen=True, slots=True)
class VehicleSource:
    """Source of a vehicle. `kind`: "sim", "link", or the SITL that is started (`sitl.launchers`). `frame`: kind of
    vehicle ("" for a link). `target`: the SITL binary or the connection string. `in_our_world`: the SITL flies a body
    of our simulator, on our clock."""

    kind: str = "sim"
    frame: str = DEFAULT.name
    target: str = ""
    in_our_world: bool = False

    def __str__(self) -> str:
        """Return the source in the form of --vehicle."""
        if self.kind == "link":
            return self.target
        world = f",world={OURS}" if self.in_our_world else ""
        return f"{self.kind}:{self.frame}" + (f"={self.target}" if self.target else "") + world


@dataclass(frozen=True, slots=True)
class PaceBounds:
    """Limits of vehicle time for its clients (`sortie.runtime.followers`). `lead_s`: vehicle time that may pass after a
    message that a client has not followed. `limit_s`: longest wait for a client, s of real time. `quiet_s`: time for
    which all must be quiet, s of real time; None: as long as needed."""

    lead_s: float = 0.0
    limit_s: float = 5.0
    quiet_s: float | None = None


def default_state_dir() -> Path:
    """Return `$XDG_STATE_HOME/sortie`. Its specification: a relative path is ignored."""
    base = Path(os.environ.get("XDG_STATE_HOME", ""))
    if not base.is_absolute():
        try:
            base = Path.home() / ".local" / "state"
        except RuntimeError as error:  # neither $HOME nor an entry for this user
            raise UserError("this user has no home folder for the state; name another with --state-dir") from error
    return base / "sortie"


def parse_home(text: str) -> tuple[GeoPoint, float]:
    """Parse LAT,LON,ALT,HEADING in ArduPilot's order: degrees, degrees, m AMSL, degrees."""
    wrong = UserError(
        "expected LAT,LON,ALT,HEADING, such as -35.363261,149.165230,584,353: latitude to 90, longitude to 180 degrees",
        option="home",
        given=text,
    )
    try:
        lat, lon, alt, heading = (float(part) for part in text.split(","))
    except ValueError:
        raise wrong from None
    if not (is_place(lat, lon, alt) and isfinite(heading)):
        raise wrong
    return GeoPoint(lat, lon, alt), heading % 360.0


def parse_vehicle(text: str) -> VehicleSource:
    """Parse `sim:KIND`, `ardupilot:KIND[=BINARY][,world=ours]`, `px4:KIND[=BINARY][,world=ours]` or a connection
    string."""
    kind, _, rest = text.partition(":")
    if kind in _STARTED:
        rest, _, world = rest.partition(",world=")
        frame, _, target = rest.partition("=")
        if frame not in _STARTED[kind] or (kind == "sim" and target):
            known = [f"{kind}:{name}" for name in _STARTED[kind]]
            raise UserError(
                f"unknown vehicle; use {' or '.join(known)}{nearest(text, known)}", option="vehicle", given=text
            )
        if world not in ("", OURS, THEIRS) or (world == OURS and kind == "sim"):
            raise UserError(
                f"expected ,world={OURS} or ,world={THEIRS}, and only after ardupilot:KIND or px4:KIND",
                option="vehicle",
                given=text,
            )
        return VehicleSource(kind, frame, target, world == OURS)
    schemes = ("tcp", "udpin", "udpout", "udp", "tcpin", "serial")
    if text == "auto" or text.startswith("/") or (kind in schemes and rest):
        return VehicleSource("link", "", text)
    known = [f"{kind}:{name}" for kind, kinds in _STARTED.items() for name in kinds]
    raise UserError(
        f"use {', '.join(known)} or a connection string such as tcp:HOST:PORT or /dev/ttyACM0,115200"
        f"{nearest(text, known)}",
        option="vehicle",
        given=text,
    )


def known_vehicle(text: str) -> VehicleSource:
    """Parse a vehicle whose kind is known, so not an address."""
    source = parse_vehicle(text)
    if not source.frame:
        raise UserError(f"expected {' or '.join(f'sim:{kind}' for kind in KINDS)}", option="vehicle", given=text)
    return source


def number_of(text: str) -> float:
    """Parse a number; NaN, which is outside of all limits, for another text."""
    try:
        return float(text)
    except ValueError:
        return nan


def parse_speedup(text: str) -> float:
    """Parse 0 (as fast as possible) or a positive factor."""
    value = number_of(text)
    if not 0.0 <= value < inf:
        raise UserError(
            "expected 0 (as fast as possible) or a positive number, 1 is real time", option="speedup", given=text
        )
    return value


_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


def parse_metrics(text: str) -> tuple[str, int]:
    """Parse HOST:PORT; :PORT and PORT alone are loopback."""
    return _address(text, "HOST:PORT, such as 127.0.0.1:9100")


def listen_address(text: str) -> tuple[str, int]:
    """Parse the address of a page: loopback only, because everyone with its address may look."""
    host, port = _address(text, "HOST:PORT, such as 127.0.0.1:8088", lowest=0)
    if host not in _LOOPBACK:
        raise UserError(
            "the web page listens on loopback only, such as 127.0.0.1:8088; from another machine use an SSH tunnel"
        )
    return host, port


def pulse_address(text: str) -> tuple[str, int]:
    """Parse the address for a transmitter's pulses: loopback only, because everyone who reaches it can fly."""
    host, port = _address(text, "a port, such as 5501")
    if host not in _LOOPBACK:
        raise UserError("RC input is accepted on loopback only, such as 127.0.0.1:5501, because it can fly the vehicle")
    return host, port


def _address(text: str, form: str, *, lowest: int = 1) -> tuple[str, int]:
    """Parse host and port; loopback without a host. `form`: the expected form. `lowest`: 0, a free port, is for those
    who print the chosen one."""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and lowest <= int(port[:6]) <= 65535):
        raise UserError(f"expected {form}")
    return host.strip("[]") or _LOOPBACK[0], int(port)


def tile_address(text: str) -> str:
    if not text.startswith(("http://", "https://")) or any(part not in text for part in ("{z}", "{x}", "{y}")):
        raise UserError("expected an address such as https://tiles.example.org/{z}/{x}/{y}.png")
    if any(letter in text for letter in " ;,'\""):
        raise UserError("an address has no blanks, quotes, commas or semicolons")
    return text


def page_origin(text: str) -> str:
    """Parse the origin of a web page: scheme, host and port."""
    scheme, _, host = text.rstrip("/").partition("://")
    if scheme not in ("http", "https") or not host or set(host) & set("/?# "):
        raise UserError("expected the beginning of an address, such as http://192.168.2.2 or https://example.org:8080")
    return text


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from `low` to `high`."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise UserError(f"expected a whole number from {low} to {high}")
        return value

    return parse


def number(expected: str, fits: Callable[[float], bool]) -> Callable[[str], float]:
    """Return a parser of numbers that fit; NaN fits nothing."""

    def parse(text: str) -> float:
        value = number_of(text)
        if not fits(value):
            raise UserError(f"expected {expected}")
        return value

    return parse


positive_number: Final = number("a number above 0", lambda value: 0.0 < value < inf)
number_from_zero: Final = number("a number from 0 on", lambda value: 0.0 <= value < inf)
share: Final = number("a share from 0 to 1", lambda value: 0.0 <= value <= 1.0)


def metres(text: str) -> float:
    """Parse a length above 0, "2m" or "2", as m."""
    try:
        return positive_number(text.strip().removesuffix("m"))
    except UserError:
        raise UserError("expected metres above 0, such as 2m") from None


def system_or_all(text: str) -> str:
    """Parse a system id, or "all"."""
    try:
        return text if text == "all" else str(whole_number(1, 255)(text))
    except UserError as error:
        raise UserError(f"{error.message}, or all") from None


def one_of(*words: str) -> Callable[[str], str]:

    def parse(text: str) -> str:
        if text not in words:
            raise UserError(f"expected {' or '.join(words)}")
        return text

    return parse


def truth(text: str) -> bool:
    """Parse true, false, 1 or 0."""
    if text.lower() not in ("true", "false", "1", "0"):
        raise UserError("expected true or false")
    return text.lower() in ("true", "1")


def path(text: str) -> Path:
    """Parse a path (`named_path`). An empty one is refused: a script means some variable by it, not this folder."""
    if not text:
        raise UserError("expected a path, found nothing")
    parsed = named_path(text)
    try:
        os.lstat(f"{parsed}/.")  # in a folder, so that one that may not be searched is found
    except OSError as error:
        if error.errno in (errno.ENAMETOOLONG, errno.EACCES):  # others are told where it is read
            raise UserError(error.strerror or str(error)) from error
    except ValueError as error:  # a NUL character
        raise UserError(str(error)) from error
    return parsed
