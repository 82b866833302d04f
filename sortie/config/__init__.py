"""What a person gives: options, environment, file; checked, with one line for what is wrong."""
