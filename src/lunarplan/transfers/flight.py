"""How legs are flown while they are being solved: arcs with partials, in the ephemeris or in the three-body problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from lunarplan.errors import InputError
from lunarplan.kernels.blocks import STATE
from lunarplan.model.cr3bp import EARTH_MOON_MU, propagate_cr3bp
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import Run, accelerations, row_inputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Flight(Protocol):
    """What a shooting problem asks of its dynamics; states float64[N, 6], km and km/s, epochs float64[N], s."""

    def gm(self, body: str) -> float: ...

    def moon(self, tdb: Floats) -> Floats:
        """State of the Moon about the Earth."""
        ...

    def arc(self, center: str, states: Floats, start: Floats, end: Floats) -> tuple[Floats, Floats]:
        """States at the end, NaN in rows that failed, and float64[N, 6, 6]."""
        ...

    def rate(self, center: str, states: Floats, tdb: Floats) -> Floats:
        """Time derivative of states."""
        ...


def flight_or_default(flight: Flight | None) -> Flight:
    """The dynamics given, or those of ``ForceModel()``; raises InputError for what is none."""
    if flight is None:
        return InEphemeris(ForceModel())
    given: object = flight
    if not all(callable(getattr(given, name, None)) for name in ("gm", "moon", "arc", "rate")):
        raise InputError(f"{given!r:.60}", where="flight", allowed="InEphemeris(...), InThreeBody(...), or None")
    return flight


@dataclass(frozen=True)
class InEphemeris:
    """The real solar system."""

    forces: ForceModel
    tolerance: float = 1e-12
    workers: int | None = None

    def gm(self, body: str) -> float:
        return self.forces.gm(body)

    def moon(self, tdb: Floats) -> Floats:
        return self.forces.source.state("moon", "earth", tdb)

    def arc(self, center: str, states: Floats, start: Floats, end: Floats) -> tuple[Floats, Floats]:
        run = Run(
            self.forces, center, self.tolerance, STATE, stop_at_impact=False, workers=self.workers,
            continues=center == "moon",
        )  # fmt: skip
        final, stm, *_ = run.batch(states, start, end, row_inputs(len(states), self.forces, None))
        return final, stm

    def rate(self, center: str, states: Floats, tdb: Floats) -> Floats:
        return np.concatenate([states[:, 3:], accelerations(states, tdb, self.forces, center)], axis=1)


@dataclass(frozen=True)
class InThreeBody:
    """The circular restricted three-body problem, in axes at rest that coincide with the rotating ones at epoch 0.

    length_km, time_s : distance of the two bodies, and the reciprocal of their mean motion
    """

    length_km: float = 384_400.0
    time_s: float = 375_190.2620
    mu: float = EARTH_MOON_MU

    def gm(self, body: str) -> float:
        share = self.mu if body == "moon" else 1.0 - self.mu
        return share * self.length_km**3 / self.time_s**2

    def moon(self, tdb: Floats) -> Floats:
        c, s, zero = np.cos(tdb / self.time_s), np.sin(tdb / self.time_s), np.zeros_like(tdb)
        speed = self.length_km / self.time_s
        return np.stack([self.length_km * c, self.length_km * s, zero, -speed * s, speed * c, zero], axis=-1)

    def rotating(self, states: Floats, tdb: Floats) -> Floats:
        """From states about the Moon at rest, km and km/s, to rotating barycentric ones, nondimensional."""
        turned: Floats = np.einsum("nij,nj->ni", self._from_rest(tdb), states)
        turned[:, 0] += 1.0 - self.mu
        return turned

    def at_rest(self, states: Floats, tdb: Floats) -> Floats:
        """The other way."""
        about_moon = states - (1.0 - self.mu) * np.eye(6)[0]
        return np.asarray(np.einsum("nij,nj->ni", np.linalg.inv(self._from_rest(tdb)), about_moon))

    def arc(self, center: str, states: Floats, start: Floats, end: Floats) -> tuple[Floats, Floats]:
        about_moon = states if center == "moon" else states - self.moon(start)
        spans = (end - start) / self.time_s
        run = propagate_cr3bp(self.rotating(about_moon, start), spans, mu=self.mu, stm=True)
        assert run.stm is not None
        final = self.at_rest(run.states, end)
        stm = np.linalg.inv(self._from_rest(end)) @ run.stm @ self._from_rest(start)
        return final if center == "moon" else final + self.moon(end), stm

    def rate(self, center: str, states: Floats, tdb: Floats) -> Floats:
        moon = self.moon(tdb)[:, :3]
        from_moon = states[:, :3] if center == "moon" else states[:, :3] - moon
        from_earth = from_moon + moon
        pull = self.gm("moon") * _inverse_square(from_moon) + self.gm("earth") * _inverse_square(from_earth)
        own = self.gm("earth") * _inverse_square(moon) if center == "moon" else -self.gm("moon") * _inverse_square(moon)
        return np.concatenate([states[:, 3:], own - pull], axis=1)

    def _from_rest(self, tdb: Floats) -> Floats:
        """Matrices [N, 6, 6] from km, km/s at rest to the rotating axes and units."""
        c, s = np.cos(tdb / self.time_s), np.sin(tdb / self.time_s)
        turn = np.zeros((len(tdb), 3, 3))
        turn[:, 0, 0] = turn[:, 1, 1] = c
        turn[:, 0, 1], turn[:, 1, 0], turn[:, 2, 2] = s, -s, 1.0
        spin = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
        matrix = np.zeros((len(tdb), 6, 6))
        matrix[:, :3, :3] = turn / self.length_km
        matrix[:, 3:, 3:] = turn * self.time_s / self.length_km
        matrix[:, 3:, :3] = spin @ turn / self.length_km
        return matrix


def _inverse_square(r: Floats) -> Floats:
    return np.asarray(r / np.linalg.norm(r, axis=1, keepdims=True) ** 3)
