"""Elliptic parking orbits that are left at their perigee: how long the coast there takes from the launch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.constants import EARTH_GRAVITY_RADIUS_KM, EARTH_J2
from lunarplan.transfers.launch import LaunchTie, ParkingOrbits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ParkingEllipses(ParkingOrbits):
    """`ParkingOrbits` of given eccentricity, float64[N]; arguments of latitude at injection are those of their perigee.

    A coast is the time from the insertion's true anomaly on; the drift of the perigee meanwhile is in the mean rate.
    """

    eccentricity: Floats | float = 0.0

    @classmethod
    def between(
        cls, launch: LaunchTie, perigee_km: Floats, apogee_km: Floats, inclination: Floats, gm: float, *, oblate: bool
    ) -> ParkingEllipses:
        """Return ellipses between two radii, drifting with the Earth's J2 where it is ``oblate``.

        Source: Vallado (2013), Fundamentals of Astrodynamics and Applications, sec. 9.6.
        """
        axis, e = 0.5 * (perigee_km + apogee_km), (apogee_km - perigee_km) / (apogee_km + perigee_km)
        motion, cosine = np.sqrt(gm / axis**3), np.cos(inclination)
        bulge = 1.5 * EARTH_J2 * (EARTH_GRAVITY_RADIUS_KM / (axis * (1.0 - e**2))) ** 2 * oblate
        perigee = 0.5 * (5.0 * cosine**2 - 1.0)
        anomaly = 0.5 * np.sqrt(1.0 - e**2) * (3.0 * cosine**2 - 1.0)
        rate = motion * (1.0 + bulge * (perigee + anomaly))
        return cls(launch, inclination, rate, -motion * bulge * cosine, None, e)

    def lift_off(self, argument: Floats, injection_tdb: Floats) -> tuple[Floats, Floats]:
        arc, turns = self._arc(argument)
        coast = (arc - self._ahead(arc) + 2.0 * np.pi * (self.launch.revolutions - turns)) / self.rate
        return injection_tdb - coast - self.launch.ascent_s, coast

    def lateness(self, node: Floats, argument: Floats, injection_tdb: Floats) -> tuple[Floats, Floats]:
        late, partials = super().lateness(node, argument, injection_tdb)
        partials[:, 1] *= self.rate * self.by_argument(argument)
        return late, partials

    def by_argument(self, argument: Floats) -> Floats:
        """What a later argument does to the coast, s/rad."""
        e = self.eccentricity
        return np.asarray((1.0 - e**2) ** 1.5 / (1.0 + e * np.cos(self._arc(argument)[0])) ** 2 / self.rate)

    def _arc(self, argument: Floats) -> tuple[Floats, Floats]:
        """From insertion to perigee, rad, and the whole turns it counts too many."""
        turns = self.turns(argument) if self.whole_turns is None else self.whole_turns
        return self._from_insertion(argument), turns

    def _ahead(self, arc: Floats) -> Floats:
        """True less mean anomaly, smooth over all turns, rad."""
        e = self.eccentricity
        beta = e / (1.0 + np.sqrt(1.0 - e**2))
        eccentric_behind = 2.0 * np.arctan2(beta * np.sin(arc), 1.0 + beta * np.cos(arc))
        return np.asarray(eccentric_behind + e * np.sin(arc - eccentric_behind))
