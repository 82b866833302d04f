"""Web page that shows the vehicles on MAVLink links, and HTTP interfaces for other programs."""
