"""Free returns: what the altitude over the Moon costs, and what it costs to put an injection right, or to leave for low
orbit, as Apollo 12 to 17 did half-way.

Writes free_return_family.png and free_return_corrections.png to the current folder, or to the one given.
"""

import sys
from pathlib import Path

import numpy as np

from lunarplan import fly
from lunarplan.plot import correction_costs, free_return_family
from lunarplan.transfers.free_returns.free_return import free_return_problem, free_returns
from lunarplan.transfers.free_returns.midcourse import departures, restorations

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")

altitudes_km = np.array([60.0, 111.0, *np.arange(250.0, 2_000.0, 250.0), *np.arange(2_000.0, 10_001.0, 500.0)])
family = free_returns(free_return_problem("2028-07-04T00:00:00", perilune_altitude_km=altitudes_km)).require()
upper, _ = free_return_family(family)
upper.figure.savefig(out / "free_return_family.png", dpi=200)
low, high = family.outbound_s[[1, -1]] / 3600.0
print(f"out in {low:.1f} h over 111 km, in {high:.1f} h over 10,000 km")

meant = family.rows(np.array([int(np.flatnonzero(altitudes_km == 2_000.0)[0])]))
start, perilune = float(meant.injection_tdb[0]), float(meant.problem.perilune_tdb[0])
epochs = start + 3600.0 * np.array([1.0, 2.0, 4.0, 6.0, 9.0, 12.0, 18.0, 24.0, 30.0, 36.0, 42.0, 48.0, 54.0, 60.0])
strayed = meant.injection_states[0].copy()
strayed[3:] *= 1.0 + 1e-3 / np.linalg.norm(strayed[3:])  # 1 m/s too fast
late = restorations(fly(strayed, start, perilune), epochs, meant).require()
off = departures(
    fly(meant.injection_states[0], start, perilune), epochs, meant, perilune_altitude_km=111.0, inclination_deg=170.0
).require()
ax = correction_costs({"1 m/s put right": late, "off it, to 111 km": off}, start)
ax.figure.savefig(out / "free_return_corrections.png", dpi=200)
print(f"1 m/s too fast costs {late.delta_v_m_s[0]:.1f} m/s after an hour, {late.delta_v_m_s[-1]:.1f} after {60:.0f}")
