"""Scans for launch windows, and what is asked of them."""

from dataclasses import dataclass

import numpy as np

from lunarplan.model.epochs import utc_iso
from lunarplan.scans.grid import Grid
from lunarplan.scans.scan import scan
from lunarplan.windows.launches import NORTHBOUND, SOUTHBOUND

DAY, MINUTE = 86400.0, 60.0
CLOSED_FOR_A_WEEK = 7


@dataclass(frozen=True)
class Found:
    """Converged launches of a scan, float64[N] each, TDB s.

    margins : float64[N, constraints]; days : the calendar, datetime64[D]; at : the event that is dated by days
    """

    days: np.ndarray
    at: np.ndarray
    opportunity: np.ndarray
    tof_s: np.ndarray
    azimuth_deg: np.ndarray
    margins: np.ndarray

    def where(self, keep):
        return Found(
            self.days, *(x[keep] for x in (self.at, self.opportunity, self.tof_s, self.azimuth_deg, self.margins))
        )

    def keeping(self, *constraints):
        """Those that keep some constraints, by their numbers; all of them if none is named."""
        columns = self.margins[:, constraints] if constraints else self.margins
        return self.where((columns >= 0.0).all(axis=1))

    @property
    def open(self):
        """Which days are open, bool[days]."""
        return np.isin(self.days, days_of(self.at))

    @property
    def starts(self):
        """First days of runs, a week or more after the one before; not that which the scan begins with."""
        which = np.flatnonzero(self.open)
        after = np.diff(which) > CLOSED_FOR_A_WEEK
        firsts = which[1:][after]
        return self.days[firsts if which[0] < CLOSED_FOR_A_WEEK else np.concatenate([which[:1], firsts])]

    def of_the_day(self, tdb, opportunity=None):
        """Those within half a day of an epoch."""
        near = np.abs(self.at - tdb) < 0.5 * DAY
        return self.where(near if opportunity is None else near & (self.opportunity == opportunity))


def days_of(tdb):
    """UTC days of epochs, one of each."""
    return np.unique(utc_iso(tdb).astype("U10").astype("datetime64[D]")) if len(tdb) else np.empty(0, "datetime64[D]")


def calendar(first, last):
    return np.arange(np.datetime64(first), np.datetime64(last) + 1)


BOTH = (NORTHBOUND, SOUTHBOUND)


def scanned(job, days, tof_days, azimuths_deg, *, opportunities=BOTH, arrivals=BOTH, at="launch_tdb"):
    """Scan, and collect the launches found, whether they keep the rules or not."""
    grid = Grid(
        {
            "launch_day": days,
            "opportunity": np.array(opportunities),
            "arrival": np.array(arrivals),
            "tof_s": DAY * np.asarray(tof_days),
            "azimuth_deg": np.asarray(azimuths_deg, float),
        }
    )
    answer = scan(job, grid)
    cells = grid.cells(0, grid.size)
    epochs = answer[at].values.ravel()
    margins = answer["margin"].values.reshape(grid.size, -1)
    everything = Found(days, epochs, cells["opportunity"], cells["tof_s"], cells["azimuth_deg"], margins)
    return everything.where(np.isfinite(epochs))


def minutes_outside(found, tdb):
    """How far an epoch is from the window that launches span, 0 inside; NaN without any."""
    if not len(found.at):
        return np.nan
    return max(found.at.min() - tdb, tdb - found.at.max(), 0.0) / MINUTE
