"""Powered flight in three dimensions, steered by the primer vector: a batch of burns as equations for the targeter.

Gravity is that of a point mass, with partials exact to rounding, plus whatever else pulls, tabulated along the flight
of the solution before. That rest is a thousandth of the whole and hardly changes from one flight to the next: three
or four rounds bring the burn into the full field, to millimetres. The primer vector feels the point mass alone; what
that costs is of second order in the thousandth.

Source: Lawden (1963), Optimal Trajectories for Space Navigation, ch. 3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lunarplan.kernels.tableaux import DOP853
from lunarplan.model.propagation import accelerations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel

    Array = NDArray[Any]  # real, or complex for the partials
    Floats = NDArray[np.float64]

STEPS = 20  # of order 8, half a minute each: a micrometre
COMPLEX_STEP = 1e-30
_DENSER = 4  # steering that is kept, than the steps: 8 s, on which a cubic is good to 1e-11
# Values, first and second derivatives at both ends of a step: what of each power of the part that is over.
_QUINTIC = np.array(
    [
        [1.0, 0.0, 0.0, -10.0, 15.0, -6.0],
        [0.0, 1.0, 0.0, -6.0, 8.0, -3.0],
        [0.0, 0.0, 0.5, -1.5, 1.5, -0.5],
        [0.0, 0.0, 0.0, 10.0, -15.0, 6.0],
        [0.0, 0.0, 0.0, -4.0, 7.0, -3.0],
        [0.0, 0.0, 0.0, 0.5, -1.0, 0.5],
    ]
)


class Burnt(NamedTuple):
    """A flight.

    nodes  : [steps + 1, 12, N], position, velocity, primer vector and its rate
    stages : [steps, stages, 3, N], positions
    """

    nodes: Floats
    stages: Floats

    def primer(self, gm: float, duration: Floats) -> tuple[Floats, Floats]:
        """The primer vector and its rate, [nodes, N, 3] each, so densely that cubics between them do.

        On quintics between the nodes, where its second derivative is known too.
        """
        r, p, q = (np.moveaxis(self.nodes[:, k : k + 3], 1, 2) for k in (0, 6, 9))
        distance = np.linalg.norm(r, axis=2, keepdims=True)
        bent = gm / distance**3 * (3.0 * (r * p).sum(axis=2, keepdims=True) / distance**2 * r - p)
        h = (duration / STEPS)[:, None]
        rows = np.concatenate([p[:-1], h * q[:-1], h * h * bent[:-1], p[1:], h * q[1:], h * h * bent[1:]])
        rows = np.moveaxis(rows.reshape(6, *p[:-1].shape), 0, -1)
        parts = np.arange(_DENSER) / _DENSER
        dense = rows @ _quintic(parts), rows @ _quintic_rate(parts) / h[..., None]
        vectors, rates = (np.moveaxis(d, 3, 1).reshape(STEPS * _DENSER, *p.shape[1:]) for d in dense)
        return np.concatenate([vectors, p[-1:]]), np.concatenate([rates, q[-1:]])


@dataclass(frozen=True)
class Burns:
    """What flies N burns at full thrust. Km, s, ICRF; components come first, rows last.

    acceleration, exhaust : thrust per mass at ignition, km/s2, and exhaust speed, km/s; float64[N]
    rest : float64[steps, stages, 3, N], gravity that is not the point mass's
    """

    gm: float
    acceleration: Floats
    exhaust: Floats
    rest: Floats

    def rows(self, rows: NDArray[np.intp]) -> Burns:
        """Some of the burns."""
        return Burns(self.gm, self.acceleration[rows], self.exhaust[rows], self.rest[..., rows])

    def felt_along(self, flown: Burnt, ignition_tdb: Floats, duration: Floats, forces: ForceModel) -> Burns:
        """The same burns, with the rest of a force model along a flight."""
        parts = (np.arange(STEPS)[:, None] + DOP853.c) / STEPS
        r = np.moveaxis(flown.stages, 2, -1)  # steps, stages, rows, components
        epochs = ignition_tdb + parts[..., None] * duration
        usable = np.isfinite(r).all(axis=-1) & np.isfinite(epochs)
        place = np.where(usable[..., None], r, [1e4, 0.0, 0.0])
        states = np.concatenate([place, np.zeros_like(place)], axis=-1).reshape(-1, 6)
        when = np.where(usable, epochs, forces.source.start_tdb).ravel()
        whole = accelerations(states, when, forces, "moon").reshape(place.shape)
        rest = whole + self.gm * place / np.linalg.norm(place, axis=-1, keepdims=True) ** 3
        return replace(self, rest=np.ascontiguousarray(np.moveaxis(rest * usable[..., None], -1, 2)))

    def fly(self, start: Array, duration: Array, rows: NDArray[np.intp]) -> Array:
        """State and primer vector at the end, [12, M], from those at ignition; ``rows`` says whose burn each is."""
        rate = self._rate(duration, rows)
        with np.errstate(all="ignore"):  # a trial that flies into the centre fails in its own row
            for k in range(STEPS):
                start, _ = _step(rate, start, k)
        return start

    def path(self, start: Floats, duration: Floats) -> Burnt:
        """All of the flight of all rows."""
        rate, nodes, stages = self._rate(duration, np.arange(len(duration))), [start], []
        with np.errstate(all="ignore"):
            for k in range(STEPS):
                node, passed = _step(rate, nodes[-1], k)
                nodes.append(node)
                stages.append(passed)
        return Burnt(np.stack(nodes), np.stack(stages))

    def _rate(self, duration: Array, rows: NDArray[np.intp]) -> _Rate:
        return _Rate(self.gm, duration, self.acceleration[rows], self.exhaust[rows], self.rest[..., rows])


class _Rate(NamedTuple):
    """Derivatives with respect to the part of the burn that is over."""

    gm: float
    duration: Array
    acceleration: Floats
    exhaust: Floats
    rest: Floats

    def __call__(self, y: Array, step: int, stage: int) -> Array:
        r, v, p, q = y[0:3], y[3:6], y[6:9], y[9:12]
        part = (step + DOP853.c[stage]) / STEPS
        thrust = self.acceleration / (1.0 - self.acceleration / self.exhaust * self.duration * part)
        squared = (r * r).sum(axis=0)
        pull = self.gm / (squared * np.sqrt(squared))
        along = thrust / np.sqrt((p * p).sum(axis=0))
        outward = 3.0 * pull * (r * p).sum(axis=0) / squared
        return np.asarray(
            self.duration
            * np.concatenate([v, along * p - pull * r + self.rest[step, stage], q, outward * r - pull * p])
        )


def _step(rate: _Rate, y: Array, step: int) -> tuple[Array, Array]:
    """The state a step later, and the positions of the stages on the way."""
    k: list[Array] = []
    passed: list[Array] = []
    h = 1.0 / STEPS
    for stage, row in enumerate(DOP853.rows[: DOP853.stages]):
        moved = y + h * sum((w * d for w, d in zip(row, k, strict=False) if w), np.zeros_like(y))
        passed.append(moved[:3])
        k.append(rate(moved, step, stage))
    weights = DOP853.rows[DOP853.stages]
    return y + h * sum((w * d for w, d in zip(weights, k, strict=False) if w), np.zeros_like(y)), np.stack(passed)


def partials(values: Array, count: int) -> tuple[Floats, Floats]:
    """Residuals [n, f] and partials [n, f, variables] out of values [f, n * variables] with complex steps."""
    each = values.reshape(len(values), -1, count)
    return np.ascontiguousarray(each[:, :, 0].real.T), np.moveaxis(each.imag / COMPLEX_STEP, 0, 1)


def stepped(x: Floats) -> Array:
    """Every row of x once for each variable, with a complex step in it: [variables, n * variables]."""
    n, count = x.shape
    trial = x[:, None, :] + 1j * COMPLEX_STEP * np.eye(count)
    return trial.reshape(n * count, count).T


def _quintic(parts: Floats) -> Floats:
    return np.asarray(_QUINTIC @ parts ** np.arange(6)[:, None])


def _quintic_rate(parts: Floats) -> Floats:
    powers = np.arange(6)[:, None]
    return np.asarray(_QUINTIC @ (powers * parts ** np.maximum(powers - 1, 0)))
