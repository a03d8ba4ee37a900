"""The planes transfers fly in: which node they leave by, which side of the Moon they pass, and what is out of reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.constants import EARTH_ROTATION_RATE_RAD_S
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.frames import rotation
from lunarplan.transfers import patched_conic as conic
from lunarplan.transfers.to_moon.problem import Problem, Transfers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel

    Floats = NDArray[np.float64]

_MOON_IS_FELT_KM = 60_000.0


def northbound(found: Transfers) -> NDArray[np.bool_]:
    """Where the way out passes the Moon's place northbound.

    Asked for one, the solver may find the other: where the Moon stands as high as the plane reaches, the two meet.
    """
    aim, pole = _aim(found)
    normal = np.cross(found.injection_states[:, :3], found.injection_states[:, 3:])
    return np.asarray(np.einsum("ni,ni->n", np.cross(normal, aim), pole) > 0.0)


def by_the_other_node(found: Transfers, rows: NDArray[np.intp]) -> Floats:
    """First guesses for transfers to the same arrivals in the other of the two planes over the same place."""
    b, x, (aim, _) = found.problem.rows(rows), found.solution.x[rows].copy(), _aim(found)
    of_date = np.einsum("nij,nj->ni", equator_of_date(b.perilune_tdb - b.tof_s), aim[rows])
    at_node, along = conic.plane_axes(x[:, 0], b.parking_inclination, np.zeros(len(x)))
    here = np.arctan2(np.einsum("ni,ni->n", of_date, along), np.einsum("ni,ni->n", of_date, at_node))
    # as high on the other side of the plane's highest point, and over the same meridian
    argument = np.pi - 2.0 * here
    eastwards = 2.0 * np.arctan2(np.cos(b.parking_inclination) * np.sin(here), np.cos(here)) - np.pi
    node, argument = (np.remainder(angle + np.pi, 2.0 * np.pi) - np.pi for angle in (eastwards, argument))
    x[:, 0] += node
    x[:, 1] += argument
    # the site comes under the other plane that much later, and the injection is as much farther along the orbit
    rate = np.sqrt(found.forces.gm("earth") / b.parking_radius_km**3)
    x[:, 3] += node / EARTH_ROTATION_RATE_RAD_S + argument / rate
    return x


def _aim(found: Transfers) -> tuple[Floats, Floats]:
    """Where the way out would reach the Moon if it had no mass, km from the Earth; and the Earth's pole of date."""
    gm, near = found.forces.gm("moon"), found.problem.perilune_radius_km
    excess = np.sqrt(np.maximum(found.perilune_speed_km_s**2 - 2.0 * gm / near, 1e-6))
    late = np.nan_to_num(conic.focusing_delay(excess, near, _MOON_IS_FELT_KM, gm))
    ephemeris = found.forces.source
    epochs = np.minimum(found.problem.perilune_tdb + late, ephemeris.end_tdb)
    return ephemeris.position("moon", "earth", epochs), equator_of_date(epochs)[:, 2]


def asymptote(states: Floats, gm: float) -> Floats:
    """Direction of motion along the incoming asymptote of hyperbolas, float64[N, 3], unit vectors."""
    r, v = states[:, :3], states[:, 3:]
    h = np.cross(r, v)
    e = np.cross(v, h) / gm - r / np.linalg.norm(r, axis=1, keepdims=True)
    size = np.linalg.norm(e, axis=1, keepdims=True)
    normal = h / np.linalg.norm(h, axis=1, keepdims=True)
    return np.asarray((e / size + np.sqrt(np.maximum(size**2 - 1.0, 0.0)) * np.cross(normal, e / size)) / size)


def impact_parameter(states: Floats, gm: float) -> Floats:
    """Direction of B, from the Moon's centre to the incoming asymptote, float64[N, 3], ICRF, not normalised."""
    return np.cross(asymptote(states, gm), np.cross(states[:, :3], states[:, 3:]))


def asymptote_latitude_deg(found: Transfers) -> Floats:
    """How far off the Moon's equator of date the incoming asymptotes lie, float64[N]; NaN where not ok."""
    axes = rotation("moon_me", found.problem.perilune_tdb, found.forces.source)
    return _latitude_deg(axes, asymptote(found.perilune_states, found.forces.gm("moon")))


def moon_declination_deg(batch: Problem, forces: ForceModel) -> Floats:
    """How far the Moon stands from the equator of date when the ways out of a batch are aimed at it, float64[N]."""
    ephemeris, excess = forces.source, np.linalg.norm(_excess_velocity(batch, forces), axis=1)
    late = conic.focusing_delay(excess, batch.perilune_radius_km, _MOON_IS_FELT_KM, forces.gm("moon"))
    aim = ephemeris.position("moon", "earth", np.minimum(batch.perilune_tdb + late, ephemeris.end_tdb))
    return _latitude_deg(equator_of_date(batch.perilune_tdb), aim)


def approach_latitude_deg(batch: Problem, forces: ForceModel) -> Floats:
    """How far off the Moon's equator the asymptotes of a batch come in, by their patched conics, float64[N]."""
    axes = rotation("moon_me", batch.perilune_tdb, forces.source)
    return _latitude_deg(axes, _excess_velocity(batch, forces))


def _latitude_deg(axes: Floats, vectors: Floats) -> Floats:
    return np.asarray(np.degrees(np.abs(conic.spherical(np.einsum("nij,nj->ni", axes, vectors))[1])))


def _excess_velocity(batch: Problem, forces: ForceModel) -> Floats:
    """What is left of the velocity relative to the Moon where a patched conic meets it, km/s, ICRF."""
    axes = equator_of_date(batch.perilune_tdb)
    moon = forces.source.state("moon", "earth", batch.perilune_tdb)
    out = conic.departure(
        np.einsum("nij,nj->ni", axes, moon[:, :3]),
        batch.parking_radius_km,
        batch.parking_inclination,
        batch.northbound_departure,
        batch.tof_s,
        forces.gm("earth"),
    )
    return np.asarray(np.einsum("nji,nj->ni", axes, out.arrival_velocity) - moon[:, 3:])
