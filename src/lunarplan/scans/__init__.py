"""Scans: a job computed in every cell of a grid, by any executor, kept in a folder, resumed to the bit."""
