"""System services: heartbeats of ground stations, time, ping, version, and log requests."""
