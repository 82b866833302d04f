"""Commands: the acknowledged requests of a ground station, and the service that answers them."""
