"""Orbits about the Moon by their elements, in the planes people measure them from.

    moon_equator  the lunar equator of date; nodes are counted from where it rises through the ICRF equator
    earth_orbit   the plane in which the Earth goes round the Moon; nodes likewise: the plane of frozen relays
    moon_me       the lunar equator of date; nodes are selenographic longitudes at that moment: where the orbit
                  stands over the gravity field and under the Earth
    icrf          the axes of states

All are axes of the instant that do not turn: velocities are not reduced by their rate.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.elements import Elements, elements_from_states
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.rows import numbers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

AXES = ("moon_equator", "earth_orbit", "moon_me", "icrf")


def lunar_rotation(axes: str, tdb: Any, ephemeris: Ephemeris | None = None) -> Floats:
    """Return the rotation ICRF -> one of `AXES` at epochs (...), (..., 3, 3).

    Raises InputError for other axes and epochs outside the ephemeris.
    """
    if axes not in AXES:
        raise InputError(f"{axes!r}", where="axes", allowed=", ".join(AXES))
    ephemeris = ephemeris or Ephemeris.packaged()
    epochs = np.asarray(tdb_seconds(tdb), float)
    if axes in ("icrf", "moon_me"):
        return rotation(axes, epochs, ephemeris)
    if axes == "moon_equator":
        return _from_node(rotation("moon_me", epochs, ephemeris)[..., 2, :])
    moon = ephemeris.state("moon", "earth", epochs)
    return _from_node(np.cross(moon[..., :3], moon[..., 3:]))


def orbit_elements(states: ArrayLike, tdb: Any, axes: str = "moon_equator", gm: float | None = None) -> Elements:
    """Return osculating elements of Moon-centred ICRF states (..., 6) in km and km/s at epochs (...).

    gm : km3/s2; that of the packaged lunar field if not given
    """
    x = numbers("states", states, 6)
    turn = lunar_rotation(axes, tdb)
    turned = np.concatenate([_apply(turn, x[..., :3]), _apply(turn, x[..., 3:])], axis=-1)
    return elements_from_states(turned, _gm(gm))


def states_of(elements: Elements, tdb: Any, axes: str = "moon_equator") -> Floats:
    """Return Moon-centred ICRF states (..., 6) in km and km/s of elements in some axes; NaN where they are not ok."""
    x = replace(elements, gm_km3_s2=np.array(elements.gm_km3_s2)).states()  # kernels want no broadcast views
    back = np.swapaxes(lunar_rotation(axes, tdb), -1, -2)
    return np.concatenate([_apply(back, x[..., :3]), _apply(back, x[..., 3:])], axis=-1)


def orbit_states(
    perilune_altitude_km: ArrayLike,
    apolune_altitude_km: ArrayLike,
    inclination_deg: ArrayLike,
    node_deg: ArrayLike,
    argp_deg: ArrayLike,
    epoch: Any,
    *,
    true_anomaly_deg: ArrayLike = 0.0,
    axes: str = "moon_me",
) -> Floats:
    """Return Moon-centred ICRF states [..., 6] in km and km/s of orbits given by the altitudes of their apsides.

    Arguments broadcast. Altitudes are over the sphere of 1737.4 km, angles in ``axes``.

    Raises InputError for values that are not finite or out of range, and an apolune below the perilune.
    """
    named = {"perilune_altitude_km": perilune_altitude_km, "apolune_altitude_km": apolune_altitude_km}
    low, high = (RADIUS_KM["moon"] + numbers(name, value, 1) for name, value in named.items())
    if not ((low > 0.0) & (high >= low) & np.isfinite(high)).all():
        what = "there is an apolune below the perilune, or a radius that is not positive and finite"
        raise InputError(what, where="apolune_altitude_km", allowed="apolune >= perilune > -1737.4 km")
    eccentricity = (high - low) / (high + low)
    elements = Elements.from_periapsis(
        low, eccentricity, inclination_deg, node_deg, argp_deg, true_anomaly_deg, _gm(None)
    )
    return states_of(elements, epoch, axes)


def _from_node(pole: Floats) -> Floats:
    """Axes with z along a pole and x where the plane rises through the ICRF equator."""
    z = _unit(pole)
    x = _unit(np.stack([-z[..., 1], z[..., 0], np.zeros_like(z[..., 0])], axis=-1))
    return np.stack([x, np.cross(z, x), z], axis=-2)


def _gm(gm: float | None) -> float:
    return ForceModel().gm("moon") if gm is None else gm


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector, axis=-1, keepdims=True))


def _apply(matrix: Floats, vector: Floats) -> Floats:
    return np.asarray(np.einsum("...ij,...j->...i", matrix, vector))
