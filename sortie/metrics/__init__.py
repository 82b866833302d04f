"""Metrics of a running service, and the page that shows it."""
