"""Periodic orbits of the reference table, corrected at 384,400 km, and what flies them independently."""

import numpy as np

from lunarplan.model.ephemeris import Ephemeris
from lunarplan.orbits.orbit import PeriodicOrbit
from lunarplan.orbits.units import EARTH_MOON_384400
from tests import naive


def _made(x, z, vy, period):
    return PeriodicOrbit(np.array([x, 0.0, z, 0.0, vy, 0.0]), period, EARTH_MOON_384400)


NRHO = _made(1.0220282122922129, -0.1821014005165283, -0.1032709487814166, 1.5111994192705727)  # 9:2
NRHO_4_1 = _made(1.0362101163428865, -0.1904142268116179, -0.1321620592215216, 1.7000993466793941)
DRO = _made(0.7956894492668248, 0.0, 0.5318331799160699, EARTH_MOON_384400.time(14.765294))  # 2:1
HALO = _made(1.1508004588809386, -0.1449375394443268, -0.2175700270365140, 3.2)  # L2


def oracle(forces):
    """A force model for scipy, about the Earth."""
    field = forces.lunar_field.truncated(forces.moon_degree)
    potential = naive.harmonic_potential(field.c, field.s, forces.moon_degree, field.gm_km3_s2, field.radius_km)
    moon = potential, lambda tdb: Ephemeris.packaged().moon_pa(tdb)
    gm = {body: forces.gm(body) for body in forces.bodies}
    return naive.Model(gm, zonal=forces.earth_zonal, moon=moon)
