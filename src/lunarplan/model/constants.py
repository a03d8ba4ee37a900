"""Physical constants, each with its source beside it.

Gravitational parameters belong to the ephemeris or to the gravity field file that was integrated with them;
the values here are those of DE440 and go with its positions.
"""

from collections.abc import Mapping
from types import MappingProxyType

# Exact by definition.
SPEED_OF_LIGHT_KM_S = 299792.458  # SI; also DE440 header CLIGHT
AU_KM = 149597870.7  # IAU 2012 Resolution B2; also DE440 header AU
STANDARD_GRAVITY_M_S2 = 9.80665  # 3rd CGPM (1901): the g0 of specific impulse
SECONDS_PER_DAY = 86400.0
J2000_JD = 2451545.0  # 2000-01-01T12:00:00 TDB
J2000_MJD = 51544.5
TT_MINUS_TAI_S = 32.184  # IAU 1991 Recommendation IV

# DE440 header, converted with AU**3 / day**2; gm_de440.tpc gives the same. Park et al. 2021, AJ 161:105. A
# planet's value is that of its system (planet and moons), to go with the position of the system's
# barycentre.
GM_KM3_S2: Mapping[str, float] = MappingProxyType(
    {
        "sun": 132712440041.279419,
        "mercury": 22031.868551,
        "venus": 324858.592,
        "earth": 398600.435507,
        "moon": 4902.800118,
        "earth_moon_barycenter": 403503.235625,
        "mars": 42828.375816,
        "jupiter": 126712764.1,
        "saturn": 37940584.8418,
        "uranus": 5794556.4,
        "neptune": 6836527.10058,
        "pluto": 975.5,
    }
)

# Reference radii (of shape, not of gravity).
RADIUS_KM: Mapping[str, float] = MappingProxyType(
    {
        "sun": 695700.0,  # IAU 2015 Resolution B3, nominal
        "earth": 6378.137,  # WGS 84 equatorial
        "moon": 1737.4,  # IAU WGCCRE 2015, mean; the sphere LOLA heights stand on
    }
)
EARTH_FLATTENING = 1.0 / 298.257223563  # WGS 84

# Earth's zonal harmonics (not normalised) of DE440: header J2E, J3E, J4E with radius RE.
EARTH_J2 = 1.08262539e-3
EARTH_J3 = -2.53241e-6
EARTH_J4 = -1.619898e-6
EARTH_GRAVITY_RADIUS_KM = 6378.1366
EARTH_ROTATION_RATE_RAD_S = 7.292115e-5  # IERS Conventions 2010, table 1.2, nominal

SOLAR_IRRADIANCE_1AU_W_M2 = 1361.0  # IAU 2015 Resolution B3, nominal total solar irradiance

# Mean Earth / rotation axes from the DE440 principal axes: rotate by these about z, y, x in turn.
# Park et al. 2021, AJ 161:105; also the frame kernel moon_de440_250416.tf.
MOON_PA_TO_ME_ARCSEC = (67.8526, 78.6944, 0.2785)
