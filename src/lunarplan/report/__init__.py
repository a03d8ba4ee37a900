"""One self-contained page from a plan."""
