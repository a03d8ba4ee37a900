"""File formats of the field."""
