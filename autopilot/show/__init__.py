"""Drone shows: a trajectory and a light program for each vehicle; all begin at the same second."""
