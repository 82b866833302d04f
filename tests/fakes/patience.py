"""How long a test waits for a real process before it fails: far longer than any machine needs, for a test that waits
for a condition may be slow and must not be red. Nothing asserts on it."""

from __future__ import annotations

PATIENCE_S = 240.0

FLIGHT_PATIENCE_S = 1200.0
"""The same for a whole flight of a real client, with all that it asks for on the way."""
