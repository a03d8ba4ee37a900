"""Where families branch: an orbit seen with more freedom than its family needs.

A planar orbit may leave the plane, an orbit may close after two revolutions only. The same orbit, taken as a solution
of the wider problem, is singular there, and what the conditions do not see besides the family itself is the direction
of the branch: the critical eigenvector, on the mirror.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from lunarplan.errors import InputError
from lunarplan.orbits.continuation import Path, tangent
from lunarplan.orbits.equations import rates
from lunarplan.orbits.symmetry import AXIS, AXIS_TO_PLANE, PLANAR, PLANE, Mirrored, fly

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


_FEWEST, _MOST = 4, 1_000_000


@dataclass(frozen=True)
class View:
    """An orbit as a solution of a problem, after some revolutions, from the mirror it starts on or the other one."""

    problem: Mirrored
    revolutions: int = 1
    far: bool = False


@dataclass(frozen=True)
class Bifurcation:
    """A branch point.

    arclength : along the family it was found on
    view      : how the branch sees it
    unknowns, direction : float64[k + 1] of the view's problem; the orbit, and where the branch goes (unit length)
    """

    arclength: float
    view: View
    unknowns: Floats
    direction: Floats

    @property
    def period(self) -> float:
        """Of the branch, where it begins."""
        return float(self.view.problem.parts * self.unknowns[-1])


VIEWS: dict[str, tuple[View, ...]] = {
    PLANAR.name: tuple(View(p, n, far) for n in (1, 2) for p in (PLANE, AXIS) for far in (False, True)),
    PLANE.name: (View(PLANE, 2, False), View(PLANE, 2, True)),
    AXIS.name: (View(AXIS, 2, False), View(AXIS, 2, True)),
    AXIS_TO_PLANE.name: (View(AXIS, 1, False), View(PLANE, 1, True)),
}


def bifurcations(path: Path, *, members: int = 400, views: tuple[View, ...] | None = None) -> list[Bifurcation]:
    """Branch points along a family, in its order.

    members : how densely the family is looked at; two branch points between neighbours are not seen

    Raises InputError for a number of members that is none.
    """
    if not isinstance(members, int | np.integer) or not _FEWEST <= members <= _MOST:
        raise InputError(f"{members!r}", where="members", allowed=f"{_FEWEST} to {_MOST}")
    arclength = np.linspace(0.0, path.arclength[-1], int(members))[1:-1]
    unknowns, tangents = _members(path, arclength)
    found = []
    for seen_as in views if views is not None else VIEWS.get(path.problem.name, ()):
        view = replace(seen_as, problem=replace(seen_as.problem, scale=path.problem.scale))
        values = _singularity(path, view, unknowns, tangents)
        for i in np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0.0):
            found.append(_located(path, view, float(arclength[i]), float(arclength[i + 1])))
    return sorted(found, key=lambda b: b.arclength)


def _located(path: Path, view: View, low: float, high: float) -> Bifurcation:
    def value(s: float) -> float:
        return float(_singularity(path, view, *_members(path, np.array([s])))[0])

    s = float(brentq(value, low, high, xtol=1e-13, rtol=1e-14))
    unknowns, tangents = _members(path, np.array([s]))
    seen, known = _seen(path, view, unknowns, tangents)
    rows = np.linalg.svd(fly(view.problem, seen, path.mu).partials[0])[2]
    along = rows[-2:] @ known[0]
    across = np.array([-along[1], along[0]]) @ rows[-2:]
    return Bifurcation(s, view, seen[0], across / np.linalg.norm(across))


def _members(path: Path, arclength: Floats) -> tuple[Floats, Floats]:
    """Unknowns and tangents of the family, all towards its end."""
    unknowns = path.at(arclength).require().unknowns
    return unknowns, tangent(fly(path.problem, unknowns, path.mu).partials, path.direction(arclength))


def _singularity(path: Path, view: View, unknowns: Floats, tangents: Floats) -> Floats:
    """Zero where another family passes; folds of the family itself do not matter, as its tangent is taken along."""
    seen, known = _seen(path, view, unknowns, tangents)
    partials = fly(view.problem, seen, path.mu).partials
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    return np.asarray(np.linalg.det(np.concatenate([partials, known[:, np.newaxis]], axis=1)))


def _seen(path: Path, view: View, unknowns: Floats, tangents: Floats) -> tuple[Floats, Floats]:
    """Unknowns and tangents in a view."""
    problem, wide = path.problem, view.problem
    flights = fly(problem, unknowns, path.mu)
    states, turned = flights.start, problem.start(tangents)
    if view.far:
        turned = np.einsum("nij,nj->ni", flights.stm, turned) + rates(flights.end, path.mu) * tangents[:, -1:]
        states = flights.end
    times = problem.parts * view.revolutions
    return wide.unknowns(states, times * unknowns[:, -1]), wide.unknowns(turned, times * tangents[:, -1])
