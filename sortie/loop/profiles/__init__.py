"""Built-in profiles of the loop, as data."""
