"""Word lists, one a line, with their provenance."""
