"""Policy for unsigned links, which may be opened: loopback and native USB; a UART with a warning; the network only
by word."""

from __future__ import annotations

from collections.abc import Iterable

from mavlink_bridge.links.address import LinkError, parse_link
from sortie.config.errors import UserError


def check_links(urls: Iterable[str], *, signed: bool, insecure: bool) -> list[str]:
    """Warnings about links that nothing protects. UserError for one that the network can reach while there is no key
    and nobody said --insecure, and for an address that is none."""
    warnings = []
    for url in urls:
        try:
            spec = parse_link(url)
        except LinkError as error:
            raise UserError(str(error)) from error
        if signed or spec.is_trusted:
            continue
        if not spec.is_network:
            warnings.append(
                f"link {spec.url} is not signed: whoever is at the other end of a radio there can command the vehicle; "
                "see --signing-key"
            )
        elif insecure:
            warnings.append(f"link {spec.url} is not signed: whoever reaches it can command the vehicle (--insecure)")
        else:
            raise UserError(
                f"--link {url}: the network can reach it and nothing is signed; give --signing-key FILE, or --insecure "
                "where all who reach it may command the vehicle"
            )
    return warnings
