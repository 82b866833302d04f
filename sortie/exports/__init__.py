"""Export of flights to file formats of other tools (`sortie convert`)."""
