"""Pictures of lunar orbits: what is drawn is what is known, and nothing is cut off."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from lunarplan.errors import InputError
from lunarplan.model.epochs import tdb_seconds
from lunarplan.orbits.coverage import Contacts
from lunarplan.orbits.ground_track import GroundTrack
from lunarplan.orbits.history import Fate
from lunarplan.plot import lunar_orbits as plot
from tests.plot.pictures import cut_off

_TDB = float(tdb_seconds("2027-01-01"))


def history(rows: int = 3, days: int = 60) -> Any:
    """Orbits that swing; the last one hits the Moon half-way."""
    t = np.arange(days)
    argp = (40.0 * np.arange(rows)[:, None] + 6.0 * t) % 360.0
    e = 0.02 + 0.01 * np.sin(0.1 * t + np.arange(rows)[:, None])
    low = 1837.4 * (1.0 - e) - 1737.4
    low[-1, days // 2] = 0.0
    low[-1, days // 2 + 1 :] = np.nan
    fate = np.zeros(rows, np.int8)
    fate[-1] = Fate.IMPACT
    vector = e[..., None] * np.stack([np.cos(np.radians(argp)), np.sin(np.radians(argp))], axis=-1)
    return SimpleNamespace(
        epochs_tdb=_TDB + 86400.0 * (t + 0.5), lowest_altitude_km=low, highest_altitude_km=low + 120.0, eccentricity=e,
        eccentricity_vector=vector, inclination_deg=86.0 + 0.0 * e, argp_deg=argp, fate=fate, alive=fate == 0,
    )  # fmt: skip


def track() -> GroundTrack:
    t = np.linspace(0.0, 6.0, 400)
    latitude = np.stack([80.0 * np.sin(7.0 * t), 20.0 * np.sin(7.0 * t)])
    longitude = (np.stack([400.0 * t, -300.0 * t]) + 180.0) % 360.0 - 180.0
    return GroundTrack(_TDB + t, latitude, longitude, 0.0 * latitude, 0.0 * latitude)


def lives(alive: bool = True) -> xr.Dataset:
    life = np.random.default_rng(1).uniform(2.0, 30.0, (3, 5, 4))
    fate = np.where(life > 20.0, Fate.ALIVE if alive else Fate.IMPACT, Fate.IMPACT)
    axes = {"altitude": [30.0, 60.0, 90.0], "inclination": np.arange(10.0, 100.0, 20.0), "node": np.arange(4) * 90.0}
    over = ("altitude", "inclination", "node")
    return xr.Dataset({"life": (over, life), "fate": (over, fate)}, axes, {"duration_days": 30.0})


def cover() -> xr.Dataset:
    latitude, longitude = np.arange(-80.0, 81.0, 20.0), np.arange(10.0, 360.0, 20.0)
    over = ("latitude", "longitude")
    grid = np.add.outer(latitude + 90.0, longitude) / 600.0
    data = {name: (over, scale * grid) for name, scale in (("fraction", 1.0), ("longest_gap", 24.0), ("passes", 9.0))}
    return xr.Dataset(data, {"latitude": latitude, "longitude": longitude})


def table() -> Contacts:
    start = _TDB + 7200.0 * np.arange(12.0)
    orbit, site = np.repeat([0, 1], 6), np.tile(np.repeat([0, 1], 3), 2)
    return Contacts(orbit, site, start, start + 3600.0, (_TDB, _TDB + 86400.0), (2, 2), np.ones(2, bool))


_PICTURES = {
    "history": lambda: plot.orbit_history(history(), labels=["first", "second", "third"]),
    "eighteen": lambda: plot.orbit_history(history(18)),
    "perilune": lambda: plot.perilune_altitude(history()).figure,
    "vector": lambda: plot.eccentricity_vector(history()).figure,
    "track": lambda: plot.ground_track(track()).figure,
    "coverage": lambda: plot.coverage(cover()).figure,
    "gaps": lambda: plot.coverage(cover(), "longest_gap").figure,
    "lives": lambda: plot.lifetimes(lives()).figure,
    "lives by node": lambda: plot.lifetimes(lives(), altitude_km=60.0).figure,
    "none alive": lambda: plot.lifetimes(lives(alive=False)).figure,
    "contacts": lambda: plot.contact_strips(table()).figure,
}


@pytest.mark.parametrize("name", _PICTURES)
def test_nothing_is_cut_off(name: str) -> None:
    figure = _PICTURES[name]()
    assert isinstance(figure, Figure)
    assert cut_off(figure) == []


def test_lines_are_the_elements_and_end_with_the_orbit() -> None:
    given = history()
    panels = plot.orbit_history(given).axes
    lowest = panels[1].lines
    np.testing.assert_array_equal([line.get_ydata() for line in lowest], given.lowest_altitude_km)
    argp = panels[4].lines[0].get_ydata()
    known = np.isfinite(argp)
    np.testing.assert_array_equal(argp[known], given.argp_deg[0][known])
    assert (np.abs(np.diff(argp)[known[1:] & known[:-1]]) < 180.0).all()
    assert (~known).sum() == (np.abs(np.diff(given.argp_deg[0])) > 180.0).sum()


def test_a_cross_marks_the_impact() -> None:
    ax = plot.perilune_altitude(history())
    crosses = [line for line in ax.lines if line.get_marker() == "x"]
    assert len(crosses) == 1
    assert crosses[0].get_ydata()[0] == 0.0


def test_tracks_run_to_the_edges_of_the_map() -> None:
    one = track()
    longitude, latitude = plot.to_the_edges(one.longitude_deg[0], one.latitude_deg[0])
    breaks = np.flatnonzero(np.isnan(longitude))
    assert len(breaks) == (np.abs(np.diff(one.longitude_deg[0])) > 180.0).sum() > 0
    np.testing.assert_array_equal(longitude[breaks - 1], 180.0)
    np.testing.assert_array_equal(longitude[breaks + 1], -180.0)
    np.testing.assert_array_equal(latitude[breaks - 1], latitude[breaks + 1])
    steps = np.diff(longitude)
    assert (np.abs(steps[np.isfinite(steps)]) < 10.0).all()
    kept = np.isin(longitude, one.longitude_deg[0])
    np.testing.assert_array_equal(longitude[kept], one.longitude_deg[0])


def test_colours_are_the_values() -> None:
    given = cover()
    mesh = plot.coverage(given).collections[0]
    shown = np.sort(np.asarray(mesh.get_array()).ravel())
    np.testing.assert_array_equal(shown, np.sort(given.fraction.values.ravel()))
    mesh = plot.lifetimes(lives(), altitude_km=60.0).collections[0]
    picked = lives().sel(altitude=60.0)
    assert np.ma.getmaskarray(np.ma.masked_invalid(mesh.get_array())).sum() == int((picked.fate == Fate.ALIVE).sum())


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(InputError, match="rows"):
        plot.orbit_history(history(), rows=[7])
    with pytest.raises(InputError, match="rows"):
        plot.perilune_altitude(history(), rows=[])
    nothing = history()
    nothing.lowest_altitude_km[:] = np.nan
    with pytest.raises(InputError, match="flown"):
        plot.eccentricity_vector(nothing)
    with pytest.raises(InputError, match="what"):
        plot.coverage(cover(), "colour")
    with pytest.raises(InputError, match="2 by 2"):
        plot.lifetimes(lives().isel(inclination=[0]))


def test_tracks_are_told_apart_where_they_have_names() -> None:
    assert plot.ground_track(track()).get_legend() is None
    key = plot.ground_track(track(), rows=[0], labels=["86 deg"]).get_legend()
    assert [text.get_text() for text in key.get_texts()] == ["86 deg"]
