"""Pictures of orbits over years: what they show is what the orbit is."""

from typing import Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection

from lunarplan.errors import InputError
from lunarplan.orbits.eclipses import Eclipses, eclipses
from lunarplan.orbits.long_orbit import EphemerisOrbit, carry
from lunarplan.orbits.station_keeping import Errors, Strategy, Upkeep
from lunarplan.plot import long_orbits as plot
from lunarplan.plot import style
from tests.orbits.periodic import NRHO
from tests.plot.pictures import curves, cut_off, overlapping

MOON_AT = 1.0 - NRHO.mu


@pytest.fixture(scope="module")
def orbit() -> EphemerisOrbit:
    return carry(NRHO, "2027-01-01", revolutions=12, phase=0.5)


def lines(ax: Any, kind: type = LineCollection) -> list[np.ndarray]:
    return [np.concatenate(c.get_segments()) for c in ax.collections if isinstance(c, kind) and len(c.get_segments())]


def test_views_are_the_orbit_from_three_sides(orbit: EphemerisOrbit) -> None:
    figure = plot.orbit_views(orbit)
    assert len(figure.axes) == 4
    low = orbit.perilunes.radius_km.min() * 1e-3
    for ax, axes in zip(figure.axes, ([0, 2], [1, 2], [0, 1]), strict=False):
        (seen,) = lines(ax)
        place = (orbit.rotating(orbit.apolunes.tdb)[:, :3] - [MOON_AT, 0.0, 0.0])[:, axes] * 385.0
        nearest = np.linalg.norm(seen[:, None] - place, axis=2).min(axis=0)
        assert nearest.max() < 3.0  # thousand km: the unit is the mean distance of what is drawn
        assert np.linalg.norm(seen, axis=1).max() < 80.0
    depth = np.linalg.norm(lines(figure.axes[1])[0], axis=1).min()
    assert depth == pytest.approx(low, rel=0.2)
    assert not overlapping(figure)
    assert not cut_off(figure)


def test_at_rest_is_the_orbit_from_above(orbit: EphemerisOrbit) -> None:
    (line,) = curves(plot.orbit_views(orbit).axes[3], color=style.COAST)
    first = np.linalg.norm(orbit.states[0, :3]) * 1e-3
    x, y = line.get_xydata()[0]
    moon = orbit.clock.frame.ephemeris.state("moon", "earth", orbit.tdb[:1])[0]
    normal = np.cross(moon[:3], moon[3:])
    height = orbit.states[0, :3] @ normal / np.linalg.norm(normal) * 1e-3
    assert np.hypot(x, y) == pytest.approx(np.sqrt(first**2 - height**2), abs=1e-6)


def test_strip_has_a_bar_for_every_eclipse(orbit: EphemerisOrbit) -> None:
    found = [eclipses(orbit, body) for body in ("earth", "moon")]
    assert sum(len(some) for some in found) > 0
    ax = plot.eclipse_strip(found, limit_min=90.0)
    tops = np.concatenate([seen[:, 1] for seen in lines(ax)])
    for some in found:
        for duration in some.duration_s / 60.0:
            assert np.abs(tops - duration).min() < 1e-9
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts[0] == f"by the Earth: {len(found[0]) or 'none'}"
    assert not overlapping(ax.figure)


def test_strip_without_eclipses_says_none() -> None:
    none = Eclipses("earth", np.empty(0), np.empty(0), np.empty(0))
    ax = plot.eclipse_strip(none)
    assert ax.get_legend().get_texts()[0].get_text() == "by the Earth: none"
    with pytest.raises(InputError):
        plot.eclipse_strip([])


def test_history_has_every_perilune(orbit: EphemerisOrbit) -> None:
    ax = plot.perilune_history(orbit)
    (line,) = curves(ax, color=style.COAST)
    np.testing.assert_array_equal(line.get_ydata(), orbit.perilunes.radius_km)
    assert not cut_off(ax.figure)


def test_histogram_holds_the_samples_that_were_kept() -> None:
    cost = np.random.default_rng(1).uniform(1.0, 3.0, (50, 4))
    cost[7] = np.nan
    status = np.where(np.isnan(cost[:, 0]), 3, 0).astype(np.int8)
    ax = plot.upkeep_histogram(Upkeep(np.arange(4.0), cost, cost, status, 2.0, Errors(), Strategy(), 1))
    assert sum(patch.get_height() for patch in ax.patches) == 49
    assert ax.get_ylabel() == "Samples of 49 kept, 1 lost"
    assert f"{np.nanmean(cost.sum(axis=1)[status == 0] / 2.0):.2f} m/s" in ax.get_legend().get_texts()[0].get_text()
