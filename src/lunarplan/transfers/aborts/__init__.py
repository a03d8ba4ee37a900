"""Ways out of a flight, from any of its moments."""
