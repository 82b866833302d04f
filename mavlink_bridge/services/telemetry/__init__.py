"""Telemetry: what a vehicle streams, how often and to whom, and what it announces at once."""
