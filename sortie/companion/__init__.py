"""Sortie in front of a flight controller: the controller is found, and a service presents it to ground stations."""
