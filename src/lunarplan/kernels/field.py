"""The numbers of a force model, as the kernels take them. Units: km, s, kg."""

from typing import NamedTuple

import numpy as np

EARTH, MOON, SUN = 0, 1, 2  # the first bodies of every field, in this order
MAX_BODIES = 12
DEGREE = 12  # of the ephemeris polynomials
MAX_SERIES = 3 * MAX_BODIES + 3 + 4 + 3


class Field(NamedTuple):
    """A force model over a span of ephemeris granules.

    start, length   : TDB s of the first granule, and s of each
    polynomials     : float64[granules, series * (DEGREE + 1)], ascending powers of the granule's time in [-1, 1]:
                      three series a body (position relative to Earth), then the quaternion ICRF -> Moon PA and the
                      Earth's pole if the force model needs them
    quaternion, pole: index of their first series, or -1
    indirect        : index of the first tabulated series of the acceleration of the origin
    gm, radius      : float64[bodies]; a body of zero GM is looked up but does not attract
    zonal           : float64[3], GM R^n J_n of the Earth for n = 2, 3, 4; zonal_degree is 0, 2 or 4
    harmonics       : float64[...], lunar field of reference radius harmonic_radius, see `gravity`; harmonic_degree is 0
                      for a point mass
    degree_reach    : float64[harmonic_degree + 1], distance from the Moon beyond which degree n is not felt
    approach, departure : the origin moves to the Moon inside the first radius and back to the Earth outside the second
    exact_origin    : the Moon as an origin falls as the ephemeris says, not towards the bodies of the field; see
                      `ephemeris.tabulate`
    radiation       : True if sunlight pushes (rows carry pressure x area / mass, as a GM)
    thrust          : True if rows carry a thrust
    """

    start: float
    length: float
    polynomials: np.ndarray
    quaternion: int
    pole: int
    indirect: int
    gm: np.ndarray
    radius: np.ndarray
    zonal: np.ndarray
    zonal_degree: int
    harmonics: np.ndarray
    harmonic_degree: int
    harmonic_radius: float
    degree_reach: np.ndarray
    approach: float
    departure: float
    exact_origin: bool
    radiation: bool
    thrust: bool
