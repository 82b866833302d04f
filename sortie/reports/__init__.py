"""Pages about flights for people. A page is one HTML file that opens without a network."""
