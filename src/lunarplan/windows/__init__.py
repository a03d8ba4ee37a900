"""Launch windows: which days are open, and why the others are not."""
