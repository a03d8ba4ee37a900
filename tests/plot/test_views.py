"""Views from above the Moon's orbit."""

from typing import Any

import numpy as np
import pytest
from matplotlib.patches import Circle

from lunarplan import Ephemeris, plot
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM
from lunarplan.model.frames import rotation
from lunarplan.plot import style, views
from lunarplan.plot.flight import Flight
from tests.plot import made
from tests.plot.pictures import curves
from tests.tolerances import CENTRE_CHANGE_ROUNDING_KM, DRAWN_RELATIVE, LIBRATION_POINT_DIGITS


def test_inertial_is_a_projection_of_the_flight_up_to_arrival(plan: Any) -> None:
    ax = plot.inertial(plan)
    (line,) = curves(ax, color=style.COAST)
    trajectory, tdb = plan.trajectory, Flight.of(plan).tdb
    tdb = tdb[tdb <= made.LOI_TDB]
    turn = rotation("earth_moon_rotating", made.LOI_TDB, Ephemeris.packaged())
    expected = trajectory.at(tdb)[:, :3] @ turn[:2].T * 1e-3
    np.testing.assert_allclose(line.get_xydata(), expected, rtol=0.0, atol=CENTRE_CHANGE_ROUNDING_KM)


def test_inertial_axes_keep_distances_and_show_the_moon_at_arrival(plan: Any) -> None:
    ax = plot.inertial(plan)
    (moon,) = curves(ax, color=style.FAINT)
    distance = np.linalg.norm(Ephemeris.packaged().position("moon", "earth", np.array([made.LOI_TDB]))) * 1e-3
    assert moon.get_xydata()[-1] == pytest.approx((distance, 0.0), abs=CENTRE_CHANGE_ROUNDING_KM)


def test_rotating_agrees_with_the_frames_of_the_model(flight: Flight) -> None:
    """An independent way to the same picture: the model's rotation, the ephemeris' Moon, the barycentre."""
    ephemeris = Ephemeris.packaged()
    turn = rotation("earth_moon_rotating", flight.tdb, ephemeris)
    moon = ephemeris.position("moon", "earth", flight.tdb)
    share = GM_KM3_S2["moon"] / GM_KM3_S2["earth_moon_barycenter"]
    from_barycentre = np.einsum("nij,nj->ni", turn, flight.from_earth[:, :3] - share * moon)
    expected = from_barycentre / np.linalg.norm(moon, axis=1, keepdims=True)
    np.testing.assert_allclose(views.rotating_path(flight), expected[:, :2], rtol=0.0, atol=DRAWN_RELATIVE)


def test_rotating_draws_the_whole_flight(plan: Any) -> None:
    ax = plot.rotating(plan)
    drawn = np.concatenate([line.get_xydata() for line in curves(ax, color=style.COAST)])
    assert drawn[0] == pytest.approx(views.rotating_path(Flight.of(plan))[0])
    assert drawn[-1] == pytest.approx(views.rotating_path(Flight.of(plan))[-1])
    (burn,) = curves(ax, color=style.THRUST)
    assert burn.get_linewidth() > 2.0 * curves(ax, color=style.COAST)[0].get_linewidth()


@pytest.mark.parametrize("x", views._LIBRATION_POINTS.values())
def test_libration_points_are_in_balance(x: float) -> None:
    mu = views._MOON_SHARE
    pull = x - (1.0 - mu) * (x + mu) / abs(x + mu) ** 3 - mu * (x - 1.0 + mu) / abs(x - 1.0 + mu) ** 3
    slope = 1.0 + 2.0 * (1.0 - mu) / abs(x + mu) ** 3 + 2.0 * mu / abs(x - 1.0 + mu) ** 3
    assert abs(pull / slope) < LIBRATION_POINT_DIGITS


@pytest.mark.parametrize("draw", [plot.inertial, plot.rotating])
def test_axes_have_units_and_equal_scales(draw: Any, plan: Any) -> None:
    ax = draw(plan)
    assert ax.get_aspect() == 1.0
    assert all("(" in text for text in (ax.get_xlabel(), ax.get_ylabel()))
    assert ax.get_title(loc="left")


def test_earth_and_moon_are_to_scale(plan: Any) -> None:
    sizes = {patch.radius for patch in plot.inertial(plan).patches if isinstance(patch, Circle)}
    assert sizes == {RADIUS_KM["earth"] * 1e-3, RADIUS_KM["moon"] * 1e-3}


@pytest.mark.parametrize("draw", [plot.inertial, plot.rotating])
def test_burns_and_bodies_are_named(draw: Any, plan: Any) -> None:
    names = [text.get_text() for text in draw(plan).texts]
    assert "Earth" in names
    assert any(name.startswith("TLI") for name in names)
    assert any(name.startswith("LOI-1") for name in names)


@pytest.mark.parametrize("draw", [plot.inertial, plot.rotating])
def test_no_events(draw: Any, plan: Any) -> None:
    bare, trajectory = draw(made.plan(events=())), draw(plan.trajectory)
    assert bare.get_xlim() == trajectory.get_xlim()
    assert not [line for line in bare.lines if line.get_marker() == "o"]


def test_draws_on_the_axes_given(plan: Any) -> None:
    ax = style.column_axes(2.0)
    assert plot.inertial(plan, ax) is ax
