"""Targets that a ground station streams: setpoints, and reports of a leading vehicle."""
