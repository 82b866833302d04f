"""Built-in profiles of the sortie loop, as data."""
