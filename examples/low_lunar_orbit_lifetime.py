"""How long does a low lunar orbit live? By itself at some inclinations, over altitudes and inclinations, and kept up.

Writes perilunes.png, vectors.png, lives.png and tracks.png to the current folder, or to the one given.
"""

import sys
from pathlib import Path

import numpy as np

from lunarplan import plot
from lunarplan.model.forces import ForceModel
from lunarplan.orbits.frozen import frozen_inclinations, frozen_orbits
from lunarplan.orbits.ground_track import ground_track, sample_orbits
from lunarplan.orbits.history import orbit_history
from lunarplan.orbits.lifetime import lifetime_map
from lunarplan.orbits.lunar_axes import orbit_states
from lunarplan.orbits.upkeep import averaged_upkeep_m_s

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
epoch, forces = "2027-01-01", ForceModel(moon_degree=30)  # 50 is better, and takes three times as long

print("circular orbits of 100 km stay so at", np.round(frozen_inclinations(100.0), 1), "deg")
print(f"50 km over the poles cost {averaged_upkeep_m_s(50.0, 90.0):.1f} m/s a month; LRO paid 11")

inclinations = [10.0, 28.0, 50.0, 86.0]
circular = orbit_states(100.0, 100.0, inclinations, 0.0, 0.0, epoch)
frozen = frozen_orbits(100.0, 86.0, 0.0, epoch, forces=forces, seed_degree=30).states
history = orbit_history(np.vstack([circular, frozen]), epoch, 90.0, forces=forces)
labels = [f"{i:.0f} deg" for i in inclinations] + ["86 deg, frozen"]
for label, days, row in zip(labels, history.life_days, range(5), strict=True):
    print(f"{label}: {history.reason(row)}, {days:.1f} days")
plot.perilune_altitude(history, labels=labels).figure.savefig(out / "perilunes.png", dpi=200)
plot.eccentricity_vector(history, [1, 2, 3, 4], labels[1:]).figure.savefig(out / "vectors.png", dpi=200)

altitudes = [30.0, 50.0, 70.0, 90.0]
lives = lifetime_map(altitudes, np.arange(3.75, 90.0, 7.5), [0.0], epoch, 30.0, forces=forces)
plot.lifetimes(lives).figure.savefig(out / "lives.png", dpi=200)
track = ground_track(sample_orbits(np.vstack([circular[1], frozen]), epoch, days=1.0, forces=forces))
plot.ground_track(track, labels=[labels[1], labels[4]]).figure.savefig(out / "tracks.png", dpi=200)
