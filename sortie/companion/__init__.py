"""Sortie before a flight controller: finding it, the service in front of it."""
