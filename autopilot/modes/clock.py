"""Time of day for NAV_DELAY (docs/reference/mission-semantics.md, item 17)."""

from __future__ import annotations

_DAY_MS = 24 * 3600 * 1000


def ms_until(hour: int, minute: int, second: int, utc_ms: int) -> int:
    """Milliseconds from `utc_ms` (UTC, ms since 1970) to the next time of day that matches; a field below 0 matches
    any. 0 when it is that very second, or when every field is free."""
    now = utc_ms % _DAY_MS
    hours = range(24) if hour < 0 else (hour,)
    minutes = range(60) if minute < 0 else (minute,)
    if second < 0 and minute < 0 and hour < 0:
        return 0
    best = _DAY_MS
    for h in hours:
        for m in minutes:
            start = (h * 3600 + m * 60 + max(second, 0)) * 1000
            length = 60_000 if second < 0 else 1000  # how long the match lasts
            wait = (start - now) % _DAY_MS
            best = min(best, 0 if _DAY_MS - wait < length else wait)
    return best
