"""Random numbers without a hidden state: each draw has a name, so that a run can be resumed and draws do not affect
each other."""

from __future__ import annotations

from zlib import crc32

_MASK = (1 << 64) - 1


def uniform(seed: int, number: int, name: str) -> float:
    """Number in [0, 1) that depends only on its arguments (splitmix64, Steele et al. 2014)."""
    z = (seed * 0x9E3779B97F4A7C15 + number * 0xD1B54A32D192ED03 + crc32(name.encode())) & _MASK
    for _ in range(2):
        z = (z + 0x9E3779B97F4A7C15) & _MASK
        z ^= z >> 30
        z = (z * 0xBF58476D1CE4E5B9) & _MASK
        z ^= z >> 27
        z = (z * 0x94D049BB133111EB) & _MASK
        z ^= z >> 31
    return (z >> 11) / (1 << 53)
