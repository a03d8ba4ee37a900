"""Past the Moon with a burn at perilune: to distant orbits, and home from them."""
