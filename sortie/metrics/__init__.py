"""What is counted and measured of a running service, and the page that shows it."""
