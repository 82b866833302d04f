"""Addresses of links in pymavlink's grammar.

`udpout:HOST:PORT`, `udpin:HOST:PORT` (also `udp:` and plain `HOST:PORT`), `tcp:HOST:PORT`, `tcpin:HOST:PORT`,
`/dev/ttyACM0,115200` or `serial:PATH:BAUD`. `//` after the scheme is allowed (MAVSDK's form); IPv6 addresses are in
brackets. `?private` at the end: nothing is forwarded to or from the link. `?quiet`: of the streams, it carries only
HEARTBEAT and what a station requests. An error is a `LinkError` with one line that says what is right.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import replace
from typing import Literal

from autopilot.interface.records import dataclass, field

Kind = Literal["udpin", "udpout", "tcpin", "tcp", "serial"]

DEFAULT_BAUD = 115200
_NET_KINDS: dict[str, Kind] = {"udpin": "udpin", "udp": "udpin", "udpout": "udpout", "tcpin": "tcpin", "tcp": "tcp"}
_EXAMPLES: dict[str, str] = {
    "udpin": "udpin:127.0.0.1:14550",
    "udpout": "udpout:127.0.0.1:14550",
    "tcpin": "tcpin:127.0.0.1:5760",
    "tcp": "tcp:127.0.0.1:5760",
    "serial": "/dev/ttyACM0,115200",
}
_HOST_PORT = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]*):(?P<port>[^:]*)")
_WINDOWS_PORT = re.compile(r"COM\d+\b", re.IGNORECASE)


class LinkError(Exception):
    """Wrong link address, or a link that cannot be opened; the text is one line."""


def host_and_port(host: str, port: int) -> str:
    """HOST:PORT, with an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@dataclass(frozen=True, slots=True)
class LinkSpec:
    """Parsed link address. `host`, `port`: of network links. `path`, `baud`: of serial ones. `baud_given`: it was in
    the address. `private`, `quiet`: see the module."""

    kind: Kind
    host: str = ""
    port: int = 0
    path: str = ""
    baud: int = DEFAULT_BAUD
    baud_given: bool = field(default=False, compare=False)
    private: bool = False
    quiet: bool = False

    @property
    def url(self) -> str:
        """Address in its usual form."""
        if self.kind == "serial":
            return f"{self.path},{self.baud}"
        return f"{self.kind}:{host_and_port(self.host, self.port)}"

    @property
    def is_network(self) -> bool:
        return self.kind != "serial"

    @property
    def is_loopback(self) -> bool:
        """True if it is reachable only from this machine. A name needs loopback addresses only; False for serial
        links."""
        return self.is_network and _is_loopback(self.host)

    @property
    def is_trusted(self) -> bool:
        """True for loopback, native USB (CDC ACM) and pseudo-terminals, where no other party can listen or inject. A
        UART or a USB adapter (even as ttyACM) may lead to a radio."""
        if self.is_network:
            return self.is_loopback
        from mavlink_bridge.links.serial_ports import is_native_usb, is_pseudo  # needed for serial links only

        return is_pseudo(self.path) or is_native_usb(self.path)


PRIVATE, QUIET = "?private", "?quiet"


def parse_link(text: str) -> LinkSpec:
    """Link that `text` names; LinkError if it is invalid."""
    stripped = text.strip()
    if stripped.endswith(PRIVATE):
        return replace(parse_link(stripped.removesuffix(PRIVATE)), private=True)
    if stripped.endswith(QUIET):
        return replace(parse_link(stripped.removesuffix(QUIET)), quiet=True)
    if not stripped:
        raise LinkError(f"a link address is empty; write for example {_EXAMPLES['udpout']} or {_EXAMPLES['serial']}")
    if stripped.startswith("/") or _WINDOWS_PORT.match(stripped):
        return _parse_serial(stripped, text)
    scheme, _, rest = stripped.partition(":")
    if rest.startswith("//"):
        rest = rest[2:]
    if scheme == "serial":
        return _parse_serial(rest, text)
    kind = _NET_KINDS.get(scheme)
    if kind is not None:
        return _parse_network(kind, rest, text)
    if _is_host_and_port(stripped):
        return _parse_network("udpin", stripped, text)
    raise LinkError(_unknown_scheme(text, scheme))


def _is_host_and_port(text: str) -> bool:
    """True for HOST:PORT of an address, of a name with a dot, and of localhost: a mistyped kind looks like a name."""
    match = _HOST_PORT.fullmatch(text)
    if match is None or not match["port"].isdigit():
        return False
    return match["host"].startswith("[") or "." in match["host"] or match["host"] == "localhost"


def _unknown_scheme(text: str, scheme: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(scheme.lower(), [*_NET_KINDS, "serial"], n=1, cutoff=0.5)
    schemes = "udpin, udpout, tcpin, tcp, serial or a device path"
    hint = f"did you mean {_EXAMPLES.get(near[0], _EXAMPLES['udpin'])}?" if near else f"known are {schemes}"
    return f"link {text!r}: {scheme!r} is not a kind of link; {hint}"


def _parse_network(kind: Kind, rest: str, text: str) -> LinkSpec:
    match = _HOST_PORT.fullmatch(rest)
    if match is None:
        raise LinkError(f"link {text!r}: expected a host and a port; write for example {_example(kind, rest)}")
    host = match["host"].strip("[]")
    if not host:
        raise LinkError(f"link {text!r}: the host is missing; write for example {_EXAMPLES[kind]}")
    port_text = match["port"]
    listens = kind in ("udpin", "tcpin")
    port = int(port_text) if port_text.isascii() and port_text.isdigit() and len(port_text) <= 5 else -1
    if "?" in port_text:
        words = port_text[port_text.index("?") :]
        raise LinkError(f"link {text!r}: {words!r} is not known; after the port there may be {PRIVATE} and {QUIET}")
    if not (0 if listens else 1) <= port <= 65535:
        raise LinkError(f"link {text!r}: {port_text!r} is not a port (1 to 65535); write for example {_EXAMPLES[kind]}")
    return LinkSpec(kind, host=host, port=port)


def _example(kind: Kind, rest: str) -> str:
    """Example of a network link: what was meant by an IPv6 address without brackets, or a usual one."""
    host, _, port = rest.rpartition(":")
    return f"{kind}:[{host}]:{port}" if ":" in host and _is_address(host) else _EXAMPLES[kind]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _parse_serial(rest: str, text: str) -> LinkSpec:
    path, separator, baud_text = rest.rpartition("," if "," in rest else ":")
    has_baud = bool(separator) and (separator == "," or baud_text.isdigit())  # by-path names contain colons
    if not has_baud:
        path, baud_text = rest, str(DEFAULT_BAUD)
    if not path.startswith("/") and not _WINDOWS_PORT.match(path):
        raise LinkError(f"link {text!r}: expected the path of a device; write for example {_EXAMPLES['serial']}")
    if not (baud_text.isascii() and baud_text.isdigit() and 50 <= int(baud_text[:9]) <= 20_000_000):
        raise LinkError(f"link {text!r}: {baud_text!r} is not a baud rate; write for example {_EXAMPLES['serial']}")
    return LinkSpec("serial", path=path, baud=int(baud_text), baud_given=has_baud)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        pass  # a host name
    try:
        addresses = socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):  # unknown, or no name at all
        return False
    return all(ipaddress.ip_address(str(address[0]).split("%")[0]).is_loopback for *_, address in addresses)
