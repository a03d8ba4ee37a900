"""By way of the Sun: out beyond a million kilometres, and back to the Moon."""
