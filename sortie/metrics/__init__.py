"""Metrics of a running vehicle, and the server for Prometheus."""
