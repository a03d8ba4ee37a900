"""Mission files: strict keys, values that carry units."""
