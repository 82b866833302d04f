"""Missions, fence and rally points over MAVLink: the vehicle's side."""
