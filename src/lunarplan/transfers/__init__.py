"""Ways between places, each a batched solver with exact partials."""
