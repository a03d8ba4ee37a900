"""Between the restricted three-body problem and the real sky: axes that turn and stretch with the Earth and the Moon.

In the frame the Earth stays at x = -mu and the Moon at 1 - mu. Its unit of length is the distance of the two at the
instant, its unit of time sqrt(distance3 / GM) of the instant. With the second of these an orbit about the Moon keeps
to Kepler's laws while the frame breathes: carried over by a uniform clock it misses itself ten times as far.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.bodies import body_name
from lunarplan.model.cr3bp import EARTH_MOON_MU
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.frames import rotation, rotation_rate
from lunarplan.model.rows import numbers, scalar

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_KNOT_S = 7200.0
_MEAN_OVER_S = 4.5 * 365.25 * 86_400.0  # to both sides: half a turn of the perigee, many turns of all that is faster
_DIFFERENCE_S = 30.0


@dataclass(frozen=True)
class PulsatingFrame:
    """The frame of one ephemeris.

    mu    : where the barycentre lies between Earth and Moon
    tempo : factor of the clock: its unit is sqrt(distance3 / GM) / tempo. The shape that states of the restricted
            problem describe is exact whatever it is; velocities are per unit of this clock
    """

    ephemeris: Ephemeris
    mu: float = EARTH_MOON_MU
    tempo: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.ephemeris, Ephemeris):
            raise InputError(f"{self.ephemeris!r:.60}", where="PulsatingFrame.ephemeris", allowed="an Ephemeris")
        scalar("PulsatingFrame.mu", self.mu, np.finfo(float).tiny, 0.5)
        scalar("PulsatingFrame.tempo", self.tempo, 0.1, 10.0)

    def to_icrf(self, states: ArrayLike, epoch: Any, center: str = "moon") -> Floats:
        """States in km and km/s, ICRF, relative to a body, float64[N, 6].

        states : float64[N, 6], barycentric, rotating, nondimensional, as `propagate_cr3bp` takes them

        Raises InputError for shapes that do not fit, numbers that are not finite and epochs outside the ephemeris.
        """
        x, tdb = _aligned(states, epoch)
        x[:, 0] -= 1.0 - self.mu
        return self._shifted(_times(self.matrix(tdb), x), tdb, "moon", center)

    def from_icrf(self, states: ArrayLike, epoch: Any, center: str = "moon") -> Floats:
        """The inverse of `to_icrf`: from km and km/s relative to a body to the frame, barycentric, float64[N, 6]."""
        x, tdb = _aligned(states, epoch)
        out = np.linalg.solve(self.matrix(tdb), self._shifted(x, tdb, center, "moon")[..., np.newaxis])[..., 0]
        out[:, 0] += 1.0 - self.mu
        return np.asarray(out)

    def pace(self, tdb: Floats) -> Floats:
        """Units of the clock per second, float64[N]."""
        distance = np.linalg.norm(self.ephemeris.position("moon", "earth", tdb), axis=-1)
        return np.asarray(self.tempo * np.sqrt(self.ephemeris.gm["earth_moon_barycenter"] / distance**3))

    def matrix(self, tdb: Floats) -> Floats:
        """From states relative to the Moon in the frame to those in ICRF, km and km/s: float64[N, 6, 6].

        r = l R rho; v = R (l' rho + l w x rho) + l pace R rho', with the distance l, the axes R and their turn w.
        """
        moon = self.ephemeris.state("moon", "earth", tdb)
        axes = np.swapaxes(rotation("earth_moon_rotating", tdb, self.ephemeris), -1, -2)
        distance = np.linalg.norm(moon[:, :3], axis=1)[:, np.newaxis, np.newaxis]
        receding = np.einsum("ni,ni->n", moon[:, :3], moon[:, 3:])[:, np.newaxis, np.newaxis] / distance
        turning = distance * _cross_matrices(rotation_rate("earth_moon_rotating", tdb, self.ephemeris))
        out = np.zeros((len(tdb), 6, 6))
        out[:, :3, :3] = distance * axes
        out[:, 3:, :3] = axes @ (receding * np.eye(3) + turning)
        out[:, 3:, 3:] = self.pace(tdb)[:, np.newaxis, np.newaxis] * out[:, :3, :3]
        return out

    def matrix_rate(self, tdb: Floats) -> Floats:
        """Change of `matrix` with the epoch, per second, float64[N, 6, 6]: differences of the frame over minutes."""
        h = _DIFFERENCE_S
        near, far = (self.matrix(tdb + k * h) - self.matrix(tdb - k * h) for k in (1, 2))
        return np.asarray((8.0 * near - far) / (12.0 * h))

    def _shifted(self, states: Floats, tdb: Floats, of: str, to: str) -> Floats:
        if body_name(of) == body_name(to):
            return states
        return np.asarray(states + self.ephemeris.state(of, to, tdb))


@dataclass(frozen=True)
class Clock:
    """Elapsed units of a pulsating frame's clock against TDB, by a cubic through two-hourly knots.

    frame : with the tempo for which a unit lasts ``time_s`` in the mean over years
    """

    frame: PulsatingFrame
    knots_tdb: Floats
    elapsed: Floats
    pace: Floats

    @classmethod
    def between(cls, ephemeris: Ephemeris, mu: float, time_s: float, start_tdb: float, end_tdb: float) -> Clock:
        """A clock that starts from nought at ``start_tdb``. Raises InputError outside the ephemeris."""
        natural = PulsatingFrame(ephemeris, mu)
        first = max(min(start_tdb, end_tdb) - _MEAN_OVER_S, ephemeris.start_tdb)
        last = min(max(start_tdb, end_tdb) + _MEAN_OVER_S, ephemeris.end_tdb)
        knots = np.linspace(first, last, max(2, round((last - first) / _KNOT_S) + 1))
        pace = natural.pace(knots)
        step = knots[1] - knots[0]
        bend = np.gradient(pace, step)
        parts = 0.5 * step * (pace[1:] + pace[:-1]) - step**2 / 12.0 * np.diff(bend)
        elapsed = np.concatenate([[0.0], np.cumsum(parts)])
        tempo = 1.0 / (time_s * np.polyfit(knots - first, elapsed, 1)[0])
        begun = _hermite(knots, elapsed, pace, np.array([start_tdb]))
        frame = PulsatingFrame(ephemeris, mu, float(tempo))
        return cls(frame, knots, tempo * (elapsed - begun), tempo * pace)

    def at(self, tdb: Floats) -> Floats:
        """Units elapsed at epochs."""
        return _hermite(self.knots_tdb, self.elapsed, self.pace, tdb)

    def tdb(self, elapsed: Floats) -> Floats:
        """Epochs at which units have elapsed."""
        return _hermite(self.elapsed, self.knots_tdb, 1.0 / self.pace, elapsed)


def _hermite(x: Floats, y: Floats, slope: Floats, at: Floats) -> Floats:
    """Values of the cubic through knots and slopes; nothing is known beyond the knots."""
    i = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    h, s = x[i + 1] - x[i], (at - x[i]) / (x[i + 1] - x[i])
    left, right = h * slope[i] - (y[i + 1] - y[i]), (y[i + 1] - y[i]) - h * slope[i + 1]
    return np.asarray(y[i] + s * (y[i + 1] - y[i]) + s * (1.0 - s) * ((1.0 - s) * left + s * right))


def _aligned(states: ArrayLike, epoch: Any) -> tuple[Floats, Floats]:
    x = np.atleast_2d(numbers("states", states, 6)).copy()
    tdb = np.atleast_1d(np.asarray(tdb_seconds(epoch), float))
    if x.ndim != 2 or tdb.ndim != 1 or len(tdb) not in (1, len(x)):
        what = f"{tdb.size} epochs for states of shape {x.shape}"
        raise InputError(what, where="epoch", allowed="one, or one per row of (N, 6)")
    if not np.isfinite(x).all():
        raise InputError("not finite", where="states", allowed="finite numbers")
    return x, np.broadcast_to(tdb, len(x)).copy()


def _cross_matrices(w: Floats) -> Floats:
    """Matrices that take the cross product with vectors, float64[N, 3, 3]."""
    return np.asarray(np.cross(w[:, np.newaxis, :], np.eye(3)).swapaxes(1, 2))


def _times(matrix: Floats, vector: Floats) -> Floats:
    return np.asarray(np.einsum("nij,nj->ni", matrix, vector))
