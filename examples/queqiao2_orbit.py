"""How long does a relay stay over the lunar south? Queqiao-2's orbit of 2024, from several nodes, and one made to last.

Writes relay_elements.png, relay_contacts.png and relay_coverage.png to the current folder, or to the one given.
"""

import sys
from pathlib import Path

import numpy as np

from lunarplan import plot
from lunarplan.model.forces import ForceModel
from lunarplan.model.surface import Place
from lunarplan.orbits.coverage import contacts, coverage_map
from lunarplan.orbits.ground_track import sample_orbits
from lunarplan.orbits.history import orbit_history
from lunarplan.orbits.lunar_axes import orbit_states
from lunarplan.orbits.relay import frozen_relays, kozai_inclination_deg

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
arrival, years = "2024-04-02", 8.0
forces = ForceModel(moon_degree=12)

print(f"200 x 16000 km is frozen at {kozai_inclination_deg(200.0, 16000.0):.1f} deg, published 62.4")

# As published; the node is not: in the plane of the Earth's orbit, every 15 degrees.
nodes = np.arange(0.0, 360.0, 15.0)
published = orbit_states(200.0, 16000.0, 62.4, nodes, 90.0, arrival, true_anomaly_deg=180.0, axes="earth_orbit")
flown = orbit_history(published, arrival, years * 365.25, forces=forces, axes="earth_orbit", step_days=10.0)
for node, days in zip(nodes, flown.life_days, strict=True):
    print(f"node {node:3.0f} deg: {days:6.0f} days")

# One with the same period whose mean stays, and whose lowest perilune is about 150 km.
made = frozen_relays(400.0, 15800.0, 180.0, arrival, years=years, forces=forces)
lowest = made.lowest_altitude_km[0]
print(f"frozen at {made.inclination_deg[0]:.2f} deg, never below {lowest:.0f} km in {years:g} years")
both = np.vstack([published[nodes == 180.0], made.states])
labels = ["200 x 16000 km as published", "400 x 15800 km, corrected"]
history = orbit_history(both, arrival, years * 365.25, forces=forces, axes="earth_orbit", step_days=10.0)
plot.orbit_history(history, labels=labels).savefig(out / "relay_elements.png", dpi=200)

sampled = sample_orbits(both, arrival, days=5.0, step_s=120.0, forces=forces)
linked = contacts(sampled, Place([-90.0, -41.64], [0.0, -153.99]), mask_deg=10.0, with_earth=True)
names = [f"{which}, {site}" for which in ("published", "corrected") for site in ("south pole", "Chang'e-6")]
plot.contact_strips(linked, names).figure.savefig(out / "relay_contacts.png", dpi=200)
seen = coverage_map(sampled, np.arange(-88.0, 90.0, 4.0), np.arange(-178.0, 180.0, 4.0), mask_deg=10.0)
ax = plot.coverage(seen)
ax.set_title("Either relay at least 10 deg high, five days from 2 April 2024", fontsize=8.0)
ax.figure.savefig(out / "relay_coverage.png", dpi=200, bbox_inches="tight")
