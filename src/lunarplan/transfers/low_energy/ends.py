"""Where low-energy transfers arrive: the perilune of a low lunar orbit, or a burn that joins a station.

Either end has four variables, of which the last is the epoch: node, argument and speed at perilune, or the three
components of the burn, as the craft makes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.frames import rotation
from lunarplan.model.propagation import accelerations
from lunarplan.model.rows import scalar
from lunarplan.transfers.ends import end_state
from lunarplan.transfers.path import Path, states_about_moon
from lunarplan.transfers.targeter import Variable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel

    Floats = NDArray[np.float64]

ARRIVAL_EPOCH = Variable("arrival epoch", 3600.0, 21_600.0)
_EDGE_S = 60.0  # of a station's path: differences need some seconds beyond the last arrival
_ROUND_KM_S = 1e-7  # 0.1 mm/s: the length of a burn is rounded off there, to have a derivative
_ENERGIES_KM2_S2 = (-0.08, 0.06)  # two-body, about the Moon: what the Sun can bring to perilune, and some more


class Arrival(Protocol):
    """An end of low-energy transfers; states are about the Moon, km and km/s, ICRF."""

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The four of them."""
        ...

    def sampled(self, unit: Floats, forces: ForceModel) -> Floats:
        """The first three variables for points of the unit cube, float64[n, 3]."""
        ...

    def states(self, x: Floats, reference_tdb: Floats, forces: ForceModel) -> tuple[Floats, Floats]:
        """States where the flight ends, before the burn, [n, 6]; and their partials [n, 6, 4], at any epoch.

        reference_tdb : [n], epochs whose axes the angles are counted in
        """
        ...

    def variables_of(self, states: Floats, tdb: Floats, reference_tdb: Floats, forces: ForceModel) -> Floats:
        """The other way: float64[n, 4]."""
        ...

    def burn(self, x: Floats, forces: ForceModel) -> tuple[Floats, Floats]:
        """Length of the burn, km/s, float64[n], and its partials [n, 4]."""
        ...

    def burn_vectors(self, x: Floats, states: Floats, burn: Floats) -> Floats:
        """The burns of given lengths from the states at the end, float64[n, 3], km/s, ICRF."""
        ...


@dataclass(frozen=True)
class ToLowOrbit:
    """The perilune of a lunar orbit, entered by one tangential burn there.

    perilune_altitude_km, apolune_altitude_km : of the orbit, over the Moon's mean radius; circular, if one is given
    inclination_deg : to the Moon's equator of the arrival, over 90 retrograde

    Raises InputError for values out of range.
    """

    perilune_altitude_km: float = 100.0
    inclination_deg: float = 90.0
    apolune_altitude_km: float | None = None

    def __post_init__(self) -> None:
        low = scalar("ToLowOrbit.perilune_altitude_km", self.perilune_altitude_km, 5.0, 20_000.0, "km")
        scalar("ToLowOrbit.inclination_deg", self.inclination_deg, 0.0, 180.0, "deg")
        if self.apolune_altitude_km is not None:
            scalar("ToLowOrbit.apolune_altitude_km", self.apolune_altitude_km, low, 60_000.0, "km")

    @property
    def radius_km(self) -> float:
        return RADIUS_KM["moon"] + self.perilune_altitude_km

    @property
    def variables(self) -> tuple[Variable, ...]:
        angles = (Variable("node at the Moon", 3e-2, 0.1), Variable("argument at the Moon", 3e-2, 0.1))
        return (*angles, Variable("speed at the Moon", 1e-3, 0.01), ARRIVAL_EPOCH)

    def sampled(self, unit: Floats, forces: ForceModel) -> Floats:
        low, high = _ENERGIES_KM2_S2
        energy = low + (high - low) * unit[:, 2]
        speed = np.sqrt(2.0 * (forces.gm("moon") / self.radius_km + energy))
        return np.column_stack([2.0 * np.pi * unit[:, :2], speed])

    def states(self, x: Floats, reference_tdb: Floats, forces: ForceModel) -> tuple[Floats, Floats]:
        n = len(x)
        state, partials = end_state(
            x[:, 0], x[:, 1], x[:, 2], np.full(n, np.radians(self.inclination_deg)),
            radius=np.full(n, self.radius_km), axes=rotation("moon_me", reference_tdb, forces.source),
        )  # fmt: skip
        partials[:, :, 3] = 0.0  # in the place of the inclination the epoch
        return state, partials

    def variables_of(self, states: Floats, tdb: Floats, reference_tdb: Floats, forces: ForceModel) -> Floats:
        axes = rotation("moon_me", reference_tdb, forces.source)
        r, v = (np.einsum("nij,nj->ni", axes, part) for part in (states[:, :3], states[:, 3:]))
        h = np.cross(r, v)
        node = np.arctan2(h[:, 0], -h[:, 1])
        along = np.column_stack([np.cos(node), np.sin(node), np.zeros(len(node))])
        across = np.cross(h / np.linalg.norm(h, axis=1, keepdims=True), along)
        argument = np.arctan2(np.einsum("ni,ni->n", r, across), np.einsum("ni,ni->n", r, along))
        return np.column_stack([node, argument, np.linalg.norm(v, axis=1), tdb])

    def burn(self, x: Floats, forces: ForceModel) -> tuple[Floats, Floats]:
        gm, near = forces.gm("moon"), self.radius_km
        higher = self.perilune_altitude_km if self.apolune_altitude_km is None else self.apolune_altitude_km
        far = RADIUS_KM["moon"] + higher
        speed = np.sqrt(2.0 * gm * far / (near * (near + far)))
        return x[:, 2] - speed, np.broadcast_to(np.eye(4)[2], (len(x), 4))

    def burn_vectors(self, x: Floats, states: Floats, burn: Floats) -> Floats:
        return np.asarray(-burn[:, None] * states[:, 3:] / np.linalg.norm(states[:, 3:], axis=1, keepdims=True))


@dataclass(frozen=True)
class ToStation:
    """A station on a path of its own, joined by one burn in any direction: NRHO, halo, DRO, a craft.

    path           : has ``at(tdb, center)``
    largest_burn_km_s : first guesses burn up to that much; what comes out may be more

    Raises InputError for what is no path, and for a burn out of range.
    """

    path: Path
    largest_burn_km_s: float = 0.1

    def __post_init__(self) -> None:
        if not callable(getattr(self.path, "at", None)):
            raise InputError(f"{self.path!r:.60}", where="ToStation.path", allowed="a path: what has at(tdb, center)")
        scalar("ToStation.largest_burn_km_s", self.largest_burn_km_s, 1e-3, 1.0, "km/s")

    @property
    def variables(self) -> tuple[Variable, ...]:
        first, last = self._known_tdb
        burn = (Variable(f"delta-v {axis}", 1e-3, 0.005) for axis in "xyz")
        return (*burn, replace(ARRIVAL_EPOCH, lower=first + _EDGE_S, upper=last - _EDGE_S))

    @cached_property
    def _known_tdb(self) -> tuple[float, float]:
        """First and last epoch of a path that says so."""
        path = getattr(self.path, "trajectory", self.path)
        return float(getattr(path, "start_tdb", -np.inf)), float(getattr(path, "end_tdb", np.inf))

    def sampled(self, unit: Floats, forces: ForceModel) -> Floats:
        height, around = 2.0 * unit[:, 0] - 1.0, 2.0 * np.pi * unit[:, 1]
        flat = np.sqrt(1.0 - height**2)
        way = np.column_stack([flat * np.cos(around), flat * np.sin(around), height])
        return np.asarray(self.largest_burn_km_s * unit[:, 2:] * way)

    def states(self, x: Floats, reference_tdb: Floats, forces: ForceModel) -> tuple[Floats, Floats]:
        state = states_about_moon(self.path, x[:, 3], "path").copy()
        partials = np.zeros((len(x), 6, 4))
        partials[:, :3, 3] = state[:, 3:]
        partials[:, 3:, 3] = accelerations(state, x[:, 3], forces, "moon")
        partials[:, 3:, :3] = -np.eye(3)
        state[:, 3:] -= x[:, :3]
        return state, partials

    def variables_of(self, states: Floats, tdb: Floats, reference_tdb: Floats, forces: ForceModel) -> Floats:
        return np.column_stack([states_about_moon(self.path, tdb, "path")[:, 3:] - states[:, 3:], tdb])

    def burn(self, x: Floats, forces: ForceModel) -> tuple[Floats, Floats]:
        length = np.sqrt((x[:, :3] ** 2).sum(axis=1) + _ROUND_KM_S**2)
        return length, np.column_stack([x[:, :3] / length[:, None], np.zeros(len(x))])

    def burn_vectors(self, x: Floats, states: Floats, burn: Floats) -> Floats:
        return x[:, :3]
