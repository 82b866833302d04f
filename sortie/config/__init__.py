"""Configuration by the user: options, environment, file; checked, with one line for each mistake."""
