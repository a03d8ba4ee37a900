"""The equations of motion in rotating axes, for the partials with respect to time, and their mirrors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Time reversed, the motion goes on behind a mirror: the x-z plane, or the x axis (a half turn about it).
PLANE_MIRROR = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
AXIS_MIRROR = np.array([1.0, -1.0, -1.0, -1.0, 1.0, 1.0])

_CORIOLIS = np.array([[0.0, 2.0, 0.0], [-2.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
_FORM = np.block([[_CORIOLIS, -np.eye(3)], [np.eye(3), np.zeros((3, 3))]])
_FORM_INVERSE = np.linalg.inv(_FORM)


def rates(states: Floats, mu: float) -> Floats:
    """Time derivative of states, float64[..., 6], barycentric rotating."""
    x, y, z, vx, vy, vz = np.moveaxis(states, -1, 0)
    yz2 = y * y + z * z
    w1 = (1.0 - mu) / ((x + mu) ** 2 + yz2) ** 1.5
    w2 = mu / ((x - 1.0 + mu) ** 2 + yz2) ** 1.5
    ax = 2.0 * vy + x - w1 * (x + mu) - w2 * (x - 1.0 + mu)
    ay = -2.0 * vx + y - (w1 + w2) * y
    return np.stack([vx, vy, vz, ax, ay, -(w1 + w2) * z], axis=-1)


def inverse_of(stm: Floats) -> Floats:
    """Inverse of state-transition matrices, float64[..., 6, 6], by their symplecticity: as good as themselves."""
    return np.asarray(_FORM_INVERSE @ np.swapaxes(stm, -1, -2) @ _FORM)
