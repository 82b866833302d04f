"""Storage that survives the process: the state store and the signing key."""
