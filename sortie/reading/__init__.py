"""Readers of flight logs: DataFlash (`.bin`, ArduPilot's and ours), telemetry (`.tlog`), ULog (`.ulg`, PX4's).

Each log becomes `facts.FlightFacts`; `logs.read_log` chooses the reader by the first bytes.
"""
