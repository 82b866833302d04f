"""The camera of a simulated vehicle: JPEG pictures of the ground, made by a separate process."""
