"""Places to stay."""
