"""Links of a loop to the outside (`--link`): ground stations that watch the skimmer fly. None are open by themselves.

They are served between two steps and on the loop's own clock: they see everything and may ask, and what they send comes
in at the instant at which the loop stands. For a stream that is not read the loop waits as every runtime does.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path

from sortie.config.link_policy import check_links
from sortie.runtime.node import Node
from sortie.runtime.sockets import Sockets
from sortie.runtime.stall import Readers
from sortie.storage.signing_keys import open_keys, sign_links


class OutsideLinks:
    """See the module. UserError for a link that cannot be opened, and for one that the network can reach unless
    `insecure` or signed with the key in the file `signing_key`. `node` has the skimmer's endpoint."""

    def __init__(
        self, sockets: Sockets, node: Node, urls: Iterable[str], *, insecure: bool, signing_key: Path | None = None
    ) -> None:
        self._sockets = sockets
        self._node = node
        self._readers = Readers()
        keys, key, warnings = open_keys(None, signing_key)
        endpoint = node.endpoints[-1]
        if key is not None:
            sign_links(endpoint, keys, key)
        given = list(urls)
        for warning in warnings + check_links(given, signed=key is not None, insecure=insecure):
            print(f"sortie: {warning}", file=sys.stderr)
        for url in given:
            sockets.open(endpoint, url, 0)

    def serve(self, link_ms: int, wait_s: float = 0.0) -> bool:
        """Send what waits, take what comes within `wait_s`; True when something has come. What follows from that is
        sent the next time: not before it is in the journal."""
        ready = self._exchange(link_ms, wait_s)
        while (left_s := self._readers.wait_s(self._sockets.hubs(), time.monotonic())) is not None:
            ready = self._exchange(link_ms, left_s) or ready
            self._sockets.flush()
        return ready

    def _exchange(self, link_ms: int, wait_s: float) -> bool:
        self._sockets.flush()
        ready = self._sockets.poll.wait(wait_s)
        self._sockets.receive(self._node, link_ms)
        return ready
