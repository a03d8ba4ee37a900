"""Round the Moon and home without a burn, for every day of a month; and the ways home from one such flight, if it must.

Writes free_return_aborts.png to the current folder, or to the one given.
"""

import sys
from pathlib import Path

import numpy as np

from lunarplan import fly, tdb_seconds
from lunarplan.plot import aborts as draw_aborts
from lunarplan.transfers.aborts.aborts import aborts
from lunarplan.transfers.free_returns.free_return import free_return_problem, free_returns

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")

days = tdb_seconds("2028-07-01T00:00:00") + 86_400.0 * np.arange(28)
month = free_returns(free_return_problem(days, perilune_altitude_km=6_500.0)).require()
print(f"injection {1e3 * month.tli_delta_v_km_s.min():.0f} to {1e3 * month.tli_delta_v_km_s.max():.0f} m/s,")
print(f"home in {(month.outbound_s + month.inbound_s).min() / 86_400.0:.2f} days at the least")

start, end = float(month.injection_tdb[0]), float(month.entry.tdb[0])
flight = fly(month.injection_states[0], start, end)
table = aborts(flight, np.arange(start + 10_800.0, end - 43_200.0, 10_800.0))
print(table, f"in {table.fastest.duration_s.max() / 86_400.0:.1f} days at the most, for 1,500 m/s")

upper, _ = draw_aborts(table, start)
upper.figure.savefig(out / "free_return_aborts.png", dpi=200)
