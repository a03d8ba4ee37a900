"""Home: entry interface and splashdown."""
