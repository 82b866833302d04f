"""Precision landing: the pad's position from a sensor, and the retries of a landing that has lost its target."""
