"""Access control of the web server: only our own page and programs with the token are answered.

Every path begins with the token, so a page without it can request nothing. There are no cookies, so a browser adds no
credentials. In addition, Host must be one of our names (which stops DNS rebinding), and Origin and Sec-Fetch-Site, if
sent, must be those of our page.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterable, Mapping
from typing import Final

from autopilot.interface.records import dataclass
from mavlink_bridge.links.address import host_and_port

OWN_FETCHES: Final = frozenset(("same-origin", "none"))
"""Values of Sec-Fetch-Site for our page, and for a typed address."""


@dataclass(frozen=True, slots=True)
class RequestGuard:
    """Rules for requests. `hosts`: allowed values of Host. `token`: required in the path. `origins`: allowed pages of
    other programs, such as Cockpit; they need the token too."""

    token: str
    hosts: frozenset[str]
    origins: frozenset[str] = frozenset()

    @classmethod
    def of(cls, token: str, host: str, port: int, origins: Iterable[str] = ()) -> RequestGuard:
        """Make the rules for a server at this address."""
        names = {host}
        if _is_loopback(host):
            names |= {"localhost", "127.0.0.1", "::1"}
        hosts = frozenset(host_and_port(name, port) for name in names)
        return cls(token, hosts, frozenset(origin.lower().rstrip("/") for origin in origins))

    def refuses(self, path: str, headers: Mapping[str, str]) -> str | None:
        """Return the reason to refuse a request, or None. `headers` have lower-case names."""
        if headers.get("host", "").lower() not in self.hosts:
            return "Host is not this page's"
        origin = headers.get("origin")
        if origin is None or origin.lower() not in self.origins:
            if origin is not None and origin.lower().removeprefix("http://") not in self.hosts:
                return "another site asks"
            if headers.get("sec-fetch-site", "none") not in OWN_FETCHES:
                return "another site asks"
        given = path.removeprefix("/").partition("/")[0]
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            return "no token, or a wrong one: take the address that `sortie web` prints"
        return None

    def for_others(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers that let a browser pass the answer to an allowed page of another origin."""
        origin = headers.get("origin", "")
        if origin.lower() not in self.origins:
            return {}
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": "content-type",
            "Vary": "Origin",
        }


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def policy(tiles: str | None) -> str:
    """Return the Content-Security-Policy of the page: everything from this server, map tiles from the address of
    `tiles`."""
    pictures = "img-src 'self' data:" + (f" {tiles}" if tiles else "")
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; {pictures}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


REPORT_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; sandbox allow-scripts; "
    "frame-ancestors 'none'"
)
"""Policy of a report with inline scripts: it runs as a page without origin, and can load nothing."""
HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
    "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}  # fmt: skip
"""Headers of every answer. No referrer, because the token is in the address."""
