"""The camera of a simulated vehicle: what its lens sees of the ground, as a JPEG, made by a process of its own."""
