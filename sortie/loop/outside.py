"""Links of a loop to the outside (`--link`): ground stations that watch the skimmer fly. None are open by themselves.

They are served between two steps and on the loop's own clock: they see everything and may ask, and what they send comes
in at the instant at which the loop stands. A stream that is not read stops the clock for at most `STALL_S`, then it is
disconnected.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path

from mavlink_bridge.endpoint import Endpoint
from mavlink_bridge.links.address import LinkError
from mavlink_bridge.links.hub import LinkHub
from sortie.config.errors import UserError
from sortie.config.link_policy import check_links
from sortie.storage.signing_keys import open_keys, sign_links

STALL_S = 1.0


class OutsideLinks:
    """See the module. UserError for a link that cannot be opened, and for one that the network can reach unless
    `insecure` or signed with the key in the file `signing_key`. `hub`: of the endpoint, where there is one already."""

    def __init__(
        self, endpoint: Endpoint, urls: Iterable[str], *, insecure: bool, signing_key: Path | None = None,
        hub: LinkHub | None = None,
    ) -> None:  # fmt: skip
        keys, key, warnings = open_keys(None, signing_key)
        if key is not None:
            sign_links(endpoint, keys, key)
        self._hub = LinkHub(endpoint) if hub is None else hub
        given = list(urls)
        try:
            for warning in warnings + check_links(given, signed=key is not None, insecure=insecure):
                print(f"sortie: {warning}", file=sys.stderr)
            for url in given:
                self._hub.open(url, 0)
        except (LinkError, UserError) as error:
            self._hub.close()
            raise error if isinstance(error, UserError) else UserError(str(error)) from error

    def serve(self, now_ms: int, vehicle_ms: int, wait_s: float = 0.0) -> bool:
        """Send what waits, take what comes within `wait_s`; True when something has come. What follows from that is
        sent the next time: not before it is in the journal."""
        self._hub.flush()
        ready = self._hub.wait(wait_s)
        self._hub.receive(now_ms, vehicle_ms)
        if self._hub.stalled(0):
            self._wait_for_readers(now_ms, vehicle_ms)
        return ready

    def _wait_for_readers(self, now_ms: int, vehicle_ms: int) -> None:
        end_s = time.monotonic() + STALL_S
        while self._hub.stalled(0):
            left_s = end_s - time.monotonic()
            if left_s <= 0.0:
                links = self._hub.links()
                for number in self._hub.stalled(0):
                    print(f"sortie: link {links[number].name} took nothing: disconnected", file=sys.stderr)
                    self._hub.remove(links[number], "it stopped reading")
                return
            self._hub.wait(left_s)
            self._hub.receive(now_ms, vehicle_ms)
            self._hub.flush()

    def close(self) -> None:
        """Close all."""
        self._hub.close()
