"""One step of Newton's method, for a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def newton_step(value: Floats, partials: Floats, hold: Floats | None, moved: Floats) -> Floats:
    """Newton's step; the shortest one where nothing is held, in the least squares where conditions depend."""
    if hold is not None:
        value = np.concatenate([value, (hold * moved).sum(axis=1, keepdims=True)], axis=1)
        partials = np.concatenate([partials, hold[:, np.newaxis]], axis=1)
    out = np.full(moved.shape, np.nan)
    good = np.isfinite(value).all(axis=1) & np.isfinite(partials).all(axis=(1, 2))
    if partials.shape[1] == partials.shape[2] and hold is not None:
        out[good] = _solved(partials[good], -value[good])
    else:
        out[good] = -(np.linalg.pinv(partials[good], rcond=1e-12) @ value[good][..., np.newaxis])[..., 0]
    return out


def _solved(matrix: Floats, value: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(matrix, value[..., np.newaxis])[..., 0])
    except np.linalg.LinAlgError:  # an exactly singular one among them
        return np.asarray((np.linalg.pinv(matrix) @ value[..., np.newaxis])[..., 0])
