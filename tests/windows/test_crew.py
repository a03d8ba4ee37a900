"""Daylight at splashdown, by a simple model of the way home."""

import pickle

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.earth_orientation import itrf_matrix
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.stations import GroundStation, station_sky
from lunarplan.windows.constraint import evaluate
from lunarplan.windows.crew import BestSplashdown, splashdown_daylight
from tests.tolerances import ARTEMIS_SPLASHDOWN_MIN, OPPOSITE_RAD
from tests.windows.batches import DAY, launched, two_months

EPHEMERIS = Ephemeris.packaged()
SITE = GroundStation("off Baja California", 30.0, -118.0)
CLASSES = [(25.0, 28.0), (38.0, 42.5)]


def model(classes):
    return BestSplashdown(tuple((DAY * a, DAY * b) for a, b in classes), SITE, 6.0 * DAY)


def test_artemis_1_came_down_when_the_model_says():
    """11 December 2022, 17:40 UTC: NASA; six days and an hour after the last flyby."""
    lift_off = np.array([tdb_seconds("2022-11-16T06:47:44")])
    splashdowns = [epochs for epochs, within in model(CLASSES).splashdowns(lift_off, EPHEMERIS) if within.all()]
    miss = np.abs(np.array(splashdowns) - tdb_seconds("2022-12-11T17:40:00")).min() / 60.0
    assert miss < ARTEMIS_SPLASHDOWN_MIN


def test_the_site_is_opposite_to_where_the_moon_was():
    """By the full rotation of the Earth, of another precession and nutation."""
    lift_offs = tdb_seconds("2026-01-01") + DAY * np.linspace(0.0, 300.0, 40)
    for epochs, _ in model(CLASSES).splashdowns(lift_offs, EPHEMERIS):
        passage = epochs - 6.0 * DAY
        moon = np.einsum("nij,nj->ni", equator_of_date(epochs), EPHEMERIS.position("moon", "earth", passage))
        site = np.einsum("nij,nkj,k->ni", equator_of_date(epochs), itrf_matrix(epochs), SITE.position_km)
        apart = np.arctan2(moon[:, 1], moon[:, 0]) - np.arctan2(site[:, 1], site[:, 0])
        assert np.abs(np.remainder(apart, 2.0 * np.pi) - np.pi).max() < OPPOSITE_RAD


def test_one_splashdown_a_day_of_every_class():
    """A lunar day: 24 h 50 min, a quarter of an hour more or less. None but those within the durations counts."""
    lift_offs = tdb_seconds("2026-01-01") + DAY * np.linspace(0.0, 30.0, 11)
    for first, last in CLASSES:
        epochs, within = zip(*model([(first, last)]).splashdowns(lift_offs, EPHEMERIS), strict=True)
        days = (np.array(epochs) - lift_offs) / DAY
        assert days[0].min() > first - 1.0 / 24.0
        assert days[0].max() < first + 1.06
        assert (np.array(within) == (days <= last)).all()
        assert set(np.sum(within, axis=0)) <= {int(last - first) - 1, int(last - first), int(last - first) + 1}
        assert 24.0 * np.diff(days, axis=0) == pytest.approx(24.0 + 50.0 / 60.0, abs=0.3)


def test_margins_are_of_the_highest_sun():
    transfers = launched()
    constraint = splashdown_daylight([(26.0, 28.0)], 30.0, -118.0, at_least_deg=10.0)
    margins = evaluate([constraint], transfers)[:, 0]
    suns = [
        np.where(within, station_sky(SITE, "sun", tdb, EPHEMERIS).elevation_deg, -90.0)
        for tdb, within in model([(26.0, 28.0)]).splashdowns(transfers.launch_tdb, EPHEMERIS)
    ]
    np.testing.assert_array_equal(margins, np.max(suns, axis=0) - 10.0)
    more = evaluate([splashdown_daylight(CLASSES, 30.0, -118.0, at_least_deg=10.0)], transfers)[:, 0]
    assert (
        more >= evaluate([splashdown_daylight(CLASSES[:1], 30.0, -118.0, at_least_deg=10.0)], transfers)[:, 0]
    ).all()
    assert pickle.loads(pickle.dumps(constraint)) == constraint
    for row in range(len(margins)):
        one = evaluate([constraint], transfers.rows(np.array([row])))[0, 0]
        assert one == pytest.approx(margins[row], abs=1e-9)


def test_without_a_launch_there_is_no_splashdown():
    with pytest.raises(InputError, match="no lift-off"):
        evaluate([splashdown_daylight(CLASSES, 30.0, -118.0)], two_months())


@pytest.mark.parametrize(
    ("durations", "place", "changes"),
    [
        ([], (30.0, -118.0), {}),
        ((26.0, 28.0), (30.0, -118.0), {}),
        (26.0, (30.0, -118.0), {}),
        ("a month", (30.0, -118.0), {}),
        ([(26.0, 28.0), (38.0,)], (30.0, -118.0), {}),
        ([(26.0, 26.5)], (30.0, -118.0), {}),
        ([(28.0, 26.0)], (30.0, -118.0), {}),
        ([(np.nan, 26.0)], (30.0, -118.0), {}),
        (CLASSES, (95.0, -118.0), {}),
        (CLASSES, (30.0, np.inf), {}),
        (CLASSES, (30.0, -118.0), {"at_least_deg": 91.0}),
        (CLASSES, (30.0, -118.0), {"return_days": 0.0}),
    ],
)
def test_what_makes_no_sense_is_refused(durations, place, changes):
    with pytest.raises(InputError, match="splashdown_daylight"):
        splashdown_daylight(durations, *place, **changes)
