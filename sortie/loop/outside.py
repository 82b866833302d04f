"""Links of a loop to the outside (`--link`): ground stations that watch the skimmer fly. None are open by themselves.

They are served between two steps, in the loop's own time: they see everything and may ask, and what they send comes in
at the instant at which the loop stands.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from mavlink_bridge.endpoint import Endpoint
from sortie.config.link_policy import check_links
from sortie.runtime.runtime import Runtime
from sortie.storage.signing_keys import open_keys, sign_links


def open_outside(
    runtime: Runtime, endpoint: Endpoint, urls: Iterable[str], *, insecure: bool, signing_key: Path | None = None
) -> None:
    """Open them on the skimmer's endpoint. UserError for a link that cannot be opened, and for one
    that the network can reach unless `insecure` or signed with the key in the file `signing_key`."""
    keys, key, warnings = open_keys(None, signing_key)
    if key is not None:
        sign_links(endpoint, keys, key)
    given = list(urls)
    for warning in warnings + check_links(given, signed=key is not None, insecure=insecure):
        print(f"sortie: {warning}", file=sys.stderr)
    for url in given:
        runtime.open(endpoint, url)
