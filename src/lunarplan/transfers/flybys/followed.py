"""Routes once they are found: whether their coasts are clear, and the same followed to another return inclination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from lunarplan.model.rows import require_kind, scalar
from lunarplan.transfers.route import Interface, Route, optimise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_TILT_RAD = np.radians(4.0)


def at_inclination(
    route: Route,
    inclination_deg: float,
    *,
    held_epochs: Sequence[int] = (),
    spans: Sequence[tuple[int, int, float]] = (),
) -> Route:
    """The route that enters in a given inclination, followed from one that enters in another.

    Raises ConvergenceError where the routes end on the way; the rest as of `optimise`.
    """
    require_kind("route", route, Route, "a Route")
    end, goal = route.points[-1], np.radians(scalar("inclination_deg", inclination_deg, 0.0, 180.0, "deg"))
    if not isinstance(end, Interface):
        raise InputError(f"{end!r:.60}", where="route", allowed="a route that ends at an entry interface")
    points = (*route.points[:-1], replace(end, held_inclination=True))
    first = _upright(route.variables[-1])
    for tilt in np.linspace(first[3], goal, max(2, int(abs(goal - first[3]) / _TILT_RAD) + 2))[1:]:
        last = _upright(route.variables[-1])
        last[3] = tilt
        route = optimise(points, [*route.variables[:-1], last], route.flight, held_epochs=held_epochs, spans=spans)
    return route


def _upright(x: Floats) -> Floats:
    """The variables of an interface, its inclination between nought and half a turn."""
    node, argument, speed, inclination, epoch = x
    inclination = (inclination + np.pi) % (2.0 * np.pi) - np.pi
    if inclination < 0.0:
        node, argument, inclination = node + np.pi, argument + np.pi, -inclination
    return np.array([node, argument, speed, inclination, epoch])


def coasts_are_clear(route: Route, forces: ForceModel) -> bool:
    """Whether no coast leads through the Moon or the Earth; the arcs of the search fly on inside them."""
    for leg in range(len(route.points) - 1):
        side, (start, end) = route.side(leg), route.epochs_tdb[leg : leg + 2]
        if not propagate(side.state, start, end, forces=forces, center=side.center).ok.all():
            return False
    return True
