"""Plane changes: closed forms, shares tried one by one, and routes that somebody else flies."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.propagation import propagate
from lunarplan.transfers.stations.plane_change import CircularOrbit, between_low_orbits, plane_changes
from tests.tolerances import (
    LOW_ORBIT_CLOSURE_KM,
    LOW_ORBIT_PLANE_RAD,
    PLANE_SHARE_DEG,
    PLANE_SHARES_TRIED_KM_S,
    PLANE_TWO_BODY_FRACTION,
)

GM = GM_KM3_S2["moon"]
FORCES = ForceModel()
START = float(tdb_seconds("2028-03-01T00:00:00"))


def test_no_turn_is_hohmann():
    low, high = RADIUS_KM["moon"] + 100.0, RADIUS_KM["moon"] + 3000.0
    a = 0.5 * (low + high)
    speeds = [np.sqrt(GM * (2.0 / r - 1.0 / a)) - np.sqrt(GM / r) for r in (low, high)]
    for one, other in ((100.0, 3000.0), (3000.0, 100.0)):
        found = plane_changes(one, other, turn_deg=0.0)
        assert found.two_burns_km_s[0] == pytest.approx(np.abs(speeds).sum(), abs=1e-12)
        assert found.two_burns_s[0] == pytest.approx(np.pi * np.sqrt(a**3 / GM))


def test_in_one_height_the_turn_is_made_at_once():
    turn = np.array([1.0, 20.0, 75.0])
    found = plane_changes(100.0, 100.0, turn_deg=turn)
    once = 2.0 * np.sqrt(GM / (RADIUS_KM["moon"] + 100.0)) * np.sin(np.radians(turn) / 2.0)
    np.testing.assert_allclose(found.two_burns_km_s, once, rtol=1e-6)


def test_from_a_low_orbit_of_the_earth_to_a_stationary_one():
    """Over 28.5 degrees the burn below turns two of them. Source: textbooks; 4.27 km/s."""
    found = plane_changes(191.34411, 35_781.34857, turn_deg=28.5, apoapsis_altitude_km=1e5, body="earth")
    assert found.two_burns_deg[0] == pytest.approx([2.17, 26.33], abs=PLANE_SHARE_DEG)
    assert found.two_burns_km_s[0] == pytest.approx(4.27, abs=5e-3)


def test_no_shares_are_cheaper():
    """All of them, a half degree apart."""
    low, high, far = (RADIUS_KM["moon"] + h for h in (100.0, 800.0, 10_000.0))
    found = plane_changes(800.0, 100.0, turn_deg=60.0, apoapsis_altitude_km=10_000.0)
    a, c = (x.ravel() for x in np.meshgrid(np.arange(0.0, 20.0, 0.5), np.arange(0.0, 20.0, 0.5)))

    def turned(v, w, share_deg):
        return np.sqrt(v * v + w * w - 2.0 * v * w * np.cos(np.radians(share_deg)))

    def apsis(r, other):
        return np.sqrt(2.0 * GM * other / (r * (r + other)))

    every = turned(np.sqrt(GM / high), apsis(high, far), a) + turned(np.sqrt(GM / low), apsis(low, far), c)
    every = every + turned(apsis(far, high), apsis(far, low), 60.0 - a - c)
    assert -PLANE_SHARES_TRIED_KM_S < found.three_burns_km_s[0] - every.min() <= 0.0
    assert found.three_burns_deg[0].sum() == pytest.approx(60.0)
    assert found.three_burns_deg[0, [0, 2]] == pytest.approx([a[every.argmin()], c[every.argmin()]], abs=0.5)


def test_large_turns_pay_far_out():
    found = plane_changes(100.0, 100.0, turn_deg=[20.0, 90.0])
    assert found.two_burns_km_s[0] < found.three_burns_km_s[0]
    assert found.three_burns_km_s[1] < found.two_burns_km_s[1]


@pytest.mark.parametrize(
    ("start", "end", "far_km"),
    [
        (CircularOrbit(100.0, 90.0, 0.0), CircularOrbit(100.0, 90.0, 20.0), None),
        (CircularOrbit(3000.0, 75.0, 0.0), CircularOrbit(100.0, 90.0, 0.0), None),
        (CircularOrbit(100.0, 90.0, 0.0), CircularOrbit(100.0, 90.0, 90.0), 10_000.0),
    ],
)
def test_flown_it_ends_in_the_other_orbit(start, end, far_km):
    route = between_low_orbits(start, end, START, apoapsis_altitude_km=far_km)
    last = len(route.points) - 1
    state = propagate(
        route.side(last - 1).state, *route.epochs_tdb[last - 1 :], forces=FORCES, center="moon", tolerance=1e-14
    ).require().states[0]  # fmt: skip
    state[3:] += route.burns_km_s[last]
    assert np.linalg.norm(state[:3]) == pytest.approx(end.radius_km, abs=LOW_ORBIT_CLOSURE_KM)
    axes = rotation("moon_me", START, FORCES.source)
    normal = axes @ np.cross(state[:3], state[3:])
    assert np.linalg.norm(normal / np.linalg.norm(normal) - end.normal) < LOW_ORBIT_PLANE_RAD
    turn = np.degrees(np.arccos(start.normal @ end.normal))
    two_body = plane_changes(
        start.altitude_km, end.altitude_km, turn_deg=turn, apoapsis_altitude_km=10_000.0 if far_km is None else far_km
    )
    expected = (two_body.two_burns_km_s if far_km is None else two_body.three_burns_km_s)[0]
    cost = route.delta_v_km_s.sum()
    assert cost < expected * (1.0 + PLANE_TWO_BODY_FRACTION)
    if far_km is None:  # else it goes out farther than it was guessed to
        assert cost > expected * (1.0 - PLANE_TWO_BODY_FRACTION)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"turn_deg": 190.0}, "turn_deg"),
        ({"from_altitude_km": np.nan}, "from_altitude_km"),
        ({"apoapsis_altitude_km": 90.0}, "apoapsis_altitude_km"),
        ({"body": "mars"}, "body"),
    ],
)
def test_bad_input_is_named(change, says):
    given = {"from_altitude_km": 100.0, "to_altitude_km": 200.0, "turn_deg": 10.0} | change
    with pytest.raises(InputError, match=says):
        plane_changes(given.pop("from_altitude_km"), given.pop("to_altitude_km"), **given)


def test_orbits_that_are_none_are_refused():
    with pytest.raises(InputError, match="altitude_km"):
        CircularOrbit(-5.0, 90.0)
    with pytest.raises(InputError, match="apoapsis_altitude_km"):
        between_low_orbits(CircularOrbit(100.0, 0.0), CircularOrbit(300.0, 9.0), START, apoapsis_altitude_km=200.0)


def test_an_empty_batch_is_an_empty_answer():
    assert len(plane_changes(np.empty(0), 100.0, turn_deg=5.0).two_burns_km_s) == 0
