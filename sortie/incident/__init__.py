"""Logs of flights, shown as they were."""
