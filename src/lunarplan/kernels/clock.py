"""Slots of the clock: what a right-hand side knows about time, one value per lane (or one for all lanes)."""

START = 0  # seconds from the first granule to the start of the arc
ELAPSED = 1  # seconds since the start of the arc
STEP = 2  # signed step being taken, s
GRANULE = 3  # index of the ephemeris granule that holds the step
CENTER = 4  # index of the body at the origin
COSINE = 5  # of the angle of the rotating frame (CR3BP)
SINE = 6
SIZE = 7
