"""What orbits see of the Moon's surface, and of the Earth: contacts, gaps, fractions.

    sampled = sample_orbits(states, "2027-01-01", days=30.0)
    seen = contacts(sampled, Place(-89.45, -137.31), mask_deg=10.0)
    seen.fraction, seen.longest_gap_s
    linked = contacts(sampled, site, mask_deg=10.0, with_earth=True)   # a relay: site and Earth at the same time
    coverage_map(sampled, latitudes_deg, longitudes_deg, mask_deg=10.0)

Orbits are sampled; between samples they follow the cubic through places and velocities, centimetres off in a low orbit
at 60 s. A pass shorter than a step that lies between two samples is not seen. The Moon is a sphere; a horizon of
terrain comes in as a mask that depends on azimuth. Light time is left out: 0.06 s at most.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.frames import position_at
from lunarplan.model.rows import numbers, scalar
from lunarplan.model.sky import local_axes
from lunarplan.model.surface import Place, seen_from_moon
from lunarplan.orbits.ground_track import SampledOrbits, require_sampled

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_HALVINGS = 40  # of a step: microseconds
_CHUNK = 4_000_000  # sight lines at a time
_MOST_POINTS = 10_000_000

Mask = float | Callable[[Any], Any]


@dataclass(frozen=True)
class Contacts:
    """When N orbits see S sites; a contact that is under way at an end of the span is cut there.

    orbit, site         : int64[C], of each contact, in this order, then by time
    start_tdb, end_tdb  : float64[C]
    span_tdb            : first and last epoch
    shape               : (N, S)
    known               : bool[N], False for orbits that are not known: NaN in the numbers
    """

    orbit: NDArray[np.int64]
    site: NDArray[np.int64]
    start_tdb: Floats
    end_tdb: Floats
    span_tdb: tuple[float, float]
    shape: tuple[int, int]
    known: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.start_tdb)

    @property
    def duration_s(self) -> Floats:
        return self.end_tdb - self.start_tdb

    @property
    def span_s(self) -> float:
        return self.span_tdb[1] - self.span_tdb[0]

    @property
    def count(self) -> NDArray[np.int64]:
        """Contacts of each orbit with each site, int64[N, S]."""
        return np.bincount(self._pair(), minlength=self.shape[0] * self.shape[1]).reshape(self.shape)

    @property
    def total_s(self) -> Floats:
        """Time in contact, float64[N, S]."""
        total = np.bincount(self._pair(), self.duration_s, self.shape[0] * self.shape[1]).reshape(self.shape)
        return np.where(self.known[:, None], total, np.nan)

    @property
    def fraction(self) -> Floats:
        """Share of the span in contact, float64[N, S]."""
        return self.total_s / self.span_s

    @property
    def longest_gap_s(self) -> Floats:
        """Float64[N, S]; the whole span where there is no contact."""
        gaps = self.gaps()
        longest = np.zeros(self.shape)
        np.maximum.at(longest, (gaps.orbit, gaps.site), gaps.duration_s)
        return np.where(self.known[:, None], longest, np.nan)

    def gaps(self) -> Contacts:
        """The times between, before and after contacts, as a table of the same kind."""
        rows = [self._gaps_of(int(n), s) for n in np.flatnonzero(self.known) for s in range(self.shape[1])]
        return _table(rows, self.span_tdb, self.shape, self.known)

    def any_orbit(self) -> Contacts:
        """Contacts of each site with at least one of the orbits: one row for all."""
        rows = []
        for s in range(self.shape[1]):
            mine = self.site == s
            start, end = _united(self.start_tdb[mine], self.end_tdb[mine])
            rows.append((0, s, start, end))
        return _table(rows, self.span_tdb, (1, self.shape[1]), np.array([bool(self.known.any())]))

    def dataset(self) -> xr.Dataset:
        """The table, and its sums over orbit and site."""
        import xarray as xr

        seconds = {"units": "s", "long_name": "TDB past J2000"}
        table = {
            "contact_orbit": ("contact", self.orbit),
            "contact_site": ("contact", self.site),
            "start": ("contact", self.start_tdb, seconds),
            "end": ("contact", self.end_tdb, seconds),
        }
        sums = {
            "fraction": (("orbit", "site"), self.fraction),
            "contacts": (("orbit", "site"), self.count),
            "longest_gap": (("orbit", "site"), self.longest_gap_s, {"units": "s"}),
        }
        return xr.Dataset(table | sums, attrs={"span_tdb": self.span_tdb})

    def _pair(self) -> NDArray[np.int64]:
        return np.asarray(self.orbit * self.shape[1] + self.site)

    def _gaps_of(self, n: int, s: int) -> tuple[int, int, Floats, Floats]:
        mine = (self.orbit == n) & (self.site == s)
        start = np.concatenate([[self.span_tdb[0]], self.end_tdb[mine]])
        end = np.concatenate([self.start_tdb[mine], [self.span_tdb[1]]])
        real = end > start
        return n, s, start[real], end[real]


def contacts(sampled: SampledOrbits, place: Place, *, mask_deg: Mask = 0.0, with_earth: bool = False) -> Contacts:
    """Find when orbits stand above the horizon of sites.

    place      : one site, or S of them
    mask_deg   : least elevation; or a function of azimuth (deg, array) that gives it, such as a horizon of terrain
    with_earth : count only while the Earth's centre is in the orbiter's view too, as for a relay

    Raises InputError for a mask that is no elevation, and places of more than one dimension.
    """
    require_sampled(sampled)
    if not isinstance(place, Place):
        raise InputError(f"a {type(place).__name__}", where="place", allowed="a Place(latitude_deg, longitude_deg)")
    positions = np.atleast_2d(place.position_km)
    if positions.ndim != 2:
        raise InputError(f"places of shape {positions.shape[:-1]}", where="contacts", allowed="one, or (S,)")
    axes = local_axes(np.radians(place.latitude_deg), np.radians(place.longitude_deg))
    frames = np.broadcast_to(np.stack(axes, axis=-2), (len(positions), 3, 3))
    mask = _mask(mask_deg)
    rows = []
    for n in np.flatnonzero(sampled.ok):
        path = _Path.of(sampled, int(n))
        limb = path.earth_margin() if with_earth else None
        for s in range(len(positions)):
            rows.append((int(n), s, *path.intervals(positions[s], frames[s], mask, limb)))
    return _table(rows, _span(sampled), (len(sampled.states), len(positions)), sampled.ok)


def earth_contacts(sampled: SampledOrbits) -> Contacts:
    """Find when orbits see the Earth's centre past the Moon; one "site", the Earth.

    Raises InputError for epochs outside the ephemeris.
    """
    rows = []
    for n in np.flatnonzero(sampled.ok):
        path = _Path.of(sampled, int(n))
        rows.append((int(n), 0, *path.above_zero(path.earth_margin(), path.limb)))
    return _table(rows, _span(sampled), (len(sampled.states), 1), sampled.ok)


def elevations_deg(sampled: SampledOrbits, place: Place) -> Floats:
    """Return the elevation of orbits in the sky of sites, float64[N, S, T]; NaN where orbits are."""
    positions = np.atleast_2d(place.position_km)
    up = np.atleast_2d(place.axes.up)
    sight = sampled.fixed[:, None, :, :3] - positions[:, None]
    high = np.einsum("nsti,si->nst", sight, np.broadcast_to(up, positions.shape))
    return np.asarray(np.degrees(np.arcsin(np.clip(high / np.linalg.norm(sight, axis=-1), -1.0, 1.0))))


def coverage_map(
    sampled: SampledOrbits,
    latitudes_deg: ArrayLike,
    longitudes_deg: ArrayLike,
    *,
    mask_deg: float = 0.0,
    at_least: int = 1,
) -> xr.Dataset:
    """Tell for every point of a grid how long at least so many of the orbits are above its horizon, at the samples.

    Returns, over latitude and longitude: ``fraction`` of the span, ``longest_gap`` (h) and ``passes``; samples count
    for half a step on either side. ``region_fraction`` weighs by area. Rows of ``sampled`` that are not known see
    nothing.

    Raises InputError for grids out of range, and a mask that is no elevation.
    """
    import xarray as xr

    require_sampled(sampled)
    latitude = _grid("latitudes_deg", latitudes_deg, 90.0)
    longitude = _grid("longitudes_deg", longitudes_deg, 360.0)
    sine = np.sin(np.radians(scalar("mask_deg", mask_deg, -90.0, 90.0, "deg")))
    if not (isinstance(at_least, int | np.integer) and at_least >= 1):
        raise InputError(f"{at_least!r}", where="at_least", allowed="a whole number from 1")
    if len(latitude) * len(longitude) > _MOST_POINTS:
        points = f"{len(latitude)} x {len(longitude)} points"
        raise InputError(points, where="coverage_map", allowed=f"up to {_MOST_POINTS} in all")
    up = position_at(*np.meshgrid(np.radians(latitude), np.radians(longitude), indexing="ij"), 1.0).reshape(-1, 3)
    weight = _sample_weights(sampled.tdb)
    columns = [np.empty(len(up)) for _ in range(3)]
    size = max(1, _CHUNK // len(sampled.tdb))
    for first in range(0, len(up), size):
        part = slice(first, first + size)
        seen = _seen_together(sampled, up[part], sine, at_least)
        columns[0][part] = seen @ weight / weight.sum()
        columns[1][part] = _longest_gaps(seen, sampled.tdb, weight) / 3600.0
        columns[2][part] = seen[:, 0] + (seen[:, 1:] & ~seen[:, :-1]).sum(axis=1)
    shape = len(latitude), len(longitude)
    about = {"fraction": "1", "longest_gap": "h", "passes": "1"}
    data = {
        name: (("latitude", "longitude"), column.reshape(shape), {"units": unit})
        for (name, unit), column in zip(about.items(), columns, strict=True)
    }
    coordinates = {"latitude": latitude, "longitude": longitude}
    return xr.Dataset(data, coordinates, {"mask_deg": mask_deg, "at_least": at_least})


def region_fraction(coverage: xr.Dataset, south_deg: float = -90.0, north_deg: float = 90.0) -> float:
    """Return the share of time a point between two latitudes is covered, averaged over the area of a `coverage_map`.

    Raises InputError if no row of the grid lies there.
    """
    part = coverage.fraction.where((coverage.latitude >= south_deg) & (coverage.latitude <= north_deg), drop=True)
    if not part.size:
        raise InputError(f"no point between {south_deg:g} and {north_deg:g} deg", where="region_fraction")
    return float(part.weighted(np.cos(np.deg2rad(part.latitude)) + 1e-12).mean())


@dataclass(frozen=True)
class _Path:
    """One orbit in axes that turn with the Moon, between samples by cubics."""

    tdb: Floats
    fixed: Floats
    earth: Floats

    @classmethod
    def of(cls, sampled: SampledOrbits, n: int) -> _Path:
        return cls(sampled.tdb, sampled.fixed[n], seen_from_moon("earth", sampled.tdb, sampled.ephemeris))

    def at(self, i: NDArray[np.intp], share: Floats) -> tuple[Floats, Floats]:
        """Places of the orbiter and of the Earth within steps."""
        h = (self.tdb[i + 1] - self.tdb[i])[:, None]
        u = share[:, None]
        p, q, v, w = self.fixed[i, :3], self.fixed[i + 1, :3], self.fixed[i, 3:] * h, self.fixed[i + 1, 3:] * h
        d = q - p
        craft = p + u * (v + u * (3.0 * d - 2.0 * v - w + u * (v + w - 2.0 * d)))
        return craft, self.earth[i] + u * (self.earth[i + 1] - self.earth[i])

    def limb(self, craft: Floats, earth: Floats) -> Floats:
        """Angle from the Moon's limb to the Earth's centre, rad."""
        sight, r = earth - craft, np.linalg.norm(craft, axis=-1)
        cosine = -np.einsum("...i,...i->...", sight, craft) / (r * np.linalg.norm(sight, axis=-1))
        disc = np.arcsin(np.minimum(RADIUS_KM["moon"] / r, 1.0))
        return np.asarray(np.arccos(np.clip(cosine, -1.0, 1.0)) - disc)

    def earth_margin(self) -> Floats:
        return self.limb(self.fixed[:, :3], self.earth)

    def intervals(
        self, position: Floats, frame: Floats, mask: Callable[[Floats], Floats], limb: Floats | None
    ) -> tuple[Floats, Floats]:
        """Starts and ends of the contacts with a site."""

        def margin(craft: Floats, earth: Floats) -> Floats:
            east, north, up = ((craft - position) @ axis for axis in frame)
            elevation = np.arctan2(up, np.hypot(east, north))
            over = elevation - np.radians(mask(np.degrees(np.arctan2(east, north)) % 360.0))
            return np.asarray(over if limb is None else np.minimum(over, self.limb(craft, earth)))

        return self.above_zero(margin(self.fixed[:, :3], self.earth), margin)

    def above_zero(self, value: Floats, margin: Callable[[Floats, Floats], Floats]) -> tuple[Floats, Floats]:
        """Intervals in which a margin is not negative; its changes of sign are refined by halving."""
        on = value >= 0.0
        i = np.flatnonzero(on[1:] != on[:-1])
        low, high, rises = np.zeros(len(i)), np.ones(len(i)), on[i + 1]
        for _ in range(_HALVINGS):
            half = 0.5 * (low + high)
            after = (margin(*self.at(i, half)) >= 0.0) == rises
            low, high = np.where(after, low, half), np.where(after, half, high)
        moments = self.tdb[i] + high * (self.tdb[i + 1] - self.tdb[i])
        start = np.concatenate([self.tdb[:1][on[:1]], moments[rises]])
        end = np.concatenate([moments[~rises], self.tdb[-1:][on[-1:]]])
        return start, end


def _mask(mask_deg: Mask) -> Callable[[Floats], Floats]:
    if callable(mask_deg):
        return lambda azimuth: _elevations(mask_deg(azimuth), azimuth)
    least = scalar("mask_deg", mask_deg, -90.0, 90.0, "deg")
    return lambda azimuth: np.full_like(azimuth, least)


def _elevations(masked: Any, azimuth: Floats) -> Floats:
    """What a mask has returned, if it is an elevation for each azimuth."""
    elevation = numbers("mask_deg", masked, 1)
    if elevation.shape not in ((), azimuth.shape) or not (np.abs(elevation) <= 90.0).all():
        raise InputError("returns what is no elevation", where="mask_deg", allowed="-90 to 90 deg for each azimuth")
    return elevation


def _span(sampled: SampledOrbits) -> tuple[float, float]:
    return float(sampled.tdb[0]), float(sampled.tdb[-1])


def _table(
    rows: list[tuple[int, int, Floats, Floats]], span: tuple[float, float], shape: tuple[int, int], known: Any
) -> Contacts:
    counts = [len(start) for _, _, start, _ in rows]
    orbit, site = (np.repeat([row[k] for row in rows], counts).astype(np.int64) for k in (0, 1))
    start, end = (np.concatenate([np.empty(0), *(row[k] for row in rows)]) for k in (2, 3))
    return Contacts(orbit, site, start, end, span, shape, np.asarray(known))


def _united(start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """The union of intervals."""
    order = np.argsort(start, kind="stable")
    start, end = start[order], np.maximum.accumulate(end[order]) if len(end) else end
    fresh = np.concatenate([[True], start[1:] > end[:-1]]) if len(start) else np.empty(0, bool)
    last = np.concatenate([fresh[1:], [True]]) if len(start) else fresh
    return start[fresh], end[last]


def _grid(name: str, values: ArrayLike, limit: float) -> Floats:
    axis = np.atleast_1d(numbers(name, values, 1))
    if axis.ndim != 1 or not axis.size or not (np.abs(axis) <= limit).all():
        raise InputError("out of range, or not a list", where=name, allowed=f"{-limit:g} to {limit:g} deg")
    return axis


def _sample_weights(tdb: Floats) -> Floats:
    step = np.diff(tdb)
    return np.asarray(0.5 * (np.concatenate([[0.0], step]) + np.concatenate([step, [0.0]])))


def _seen_together(sampled: SampledOrbits, up: Floats, sine: float, at_least: int) -> NDArray[np.bool_]:
    """Whether points, unit vectors [P, 3], have so many orbits above their horizon; bool[P, T]."""
    number = np.zeros((len(up), len(sampled.tdb)), np.int16)
    ground = RADIUS_KM["moon"]
    for path in sampled.fixed[sampled.ok, :, :3]:
        high = up @ path.T  # of the orbiter along the vertical, from the Moon's centre
        distance2 = (path * path).sum(axis=1) - 2.0 * ground * high + ground * ground
        number += high - ground >= sine * np.sqrt(distance2)
    return np.asarray(number >= at_least)


def _longest_gaps(seen: NDArray[np.bool_], tdb: Floats, weight: Floats) -> Floats:
    """Longest run of samples without cover, each counted with its weight, s; float64[P]."""
    elapsed = np.concatenate([[0.0], np.cumsum(weight)])
    before = np.where(seen, elapsed[1:], 0.0)  # where cover was last, up to each sample
    last = np.maximum.accumulate(np.concatenate([np.zeros((len(seen), 1)), before], axis=1), axis=1)[:, :-1]
    return np.asarray(np.where(seen, 0.0, elapsed[1:] - last).max(axis=1))
