"""Low-energy transfers: out to a million kilometres and more, where the Sun turns the orbit, and back to the Moon.

    guesses = low_energy_guesses(ToLowOrbit(100.0, 90.0), "2022-12-10", "2022-12-24", parking_inclination_deg=28.6)
    found = low_energy_transfers(guesses.cheapest(50), launch=LaunchTie.from_site("cape-slc-40"))

Arrivals flown backwards show which of them come from near the Earth; each of these is made to meet an injection from
the parking orbit, and is then moved to where its insertion costs least.

Source: Parker and Anderson (2013), Low-Energy Lunar Trajectory Design, JPL DESCANSO 12, chap. 3.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.epochs import one_epoch
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import check_options
from lunarplan.model.rows import require_kind, scalar
from lunarplan.transfers.launch import LaunchTie
from lunarplan.transfers.low_energy.descent import descended
from lunarplan.transfers.low_energy.ends import Arrival, ToLowOrbit, ToStation
from lunarplan.transfers.low_energy.results import GROUND, LowEnergyGuesses, LowEnergyTransfers, runs
from lunarplan.transfers.low_energy.search import Passages, Span, from_near_earth, sampled
from lunarplan.transfers.low_energy.shooting import ARRIVAL_EPOCH, INJECTION_EPOCH, Frame, Parking, Shooting
from lunarplan.transfers.low_energy.way import ways
from lunarplan.transfers.targeter import Targeted, target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

__all__ = [
    "LowEnergyGuesses",
    "LowEnergyTransfers",
    "ToLowOrbit",
    "ToStation",
    "low_energy_guesses",
    "low_energy_transfers",
]

_WORTH_KM_S = 1e-6  # a step towards a cheaper insertion has to gain a millimetre per second
_PULLING = ("earth", "moon", "sun")
_ITERATIONS = 60  # guesses come in with small steps
_PASSES = 3  # of solving: each counts angles and coasts afresh, from where the one before has moved to


def low_energy_guesses(
    to: Arrival,
    first_arrival: Any,
    last_arrival: Any,
    *,
    parking_altitude_km: float = 185.0,
    parking_inclination_deg: float = 28.5,
    tof_days: tuple[float, float] = (70.0, 150.0),
    samples: int = 100_000,
    skip: int = 0,
    forces: ForceModel | None = None,
    workers: int | None = None,
) -> LowEnergyGuesses:
    """Look for ways from a parking orbit to the Moon, among arrivals spread evenly over a span of time.

    to            : `ToLowOrbit` or `ToStation`
    first_arrival, last_arrival : anything `tdb_seconds` reads; the same, for one epoch
    parking_altitude_km, parking_inclination_deg : circular, to the Earth's equator of date
    tof_days      : least and most, 30 to 250
    samples       : arrivals flown backwards, 1 to 10 million; of 100,000 some hundred come from near the parking orbit
    skip          : samples left out at the beginning, because an earlier search had them

    Raises InputError for values out of range, a force model without Sun, Earth or Moon, epochs outside the ephemeris.
    """
    forces = _with_sun(forces, workers)
    _require_arrival(to)
    first, last = one_epoch(first_arrival), one_epoch(last_arrival)
    if last < first:
        raise InputError("is before first_arrival", where="last_arrival", remedy="swap them")
    shortest, longest = _flight_times(tof_days)
    parking = _parking(parking_altitude_km, parking_inclination_deg)
    count, before = scalar("samples", samples, 1, 10_000_000), scalar("skip", skip, 0, 1_000_000_000)
    span = Span(first, last, shortest * SECONDS_PER_DAY, longest * SECONDS_PER_DAY)
    if first - span.longest_s < forces.source.start_tdb or last > forces.source.end_tdb:
        raise InputError(
            "the flights begin before the ephemeris, or end after it", where="first_arrival, last_arrival",
            remedy="choose other epochs, or give a longer ephemeris: Ephemeris.from_files",
        )  # fmt: skip
    coarse = replace(forces, bodies=_PULLING, moon_degree=0, earth_zonal=0, sunlight=None)
    found = from_near_earth(to, parking, sampled(to, span, int(count), coarse, int(before)), span, coarse, workers)
    return _guesses(to, parking, found, forces)


def low_energy_transfers(
    guesses: LowEnergyGuesses,
    forces: ForceModel | None = None,
    *,
    launch: LaunchTie | None = None,
    hold_arrival: bool = False,
    least_burn: bool = True,
    tolerance: float = 1e-12,
    workers: int | None = None,
) -> LowEnergyTransfers:
    """Solve a low-energy transfer near every guess; rows that do not converge are NaN, with a status.

    launch       : makes the launch site turn under the parking plane at lift-off
    hold_arrival : the arrival epoch stays that of the guess
    least_burn   : moves each along what remains free to where its insertion costs least

    Raises InputError for a force model without Sun, Earth or Moon.
    """
    require_kind("guesses", guesses, LowEnergyGuesses, "those of low_energy_guesses(...)")
    if launch is not None:
        require_kind("launch", launch, LaunchTie, "a LaunchTie, made by LaunchTie.from_site(...)")
    forces = _with_sun(forces, workers, tolerance)
    solver = _Solver(guesses, forces, launch, hold_arrival, tolerance, workers)
    for _ in range(_PASSES if least_burn else 2):
        solver.refined(least_burn=least_burn)
    return solver.result()


class _Solver:
    """A batch of guesses on its way to be transfers."""

    def __init__(
        self, guesses: LowEnergyGuesses, forces: ForceModel, launch: LaunchTie | None, hold_arrival: bool,
        tolerance: float, workers: int | None,
    ) -> None:  # fmt: skip
        self.guesses, self.to, self.forces, self.hold_arrival = guesses, guesses.to, forces, hold_arrival
        self.parking = replace(guesses.parking, launch=launch)
        self.tolerance, self.workers = tolerance, workers
        self.x = np.concatenate([guesses.injection, guesses.arrival], axis=1)
        self.meet_tdb = guesses.apogee_tdb.copy()
        self.shooting: Shooting | None = None
        self.solution = Targeted(self.x, self.x, np.zeros(len(self.x), np.int8), np.zeros(len(self.x), np.int32))

    def refined(self, *, least_burn: bool) -> None:
        """All that is asked, from where the rows are."""
        shooting = self._shooting()
        rows = np.flatnonzero(self.solution.ok)
        if self.parking.launch:
            shooting.whole_turns = shooting.orbits(np.arange(len(self.x))).turns(self.x[:, 1])

        def evaluate(x: Floats, k: Rows) -> tuple[Floats, Floats]:
            return shooting.evaluate(x, rows[k])

        found = target(evaluate, self.x[rows], shooting.free, shooting.targets, max_iterations=_ITERATIONS)
        if least_burn:
            found = descended(evaluate, self._cost, found, shooting.free, shooting.targets, worth=_WORTH_KM_S)
        self._take(_placed(self.solution, rows, found))
        self.shooting = shooting

    def _shooting(self) -> Shooting:
        """The equations, with angles counted from the equators of where the rows are now."""
        arrival = self.guesses.arrival[:, 3] if self.hold_arrival else self.x[:, ARRIVAL_EPOCH]
        frame = Frame(self.meet_tdb, self.x[:, INJECTION_EPOCH], arrival)
        if self.shooting is not None:
            self._recount(frame)
        return Shooting(
            frame, self.parking, self.to, self.forces, hold_arrival=self.hold_arrival, tolerance=self.tolerance,
            workers=self.workers,
        )  # fmt: skip

    def _recount(self, frame: Frame) -> None:
        """Angles at the Moon, from the equator of another epoch."""
        assert self.shooting is not None
        states, _ = self.shooting.arrival(self.x, np.arange(len(self.x)))
        self.x[:, 4:] = self.to.variables_of(states, self.x[:, ARRIVAL_EPOCH], frame.arrival_tdb, self.forces)

    def _cost(self, x: Floats, rows: Rows) -> tuple[Floats, Floats]:
        burn, gradient = self.to.burn(x[:, 4:], self.forces)
        return burn, np.concatenate([np.zeros((len(x), 4)), gradient], axis=1)

    def _take(self, found: Targeted) -> None:
        """Keep what is solved; other rows stay where they were, and are no solutions."""
        self.solution = found
        self.x = np.where(found.ok[:, None], found.x, self.x)

    def result(self) -> LowEnergyTransfers:
        shooting, rows = self.shooting, np.arange(len(self.x))
        assert shooting is not None
        x, gm, radius = self.x, self.forces.gm("earth"), self.parking.radius_km
        injection, arrival = shooting.injection(x, rows)[0], shooting.arrival(x, rows)[0]
        flown = runs(self.forces, self.tolerance, self.workers, stop_at_impact=True)
        way = ways((injection, x[:, INJECTION_EPOCH]), (arrival, x[:, ARRIVAL_EPOCH]), self.meet_tdb, flown)
        status = np.where(self.solution.ok & way.hits, GROUND, self.solution.status).astype(np.int8)
        never = (np.full(len(x), np.nan),) * 2
        lift_off, coast = shooting.orbits(rows).lift_off(x[:, 1], x[:, 3]) if self.parking.launch else never
        burn, _ = self.to.burn(x[:, 4:], self.forces)

        def known(column: Floats) -> Floats:
            return np.where((status == 0).reshape(-1, *[1] * (column.ndim - 1)), column, np.nan)

        return LowEnergyTransfers(
            self.to,
            self.parking,
            self.forces,
            injection_tdb=known(x[:, INJECTION_EPOCH]),
            injection_states=known(injection),
            arrival_tdb=known(x[:, ARRIVAL_EPOCH]),
            arrival_states=known(arrival),
            meet_tdb=self.meet_tdb,
            tli_delta_v_km_s=known(x[:, 2] - np.sqrt(gm / radius)),
            c3_km2_s2=known(x[:, 2] ** 2 - 2.0 * gm / radius),
            insertion_delta_v_km_s=known(burn),
            insertion_km_s=known(self.to.burn_vectors(x[:, 4:], arrival, burn)),
            launch_tdb=known(lift_off),
            coast_s=known(coast),
            way=replace(
                way,
                apogee_km=known(way.apogee_km),
                apogee_tdb=known(way.apogee_tdb),
                quadrant=np.where(status == 0, way.quadrant, 0),
                flybys=np.where(status == 0, way.flybys, 0),
            ),
            solution=replace(self.solution, x=known(self.solution.x), status=status),
        )


def _placed(whole: Targeted, rows: Rows, part: Targeted) -> Targeted:
    """A solution with some rows replaced."""
    x, status, iterations = whole.x.copy(), whole.status.copy(), whole.iterations.copy()
    x[rows], status[rows] = part.x, part.status
    iterations[rows] += part.iterations
    residuals = np.full((len(x), part.residuals.shape[1]), np.nan)
    residuals[rows] = part.residuals
    return Targeted(x, residuals, status, iterations)


def _guesses(to: Arrival, parking: Parking, found: Passages, forces: ForceModel) -> LowEnergyGuesses:
    burn, _ = to.burn(found.arrival, forces)
    return LowEnergyGuesses(to, parking, found.injection, found.arrival, found.apogee_tdb, found.misfit_km2_s, burn)


def _require_arrival(to: object) -> None:
    if not isinstance(to, ToLowOrbit | ToStation):
        raise InputError(f"{to!r:.60}", where="to", allowed="ToLowOrbit(...), ToStation(...)")


def _parking(altitude_km: float, inclination_deg: float) -> Parking:
    altitude = scalar("parking_altitude_km", altitude_km, 100.0, 10_000.0, "km")
    tilt = scalar("parking_inclination_deg", inclination_deg, 0.0, 180.0, "deg")
    return Parking(RADIUS_KM["earth"] + altitude, float(np.radians(tilt)))


def _flight_times(tof_days: tuple[float, float]) -> tuple[float, float]:
    try:
        shortest, longest = tof_days
    except (TypeError, ValueError):
        raise InputError(f"{tof_days!r:.60}", where="tof_days", allowed="two numbers, least and most") from None
    shortest, longest = (scalar("tof_days", days, 30.0, 250.0, "days") for days in (shortest, longest))
    if not shortest < longest:
        raise InputError(f"{tof_days!r}", where="tof_days", allowed="the least before the most")
    return shortest, longest


def _with_sun(forces: ForceModel | None, workers: int | None, tolerance: float = 1e-12) -> ForceModel:
    """The force model, in which the Sun must be, and the Earth and the Moon."""
    forces = ForceModel() if forces is None else forces
    check_options(forces, "earth", tolerance, workers)
    for body in _PULLING:
        if not forces.gm(body) > 0.0:
            raise InputError(f"the {body} does not attract", where="forces", remedy=f'put "{body}" into its bodies')
    return forces
