"""Configuration by a person: options, environment, file; checked, with one line for what is wrong."""
