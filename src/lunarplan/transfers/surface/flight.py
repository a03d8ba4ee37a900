"""Landings flown again: the kept steering, the full field, and an integrator of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.integrate import cumulative_simpson, simpson

from lunarplan.kernels.tableaux import DOP853
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.frames import latitude_longitude_radius, rotation, turned
from lunarplan.model.propagation import accelerations
from lunarplan.model.sky import local_axes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Phase:
    """A part of N powered flights with its steering.

    start_tdb, duration_s : float64[N]
    vectors, rates : [nodes, N, 3] at equal intervals, and per second; what lies between is a cubic. The thrust points
                     along them
    thrust     : km/s2 per mass at the start, [N], burnt at ``exhaust`` km/s; None where the vectors are thrust per mass
    jump       : [N, 3] km/s, a change of velocity at the start, too short to be told
    mass_kg    : at the start; full_kn, exhaust : full thrust, kN, and exhaust speed
    """

    name: str
    start_tdb: Floats
    duration_s: Floats
    vectors: Floats
    rates: Floats
    thrust: Floats | None
    jump: Floats
    mass_kg: Floats
    full_kn: Floats
    exhaust: Floats

    def rows(self, rows: NDArray[np.intp]) -> Phase:
        """Some of the flights."""
        kept = {
            name: value[rows]
            for name, value in self.__dict__.items()
            if name not in ("name", "vectors", "rates") and value is not None
        }
        thrust = kept.pop("thrust", None)
        return Phase(self.name, vectors=self.vectors[:, rows], rates=self.rates[:, rows], thrust=thrust, **kept)

    def thrust_per_mass(self, part: float) -> Floats:
        """Vectors [N, 3], km/s2, when a part of the phase is over."""
        count = len(self.vectors) - 1
        k = min(int(part * count), count - 1)
        s = part * count - k
        step = (self.duration_s / count)[:, None]
        along = (
            (1.0 + 2.0 * s) * (1.0 - s) ** 2 * self.vectors[k]
            + s * (1.0 - s) ** 2 * step * self.rates[k]
            + s * s * (3.0 - 2.0 * s) * self.vectors[k + 1]
            + s * s * (s - 1.0) * step * self.rates[k + 1]
        )
        if self.thrust is None:
            return np.asarray(along)
        size = self.thrust / (1.0 - self.thrust / self.exhaust * self.duration_s * part)
        return np.asarray(along * (size / np.linalg.norm(along, axis=1))[:, None])

    @property
    def delta_v_km_s(self) -> Floats:
        """Of the rocket equation, without the jump; NaN where more than the whole mass would be burnt."""
        if self.thrust is not None:
            with np.errstate(invalid="ignore", divide="ignore"):
                return np.asarray(-self.exhaust * np.log1p(-self.thrust / self.exhaust * self.duration_s))
        return np.asarray(simpson(np.linalg.norm(self.vectors, axis=2), axis=0) * self._node_s)

    def throttles(self) -> Floats:
        """Thrust at the nodes of a phase told by its thrust per mass, as part of full thrust, [nodes, N]."""
        size = np.linalg.norm(self.vectors, axis=2)
        spent = cumulative_simpson(size, axis=0, initial=0.0) * self._node_s
        return np.asarray(size * self.mass_kg * np.exp(-spent / self.exhaust) / self.full_kn)

    @property
    def _node_s(self) -> Floats:
        return self.duration_s / (len(self.vectors) - 1)

    def fly(self, states: Floats, steps: int, forces: ForceModel) -> Floats:
        """States [steps + 1, N, 6] at equal intervals."""
        states = states.copy()
        states[:, 3:] += self.jump
        all_states = [states]
        for k in range(steps):
            all_states.append(self._step(all_states[-1], k, steps, forces))
        return np.stack(all_states)

    def _step(self, y: Floats, k: int, steps: int, forces: ForceModel) -> Floats:
        h = self.duration_s[:, None] / steps
        rates: list[Floats] = []
        for row, c in zip(DOP853.rows, DOP853.c, strict=False):
            part = (k + float(c)) / steps
            moved = y + h * sum((w * d for w, d in zip(row, rates, strict=False) if w), np.zeros_like(y))
            pull = accelerations(moved, self.start_tdb + part * self.duration_s, forces, "moon")
            rates.append(np.concatenate([moved[:, 3:], pull + self.thrust_per_mass(part)], axis=1))
        weights = DOP853.rows[DOP853.stages]
        return np.asarray(y + h * sum(w * d for w, d in zip(weights, rates, strict=False) if w))


_LONGEST_STEP_S = 20.0


def end_states(states: Floats, phases: list[Phase], forces: ForceModel) -> Floats:
    """Where the phases lead from given states, [N, 6]."""
    for phase in phases:
        steps = max(4, int(np.ceil(phase.duration_s.max() / _LONGEST_STEP_S))) if len(states) else 0
        states = phase.fly(states, steps, forces)[-1] if steps else states
    return states


@dataclass(frozen=True)
class PoweredPath:
    """A powered flight, float64[samples] each unless said otherwise.

    epochs_tdb, states : TDB s; [samples, 6] about the Moon, ICRF, km and km/s
    phase       : names, one a sample
    altitude_km, latitude_deg, longitude_deg : over the mean sphere; mean-Earth axes
    speed_m_s, climb_m_s : over the turning ground, and its upward part
    pitch_deg, azimuth_deg : of the thrust, over the local horizontal and from north over east
    mass_kg, throttle : the latter as part of full thrust
    """

    epochs_tdb: Floats
    states: Floats
    phase: list[str]
    altitude_km: Floats
    latitude_deg: Floats
    longitude_deg: Floats
    speed_m_s: Floats
    climb_m_s: Floats
    pitch_deg: Floats
    azimuth_deg: Floats
    mass_kg: Floats
    throttle: Floats


def flown(start: Floats, phases: list[Phase], forces: ForceModel, row: int, samples: int) -> PoweredPath:
    """One flight, with so many samples a phase."""
    one = np.array([row])
    states, epochs, thrusts, masses, fulls, names = start[one], [], [], [], [], []
    path = []
    for phase in (p.rows(one) for p in phases):
        parts = np.linspace(0.0, 1.0, samples)
        passed = phase.fly(states, samples - 1, forces)
        states = passed[-1]
        thrust = np.stack([phase.thrust_per_mass(float(p))[0] for p in parts])
        path.append(passed[:, 0])
        epochs.append(phase.start_tdb[0] + parts * phase.duration_s[0])
        thrusts.append(thrust)
        masses.append(phase.mass_kg[0] * np.exp(-_spent(thrust, parts * phase.duration_s[0]) / phase.exhaust[0]))
        fulls += [phase.full_kn[0]] * samples
        names += [phase.name] * samples
    return _seen(
        np.concatenate(epochs), np.concatenate(path), np.concatenate(thrusts), np.concatenate(masses),
        np.array(fulls), names, forces,
    )  # fmt: skip


def _spent(thrust: Floats, times: Floats) -> Floats:
    """Delta-v so far."""
    size = np.linalg.norm(thrust, axis=1)
    return np.concatenate([[0.0], np.cumsum(0.5 * (size[1:] + size[:-1]) * np.diff(times))])


def _seen(
    epochs: Floats, states: Floats, thrust: Floats, mass: Floats, full: Floats, names: list[str], forces: ForceModel
) -> PoweredPath:
    fixed = turned(states, epochs, "icrf", "moon_me", forces.source)
    latitude, longitude, radius = latitude_longitude_radius(fixed[:, :3])
    east, north, up = local_axes(latitude, longitude)
    pushed = np.einsum("nij,nj->ni", rotation("moon_me", epochs, forces.source), thrust)
    e, n, u = ((axis * pushed).sum(axis=1) for axis in (east, north, up))
    size = np.linalg.norm(thrust, axis=1)
    return PoweredPath(
        epochs, states, names, radius - RADIUS_KM["moon"], np.degrees(latitude), np.degrees(longitude),
        1e3 * np.linalg.norm(fixed[:, 3:], axis=1), 1e3 * (up * fixed[:, 3:]).sum(axis=1),
        np.degrees(np.arctan2(u, np.hypot(e, n))), np.degrees(np.arctan2(e, n)) % 360.0, mass, size * mass / full,
    )  # fmt: skip
