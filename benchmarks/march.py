"""Horizons the way most programs find them: a march along every line of sight, over the curved Moon, by numba.

Great circles are unit vectors turned on the sphere, the ground is the same triangles as everybody's here. Steps grow
with the distance up to `step` pixels: kinks of the ground near the observer count most. Where even the highest summit
would stand below what was seen already, the march ends.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

RADIUS_M = 1_737_400.0
GROWTH = 0.125  # of a step to the distance, for steps of a pixel; in proportion for others
NEAREST = 0.02  # pixels


def distances(step: float, pixel_m: float, far_m: float) -> np.ndarray:
    """Angles at which a march looks, for steps of so many pixels far away."""
    near, found = NEAREST * step, []
    while near * pixel_m < far_m:
        found.append(near * pixel_m / RADIUS_M)
        near += min(step, max(NEAREST * step, GROWTH * step * near))
    return np.array(found)


@njit(fastmath=True, error_model="numpy", nogil=True)
def march(heights, x0, y0, pixel, rows, columns, eye, north, sines, cosines, sin_t, cos_t, out):
    """tan e of the horizons of south polar pixels, out[pixel, azimuth]; north: grid azimuth of true north."""
    last_row, last_column = heights.shape[0] - 1.0, heights.shape[1] - 1.0
    summit = RADIUS_M + heights.max()
    for n in range(len(rows)):
        x, y = x0 + columns[n] * pixel, y0 - rows[n] * pixel
        rho = math.hypot(x, y)
        colatitude, longitude = 2.0 * math.atan(rho / (2.0 * RADIUS_M)), math.atan2(x, y)
        sc, cc, sl, cl = math.sin(colatitude), math.cos(colatitude), math.sin(longitude), math.cos(longitude)
        eyes = RADIUS_M + heights[rows[n], columns[n]] + eye
        for a in range(len(sines)):
            # true azimuth = grid azimuth - north
            s = sines[a] * math.cos(north[n]) - cosines[a] * math.sin(north[n])
            c = cosines[a] * math.cos(north[n]) + sines[a] * math.sin(north[n])
            # up (sc cl, sc sl, -cc), north (cc cl, cc sl, sc), east (-sl, cl, 0)
            hx, hy, hz = c * cc * cl - s * sl, c * cc * sl + s * cl, c * sc
            best = -1e30
            for k in range(len(sin_t)):
                st, ct = sin_t[k], cos_t[k]
                if summit * ct - eyes < best * summit * st:
                    break
                ux, uy, uz = ct * sc * cl + st * hx, ct * sc * sl + st * hy, -ct * cc + st * hz
                f = 2.0 * RADIUS_M / (1.0 - uz)
                column, row = (f * uy - x0) / pixel, (y0 - f * ux) / pixel
                if not (0.0 <= row < last_row and 0.0 <= column < last_column):
                    break
                i, j = int(row), int(column)
                p, q = row - i, column - j
                h00, h11 = heights[i, j], heights[i + 1, j + 1]
                if p > q:
                    h10 = heights[i + 1, j]
                    h = h00 + p * (h10 - h00) + q * (h11 - h10)
                else:
                    h01 = heights[i, j + 1]
                    h = h00 + q * (h01 - h00) + p * (h11 - h01)
                seen = (RADIUS_M + h) * ct - eyes
                if seen > best * (RADIUS_M + h) * st:
                    best = seen / ((RADIUS_M + h) * st)
            out[n, a] = best
