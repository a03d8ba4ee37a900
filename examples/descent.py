"""From a 100 km orbit to a place on the turning Moon, and up again three days later into the plane of that orbit.

Every pass within 50 km is a landing in the field of degree 50; the cheapest is drawn, and the ascent from it.
Writes landing.png, ascent.png to the current folder, or to the one given.
"""

import sys
from pathlib import Path

import numpy as np

from lunarplan import ForceModel, fly, tdb_seconds
from lunarplan.model.frames import turned
from lunarplan.model.surface import Place
from lunarplan.plot import powered_flight
from lunarplan.transfers.surface.ascent_sky import ascend, lift_off_windows
from lunarplan.transfers.surface.descent import Approach, Touchdown
from lunarplan.transfers.surface.landing import Stage, land

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
forces = ForceModel(moon_degree=50)
start = tdb_seconds("2028-03-01T00:00:00")
place = Place(25.0, 14.0, -0.5)

fixed = np.array([1837.4, 0.0, 0.0, 0.0, 0.8168, 1.4148])  # 60 deg to the equator, mean-Earth axes
state = turned(fixed, start, "moon_me", "icrf", forces.source)
orbit = fly(state, start, duration_s=30.0 * 86_400.0, forces=forces, center="moon").trajectory

lander = Stage(thrust_n=45_000.0, isp_s=311.0, mass_kg=15_000.0, least_throttle=0.1)
landed = land(
    orbit, start + 10_000.0, start + 28.0 * 86_400.0, place, lander, forces=forces,
    approach=Approach(2_300.0, 44.0, 150.0, 110.0), touchdown=Touchdown(60.0, 1.5, hover_s=5.0),
)  # fmt: skip
best = int(np.nanargmin(landed.delta_v_m_s))
print(f"{landed}, {landed.delta_v_m_s[best]:.0f} m/s, {landed.cross_range_km[best]:.1f} km aside")
powered_flight(landed.path(best))[0].figure.savefig(out / "landing.png", dpi=200)

windows = lift_off_windows(place, landed.touchdown_tdb[best], orbit.end_tdb - 10_000.0, orbit, within_km=30.0)
ascender = Stage(thrust_n=15_600.0, isp_s=311.0, mass_kg=4_900.0)
up = ascend(place, windows.best_tdb[-1], ascender, target=orbit, forces=forces).require()
print(f"{up.delta_v_m_s[0]:.0f} m/s, azimuth {up.azimuth_deg[0]:.1f} deg, {up.inserted_kg[0]:.0f} kg in orbit")
powered_flight(up.path(0))[0].figure.savefig(out / "ascent.png", dpi=200)
