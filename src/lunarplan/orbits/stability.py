"""Stability of periodic orbits: indices, multipliers and the directions that go with them.

The multipliers of an orbit are 1, 1 and two pairs of reciprocals. The index of a pair is half its sum; a pair of index
between -1 and 1 turns, another one departs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]

_DEPARTS = 1e-6  # an index this near to 1 is that of a stable orbit, to rounding
_IN_PLANE, _OUT_OF_PLANE = np.array([0, 1, 3, 4]), np.array([2, 5])


@dataclass(frozen=True)
class Directions:
    """The most unstable real pair of multipliers, and its eigenvectors of length 1.

    multipliers : float64[N], the larger of the pair; NaN where no real pair departs
    unstable, stable : float64[N, 6]
    """

    multipliers: Floats
    unstable: Floats
    stable: Floats


def stability_indices(monodromy: Floats) -> Complexes:
    """Indices (l + 1 / l) / 2 of the two pairs, complex128[..., 2], the one of larger real part first.

    Two conjugate indices are a quadruple of complex multipliers. For orbits in the plane: see `planar_indices`.

    Source: Broucke 1969, AIAA J. 7:1003, eqs. (29)-(36), here from the traces of the matrix and of its square.
    """
    total = 0.5 * np.trace(monodromy, axis1=-2, axis2=-1) - 1.0
    squares = 0.25 * np.einsum("...ij,...ji->...", monodromy, monodromy) + 0.5
    root = np.sqrt((0.5 * squares - 0.25 * total**2).astype(np.complex128))
    return np.stack([0.5 * total + root, 0.5 * total - root], axis=-1)


def planar_indices(monodromy: Floats) -> Complexes:
    """Indices of orbits in the plane, complex128[..., 2]: of motion in the plane, and out of it."""
    inside = 0.5 * np.trace(monodromy[..., _IN_PLANE[:, np.newaxis], _IN_PLANE], axis1=-2, axis2=-1) - 1.0
    across = 0.5 * np.trace(monodromy[..., _OUT_OF_PLANE[:, np.newaxis], _OUT_OF_PLANE], axis1=-2, axis2=-1)
    return np.stack([inside, across], axis=-1).astype(np.complex128)


def stability_index(indices: Complexes) -> Floats:
    """(|l| + 1 / |l|) / 2 of the largest multiplier, float64[...], as catalogues print it: 1 if stable."""
    root = np.sqrt(indices * indices - 1.0)
    size = np.maximum(np.abs(indices + root), np.abs(indices - root))
    return np.asarray((0.5 * (size + 1.0 / size)).max(axis=-1))


def multipliers(indices: Complexes) -> Complexes:
    """The four multipliers that are not 1, complex128[..., 4], as pairs."""
    root = np.sqrt(indices * indices - 1.0)
    large = np.where(np.abs(indices + root) >= 1.0, indices + root, indices - root)
    return np.stack([large[..., 0], 1.0 / large[..., 0], large[..., 1], 1.0 / large[..., 1]], axis=-1)


def directions(monodromy: Floats, indices: Complexes) -> Directions:
    """Directions in which the manifolds leave, for monodromy matrices float64[N, 6, 6] and their indices.

    The indices say what departs: among eigenvalues the two that are 1 may split by more than a slow departure.
    """
    values, vectors = np.linalg.eig(monodromy)
    n = np.arange(len(monodromy))
    index = indices[n, np.abs(indices).argmax(axis=1)]
    real = (index.imag == 0.0) & (np.abs(index.real) > 1.0 + _DEPARTS)
    index = np.where(real, index.real, 1.0)
    wanted = index + np.copysign(np.sqrt(index**2 - 1.0), index)
    large = np.abs(values - wanted[:, np.newaxis]).argmin(axis=1)
    small = np.abs(values - 1.0 / wanted[:, np.newaxis]).argmin(axis=1)
    unstable, stable = _real_unit(vectors[n, :, large]), _real_unit(vectors[n, :, small])
    unstable[~real] = stable[~real] = np.nan
    return Directions(np.where(real, wanted, np.nan), unstable, stable)


def _real_unit(vectors: Complexes) -> Floats:
    real = vectors.real
    return np.asarray(real / np.linalg.norm(real, axis=1, keepdims=True))
