"""PX4 SITL with its SIH physics as a child of the service."""
