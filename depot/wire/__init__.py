"""Sortie loop messages as standard MAVLink messages between a depot and its skimmer (`docs/sortie-messages.md`)."""
