"""The station of a mission: an orbit of the three-body problem in the real sky, and where on it things are when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.epochs import utc_iso
from lunarplan.orbits.catalogue import family
from lunarplan.orbits.long_orbit import EphemerisOrbit, carry
from lunarplan.orbits.units import EARTH_MOON_384400

if TYPE_CHECKING:
    from lunarplan.config.distant import DistantOrbit
    from lunarplan.model.forces import ForceModel
    from lunarplan.orbits.orbit import PeriodicOrbit

_LEAST_TURNS = 0.6
_ON_TIME_S, _MOST_STEPS = 1e-3, 20
_EDGE_S = 3600.0
_HALF_YEAR_S = 0.5 * 365.25 * SECONDS_PER_DAY


def periodic_orbit(terms: DistantOrbit) -> PeriodicOrbit:
    """The member of the family; raises InfeasibleError if there is none."""
    return family(terms.family, EARTH_MOON_384400).select(**terms.selection, which=terms.which)


def begun_in_phase(orbit: PeriodicOrbit, start: float, end: float, forces: ForceModel, phase: float) -> EphemerisOrbit:
    """The orbit in the real sky, begun in a phase."""
    turns = max((end - start) / SECONDS_PER_DAY / orbit.period_days, _LEAST_TURNS)
    return carry(orbit, start, revolutions=turns, forces=forces, phase=phase)


def with_perilune(
    orbit: PeriodicOrbit, start: float, end: float, forces: ForceModel, perilune_tdb: float
) -> EphemerisOrbit:
    """The orbit in the real sky that passes a perilune at an epoch, at least from start to end.

    There are many, by hours and thousands of km in a month, with how long they are to last. It is the one carried from
    half a year before the perilune to half a year after, or as many half years as are needed: missions near one
    another in time meet the same station. Its phase moves until the perilune is there: what the real orbit is late by
    changes little with the phase.

    Raises InputError for an epoch the ephemeris does not know, ConvergenceError if there is no such phase.
    """
    first, last = forces.source.start_tdb, forces.source.end_tdb
    if not first < perilune_tdb < last:
        raise InputError(
            f"a perilune at {utc_iso(perilune_tdb, 0)} is beyond {forces.source.name}",
            where="distant_orbit.perilune_epoch", allowed=f"{utc_iso(first, 0)} to {utc_iso(last, 0)}",
            remedy="give one nearer to the mission",
        )  # fmt: skip
    start, end = _in_half_years(perilune_tdb, start, end, forces)
    period_s = orbit.period_days * SECONDS_PER_DAY
    phase = (start - perilune_tdb) / period_s
    for _ in range(_MOST_STEPS):
        station = begun_in_phase(orbit, start, end, forces, phase)
        late = station.perilunes.tdb - perilune_tdb
        late_s = float(late[np.abs(late).argmin()]) if len(late) else 0.5 * period_s
        if abs(late_s) < _ON_TIME_S:
            return station
        phase += late_s / period_s
    raise ConvergenceError(
        f"followed from {utc_iso(start, 0)} to {utc_iso(end, 0)}, no station has its perilune at "
        f"{utc_iso(perilune_tdb, 0)}",
        where="distant_orbit.perilune_epoch",
        remedy="give a perilune nearer to the mission",
    )


def _in_half_years(middle: float, start: float, end: float, forces: ForceModel) -> tuple[float, float]:
    """A span from whole half years before an epoch to whole ones after it, as far as the ephemeris goes."""
    before, after = (max(1.0, np.ceil(span / _HALF_YEAR_S)) * _HALF_YEAR_S for span in (middle - start, end - middle))
    first, last = forces.source.start_tdb + _EDGE_S, forces.source.end_tdb - _EDGE_S
    return max(middle - before, min(start, first)), min(middle + after, max(end, last))
