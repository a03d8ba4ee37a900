"""Which free return a mission flies: every launch day, way past the Moon, way home and plane, solved as one batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.config.entry import Entry
from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.epochs import utc_iso
from lunarplan.plan.search import launch_tie
from lunarplan.transfers.free_returns.free_return import (
    FreeReturnProblem,
    FreeReturns,
    free_return_problem,
    free_returns,
)
from lunarplan.transfers.free_returns.high_orbit import HighOrbitReturns, high_orbit_returns
from lunarplan.transfers.free_returns.high_orbit_problem import high_orbit_problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.earth_orbit import EarthOrbit
    from lunarplan.config.schema import MissionFile
    from lunarplan.model.forces import ForceModel

    Floats = NDArray[np.float64]

_MOST_DAYS = 40
_LOOKS_A_DAY = 3  # each finds the lift-off nearest to it
_OUT_S = 4.0 * SECONDS_PER_DAY  # first guess of the way out
_LONGEST_S = 16.0 * SECONDS_PER_DAY  # from the injection to the entry
_PLANES_DEG = np.arange(25.0, 66.0, 5.0)  # of the way home, where the file leaves it open
_FINER_DEG = np.linspace(-4.5, 4.5, 19)
_ABOUT_DEG = 2.0  # the flyby bends it that much
_SIDES = {"ascending": (1,), "descending": (-1,), "best": (1, -1)}


@dataclass(frozen=True)
class Search:
    """A mission, and the field it is solved in."""

    mission: MissionFile
    forces: ForceModel

    @property
    def entry(self) -> Entry:
        return next(phase for phase in self.mission.phases if isinstance(phase, Entry))

    @property
    def wait_s(self) -> float:
        """From lift-off to the injection, some hours more or less."""
        orbit = self.mission.earth_orbit
        if orbit is None:
            return self.mission.launch.longest_wait_s
        axis = RADIUS_KM["earth"] + 0.5 * (orbit.apogee_altitude_km + orbit.perigee_altitude_km)
        turn = float(2.0 * np.pi * np.sqrt(axis**3 / GM_KM3_S2["earth"]))
        return self.mission.launch.longest_wait_s + orbit.revolutions * turn

    def check_dates(self) -> None:
        """Raise InputError unless the ephemeris covers the mission, and its launch dates are few enough to search."""
        launch, known = self.mission.launch, self.forces.source
        days = (launch.latest_tdb - launch.earliest_tdb) / SECONDS_PER_DAY
        if days > _MOST_DAYS:
            raise InputError(
                f"launch dates span {days:.0f} days", where="launch.latest",
                allowed=f"up to {_MOST_DAYS} days for a free return", remedy="split them",
            )  # fmt: skip
        start, end = launch.earliest_tdb - SECONDS_PER_DAY, launch.latest_tdb + self.wait_s + _LONGEST_S
        first = max(known.start_tdb, known.orientation.start_tdb)
        last = min(known.end_tdb, known.orientation.end_tdb)
        if start < first or end > last:
            raise InputError(
                f"the mission may take from {utc_iso(start, 0)} to {utc_iso(end, 0)}, beyond {known.name}",
                where="launch", allowed=f"{utc_iso(first, 0)} to {utc_iso(last, 0)}",
                remedy="change the dates, or give plan() in Python an Ephemeris.from_files(spk, orientation) of them",
            )  # fmt: skip

    def best(self) -> FreeReturns | HighOrbitReturns:
        """The one, a batch of one row: the nearest to the splashdown asked for, or the cheapest injection.

        Raises InfeasibleError if none lifts off within the dates, or comes down near enough.
        """
        found = self._kept(self.solved(*self._net()))
        one = found.rows(np.array([self._rank(found).argmin()]))
        if self.entry.target is None:
            return one
        if self.entry.inclination_rad is None:
            way = way_of(one)
            tilt = float(np.degrees(way.return_inclination[0])) + _FINER_DEG
            n = len(tilt)
            out, home = np.repeat(way.northbound_departure, n), np.repeat(way.northbound_return, n)
            found = self._kept(self.solved(np.repeat(way.perilune_tdb, n), out, home, tilt))
            one = found.rows(np.array([self._rank(found).argmin()]))
        self._check_place(one)
        return one

    def _net(self) -> tuple[Floats, Floats, Floats, Floats]:
        """First guesses of the perilune epoch, both sides, planes of the way home (deg), of every try."""
        launch, entry = self.mission.launch, self.entry
        span = launch.latest_tdb - launch.earliest_tdb
        looks = max(1, round(_LOOKS_A_DAY * span / SECONDS_PER_DAY))
        lift_offs = launch.earliest_tdb + (np.arange(looks) + 0.5) * span / looks
        open_plane = entry.inclination_rad is None
        planes = _PLANES_DEG if open_plane else np.degrees([entry.inclination_rad or 0.0])
        out, home = _SIDES[launch.parking_orbit.node], _SIDES[self.mission.translunar.home]
        epoch, side, back, tilt = np.meshgrid(lift_offs + self.wait_s + _OUT_S, out, home, planes, indexing="ij")
        return epoch.ravel(), side.ravel(), back.ravel(), tilt.ravel()

    def solved(
        self, perilune_tdb: Floats, out: Floats, home: Floats, tilt_deg: Floats, mass_kg: float | None = None
    ) -> FreeReturns | HighOrbitReturns:
        """Free returns of given sides and planes, tied to the launch site; the mass is that at ignition."""
        terms, launch, tie = self.mission.translunar, self.mission.launch, launch_tie(self.mission)
        orbit = self.mission.earth_orbit
        common: dict[str, Any] = {
            "perilune_altitude_km": terms.perilune_altitude_km, "northbound_departure": out, "northbound_return": home,
            "return_inclination_deg": tilt_deg, "flight_path_deg": float(np.degrees(self.entry.flight_path_rad)),
        }  # fmt: skip
        tilt = float(np.degrees(launch.inclination_rad))
        if orbit is None:
            batch = free_return_problem(
                perilune_tdb, parking_altitude_km=launch.parking_orbit.altitude_km, parking_inclination_deg=tilt,
                **common,
            )  # fmt: skip
            return free_returns(batch, self.forces, launch=tie)
        given = common | _ellipse(orbit, launch.parking_orbit.altitude_km) | self._engine(mass_kg)
        return high_orbit_returns(high_orbit_problem(perilune_tdb, inclination_deg=tilt, **given), tie, self.forces)

    def _engine(self, mass_kg: float | None) -> dict[str, Any]:
        """Of an injection that takes time."""
        terms, vehicle = self.mission.translunar, self.mission.vehicle.build()
        if not terms.finite:
            return {}
        engine = vehicle.engine(terms.engine)
        lit = np.nan if terms.ignition_s is None else terms.ignition_s
        mass = vehicle.mass_kg if mass_kg is None else mass_kg
        return {"thrust_n": engine.thrust_n, "isp_s": engine.isp_s, "mass_kg": mass, "ignition_s": lit}

    def _kept(self, found: FreeReturns | HighOrbitReturns) -> FreeReturns | HighOrbitReturns:
        """Those that converged and lift off within the dates."""
        launch = self.mission.launch
        lift_off = found.launch_tdb
        good = found.ok & (lift_off >= launch.earliest_tdb) & (lift_off <= launch.latest_tdb)
        if good.any():
            return found.rows(np.flatnonzero(good))
        if not found.ok.any():
            raise self._unsolved(found)
        others = sorted({utc_iso(float(tdb), 0) for tdb in lift_off[found.ok]})
        raise InfeasibleError(
            f"no free return lifts off within the dates; launches found: {', '.join(others[:6])}",
            where="launch, phase", remedy="give whole days, another node, or another plane of the way home",
        )  # fmt: skip

    def _unsolved(self, found: FreeReturns | HighOrbitReturns) -> InfeasibleError:
        """None of them closes: the plane of the way home, the ellipse, or an injection that takes too long."""
        epochs, _, _, tilts = self._net()
        tilt = float(np.minimum(tilts, 180.0 - tilts).max())
        moon = np.einsum("nij,nj->ni", equator_of_date(epochs), self.forces.source.position("moon", "earth", epochs))
        least = float(np.degrees(np.arcsin(np.abs(moon[:, 2]) / np.linalg.norm(moon, axis=1)).min()))
        if tilt < least - _ABOUT_DEG:
            return InfeasibleError(
                f"the Moon is {least:.1f} deg from the Earth's equator, and a way home of {tilt:.1f} deg does not "
                "come from there",
                where="launch, entry.inclination",
                allowed=f"about {least:.0f} to {180.0 - least:.0f} deg",
                remedy="change it, drop it, or launch on another day",
            )
        remedy = "another plane of the way home, perilune or ellipse"
        if self.mission.translunar.finite:
            remedy += ', or more thrust: with "finite = false" the injection is an impulse'
        return InfeasibleError(
            f"none of {len(found.ok)} free returns tried closes: {found.reason(0)}",
            where="launch, phase",
            remedy=remedy,
        )

    def _rank(self, found: FreeReturns | HighOrbitReturns) -> Floats:
        """Distance from the splashdown asked for, or the delta-v of the injection."""
        return found.tli_delta_v_km_s if self.entry.target is None else self.beside_km(found)

    def beside_km(self, found: FreeReturns | HighOrbitReturns) -> Floats:
        """How far from where they are asked to be the splashdowns are."""
        assert self.entry.target is not None
        latitude, longitude = (np.radians(x) for x in found.entry.downrange(self.entry.downrange_km))
        asked_latitude, asked_longitude = self.entry.target
        cosine = np.sin(latitude) * np.sin(asked_latitude) + np.cos(latitude) * np.cos(asked_latitude) * np.cos(
            longitude - asked_longitude
        )
        return np.asarray(RADIUS_KM["earth"] * np.arccos(np.clip(cosine, -1.0, 1.0)))

    def _check_place(self, one: FreeReturns | HighOrbitReturns) -> None:
        beside = float(self.beside_km(one)[0])
        if beside > self.entry.within_km:
            raise InfeasibleError(
                f"the nearest free return comes down {beside:.0f} km from there", where="entry",
                remedy="another launch day, altitude of the flyby or downrange, or a larger within",
            )  # fmt: skip


def _ellipse(orbit: EarthOrbit, parking_km: float) -> dict[str, Any]:
    far = parking_km if orbit.parking_apogee_km is None else orbit.parking_apogee_km
    return {
        "apogee_altitude_km": orbit.apogee_altitude_km,
        "start_altitude_km": parking_km,
        "injection_altitude_km": orbit.perigee_altitude_km,
        "parking_altitude_km": (parking_km, far),
        "revolutions": orbit.revolutions,
    }


def way_of(found: FreeReturns | HighOrbitReturns) -> FreeReturnProblem:
    """What was asked of the free return itself, and found where it was not held."""
    return found.problem.way if isinstance(found, HighOrbitReturns) else found.problem
