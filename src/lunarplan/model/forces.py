"""Which forces act, with which constants: the description, and its translation for the kernels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.kernels.field import DEGREE, MAX_BODIES, Field
from lunarplan.kernels.gravity import harmonic_table
from lunarplan.model.bodies import body_name
from lunarplan.model.constants import (
    AU_KM,
    EARTH_GRAVITY_RADIUS_KM,
    EARTH_J2,
    EARTH_J3,
    EARTH_J4,
    RADIUS_KM,
    SOLAR_IRRADIANCE_1AU_W_M2,
    SPEED_OF_LIGHT_KM_S,
)
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.gravity_field import GravityField
from lunarplan.model.rows import scalar

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FIRST_BODIES = ("earth", "moon", "sun")  # the order of kernels.field
_UNFELT_KM_S2 = 1e-19  # a force this small moves a spacecraft by 10 micrometres in five days
_APPROACH_KM, _DEPARTURE_KM = 60_000.0, 70_000.0  # around the lunar sphere of influence (66,000 km)
_CHEBYSHEV_TO_POWERS = np.zeros((DEGREE + 1, DEGREE + 1))
for _k in range(DEGREE + 1):
    _powers = np.polynomial.chebyshev.cheb2poly(np.eye(DEGREE + 1)[_k])
    _CHEBYSHEV_TO_POWERS[_k, : len(_powers)] = _powers


@dataclass(frozen=True)
class SolarPressure:
    """A spacecraft as a ball in sunlight ("cannonball").

    area_m2, mass_kg : cross-section and mass
    reflectivity     : 1 absorbs all light, 2 returns it all
    """

    area_m2: float
    mass_kg: float
    reflectivity: float = 1.3

    def __post_init__(self) -> None:
        for name, low, high in (("area_m2", 0.0, 1e9), ("mass_kg", 1e-9, 1e12), ("reflectivity", 0.0, 2.0)):
            scalar(f"SolarPressure.{name}", getattr(self, name), low, high)

    @property
    def gm_km3_s2(self) -> float:
        """The push as a negative GM of the Sun: both fall with the square of the distance."""
        pressure_n_m2 = SOLAR_IRRADIANCE_1AU_W_M2 / (SPEED_OF_LIGHT_KM_S * 1e3)
        acceleration_m_s2 = pressure_n_m2 * self.reflectivity * self.area_m2 / self.mass_kg
        return acceleration_m_s2 * 1e-3 * AU_KM**2


# What the fields of a force model have to be, and whether None will do.
_KINDS = (
    ("bodies", list | tuple, False),
    ("moon_field", GravityField, True),
    ("sunlight", SolarPressure, True),
    ("gm_km3_s2", Mapping, False),
    ("ephemeris", Ephemeris, True),
)


@dataclass(frozen=True)
class ForceModel:
    """The forces of a propagation; every term can be switched.

    bodies       : point masses that attract; each moves as the ephemeris says. Without the Earth, an orbit about
                   the Moon is referred to a Moon that falls towards the other bodies listed only
    earth_zonal  : highest zonal harmonic of the Earth: 0, 2, 3 or 4
    moon_degree  : degree and order of the lunar field, 0 for a point mass. Its GM is the field's own
    moon_field   : lunar gravity field; GRGM900C to degree 100 if not given
    earth_pole   : axis of the zonal harmonics: "date" (precession and nutation) or "icrf" (fixed z axis)
    sunlight     : radiation pressure with Earth and Moon shadow, or None
    gm_km3_s2    : overrides of the ephemeris' GM by body name
    ephemeris    : DE440, 2020 to 2050, if not given
    """

    bodies: tuple[str, ...] = _FIRST_BODIES
    earth_zonal: int = 4
    moon_degree: int = 8
    moon_field: GravityField | None = None
    earth_pole: str = "date"
    sunlight: SolarPressure | None = None
    gm_km3_s2: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    ephemeris: Ephemeris | None = None
    move_origin: bool = True

    def __post_init__(self) -> None:
        for name, kind, optional in _KINDS:
            value = getattr(self, name)
            if not (isinstance(value, kind) or (optional and value is None)):
                raise InputError(
                    f"{value!r:.60}",
                    where=f"ForceModel.{name}",
                    allowed=getattr(kind, "__name__", 'names of bodies, such as ("earth", "moon")'),
                )
        object.__setattr__(self, "bodies", tuple(body_name(b) for b in self.bodies))
        gm = {
            body_name(name): scalar(f"ForceModel.gm_km3_s2[{name!r}]", value, 0.0, np.finfo(float).max, "km3/s2")
            for name, value in self.gm_km3_s2.items()
        }
        object.__setattr__(self, "gm_km3_s2", MappingProxyType(gm))
        self._check()

    def _check(self) -> None:
        self._check_bodies()
        if self.earth_zonal not in (0, 2, 3, 4):
            raise InputError(f"{self.earth_zonal!r}", where="ForceModel.earth_zonal", allowed="0, 2, 3, 4")
        if self.earth_pole not in ("date", "icrf"):
            raise InputError(f"{self.earth_pole!r}", where="ForceModel.earth_pole", allowed='"date", "icrf"')
        whole = isinstance(self.moon_degree, int | np.integer)
        if not whole or self.moon_degree not in range(self.lunar_field.degree + 1) or self.moon_degree == 1:
            raise InputError(
                f"{self.moon_degree!r}",
                where="ForceModel.moon_degree",
                allowed=f"0 or 2 to {self.lunar_field.degree}",
            )
        if len(self.table_bodies) > MAX_BODIES:
            raise InputError(
                f"{len(self.table_bodies)} bodies", where="ForceModel.bodies", allowed=f"up to {MAX_BODIES}"
            )

    def _check_bodies(self) -> None:
        if len(set(self.bodies)) < len(self.bodies):
            raise InputError(
                f"{', '.join(self.bodies)}: one of them twice", where="ForceModel.bodies", remedy="name each body once"
            )
        for name in self.bodies:
            if name.endswith("_barycenter"):
                raise InputError(
                    f"{name} is a place, not a mass", where="ForceModel.bodies", remedy="name the bodies themselves"
                )

    def __getstate__(self) -> dict[str, Any]:
        """A read-only view of a table cannot be pickled or copied; the table can."""
        return self.__dict__ | {"gm_km3_s2": dict(self.gm_km3_s2)}

    def __setstate__(self, fields: dict[str, Any]) -> None:
        self.__dict__.update(fields | {"gm_km3_s2": MappingProxyType(fields["gm_km3_s2"])})

    def __hash__(self) -> int:
        return hash((self.bodies, self.earth_zonal, self.moon_degree, self.earth_pole, tuple(self.gm_km3_s2.items())))

    @property
    def table_bodies(self) -> tuple[str, ...]:
        """Bodies that are looked up, in the order of the kernels."""
        return _FIRST_BODIES + tuple(b for b in self.bodies if b not in _FIRST_BODIES)

    @property
    def lunar_field(self) -> GravityField:
        return self.moon_field if self.moon_field is not None else GravityField.packaged_moon()

    @property
    def source(self) -> Ephemeris:
        return self.ephemeris if self.ephemeris is not None else Ephemeris.packaged()

    def gm(self, body: str) -> float:
        """GM in use, km3/s2: an override, the lunar field's own, or the ephemeris'; 0 for a body left out."""
        if body not in self.bodies:
            return 0.0
        if body in self.gm_km3_s2:
            return self.gm_km3_s2[body]
        if body == "moon" and self.moon_degree:
            return self.lunar_field.gm_km3_s2
        return self.source.gm[body]

    def only(self, **changes: Any) -> ForceModel:
        """A copy with some terms changed."""
        return replace(self, **changes)

    def describe(self) -> dict[str, Any]:
        """Provenance: what acted, with which numbers."""
        return {
            "bodies": list(self.bodies),
            "gm_km3_s2": {b: self.gm(b) for b in self.bodies},
            "earth_zonal": self.earth_zonal,
            "earth_pole": self.earth_pole,
            "moon_field": self.lunar_field.name if self.moon_degree else "point mass",
            "moon_degree": self.moon_degree,
            "solar_radiation_pressure": self.sunlight is not None,
            "ephemeris": self.source.name,
            "ephemeris_sha256": self.source.sha256,
        }

    def kernel_field(self, start_tdb: float, end_tdb: float, *, thrust: bool = False, own_fall: bool = False) -> Field:
        """The model over a span of time, as the kernels take it.

        own_fall : the Moon as an origin falls towards the bodies of the model, where these are not all of them
        """
        harmonic = self.moon_degree if "moon" in self.bodies else 0
        zonal = self.earth_zonal if "earth" in self.bodies else 0
        granules = self.source.granules(
            self.table_bodies,
            "earth",
            start_tdb,
            end_tdb,
            moon_orientation=harmonic > 0,
            earth_pole=self.earth_pole if zonal else None,
        )
        polynomials = granules.coefficients @ _CHEBYSHEV_TO_POWERS
        bodies = len(self.table_bodies)
        quaternion = 3 * bodies if harmonic else -1
        pole = 3 * bodies + 4 * bool(harmonic) if zonal else -1
        moves = self.move_origin and {"earth", "moon"} <= set(self.bodies)
        table, reach = _lunar_tables(self.lunar_field, harmonic)
        return Field(
            start=granules.start_tdb,
            length=granules.length_s,
            polynomials=np.ascontiguousarray(polynomials.reshape(len(polynomials), -1)),
            quaternion=quaternion,
            pole=pole,
            indirect=polynomials.shape[1],
            gm=np.array([self.gm(b) for b in self.table_bodies]),
            radius=np.array([RADIUS_KM.get(b, 0.0) for b in self.table_bodies]),
            zonal=self._zonal_terms(),
            zonal_degree=zonal,
            harmonics=table,
            harmonic_degree=harmonic,
            harmonic_radius=self.lunar_field.radius_km,
            degree_reach=reach,
            approach=_APPROACH_KM if moves else 0.0,
            departure=_DEPARTURE_KM if moves else np.inf,
            exact_origin=not own_fall or (zonal > 0 and set(_FIRST_BODIES) <= set(self.bodies)),
            radiation=self.sunlight is not None,
            thrust=thrust,
        )

    def _zonal_terms(self) -> NDArray[np.float64]:
        j = np.array([EARTH_J2, EARTH_J3, EARTH_J4])
        n = np.arange(2, 5)
        j[n > self.earth_zonal] = 0.0
        return np.asarray(self.gm("earth") * EARTH_GRAVITY_RADIUS_KM**n * j)


@lru_cache(maxsize=8)
def _lunar_tables(moon: GravityField, degree: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Kernel table of the lunar field, and the distance within which each degree is felt, km."""
    if degree == 0:
        return np.zeros(1), np.zeros(1)
    part = moon.truncated(degree)
    table = harmonic_table(part.c, part.s, part.gm_km3_s2, part.radius_km)
    n = np.arange(degree + 1)
    # |a_n| <= (n + 1) sqrt(2 n + 1) sigma_n GM / R2 (R / r)^(n + 2), by the addition theorem
    sigma = np.sqrt((part.c**2 + part.s**2).sum(axis=1))
    surface = (n + 1) * np.sqrt(2 * n + 1) * sigma * part.gm_km3_s2 / part.radius_km**2
    reach = part.radius_km * (surface / _UNFELT_KM_S2) ** (1.0 / (n + 2))
    return table, np.ascontiguousarray(np.maximum.accumulate(reach[::-1])[::-1])
