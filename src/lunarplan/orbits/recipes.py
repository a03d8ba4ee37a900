"""How each family is found, and how far it is followed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InfeasibleError
from lunarplan.model.cr3bp import EARTH_MOON_MU, jacobi
from lunarplan.orbits import seeds
from lunarplan.orbits.bifurcations import Bifurcation, View, bifurcations
from lunarplan.orbits.continuation import Path, follow
from lunarplan.orbits.corrector import correct
from lunarplan.orbits.extremes import sampled
from lunarplan.orbits.libration import gamma, libration_points
from lunarplan.orbits.symmetry import (
    AXIS,
    AXIS_TO_PLANE,
    PLANAR,
    PLANAR_CLOSED,
    PLANE,
    Flights,
    Mirrored,
    Symmetry,
    held_row,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.orbits.units import CharacteristicUnits

    Floats = NDArray[np.float64]
    Stop = Callable[[Flights, Floats], NDArray[np.bool_]]

Build = Callable[["CharacteristicUnits"], Path]

_BELOW = 0.5  # families are followed to half a radius, so that it can be said how far below the surface an orbit is
_NEAREST = 1e-4  # of the distance of the primaries in the Earth-Moon problem, where a body has no radius
_HALO_AMPLITUDE = 0.12  # of gamma: the third order is good there, and the plane is far
_SMALL = 1e-3  # amplitude of linear motion, of gamma
_ECCENTRICITIES = (0.3, 0.4, 0.5, 0.6)
_STEP_OF_LOG_MU = 0.25
_RESONANT_PERIOD = 0.08  # how far the period may be from that of two bodies, relative


def hill_radius(mu: float) -> float:
    return float((mu / 3.0) ** (1.0 / 3.0))


def lyapunov(point: str) -> Build:
    """From the linear oscillation in the plane."""

    def build(units: CharacteristicUnits) -> Path:
        problem = _scaled(PLANAR, units.mu, point)
        state, period = seeds.lyapunov(units.mu, point, _SMALL * gamma(units.mu, point))
        start = _corrected(problem, state, period, units.mu, "x")
        outwards = np.array([-1.0, 0.0, 0.0])
        return follow(problem, start, units.mu, outwards, _near_stop(units), max_arclength=4.5)

    return build


def vertical(point: str) -> Build:
    """From the linear oscillation out of the plane, until it lies in the plane again."""

    def build(units: CharacteristicUnits) -> Path:
        problem = _scaled(AXIS_TO_PLANE, units.mu, point)
        state, period = seeds.vertical(units.mu, point, 10.0 * _SMALL * gamma(units.mu, point))
        start = _corrected(problem, state, period, units.mu, "vz")

        def stop(flights: Flights, unknowns: Floats) -> NDArray[np.bool_]:
            return (unknowns[:, 2] <= 0.0) | _too_near(flights, units)

        return follow(problem, start, units.mu, np.array([0.0, 0.0, 1.0, 0.0]), stop)

    return build


def halo(point: str, *, north: bool) -> Build:
    """From the third-order orbit, to the plane on one side and to the smaller body on the other."""

    def build(units: CharacteristicUnits) -> Path:
        mu, problem = units.mu, _scaled(PLANE, units.mu, point)
        guess = seeds.richardson(mu, point, _HALO_AMPLITUDE * gamma(mu, point))
        # the crossing away from the smaller body names the branch
        away, upwards = (0.0, north) if point == "L1" else (np.pi, not north)
        start = _corrected(problem, guess.state(away, upwards=upwards), guess.period, mu, "z")
        stop = _halo_stop(units, start[1])
        grow = np.array([0.0, np.sign(start[1]), 0.0, 0.0])
        to_plane = follow(problem, start, mu, -grow, stop)
        return to_plane.reversed().joined(follow(problem, start, mu, grow, stop))

    return build


def halo_of_l3(*, north: bool) -> Build:
    """From where the Lyapunov orbits of L3 leave the plane; the third order does not reach that far."""

    def build(units: CharacteristicUnits) -> Path:
        branch = _branch(lyapunov("L3")(units), View(PLANE), 0, "L3 halo")
        direction = branch.direction * np.sign(branch.direction[1]) * (1.0 if north else -1.0)
        stop = _halo_stop(units, direction[1])
        return _clear_of_start(follow(branch.view.problem, branch.unknowns, units.mu, direction, stop))

    return build


def axial(point: str) -> Build:
    """From the Lyapunov orbits to the vertical ones, that look the same from both ends of the axis."""

    def build(units: CharacteristicUnits) -> Path:
        branch = _branch(lyapunov(point)(units), View(AXIS), 0, f"{point} axial")
        direction = branch.direction * np.sign(branch.direction[2])
        parent = branch.view.problem.start(branch.unknowns[np.newaxis])[0]
        side = np.sign(parent[0] - libration_points(units.mu)[int(point[1]) - 1, 0])

        def stop(flights: Flights, unknowns: Floats) -> NDArray[np.bool_]:
            return np.asarray((flights.start[:, 0] - flights.end[:, 0]) * side <= 0.0) | _too_near(flights, units)

        return _clear_of_start(follow(branch.view.problem, branch.unknowns, units.mu, direction, stop))

    return build


def butterfly(*, north: bool) -> Build:
    """From where the near-rectilinear halo orbits of L2 double their period."""

    def build(units: CharacteristicUnits) -> Path:
        halos = halo("L2", north=north)(units)
        constant = jacobi(halos.problem.start(halos.unknowns), units.mu)
        branch = _branch(halos.part(int(constant.argmin()), len(constant) - 1), View(PLANE, 2), 0, "butterfly")
        direction = branch.direction * np.sign(branch.direction[0])
        path = follow(branch.view.problem, branch.unknowns, units.mu, direction, _near_stop(units), max_arclength=5.0)
        return _clear_of_start(path)

    return build


def from_circles(*, prograde: bool) -> Build:
    """Planar orbits about the smaller body, from Kepler's circles outwards."""

    def build(units: CharacteristicUnits) -> Path:
        problem = _scaled(PLANAR, units.mu, "L2")
        state, period = seeds.circular(units.mu, 0.1 * hill_radius(units.mu), prograde=prograde)
        start = _corrected(problem, state, period, units.mu, "x")
        outwards = np.array([-1.0, 0.0, 0.0])
        return follow(problem, start, units.mu, outwards, _near_stop(units), max_arclength=6.0)

    return build


def distant_prograde(units: CharacteristicUnits) -> Path:
    """From the orbit of Hill's problem, outwards, and inwards to where the Jacobi constant is greatest."""
    mu, problem = units.mu, _scaled(PLANAR, units.mu, "L2")
    start = _distant_prograde_at(mu)
    longer = np.array([0.0, 0.0, 1.0])
    stop = _near_stop(units)
    inwards = _to_turn(follow(problem, start, mu, -longer, stop, max_arclength=2.0))
    return inwards.reversed().joined(follow(problem, start, mu, longer, stop, max_arclength=2.0))


def _distant_prograde_at(mu: float) -> Floats:
    """Unknowns of one orbit, from the known one of the Earth-Moon problem by small steps of mu."""
    steps = max(int(np.ceil(abs(np.log(mu / EARTH_MOON_MU)) / _STEP_OF_LOG_MU)), 1)
    unknowns = _scaled(PLANAR, EARTH_MOON_MU, "L2").unknowns(*(np.array([a]) for a in seeds.distant_prograde()))
    offset = (1.0 - EARTH_MOON_MU) / _scaled(PLANAR, EARTH_MOON_MU, "L2").scale
    for value in np.geomspace(EARTH_MOON_MU, mu, steps + 1):
        problem = _scaled(PLANAR, float(value), "L2")
        shift = (1.0 - value) / problem.scale
        unknowns[0, 0] += shift - offset
        offset = shift
        unknowns = correct(problem, unknowns, float(value), held_row(problem, "period")[np.newaxis]).require().unknowns
    return np.asarray(unknowns[0])


def triangular(point: str, *, short: bool) -> Build:
    """From the linear oscillation about L4 or L5, to where the Jacobi constant turns."""

    def build(units: CharacteristicUnits) -> Path:
        mu = units.mu
        state, period = seeds.triangular(mu, point, _SMALL, short=short)
        away = state.copy()
        away[:2] -= libration_points(mu)[int(point[1]) - 1, :2]
        outwards = PLANAR_CLOSED.unknowns(away[np.newaxis], np.zeros(1))[0]
        guess = PLANAR_CLOSED.unknowns(state[np.newaxis], np.array([period]))
        held = outwards[np.newaxis] / np.linalg.norm(outwards)
        start = correct(PLANAR_CLOSED, guess, mu, held).require().unknowns[0]
        return _to_turn(follow(PLANAR_CLOSED, start, mu, outwards, _near_stop(units), max_arclength=6.0))

    return build


def resonant(turns: int, months: int) -> Build:
    """From ellipses about the larger body: `turns` revolutions of them in `months` of the smaller one's.

    Of the ellipses with an end on the axis, the one is taken that stays farthest from the smaller body.
    """

    def build(units: CharacteristicUnits) -> Path:
        mu = units.mu
        guesses = [
            seeds.resonant(mu, turns, months, e, apogee=apogee, towards=towards)
            for e in _ECCENTRICITIES
            for apogee in (False, True)
            for towards in (False, True)
        ]
        period = guesses[0][1]
        unknowns = PLANAR.unknowns(np.array([state for state, _ in guesses]), np.full(len(guesses), period))
        found = correct(PLANAR, unknowns, mu, np.tile(held_row(PLANAR, "x"), (len(guesses), 1)), quick=True)
        good = found.ok & (np.abs(found.periods / period - 1.0) < _RESONANT_PERIOD)
        winding, distance = _winding_and_distance(found.states, found.periods, mu)
        good &= winding == turns - months
        if not good.any():
            raise InfeasibleError("no orbit found", where=f"resonant {turns}:{months}")
        start = found.unknowns[np.argmax(np.where(good, distance, -1.0))]
        inwards = np.array([1.0, 0.0, 0.0])
        stop = _near_stop(units)
        one = follow(PLANAR, start, mu, -inwards, stop, max_arclength=1.5)
        return one.reversed().joined(follow(PLANAR, start, mu, inwards, stop, max_arclength=1.5))

    return build


# ---------------------------------------------------------------- parts of recipes


def _scaled(problem: Mirrored, mu: float, point: str) -> Mirrored:
    """Unknowns in Hill's radii, as many as in the Earth-Moon problem, for orbits near the smaller body."""
    return problem if point == "L3" else replace(problem, scale=hill_radius(mu) / hill_radius(EARTH_MOON_MU))


def _corrected(problem: Symmetry, state: Floats, period: float, mu: float, hold: str) -> Floats:
    guess = problem.unknowns(state[np.newaxis], np.array([period]))
    return np.asarray(correct(problem, guess, mu, held_row(problem, hold)[np.newaxis]).require().unknowns[0])


def _branch(path: Path, view: View, which: int, name: str) -> Bifurcation:
    found = bifurcations(path, views=(view,))
    if not found:
        raise InfeasibleError("the family it branches from has no such bifurcation at this mu", where=name)
    return found[which]


def _clear_of_start(path: Path) -> Path:
    """Without the first knot: the bifurcation is an orbit of another family."""
    return path.part(1, len(path.arclength) - 1)


def _to_turn(path: Path) -> Path:
    """As far as to the first knot where the Jacobi constant has an extreme."""
    constant = jacobi(path.problem.start(path.unknowns), path.mu)
    turns = np.flatnonzero(np.diff(np.sign(np.diff(constant))) != 0)
    return path.part(0, int(turns[0]) + 1) if len(turns) else path


def _halo_stop(units: CharacteristicUnits, side: float) -> Stop:
    def stop(flights: Flights, unknowns: Floats) -> NDArray[np.bool_]:
        return (unknowns[:, 1] * side <= 0.0) | _too_near(flights, units)

    return stop


def _near_stop(units: CharacteristicUnits) -> Stop:
    return lambda flights, unknowns: _too_near(flights, units)


def _too_near(flights: Flights, units: CharacteristicUnits) -> NDArray[np.bool_]:
    """Mirrors crossed nearer to a body than it is worth to go."""
    mu, near = units.mu, np.zeros(len(flights.start), np.bool_)
    least = _NEAREST * hill_radius(mu) / hill_radius(EARTH_MOON_MU)
    for x, radius_km in ((1.0 - mu, units.smaller_radius_km), (-mu, units.larger_radius_km)):
        limit = max(_BELOW * radius_km / units.length_km, least)
        for state in (flights.start, flights.end):
            near |= np.linalg.norm(state[:, :3] - [x, 0.0, 0.0], axis=1) < limit
    return near


def _winding_and_distance(states: Floats, periods: Floats, mu: float) -> tuple[Floats, Floats]:
    """Turns about the larger body in rotating axes, and the least distance from the smaller; 0 of rows that fail."""
    nodes = sampled(np.nan_to_num(states, nan=0.5), np.nan_to_num(periods), 256, mu)
    angle = np.unwrap(np.arctan2(nodes[..., 1], nodes[..., 0] + mu), axis=0)
    distance = np.linalg.norm(nodes[..., :3] - [1.0 - mu, 0.0, 0.0], axis=-1).min(axis=0)
    return np.rint((angle[-1] - angle[0]) / (2.0 * np.pi)), np.nan_to_num(distance)
