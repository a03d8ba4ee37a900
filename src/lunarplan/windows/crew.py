"""Constraints on the way home of a crew ship, by a model of the return that knows the Moon's place and nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.earth_equator import equator_of_date, sidereal_angle
from lunarplan.model.rows import numbers, scalar
from lunarplan.model.stations import GroundStation, station_sky
from lunarplan.windows.constraint import Constraint, Within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.ephemeris import Ephemeris
    from lunarplan.transfers.to_moon.direct import Transfers

    Floats = NDArray[np.float64]

_TURN_S = 89_428.0  # of a site under the Moon, on the average: 24 h 50 min
_LEAST_SPAN_DAYS = 25.0 / 24.0  # in which the site comes round once
_LONGEST_STAY_DAYS = 400.0
_TURNS_BACK = 2  # to where it is opposite: each leaves half a hundredth of the miss, of half a day at first


def splashdown_daylight(
    durations_days: Sequence[tuple[float, float]],
    latitude_deg: float,
    longitude_deg: float,
    *,
    return_days: float = 6.0,
    at_least_deg: float = 0.0,
    source: str = "set by the user",
) -> Constraint:
    """Of the splashdowns that a launch leads to, one at least has the Sun's centre this high.

    durations_days : from lift-off to splashdown, shortest and longest of each class of mission, at least 25 h apart
    latitude_deg, longitude_deg : of the splashdown, geodetic, east positive
    return_days    : from the last passage of the Moon to the splashdown

    The model of the return, an assumption: an ellipse from the Moon's place over one of the poles lands on the meridian
    opposite to that place, so the site has to turn there. It holds to some tens of minutes for Artemis I, whose entry
    came in at 86 deg to the equator. Evaluating it raises InputError for transfers without a launch.
    """
    where = "splashdown_daylight"
    low = scalar(f"{where}.at_least_deg", at_least_deg, -90.0, 90.0, "deg")
    back = scalar(f"{where}.return_days", return_days, 1.0, 30.0, "days")
    latitude = scalar(f"{where}.latitude_deg", latitude_deg, -90.0, 90.0, "deg")
    longitude = scalar(f"{where}.longitude_deg", longitude_deg, -360.0, 360.0, "deg")
    place = GroundStation("splashdown", latitude, longitude)
    value = BestSplashdown(_classes(f"{where}.durations_days", durations_days), place, back * SECONDS_PER_DAY)
    return Constraint("Sun at splashdown", "deg", Within(value, at_least=low), 5.0, source)


def _classes(where: str, durations_days: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Shortest and longest durations, s; raises InputError unless each class holds a splashdown."""
    given = numbers(where, durations_days, 2)
    if given.ndim != 2 or not len(given):
        remedy = "give the shortest and the longest of each class: [(26.0, 28.0), (38.0, 42.0)]"
        raise InputError(f"has the shape {given.shape}", where=where, remedy=remedy)
    for shortest, longest in given:
        scalar(where, shortest, 0.0, _LONGEST_STAY_DAYS, "days")
        scalar(where, longest, shortest + _LEAST_SPAN_DAYS, _LONGEST_STAY_DAYS, "days")
    return tuple((float(low), float(high)) for low, high in SECONDS_PER_DAY * given)


@dataclass(frozen=True)
class BestSplashdown:
    """Highest Sun, deg, over the splashdowns of all classes."""

    durations_s: tuple[tuple[float, float], ...]
    place: GroundStation
    return_s: float

    def __call__(self, transfers: Transfers) -> Floats:
        if np.isnan(transfers.launch_tdb).any():
            remedy = "solve the transfers with launch=LaunchTie.from_site(...)"
            raise InputError("these transfers have no lift-off", where="launch_tdb", remedy=remedy)
        ephemeris = transfers.forces.source
        best = np.full(len(transfers.launch_tdb), -90.0)
        for epochs, within in self.splashdowns(transfers.launch_tdb, ephemeris):
            sun = station_sky(self.place, "sun", epochs, ephemeris).elevation_deg
            np.maximum(best, np.where(within, sun, -90.0), out=best)
        return best

    def splashdowns(self, launch_tdb: Floats, ephemeris: Ephemeris) -> Iterator[tuple[Floats, NDArray[np.bool_]]]:
        """Epochs of one splashdown after the other, TDB s, and for which launches they are within the duration."""
        for shortest, longest in self.durations_s:
            epochs = self._opposite(launch_tdb + shortest + 0.5 * _TURN_S, ephemeris)
            while (within := epochs <= launch_tdb + longest).any():
                yield epochs, within
                epochs = self._opposite(epochs + _TURN_S, ephemeris)

    def _opposite(self, tdb: Floats, ephemeris: Ephemeris) -> Floats:
        """Epochs nearest to given ones when the site is on the meridian opposite to the Moon's place at its passage."""
        for _ in range(_TURNS_BACK):
            passage = tdb - self.return_s
            moon = np.einsum("nij,nj->ni", equator_of_date(passage), ephemeris.position("moon", "earth", passage))
            ahead = sidereal_angle(tdb) + math.radians(self.place.longitude_deg) - np.arctan2(moon[:, 1], moon[:, 0])
            tdb = tdb - (np.remainder(ahead, math.tau) - math.pi) / math.tau * _TURN_S
        return tdb
