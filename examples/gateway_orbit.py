"""Where does a station stay? The 9:2 halo orbit in the real sky for 15 years, clear of the shadow of the Earth.

Writes gateway_orbit.png, gateway_eclipses.png, gateway_perilunes.png and gateway_upkeep.png to the current folder, or
to the one given.
"""

import sys
from pathlib import Path

from lunarplan import plot
from lunarplan.orbits.catalogue import family
from lunarplan.orbits.eclipses import eclipse_phases, eclipses
from lunarplan.orbits.long_orbit import carry
from lunarplan.orbits.station_keeping import STATION_ERRORS, keep
from lunarplan.orbits.units import EARTH_MOON_384400

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
start, years = "2027-01-01T00:00:00", 15

periodic = family("L2 halo south", EARTH_MOON_384400).select(resonance="9:2")
phase = eclipse_phases(periodic, start, years=years).require(0.0)
orbit = carry(periodic, start, years=years, phase=phase)
print(orbit)
print(f"perilune {orbit.perilunes.radius_km.min():.0f} to {orbit.perilunes.radius_km.max():.0f} km")

by_earth, by_moon = eclipses(orbit, "earth"), eclipses(orbit, "moon")
print(by_earth)
print(by_moon)

upkeep = keep(orbit, years=0.5, samples=40, errors=STATION_ERRORS)
print(upkeep)

plot.orbit_views(orbit).savefig(out / "gateway_orbit.png", dpi=200)
plot.eclipse_strip([by_earth, by_moon], limit_min=90.0).figure.savefig(out / "gateway_eclipses.png", dpi=200)
plot.perilune_history(orbit).figure.savefig(out / "gateway_perilunes.png", dpi=200)
plot.upkeep_histogram(upkeep).figure.savefig(out / "gateway_upkeep.png", dpi=200)
