"""Drone shows: one way and one light program for each vehicle, begun by all at the same second."""
