"""Telemetry: streamed messages of a vehicle, their rates and receivers, and messages that are sent at once."""
