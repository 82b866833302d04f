"""Policy for unsigned links: loopback and native USB are allowed, a UART gives a warning, the network needs
--insecure."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import Final

from mavlink_bridge.links.address import LinkError, LinkSpec, parse_link
from mavlink_bridge.links.sockets import resolve
from sortie.config.errors import UserError

ANY_PORT = 0
"""Port of links that the system gives a free one, each another."""
_OPTIONS: Final = ("--link ", "--signing-key", "--signing-key FILE", "--insecure")
_ARGUMENTS: Final = ("link ", "signing_key", "signing_key=FILE", "insecure=True")


def check_links(
    urls: Iterable[str], *, signed: bool, insecure: bool, a_log: bool = False, in_python: bool = False
) -> list[str]:
    """Return warnings about unprotected links. UserError for an invalid address, for one that is given twice, and for a
    link that the network can reach without a key or --insecure. `a_log`: a replay, which cannot sign and does not
    fly. `in_python`: name arguments, not options."""
    they_can = "read the log" if a_log else "command the vehicle"
    link, key, key_file, allow = _ARGUMENTS if in_python else _OPTIONS
    give, see = ("", "") if a_log else (f"{key_file}, or ", f"; see {key}")
    warnings, taken = [], set()
    for url in urls:
        try:
            spec = parse_link(url)
        except LinkError as error:
            raise UserError(str(error)) from error
        place = spec.url if spec.is_network else spec.path
        if place in taken and not (spec.is_network and spec.port == ANY_PORT):
            raise UserError(f"{link}{url}: this link is given twice")
        taken.add(place)
        if signed or spec.is_trusted:
            continue
        if not spec.is_network:
            warnings.append(
                f"link {spec.url} is not signed: everyone at the other end of a radio there can {they_can}{see}"
            )
        elif insecure:
            warnings.append(f"link {spec.url} is not signed: everyone who can reach it can {they_can} ({allow})")
        else:
            _require_host(spec)
            raise UserError(
                f"{link}{url}: other machines can reach this link, which is not signed; give {give}{allow} "
                f"if everyone who can reach it may {they_can}"
            )
    return warnings


def _require_host(spec: LinkSpec) -> None:
    """Check that the host is known. UserError: --insecure would be no way out of a mistyped name."""
    try:
        resolve(spec, socket.SOCK_STREAM)
    except LinkError as error:
        raise UserError(str(error)) from error
