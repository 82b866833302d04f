"""PX4's SITL as a child of the service, with its SIH physics or with a body of our simulator."""
