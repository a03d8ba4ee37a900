"""The end of a leg: a state of given radius and flight-path angle in a plane of given inclination, and its partials."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lunarplan.transfers.patched_conic import plane_axes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NODE, ARGUMENT, SPEED, INCLINATION = range(4)


def end_state(
    node: Floats,
    argument: Floats,
    speed: Floats,
    inclination: Floats,
    *,
    radius: Floats,
    axes: Floats,
    flight_path: Floats | float = 0.0,
) -> tuple[Floats, Floats]:
    """State, float64[N, 6] in ICRF, and its partials by node, argument, speed and inclination, float64[N, 6, 4].

    argument    : of latitude; the other angles are to the equator whose axes are given, rad
    axes        : float64[N, 3, 3], rotation from ICRF; flight_path : over the local horizon, rad
    """
    out, along = plane_axes(node, inclination, argument)
    up, on = np.sin(flight_path), np.cos(flight_path)
    heading, rising = _mixed(on, along, up, out), _mixed(up, along, -on, out)
    normal = np.cross(out, along)
    r, v = radius[:, None], speed[:, None]
    columns = [
        np.concatenate([r * _turned(out), v * _turned(heading)], axis=1),
        np.concatenate([r * along, v * rising], axis=1),
        np.concatenate([np.zeros_like(out), heading], axis=1),
        np.concatenate([r * np.sin(argument)[:, None] * normal, v * _tilt(argument, on, up)[:, None] * normal], axis=1),
    ]
    state = np.concatenate([r * out, v * heading], axis=1)
    to_icrf = np.zeros((len(out), 6, 6))
    to_icrf[:, :3, :3] = to_icrf[:, 3:, 3:] = np.swapaxes(axes, 1, 2)
    return np.einsum("nij,nj->ni", to_icrf, state), to_icrf @ np.stack(columns, axis=2)


def _mixed(a: Floats | float, along: Floats, b: Floats | float, out: Floats) -> Floats:
    return np.asarray(np.reshape(a, (-1, 1)) * along + np.reshape(b, (-1, 1)) * out)


def _tilt(argument: Floats, on: Floats | float, up: Floats | float) -> Floats:
    """How far the velocity leaves its plane per radian by which that is inclined more."""
    return np.asarray(on * np.cos(argument) + up * np.sin(argument))


def _turned(vectors: Floats) -> Floats:
    """What a turn of the node does to vectors."""
    return np.stack([-vectors[:, 1], vectors[:, 0], np.zeros(len(vectors))], axis=1)
