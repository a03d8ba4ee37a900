"""To the Moon by way of the Sun: ballistic transfers into a polar orbit, and what they save on arrival.

A month of arrivals is flown backwards; what comes from near the Earth is made to leave Cape Canaveral, and to be caught
for the least. Writes low_energy.png to the current folder, or to the one given.
"""

import sys
from pathlib import Path

import numpy as np

from lunarplan import plot, utc_iso
from lunarplan.transfers.launch import LaunchTie
from lunarplan.transfers.low_energy.transfers import ToLowOrbit, low_energy_guesses, low_energy_transfers

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")

orbit = ToLowOrbit(perilune_altitude_km=100.0, inclination_deg=90.0)
guesses = low_energy_guesses(orbit, "2028-06-01", "2028-06-28", parking_inclination_deg=28.6, samples=40_000)
found = low_energy_transfers(guesses, least_burn=False)
print(guesses, found)

cape = LaunchTie.from_site("cape-slc-40")
best = low_energy_transfers(found.guesses(found.distinct()[:24]), launch=cape)
for row in best.distinct()[:8]:
    burns = 1e3 * np.array([best.tli_delta_v_km_s[row], best.insertion_delta_v_km_s[row]])
    days, apogee = best.tof_s[row] / 86_400.0, best.way.apogee_km[row] * 1e-6
    print(
        utc_iso(best.launch_tdb[row], 0), f"{burns[0]:.0f} + {burns[1]:.1f} m/s, {days:.0f} d, {apogee:.2f} million km"
    )

with plot.house_style():
    plot.low_energy(best).figure.savefig(out / "low_energy.png", dpi=200)
