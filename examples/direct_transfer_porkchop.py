"""What a direct transfer costs over a month of arrivals: TLI delta-v, and the speed to brake from at perilune.

Every point is converged in the full force model: 4 x 55 x 21 transfers, by both nodes at both ends.
Writes porkchop.png to the current folder, or to the one given.
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt

from lunarplan import plot
from lunarplan.model.epochs import tdb_seconds
from lunarplan.transfers.to_moon.direct import direct_transfers, problem

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")

arrival_tdb = tdb_seconds("2027-03-01") + np.arange(0.0, 27.5, 0.5) * 86_400.0
tof_s = np.arange(3.0, 7.01, 0.2) * 86_400.0
arrival, tof, departure_node, arrival_node = np.meshgrid(arrival_tdb, tof_s, [1, -1], [1, -1])

transfers = direct_transfers(
    problem(
        arrival.ravel(),
        tof.ravel(),
        parking_altitude_km=185.0,
        parking_inclination_deg=28.6,
        perilune_altitude_km=100.0,
        lunar_inclination_deg=90.0,
        northbound_departure=departure_node.ravel(),
        northbound_arrival=arrival_node.ravel(),
    )
)
print(f"{transfers.ok.sum()} of {transfers.ok.size} transfers converged")

with plot.house_style():
    figure, axes = plt.subplots(2, 1, figsize=(plot.PAGE_IN, 6.0), layout="constrained")
    plot.porkchop(transfers, transfers.tli_delta_v_km_s * 1e3, "TLI delta-v (m/s)", axes[0])
    plot.porkchop(transfers, transfers.perilune_speed_km_s, "Speed at perilune (km/s)", axes[1])
    figure.savefig(out / "porkchop.png", dpi=200)
