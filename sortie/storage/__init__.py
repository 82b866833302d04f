"""Persistent storage: the state store and the signing key."""
