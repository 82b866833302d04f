"""Logs of flights, read: DataFlash (`.bin`, ArduPilot's and ours), telemetry (`.tlog`), ULog (`.ulg`, PX4's).

Each becomes `facts.FlightFacts`; `logs.read_log` finds out which it is by its first bytes."""
