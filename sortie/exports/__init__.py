"""Flights in the forms of other tools, made of what the readers found (`sortie convert`)."""
