"""Propagate states of your own, with the state-transition matrix: how an error at TLI grows on the way to the Moon.

A cloud of 500 states, 1 km and 1 m/s about one, is flown for three days; the matrix of the one foretells the ellipse.
Writes dispersion.png to the current folder, or to the one given.
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt

from lunarplan import ForceModel, plot, propagate

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")

forces = ForceModel(bodies=("earth", "moon", "sun", "venus", "jupiter"), moon_degree=8)
start, end = "2027-03-04T00:00:00", "2027-03-07T00:00:00"
state = np.array([6563.0, 0.0, 0.0, 0.0, 9.6, 5.25])  # km and km/s, ICRF, about the Earth

one = propagate(state, start, end, forces=forces, stm=True)
sigma = np.array([1.0] * 3 + [1e-3] * 3)
cloud = state + sigma * np.random.default_rng(1).standard_normal((500, 6))
many = propagate(cloud, start, end, forces=forces).require()

miss_km = (many.states - one.states)[:, :3]
covariance = (one.stm[0] * sigma**2 @ one.stm[0].T)[:3, :3]
size, axes = np.linalg.eigh(covariance)
along, across = miss_km @ axes[:, 2], miss_km @ axes[:, 1]
angle = np.linspace(0.0, 2.0 * np.pi, 200)

with plot.house_style():
    figure, ax = plt.subplots(figsize=(plot.COLUMN_IN, 3.0), layout="constrained")
    ax.plot(along, across, ".", ms=2.0, color="#0072B2", label="propagated")
    ellipse = 3.0 * np.sqrt(size[2:0:-1, None]) * [np.cos(angle), np.sin(angle)]
    ax.plot(*ellipse, color="#D55E00", label="3 sigma, by the matrix")
    ax.set(xlabel="Along the longest axis (km)", ylabel="Along the next (km)")
    figure.legend(loc="outside upper center", ncols=2)
    figure.savefig(out / "dispersion.png", dpi=200)
