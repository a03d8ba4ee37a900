"""First guesses of a lunar transfer: an ellipse from the parking orbit, and a hyperbola at the Moon.

The outward conic leaves the parking orbit at its perigee and meets the Moon's centre as if the Moon had no mass; what
is left of its velocity relative to the Moon is the excess velocity of the inward hyperbola. No iteration, no tuning;
all of it batched over rows.

Source: Battin (1999), An Introduction to the Mathematics and Methods of Astrodynamics, sec. 9.4, for the idea.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_BISECTIONS = 60
_LARGEST_ECCENTRICITY = 1.5  # reaches the Moon in a day


def plane_angles(latitude: Floats, longitude: Floats, inclination: Floats, northbound: Floats) -> tuple[Floats, Floats]:
    """Node and argument of latitude of the plane of given inclination through a point of the sphere; rad.

    northbound : +1 where the motion at the point is towards the north, -1 towards the south
    A point out of the plane's reach (|latitude| beyond the inclination) is met at the plane's highest latitude.
    """
    sine = np.clip(np.sin(latitude) / np.maximum(np.sin(inclination), 1e-12), -1.0, 1.0)
    rising = np.arcsin(sine)
    argument = np.where(northbound > 0, rising, np.pi - rising)
    node = longitude - np.arctan2(np.cos(inclination) * np.sin(argument), np.cos(argument))
    return node, argument


def spherical(vectors: Floats) -> tuple[Floats, Floats, Floats]:
    """Length, latitude and longitude of vectors [..., 3]."""
    r = np.linalg.norm(vectors, axis=-1)
    return r, np.arcsin(np.clip(vectors[..., 2] / r, -1.0, 1.0)), np.arctan2(vectors[..., 1], vectors[..., 0])


def time_from_perigee(perigee: Floats, eccentricity: Floats, radius: Floats, gm: float) -> Floats:
    """Time from perigee outwards to a radius on a conic of given perigee; lengths in km, s."""
    a = perigee / (1.0 - eccentricity)
    with np.errstate(invalid="ignore"):
        cosine = np.clip((1.0 - radius / a) / eccentricity, -1.0, None)
        ellipse = np.arccos(np.clip(cosine, -1.0, 1.0))
        elliptic = np.sqrt(np.abs(a) ** 3 / gm) * (ellipse - eccentricity * np.sin(ellipse))
        hyperbola = np.arccosh(np.maximum(cosine, 1.0))
        hyperbolic = np.sqrt(np.abs(a) ** 3 / gm) * (eccentricity * np.sinh(hyperbola) - hyperbola)
    return np.where(eccentricity < 1.0, elliptic, hyperbolic)


def outward_conic(perigee: Floats, radius: Floats, tof: Floats, gm: float) -> tuple[Floats, Floats, Floats]:
    """Eccentricity, true anomaly at ``radius`` and radial direction (+1 out, -1 in) of the conic that takes ``tof``.

    Faster than the ellipse whose apogee is at ``radius``: met outwards. Slower: met on the way back from apogee.
    """
    apsis = (radius - perigee) / (radius + perigee)
    slowest = time_from_perigee(perigee, apsis, radius, gm)
    outwards = tof <= slowest
    low, high = apsis.copy(), np.full_like(apsis, _LARGEST_ECCENTRICITY)
    high = np.where(outwards, high, 0.9999)
    for _ in range(_BISECTIONS):
        e = 0.5 * (low + high)
        e = np.where(np.abs(e - 1.0) < 1e-9, 1.0 + 1e-9, e)
        t = time_from_perigee(perigee, e, radius, gm)
        period = 2.0 * np.pi * np.sqrt(np.abs(perigee / (1.0 - e)) ** 3 / gm)
        t = np.where(outwards, t, period - t)
        too_slow = np.where(outwards, t > tof, t < tof)
        low, high = np.where(too_slow, e, low), np.where(too_slow, high, e)
    cosine = (perigee * (1.0 + e) / radius - 1.0) / e
    anomaly = np.arccos(np.clip(cosine, -1.0, 1.0))
    sign = np.where(outwards, 1.0, -1.0)
    return e, np.where(outwards, anomaly, 2.0 * np.pi - anomaly), sign


@dataclass(frozen=True)
class Departure:
    """Perigee of the outward conic in the parking plane (equator of date), and what it arrives with.

    node, argument : rad; speed : km/s at perigee; arrival_velocity : float64[N, 3], km/s, same axes
    """

    node: Floats
    argument: Floats
    speed: Floats
    arrival_velocity: Floats


def departure(
    moon: Floats, perigee: Floats, inclination: Floats, northbound: Floats, tof: Floats, gm: float
) -> Departure:
    """Outward conic to the point ``moon`` [N, 3] in the plane of given inclination through it."""
    radius, latitude, longitude = spherical(moon)
    node, at_moon = plane_angles(latitude, longitude, inclination, northbound)
    e, anomaly, _ = outward_conic(perigee, radius, tof, gm)
    p = perigee * (1.0 + e)
    out, along = plane_axes(node, inclination, at_moon)
    radial = np.sqrt(gm / p) * e * np.sin(anomaly)
    transverse = np.sqrt(gm / p) * (1.0 + e * np.cos(anomaly))
    velocity = radial[:, None] * out + transverse[:, None] * along
    return Departure(node, at_moon - anomaly, np.sqrt(gm * (1.0 + e) / perigee), velocity)


def plane_axes(node: Floats, inclination: Floats, argument: Floats) -> tuple[Floats, Floats]:
    """Unit vectors outwards and along the motion at an argument of latitude, float64[..., 3] each."""
    cn, sn, ci, si = np.cos(node), np.sin(node), np.cos(inclination), np.sin(inclination)
    cu, su = np.cos(argument), np.sin(argument)
    out = np.stack([cn * cu - sn * ci * su, sn * cu + cn * ci * su, si * su], axis=-1)
    along = np.stack([-cn * su - sn * ci * cu, -sn * su + cn * ci * cu, si * cu], axis=-1)
    return out, along


def arrival(
    v_infinity: Floats, perilune: Floats, inclination: Floats, northbound: Floats, gm: float
) -> tuple[Floats, Floats, Floats]:
    """Node, argument and speed at the perilune of the hyperbola with a given incoming excess velocity [N, 3].

    northbound : which of the two planes of that inclination, by the motion along the asymptote
    """
    speed, latitude, longitude = spherical(v_infinity)
    node, at_asymptote = plane_angles(latitude, longitude, inclination, northbound)
    e = 1.0 + perilune * speed**2 / gm
    # the craft comes from the direction opposite to its velocity, and turns by the asymptote's true anomaly
    argument = at_asymptote + np.pi + np.arccos(-1.0 / e)
    return node, argument, np.sqrt(speed**2 + 2.0 * gm / perilune)


def focusing_delay(v_infinity: Floats, perilune: Floats, distance: float, gm: float) -> Floats:
    """How much sooner than a straight line the hyperbola comes in from ``distance``; s.

    A massless Moon would be reached that much later, so that is when the outward conic is aimed at.
    """
    a = gm / v_infinity**2
    e = 1.0 + perilune / a
    h = np.arccosh((distance / a + 1.0) / e)
    hyperbolic = np.sqrt(a**3 / gm) * (e * np.sinh(h) - h)
    return distance / v_infinity - hyperbolic


def vacuum_perigee(entry_radius: Floats, flight_path: Floats) -> Floats:
    """Perigee of a parabola through an entry interface; an ellipse from the Moon's distance has it some 10 km off."""
    return np.asarray(entry_radius * np.cos(flight_path) ** 2)


def entry(home: Departure, perigee: Floats, entry_radius: Floats, gm: float) -> tuple[Floats, Floats, Floats]:
    """Node, argument and speed at the entry interface of a way home that was found as a way out, backwards in time."""
    eccentricity = perigee * home.speed**2 / gm - 1.0
    cosine = (perigee * (1.0 + eccentricity) / entry_radius - 1.0) / eccentricity
    before = np.arccos(np.clip(cosine, -1.0, 1.0))
    speed = np.sqrt(home.speed**2 - 2.0 * gm * (1.0 / perigee - 1.0 / entry_radius))
    # the same line flown the other way: the plane's other node, and arguments counted backwards from it
    return home.node + np.pi, np.pi - home.argument - before, speed


def velocity_to(position: Floats, excess: Floats, gm: float) -> Floats:
    """Velocity at a place, [N, 3], of the conic that leaves with an excess velocity, [N, 3].

    Source: Battin (1999), An Introduction to the Mathematics and Methods of Astrodynamics, sec. 6.2, hyperbolic locus.
    """
    r, v = np.linalg.norm(position, axis=1, keepdims=True), np.linalg.norm(excess, axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):  # from the centre itself nothing leads anywhere
        out, away = position / r, excess / v
    cosine = np.einsum("ni,ni->n", out, away)[:, None]
    cosine = np.maximum(cosine, -0.9)  # right through the centre there is no conic: a first guess goes round
    d = np.sqrt(gm / (r * (1.0 + cosine)) + 0.25 * v * v)
    return np.asarray((d + 0.5 * v) * away + (d - 0.5 * v) * out)
