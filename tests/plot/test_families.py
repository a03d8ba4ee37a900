"""Families of periodic orbits: three projections to one scale."""

from typing import Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm
from matplotlib.patches import Circle

from lunarplan import InputError, plot
from lunarplan.orbits.catalogue import family
from lunarplan.orbits.units import EARTH_MOON_JPL
from tests.orbits.families import UNITS, shared
from tests.plot.pictures import cut_off, overlapping, written

SHOWN = [
    ("L2 halo south",),
    ("L1 halo north", "L2 halo south"),
    ("DRO",),
    ("L4 short period",),
    ("butterfly south",),
    ("L2 vertical",),
    ("L3 axial",),
    ("resonant 3:1",),
]


def lines(ax: Any) -> LineCollection:
    (found,) = (c for c in ax.collections if isinstance(c, LineCollection))
    return found


@pytest.mark.parametrize(("color_by", "names"), [*zip(["stability", "jacobi"] * 4, SHOWN, strict=True)])
def test_nothing_covers_another_and_nothing_is_cut_off(color_by: str, names: tuple[str, ...]) -> None:
    figure = plot.orbit_family(*map(shared, names), color_by=color_by, orbits=6)
    assert overlapping(figure) == []
    assert cut_off(figure) == []
    assert figure.get_size_inches()[0] <= plot.PAGE_IN + 1e-9
    assert figure.get_size_inches()[1] < 10.0


def test_all_projections_have_one_scale_and_the_moon_has_its_size() -> None:
    figure = plot.orbit_family(shared("L2 halo south"), orbits=5)
    scales = []
    for ax in figure.axes[:3]:
        (moon,) = (p for p in ax.patches if isinstance(p, Circle) and p.get_center() == (0.0, 0.0))
        assert moon.get_radius() == pytest.approx(1.7374)
        box = ax.get_window_extent()
        scales += [box.width / np.ptp(ax.get_xlim()), box.height / np.ptp(ax.get_ylim())]
    assert scales == pytest.approx([scales[0]] * 6, rel=1e-9)


def test_orbits_are_those_of_the_family_and_closed() -> None:
    members = shared("L2 halo south")
    ax = plot.orbit_projection(members, plane="xz", orbits=4)
    paths = np.array(lines(ax).get_segments())
    assert paths.shape[0] == 4
    assert np.abs(paths[:, 0] - paths[:, -1]).max() < 1e-6
    first = (members.states[0, [0, 2]] - [1.0 - UNITS.mu, 0.0]) * UNITS.length_km * 1e-3
    assert paths[0, 0] == pytest.approx(first, abs=1e-9)
    assert paths[-1, 0, 1] < 0.0


def test_below_the_surface_is_not_drawn() -> None:
    members = shared("L2 halo south")
    segments = lines(plot.orbit_projection(members, plane="xz", orbits=60)).get_segments()
    assert len(segments) == members.above_surface.sum()


def test_colours_are_the_indices_or_the_constants() -> None:
    members = shared("L2 halo south")
    drawn = lines(plot.orbit_projection(members, orbits=7))
    assert isinstance(drawn.norm, LogNorm)
    assert drawn.get_array()[0] == pytest.approx(members.stability_index[0])
    constants = lines(plot.orbit_projection(members, color_by="jacobi", orbits=7)).get_array()
    assert constants[0] == pytest.approx(members.jacobi[0])
    even = lines(plot.orbit_projection(shared("L4 short period"), orbits=4))
    assert even.norm.vmin < even.norm.vmax


def test_what_is_within_the_picture_is_named() -> None:
    texts = {t.get_text() for t in written(plot.orbit_family(shared("DRO"), orbits=4))}
    assert {"L1", "L2", "L4", "L5", "DRO"} <= texts
    assert "L3" not in texts
    assert "$x$ from the barycentre (10³ km)" in texts
    texts = {t.get_text() for t in written(plot.orbit_family(shared("L2 halo south"), orbits=4))}
    assert "L1" not in texts
    assert "$x$ from the Moon (10³ km)" in texts
    assert "stability index" in texts


def test_a_flat_family_has_one_view() -> None:
    assert len(plot.orbit_family(shared("DRO"), orbits=3).axes) == 2
    assert len(plot.orbit_family(shared("L2 vertical"), orbits=3).axes) == 4


def test_axes_that_are_given_are_drawn_on() -> None:
    with plot.house_style():
        ax = plot.orbit_projection(shared("DRO"), orbits=2)
        assert plot.orbit_projection(shared("LPO"), ax=ax, orbits=2) is ax


@pytest.mark.parametrize(
    ("change", "match"),
    [({"color_by": "period"}, "color_by"), ({"orbits": 0}, "orbits"), ({"orbits": 1.5}, "orbits")],
)
def test_bad_input(change: Any, match: str) -> None:
    with pytest.raises(InputError, match=match):
        plot.orbit_family(shared("DRO"), **change)


def test_units_are_not_mixed() -> None:
    other = family("DRO", EARTH_MOON_JPL, members=3)
    with pytest.raises(InputError, match="unit sets"):
        plot.orbit_family(shared("DRO"), other)
    with pytest.raises(InputError, match="families"):
        plot.orbit_family()
    with pytest.raises(InputError, match="plane"):
        plot.orbit_projection(shared("DRO"), plane="zx")
