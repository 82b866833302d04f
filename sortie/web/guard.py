"""Guard of the web server: a request that is not from a page of ours, or from a program that has the token, is refused.

The token is the first part of the path of every address, so no page that has not been told it can ask anything; there
are no cookies, so a browser adds nothing by itself. Beside that the header Host must be one of ours (a name that
another site has made to lead here, DNS rebinding, is not), and Origin and Sec-Fetch-Site, where a browser sends them,
must say that it is our own page that asks.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterable, Mapping
from typing import Final

from autopilot.interface.records import dataclass

OWN_FETCHES: Final = frozenset(("same-origin", "none"))
"""Values of Sec-Fetch-Site: our page, or a person who typed the address."""


@dataclass(frozen=True, slots=True)
class RequestGuard:
    """`hosts`: what Host may say. `token`: who has it may look. `origins`: of pages of others, such as Cockpit, that a
    person has let in; they need the token as well."""

    token: str
    hosts: frozenset[str]
    origins: frozenset[str] = frozenset()

    @classmethod
    def of(cls, token: str, host: str, port: int, origins: Iterable[str] = ()) -> RequestGuard:
        """For a server that listens there."""
        names = {host}
        if _is_loopback(host):
            names |= {"localhost", "127.0.0.1", "::1"}
        hosts = frozenset(f"[{name}]:{port}" if ":" in name else f"{name}:{port}" for name in names)
        return cls(token, hosts, frozenset(origin.lower().rstrip("/") for origin in origins))

    def refuses(self, path: str, headers: Mapping[str, str]) -> str | None:
        """Reason why a request is refused, or None. `headers` by their names in lower case."""
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
        """Headers that let the browser give an answer to a page of another origin that was let in."""
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
    """Content-Security-Policy of the page: everything from here, pictures of the map from the address of `tiles`."""
    pictures = "img-src 'self' data:" + (f" {tiles}" if tiles else "")
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; {pictures}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


REPORT_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; sandbox allow-scripts; "
    "frame-ancestors 'none'"
)
"""Policy of a report, whose scripts are inside it: it runs as a page of nobody, and reaches nothing."""
HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
    "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}  # fmt: skip
"""Headers of every answer. No referrer: the token is in the address."""
