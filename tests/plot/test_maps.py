"""Maps: where lines, names and bars stand, and that nothing is written over anything else."""

import re
from typing import Any

import numpy as np
import pytest

from lunarplan.plot import maps, style
from lunarplan.plot.terrain_map import hillshade, map_axes, site_map, terrain_map
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.projection import Grid, Stereographic
from tests.tolerances import MAP_KM

POLE = (-90.0, 0.0, 200e3)
PLACES = [POLE, (-88.8, 123.4, 20e3), (14.2, -56.7, 200e3), (85.0, -170.0, 60e3)]


def _texts(ax: Any) -> list[Any]:
    return [text for text in ax.texts if text.get_text()]


def _boxes(ax: Any) -> dict[str, Any]:
    ax.figure.canvas.draw()
    renderer = ax.figure.canvas.get_renderer()
    return {f"{k} {text.get_text()}": text.get_window_extent(renderer) for k, text in enumerate(_texts(ax))}


def test_no_degrees_on_the_letter_of_north() -> None:
    boxes = _boxes(terrain_map(Terrain.packaged().stereographic(-88.8, 123.4, 15e3)))
    letter = next(box for name, box in boxes.items() if name.endswith(" N"))
    assert not any(box.overlaps(letter) for box in boxes.values() if box is not letter)


@pytest.mark.parametrize("where", PLACES)
def test_degrees_stand_on_their_lines_and_inside_the_frame(where: tuple[float, float, float]) -> None:
    dem = Terrain.packaged().stereographic(*where)
    ax = terrain_map(dem)
    found = 0
    for text in _texts(ax):
        match = re.fullmatch(r"([\d.]+)°(?: ([NSEW]))?", text.get_text())
        if match is None:
            continue
        found += 1
        value = float(match[1]) * (-1.0 if match[2] in ("S", "W") else 1.0)
        latitude, longitude = dem.grid.projection.inverse(*(1000.0 * np.array(text.get_position())))
        actual = float(latitude) if match[2] in ("N", "S") else float(longitude)
        assert (actual - value + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=1e-6)
    assert found >= 4
    frame = ax.get_window_extent()
    for name, box in _boxes(ax).items():
        assert frame.x0 - 1 <= box.x0, name
        assert box.x1 <= frame.x1 + 1, name
        assert frame.y0 - 1 <= box.y0, name
        assert box.y1 <= frame.y1 + 1, name


def test_the_scale_bar_is_as_long_as_it_says() -> None:
    grid = Grid.about(-84.0, 30.0, 30e3, 500.0)
    ax = map_axes(grid)
    maps.frame(ax, grid)
    maps.scale_bar(ax, grid)
    (x0, x1), y = ax.lines[-1].get_xdata(), ax.lines[-1].get_ydata()[0]
    told = float(re.fullmatch(r"([\d.]+) km", ax.texts[-1].get_text())[1])  # type: ignore[index]
    (la, lb), (oa, ob) = grid.projection.inverse(1000.0 * np.array([x0, x1]), 1000.0 * np.array([y, y]))
    angle = np.arccos(
        np.sin(np.radians(la)) * np.sin(np.radians(lb))
        + np.cos(np.radians(la)) * np.cos(np.radians(lb)) * np.cos(np.radians(ob - oa))
    )
    assert 1737.4 * angle == pytest.approx(told, abs=MAP_KM)


def test_the_arrow_points_north() -> None:
    grid = Grid.about(-84.0, 30.0, 30e3, 500.0)
    polar = Grid(Stereographic(-90.0), grid.x0_m + 90e3, grid.y0_m + 155e3, 500.0, grid.shape)
    for given in (grid, polar):
        ax = map_axes(given)
        maps.frame(ax, given)
        maps.north_arrow(ax, given)
        arrow = next(text for text in ax.texts if text.get_text() == "")
        head, tail = np.array(arrow.xy), np.array(arrow.get_position())
        (la, lb), (oa, ob) = given.projection.inverse(*(1000.0 * np.array([tail, head]).T))
        assert lb > la
        assert ob == pytest.approx(oa, abs=0.2)


def test_about_a_pole_there_is_no_arrow() -> None:
    ax = terrain_map(Terrain.packaged().stereographic(*POLE))
    assert "N" not in [text.get_text() for text in _texts(ax)]


def test_names_stand_beside_one_another() -> None:
    dem = Terrain.packaged().stereographic(*POLE)
    ax = map_axes(dem.grid)
    maps.frame(ax, dem.grid)
    latitude = [-85.43, -85.44, -85.2, -85.9, -83.9]
    longitude = [31.7, 37.3, 33.0, 0.0, 58.8]
    maps.places(
        ax, dem.grid, latitude, longitude, ["Mons Mouton", "Nobile Rim 1", "Plateau", "Malapert", "Nobile Rim 2"]
    )
    boxes = list(_boxes(ax).values())
    assert len(boxes) == 5
    for k, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:k])


def test_shade_of_level_ground_and_of_slopes() -> None:
    level = hillshade(np.zeros((5, 6)), 100.0)
    assert level == pytest.approx(np.sin(np.radians(35.0)))
    x, y = np.meshgrid(np.arange(6.0), np.arange(5.0))
    towards, away = hillshade(20.0 * (x + y), 100.0), hillshade(-20.0 * (x + y), 100.0)  # lit from the upper left
    assert (towards > level + 0.1).all()
    assert (away < level - 0.1).all()
    holes = np.zeros((5, 6))
    holes[2, 2] = np.nan
    assert np.isnan(hillshade(holes, 100.0)).sum() == 5
    assert hillshade(np.zeros((1, 4)), 100.0).shape == (1, 4)


def test_a_map_leaves_the_callers_settings_alone() -> None:
    import matplotlib as mpl

    before = mpl.rcParams.copy()
    ax = site_map(Terrain.packaged().stereographic(-88.8, 123.4, 15e3), -88.8, 123.4, "Chang'e-7")
    assert ax.get_title(loc="left") == "Chang'e-7"
    assert mpl.rcParams == before
    assert ax.figure.get_size_inches()[0] <= style.PAGE_IN
