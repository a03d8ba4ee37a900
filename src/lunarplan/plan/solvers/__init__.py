"""One solver for each way out and each later phase of a mission."""
