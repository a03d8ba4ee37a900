"""Batches of solved transfers that several tests look at."""

from functools import cache

import numpy as np

from lunarplan.model.epochs import tdb_seconds
from lunarplan.transfers.to_moon.direct import LaunchTie, Transfers, direct_transfers, problem

DAY = 86400.0
USUAL = {
    "parking_altitude_km": 200.0,
    "parking_inclination_deg": 35.0,
    "perilune_altitude_km": 100.0,
    "lunar_inclination_deg": 90.0,
}


@cache
def two_months() -> Transfers:
    """Every third day around the lunar eclipse of 14 March 2025 from both nodes; one row that has no solution."""
    days = np.repeat(np.arange(0.0, 60.0, 3.0), 2)
    inclination = np.full(len(days), 35.0)
    inclination[5] = 1.0  # the Moon's declination is out of reach
    north = np.tile([1, -1], len(days) // 2)
    start = tdb_seconds("2025-02-15T07:00:00")
    transfers = direct_transfers(
        problem(
            start + days * DAY,
            np.resize([3.2, 4.0, 4.8, 5.6], len(days)) * DAY,
            northbound_departure=north,
            **(USUAL | {"parking_inclination_deg": inclination}),
        )
    )
    assert list(np.flatnonzero(~transfers.ok)) == [5]
    return transfers


@cache
def into_the_shadow() -> Transfers:
    """Arrivals in the days around the eclipse of 14 March 2025: coasts along the Earth's shadow, long and short."""
    start = tdb_seconds("2025-03-12T07:00:00")
    hours = np.arange(0.0, 96.0, 12.0)
    return direct_transfers(problem(start + 3600.0 * hours, 4.2 * DAY, **USUAL))


@cache
def launched() -> Transfers:
    """From a pad at the Cape, with a parking coast."""
    start = tdb_seconds("2026-05-01")
    days = np.arange(0.0, 10.0, 2.0)
    return direct_transfers(problem(start + days * DAY, 4.5 * DAY, **USUAL), launch=LaunchTie.from_site("ksc-39b"))
