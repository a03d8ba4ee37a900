"""Periodic orbits of Earth and Moon: halos about L1 and L2, distant retrograde orbits, and one to stay on.

The halo families with their near-rectilinear members, coloured by stability, the distant retrograde orbits by Jacobi
constant, and the member that makes nine revolutions in two months, with what leaves an unstable halo orbit.
Writes halos.png, distant_retrograde.png and manifold.png to the current folder, or to the one given.
"""

import sys
from pathlib import Path

import numpy as np

from lunarplan import plot
from lunarplan.orbits.catalogue import family
from lunarplan.orbits.manifolds import manifold
from lunarplan.orbits.units import EARTH_MOON_384400 as UNITS

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")

south = family("L2 halo south", UNITS)
plot.orbit_family(family("L1 halo south", UNITS), south).savefig(out / "halos.png", dpi=200)
distant = family("DRO", UNITS)
plot.orbit_family(distant, color_by="jacobi").savefig(out / "distant_retrograde.png", dpi=200)

gateway = south.select(resonance="9:2")
print(f"9:2 halo: {gateway.period_days:.4f} d, {gateway.perilune_radius_km:.0f} to {gateway.apolune_radius_km:.0f} km")
print(f"stability index {gateway.stability_index:.3f}, Jacobi constant {gateway.jacobi:.6f}")

halo = south.select(z_amplitude_km=13_000.0)
leaving = manifold(halo, stable=False, points=60).paths(UNITS.time(25.0), 400)
with plot.house_style():
    ax = plot.orbit_projection(south, plane="xy", orbits=12)
    moon_km = (leaving[..., :3] - [1.0 - UNITS.mu, 0.0, 0.0]) * UNITS.length_km * 1e-3
    ax.plot(*np.moveaxis(moon_km[..., :2], -1, 0), color="#D55E00", lw=0.3)
    ax.set(xlim=(-30.0, 230.0), ylim=(-150.0, 70.0), title="What leaves a halo of 13,000 km in 25 days")
    ax.figure.savefig(out / "manifold.png", dpi=200)
