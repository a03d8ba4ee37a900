"""The public two-body tools: printed solutions, closure of ten thousand transfers, statuses, shapes and misuse."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.two_body import (
    BPlaneStatus,
    Elements,
    KeplerStatus,
    LambertStatus,
    OrbitStatus,
    aim_b_plane,
    asymptotes,
    b_plane,
    elements_from_states,
    lambert,
    lambert_all,
    propagate_two_body,
)
from tests import authorities
from tests.tolerances import (
    B_PLANE_ROUNDING,
    ELEMENTS_ANGLE_DEG,
    LAMBERT_CLOSURE,
    LAMBERT_CLOSURE_KM,
    LAMBERT_RELATIVE,
    PLANE_ROUNDING,
)

EARTH, MOON = 398600.4418, 4902.800118
PRINTED = authorities.load("lambert_printed")["case"]
R1, R2 = [15945.34, 0.0, 0.0], [12214.83899, 10249.46731, 0.0]


def transfers(n, seed, *, slowest=10.0):
    """Places in random directions at 6600 to 400,000 km, and times from hyperbolic to slow."""
    rng = np.random.default_rng(seed)
    r1, r2 = rng.normal(size=(2, n, 3))
    for r in (r1, r2):
        r *= (np.exp(rng.uniform(np.log(6600), np.log(4e5), n)) / np.linalg.norm(r, axis=1))[:, None]
    s = 0.5 * sum(np.linalg.norm(a, axis=1) for a in (r1, r2, r1 - r2))
    return r1, r2, np.exp(rng.uniform(np.log(0.3), np.log(slowest), n)) * np.sqrt(0.5 * s**3 / EARTH)


def miss(r1, r2, tof, solution, gm=EARTH):
    """How far the solution, propagated, ends from r2, relative to the larger radius; and from v2, to its speed."""
    end = propagate_two_body(np.concatenate([np.broadcast_to(r1, solution.v1.shape), solution.v1], -1), tof, gm).states
    reach = np.maximum(np.linalg.norm(r1, axis=-1), np.linalg.norm(r2, axis=-1))
    place = np.linalg.norm(end[..., :3] - r2, axis=-1) / reach
    speed = np.linalg.norm(end[..., 3:] - solution.v2, axis=-1) / np.linalg.norm(solution.v2, axis=-1)
    return place, speed


# ---------------------------------------------------------------- Lambert: solutions


@pytest.mark.parametrize("case", PRINTED, ids=lambda case: case["name"])
def test_printed_solutions(case):
    options = {k: case[k] for k in ("retrograde", "revolutions", "branch") if k in case}
    solution = lambert(case["r1"], case["r2"], case["tof"], case["gm"], **options).require()
    np.testing.assert_allclose(solution.v1, case["v1"], rtol=0.0, atol=case["within"])
    if "v2" in case:
        np.testing.assert_allclose(solution.v2, case["v2"], rtol=0.0, atol=case["within"])
    start = np.concatenate([case["r1"], solution.v1])
    end = propagate_two_body(start, case["tof"], case["gm"]).states
    assert np.linalg.norm(end[:3] - case["r2"]) < LAMBERT_CLOSURE_KM


@pytest.mark.parametrize("retrograde", [False, True])
def test_ten_thousand_transfers_close(retrograde):
    r1, r2, tof = transfers(10_000, 1)
    solution = lambert(r1, r2, tof, EARTH, retrograde=retrograde).require()
    place, speed = miss(r1, r2, tof, solution)
    assert place.max() < LAMBERT_CLOSURE
    assert speed.max() < LAMBERT_CLOSURE
    turn = np.cross(r1, solution.v1)[:, 2]
    assert ((turn < 0.0) == retrograde).all()


@pytest.mark.parametrize("branch", ["left", "right"])
@pytest.mark.parametrize("revolutions", [1, 3])
def test_ten_thousand_transfers_with_whole_revolutions_close(revolutions, branch):
    r1, r2, tof = transfers(10_000, 2, slowest=50.0)
    solution = lambert(r1, r2, tof, EARTH, revolutions=revolutions, branch=branch)
    assert set(np.unique(solution.status)) == {LambertStatus.OK, LambertStatus.NO_SOLUTION}
    np.testing.assert_array_equal(solution.ok, tof >= solution.shortest_tof_s)
    assert solution.ok.sum() > 2000
    place, speed = miss(r1, r2, tof, solution)
    assert place[solution.ok].max() < LAMBERT_CLOSURE
    assert speed[solution.ok].max() < LAMBERT_CLOSURE
    orbit = elements_from_states(np.hstack([r1, solution.v1])[solution.ok], EARTH)
    turns = tof[solution.ok] / orbit.period_s
    assert ((turns > revolutions) & (turns < revolutions + 1)).all()


def test_going_back_is_the_same_path():
    r1, r2, tof = transfers(500, 3)
    there, back = lambert(r1, r2, tof, EARTH), lambert(r2, r1, tof, EARTH, retrograde=True)
    size = np.linalg.norm(there.v1, axis=1)[:, None]
    assert (np.abs(there.v1 + back.v2) < LAMBERT_RELATIVE * 10 * size).all()


def test_scale_does_not_matter():
    """The same triangle and time in other units: metres, and radii of the Earth with its circular period."""
    r1, r2, tof = transfers(200, 4)
    km = lambert(r1, r2, tof, EARTH)
    metres = lambert(1e3 * r1, 1e3 * r2, tof, 1e9 * EARTH)
    np.testing.assert_allclose(1e-3 * metres.v1, km.v1, rtol=1e-11, atol=1e-13)
    size, clock = 6378.137, math.sqrt(6378.137**3 / EARTH)
    unit = lambert(r1 / size, r2 / size, tof / clock, 1.0)
    np.testing.assert_allclose(unit.v1 * size / clock, km.v1, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("gap", [1e-2, 1e-5, 1e-8, 1e-11])
@pytest.mark.parametrize("retrograde", [False, True])
def test_nearly_half_a_turn(gap, retrograde):
    """Speed and flight path are those of the exact half turn; only the plane's direction loses digits, as it must."""
    r1 = np.array([6578.0, 0.0, 0.0])
    r2 = 384400.0 * np.array([-math.cos(gap), math.sin(gap), 0.0])
    tof = 4.0 * 86400.0
    solution = lambert(r1, r2, tof, EARTH, retrograde=retrograde).require()
    assert miss(r1, r2, tof, solution)[0] < LAMBERT_CLOSURE
    normal = [0.0, 0.0, -1.0 if retrograde else 1.0]
    half = lambert(r1, [-384400.0, 0.0, 0.0], tof, EARTH, normal=normal).require()
    speed = np.linalg.norm(half.v1)
    assert np.linalg.norm(solution.v1 - half.v1) < speed * (gap + PLANE_ROUNDING / gap)
    assert abs(np.linalg.norm(solution.v1) - speed) < speed * (gap**2 + 1e-2 * gap)


def test_energy_passes_smoothly_through_the_parabola():
    """At Euler's time of the parabola the energy vanishes, and grows evenly beside it."""
    r1, r2 = np.array([7000.0, 0.0, 0.0]), np.array([-30000.0, 60000.0, 5000.0])
    c, total = np.linalg.norm(r2 - r1), 7000.0 + np.linalg.norm(r2)
    parabola = ((total + c) ** 1.5 - (total - c) ** 1.5) / (6.0 * math.sqrt(EARTH))

    def energy(change):
        v1 = lambert(r1, r2, parabola * (1.0 + change), EARTH).require().v1
        return float(0.5 * v1 @ v1 - EARTH / 7000.0)

    rounding = 1e-15 * EARTH / 7000.0
    assert abs(energy(0.0)) < rounding
    slope = (energy(1e-3) - energy(-1e-3)) / 2e-3
    for change in (-1e-3, -1e-6, -1e-9, -1e-12, 1e-12, 1e-9, 1e-6, 1e-3):
        assert energy(change) == pytest.approx(slope * change, rel=2e-3, abs=rounding)


def test_fast_hyperbola_is_a_straight_line():
    r1, r2 = np.array([7000.0, 0.0, 0.0]), np.array([0.0, 9000.0, 1000.0])
    solution = lambert(r1, r2, 1e-3, EARTH).require()
    np.testing.assert_allclose(solution.v1, (r2 - r1) / 1e-3, rtol=1e-8)
    np.testing.assert_allclose(solution.v2, (r2 - r1) / 1e-3, rtol=1e-8)


_coordinate = st.floats(-4e5, 4e5)
_place = st.tuples(_coordinate, _coordinate, _coordinate).filter(lambda p: math.hypot(*p) > 2000.0)


@settings(max_examples=300, deadline=None)
@given(r1=_place, r2=_place, time=st.floats(0.05, 20.0), retrograde=st.booleans())
def test_any_transfer_closes_or_says_why(r1, r2, time, retrograde):
    s = 0.5 * (math.hypot(*r1) + math.hypot(*r2) + math.dist(r1, r2))
    tof = time * math.sqrt(0.5 * s**3 / EARTH)
    solution = lambert(r1, r2, tof, EARTH, retrograde=retrograde)
    if solution.ok:
        h = np.linalg.norm(np.cross(r1, solution.v1))
        # a transfer that grazes the centre amplifies the last digit of v1 without bound
        periapsis = h * h / (2.0 * EARTH)
        graze = max(1.0, (s / periapsis) ** 1.5)
        assert miss(np.array(r1), np.array(r2), tof, solution)[0] < 1e-2 * LAMBERT_CLOSURE * graze
    else:
        assert solution.status in (LambertStatus.COLLINEAR, LambertStatus.RECTILINEAR)
        sine = np.linalg.norm(np.cross(r1, r2)) / (math.hypot(*r1) * math.hypot(*r2))
        assert sine < 2e-14


# ---------------------------------------------------------------- Lambert: statuses and shapes


def test_half_a_turn_needs_a_plane():
    solution = lambert([7000, 0, 0], [-9000, 0, 0], 3000, EARTH)
    assert solution.status == LambertStatus.COLLINEAR
    assert np.isnan(solution.v1).all()
    assert "plane" in solution.reason()
    with pytest.raises(InfeasibleError, match="normal"):
        solution.require()


@pytest.mark.parametrize("retrograde", [False, True])
@pytest.mark.parametrize("normal", [[0, 0, 1], [0.3, 1, -0.2], [5, 0, 1e-3]])
def test_half_a_turn_in_a_given_plane(normal, retrograde):
    r1, r2 = np.array([7000.0, 0, 0]), np.array([-9000.0, 0, 0])
    solution = lambert(r1, r2, 3000.0, EARTH, normal=normal, retrograde=retrograde).require()
    assert miss(r1, r2, 3000.0, solution)[0] < LAMBERT_CLOSURE
    across = np.array([0.0, *normal[1:]]) / np.linalg.norm(normal[1:])
    h = np.cross(r1, solution.v1)
    np.testing.assert_allclose(h / np.linalg.norm(h), -across if retrograde else across, atol=1e-14)


def test_a_normal_along_the_line_is_no_plane():
    assert lambert([7000, 0, 0], [-9000, 0, 0], 3000, EARTH, normal=[1, 0, 0]).status == LambertStatus.COLLINEAR


def test_normal_is_the_pole_elsewhere():
    r1, r2, tof = transfers(50, 6)
    rng = np.random.default_rng(6)
    pole = rng.normal(size=3)
    solution = lambert(r1, r2, tof, EARTH, normal=pole).require()
    assert (np.cross(r1, solution.v1) @ pole > 0.0).all()


def test_straight_lines_are_reported():
    r1 = np.array([[1, 2, 3], [1, 2, 3], [7000, 0, 0]]) * 1.0
    r2 = np.array([[2, 4, 6], [1, 2, 3], [7000, 0, 1e-12]]) * 1.0
    solution = lambert(r1, r2, 1.0, 1.0)
    assert solution.status.tolist() == [
        LambertStatus.RECTILINEAR,
        LambertStatus.COLLINEAR,
        LambertStatus.COLLINEAR if (r1[2] == r2[2]).all() else LambertStatus.RECTILINEAR,
    ]
    assert np.isnan(solution.v1).all()


@pytest.mark.parametrize(
    "broken",
    [
        {"r1": [math.nan, 0, 0]},
        {"r2": [math.inf, 0, 0]},
        {"r1": [0, 0, 0]},
        {"tof_s": 0.0},
        {"tof_s": -1.0},
        {"tof_s": math.nan},
        {"gm": 0.0},
        {"gm": math.nan},
        {"normal": [math.nan, 0, 1]},
        {"normal": [0, 0, 0]},
    ],
    ids=str,
)
@pytest.mark.parametrize("revolutions", [0, 1])
def test_unusable_numbers_are_reported(broken, revolutions):
    given = {"r1": R1, "r2": R2, "tof_s": 40000.0, "gm": EARTH} | broken
    solution = lambert(**given, revolutions=revolutions)
    assert solution.status == LambertStatus.BAD_INPUT
    assert np.isnan(solution.v1).all()
    with pytest.raises(InputError):
        solution.require()


def test_too_short_for_the_revolutions():
    least = lambert(R1, R2, 1000.0, EARTH, revolutions=2)
    assert least.status == LambertStatus.NO_SOLUTION
    assert 0.0 < least.shortest_tof_s < math.inf
    for scale, status in ((1.0 - 1e-9, LambertStatus.NO_SOLUTION), (1.0 + 1e-9, LambertStatus.OK)):
        pair = [
            lambert(R1, R2, scale * least.shortest_tof_s, EARTH, revolutions=2, branch=b) for b in ("left", "right")
        ]
        assert [p.status for p in pair] == [status, status]
    apart = np.linalg.norm(pair[0].v1 - pair[1].v1)
    assert 0.0 < apart < 1e-3  # the branches meet like a square root
    with pytest.raises(InfeasibleError, match="shortest_tof_s"):
        least.require()


def test_every_solution_of_a_long_transfer():
    found = lambert_all(R1, R2, 200_000.0, EARTH)
    assert [(int(s.revolutions), s.branch) for s in found[:3]] == [(0, "left"), (1, "left"), (1, "right")]
    assert all(s.ok for s in found)
    most = (len(found) - 1) // 2
    assert len(found) == 1 + 2 * most
    assert not lambert(R1, R2, 200_000.0, EARTH, revolutions=most + 1).ok
    speeds = {round(float(np.linalg.norm(s.v1)), 6) for s in found}
    assert len(speeds) == len(found)
    assert len(lambert_all(R1, R2, 200_000.0, EARTH, max_revolutions=2)) == 5
    assert len(lambert_all(R1, R2, 100.0, EARTH)) == 1


def test_rows_with_and_without_revolutions_together():
    mixed = lambert(R1, R2, 60_000.0, EARTH, revolutions=[0, 1, 0, 2, 9])
    assert mixed.status.tolist() == [0, 0, 0, 0, LambertStatus.NO_SOLUTION]
    for i, turns in enumerate([0, 1, 0, 2]):
        one = lambert(R1, R2, 60_000.0, EARTH, revolutions=turns)
        np.testing.assert_allclose(mixed.v1[i], one.v1, rtol=1e-13)
    assert mixed.shortest_tof_s[0] == 0.0


def test_arguments_broadcast():
    departures, arrivals = transfers(5, 7)[0], transfers(7, 8)[0]
    days = np.linspace(2.0, 8.0, 35).reshape(5, 7) * 86400.0
    grid = lambert(departures[:, None], arrivals, days, EARTH)
    assert grid.v1.shape == (5, 7, 3)
    assert grid.status.shape == grid.shortest_tof_s.shape == (5, 7)
    one = lambert(departures[3], arrivals[4], days[3, 4], EARTH)
    assert one.v1.shape == (3,)
    assert one.ok.shape == ()
    np.testing.assert_array_equal(one.v1, grid.v1[3, 4])
    np.testing.assert_array_equal(lambert(R1, R2, [3000.0, 4000.0], [EARTH, EARTH]).v1.shape, (2, 3))


def test_empty_batches():
    solution = lambert(np.empty((0, 3)), R2, 100.0, EARTH)
    assert solution.v1.shape == (0, 3)
    assert solution.require() is solution
    assert elements_from_states(np.empty((0, 6)), EARTH).states().shape == (0, 6)
    assert propagate_two_body(np.empty((0, 6)), 1.0, EARTH, stm=True).stm.shape == (0, 6, 6)
    assert b_plane(np.empty((0, 6)), MOON).b_km.shape == (0, 3)


def test_large_batches_do_not_depend_on_threads(monkeypatch):
    r1, r2, tof = transfers(9000, 9)
    several = lambert(r1, r2, tof, EARTH)
    monkeypatch.setenv("LUNARPLAN_THREADS", "1")
    one = lambert(r1, r2, tof, EARTH)
    np.testing.assert_array_equal(one.v1, several.v1)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"r1": [1.0, 2.0]}, "r1"),
        ({"r1": 7000.0}, "r1"),
        ({"r1": "here"}, "r1"),
        ({"r1": [[1, 2, 3], [1, 2]]}, "r1"),
        ({"tof_s": "soon"}, "tof_s"),
        ({"branch": "low"}, "branch"),
        ({"retrograde": 1}, "retrograde"),
        ({"revolutions": -1}, "revolutions"),
        ({"revolutions": 1.0}, "revolutions"),
        ({"revolutions": True}, "revolutions"),
        ({"revolutions": [[1], [1, 2]]}, "revolutions"),
        ({"r1": np.ones((2, 3)), "r2": np.ones((3, 3))}, "batches"),
    ],
)
def test_misuse_is_one_line(change, where):
    given = {"r1": R1, "r2": R2, "tof_s": 100.0, "gm": EARTH} | change
    with pytest.raises(InputError, match=where) as raised:
        lambert(**given)
    assert "\n" not in str(raised.value)


def test_units_are_not_dropped_silently():
    astropy_units = pytest.importorskip("astropy.units")
    with pytest.raises(InputError, match="unit"):
        lambert(np.array(R1) * astropy_units.m, R2, 100.0, EARTH)


# ---------------------------------------------------------------- Kepler


def test_propagation_broadcasts_and_reports():
    ends = propagate_two_body([7000, 0, 0, 0, 7.5, 0], [0.0, 100.0, math.nan], EARTH, stm=True)
    assert ends.states.shape == (3, 6)
    assert ends.stm.shape == (3, 6, 6)
    assert ends.status.tolist() == [KeplerStatus.OK, KeplerStatus.OK, KeplerStatus.BAD_INPUT]
    with pytest.raises(InputError, match="row 2"):
        ends.require()
    assert propagate_two_body([7000, 0, 0, 0, 7.5, 0], 10.0, EARTH).stm is None
    with pytest.raises(InputError, match="states"):
        propagate_two_body([7000, 0, 0], 10.0, EARTH)


# ---------------------------------------------------------------- elements


def test_orekit_orbit_has_its_elements():
    case = authorities.load("orekit_lunar_two_body")
    orbit = elements_from_states(np.array(case["start_m"]) * 1e-3, case["gm_km3_s2"])
    assert orbit.semi_major_axis_km == pytest.approx(2038.0, abs=1e-9)
    assert orbit.eccentricity == pytest.approx(0.01, abs=1e-12)
    assert orbit.periapsis_radius_km == pytest.approx(2038.0 * 0.99, abs=1e-8)
    assert orbit.apoapsis_radius_km == pytest.approx(2038.0 * 1.01, abs=1e-8)
    assert orbit.period_s == pytest.approx(2 * math.pi * math.sqrt(2038.0**3 / MOON), rel=1e-11)


def test_low_lunar_orbit():
    """100 km over the Moon: 1.63350 km/s and 117.791 minutes, round figures of the field."""
    orbit = Elements.from_periapsis(1837.4, 0.0, 90.0, 0.0, 0.0, 0.0, MOON)
    assert orbit.period_s / 60.0 == pytest.approx(117.791, abs=5e-4)
    assert np.linalg.norm(orbit.states()[3:]) == pytest.approx(1.63350, abs=5e-6)
    assert orbit.energy_km2_s2 == pytest.approx(-MOON / (2 * 1837.4))


def test_elements_come_back_in_degrees():
    given = Elements.from_axis([8000.0, -9000.0], [0.3, 1.7], 51.6, [10.0, 350.0], 275.0, [-100.0, 40.0], EARTH)
    again = elements_from_states(given.states(), EARTH).require()
    for name in ("inclination_deg", "raan_deg", "argp_deg", "true_anomaly_deg"):
        np.testing.assert_allclose(getattr(again, name), getattr(given, name), atol=ELEMENTS_ANGLE_DEG)
    np.testing.assert_allclose(again.semi_major_axis_km, [8000.0, -9000.0], rtol=1e-14)
    assert np.isinf(again.period_s[1])
    assert np.isinf(again.apoapsis_radius_km[1])


def test_rows_without_elements():
    orbit = elements_from_states([[7000, 0, 0, 3, 0, 0], [math.nan] * 6, [7000, 0, 0, 0, 7, 0]], EARTH)
    assert orbit.status.tolist() == [OrbitStatus.RECTILINEAR, OrbitStatus.BAD_INPUT, OrbitStatus.OK]
    states = orbit.states()
    assert np.isnan(states[:2]).all()
    np.testing.assert_allclose(states[2], [7000, 0, 0, 0, 7, 0], atol=1e-11)
    assert np.isnan(orbit.period_s[1])
    assert np.isnan(orbit.apoapsis_radius_km[1])
    with pytest.raises(InfeasibleError, match=r"row 0.*1 more"):
        orbit.require()


@pytest.mark.parametrize(
    "change",
    [
        {"periapsis_radius_km": 0.0},
        {"periapsis_radius_km": math.nan},
        {"eccentricity": -0.1},
        {"inclination_deg": 181.0},
        {"eccentricity": 2.0, "true_anomaly_deg": 121.0},
        {"gm": -1.0},
        {"raan_deg": "east"},
        {"raan_deg": [1.0, 2.0], "argp_deg": [1.0, 2.0, 3.0]},
    ],
    ids=str,
)
def test_impossible_elements_are_refused(change):
    given = {
        "periapsis_radius_km": 7000.0,
        "eccentricity": 0.1,
        "inclination_deg": 30.0,
        "raan_deg": 0.0,
        "argp_deg": 0.0,
        "true_anomaly_deg": 0.0,
        "gm": EARTH,
    } | change
    with pytest.raises(InputError, match="Elements"):
        Elements.from_periapsis(**given)


def test_asymptotes_in_degrees():
    away = asymptotes([[7000, 0, 0, 0, 12, 1], [7000, 0, 0, 0, 7, 1]], EARTH)
    assert away.status.tolist() == [OrbitStatus.OK, OrbitStatus.NOT_HYPERBOLIC]
    c3 = 145.0 - 2 * EARTH / 7000.0
    assert away.c3_km2_s2[0] == pytest.approx(c3, rel=1e-13)
    out = away.outgoing_km_s[0] / math.sqrt(c3)
    assert math.degrees(math.asin(out[2])) == pytest.approx(away.outgoing_declination_deg[0], abs=ELEMENTS_ANGLE_DEG)
    ra = math.degrees(math.atan2(out[1], out[0]))
    assert ra == pytest.approx(away.outgoing_right_ascension_deg[0], abs=ELEMENTS_ANGLE_DEG)
    # the orbit is symmetric about the x axis, where its periapsis lies
    assert away.incoming_declination_deg[0] == pytest.approx(away.outgoing_declination_deg[0], abs=ELEMENTS_ANGLE_DEG)
    assert away.incoming_right_ascension_deg[0] == pytest.approx(180.0 - ra, abs=ELEMENTS_ANGLE_DEG)


# ---------------------------------------------------------------- B-plane


def test_aim_and_look_back():
    v = [0.8, 0.2, 0.1]
    for aim in aim_b_plane(v, 1838.0, [30.0, 90.0, 150.0], MOON):
        seen = b_plane(aim.require().states, MOON, partials=True).require()
        np.testing.assert_allclose(seen.b_dot_t_km, aim.b_dot_t_km, atol=B_PLANE_ROUNDING * 5000)
        np.testing.assert_allclose(seen.b_dot_r_km, aim.b_dot_r_km, atol=B_PLANE_ROUNDING * 5000)
        v2 = 0.69
        np.testing.assert_allclose(seen.b_magnitude_km, 1838.0 * math.sqrt(1.0 + 2 * MOON / (1838.0 * v2)), rtol=1e-12)
        orbit = elements_from_states(aim.states, MOON)
        np.testing.assert_allclose(orbit.inclination_deg, [30.0, 90.0, 150.0], atol=ELEMENTS_ANGLE_DEG)
        assert seen.partials.shape == (3, 3, 6)


def test_inclination_below_the_asymptote_is_out_of_reach():
    first, second = aim_b_plane([0.8, 0.2, 0.1], 1838.0, [6.0, 8.0, 174.0], MOON)
    assert first.status.tolist() == second.status.tolist() == [BPlaneStatus.UNREACHABLE, 0, BPlaneStatus.UNREACHABLE]
    declination = math.degrees(math.asin(0.1 / math.sqrt(0.69)))
    np.testing.assert_allclose(first.minimum_inclination_deg, declination, atol=ELEMENTS_ANGLE_DEG)
    with pytest.raises(InfeasibleError, match="minimum_inclination_deg"):
        first.require()


def test_captured_orbits_have_no_b_plane():
    seen = b_plane([2000, 0, 0, 0, 1.5, 0], MOON)
    assert seen.status == BPlaneStatus.NOT_HYPERBOLIC
    assert seen.partials is None
    assert np.isnan(seen.b_dot_t_km)
    assert "hyperbolic" in seen.reason()


def test_elements_spread_over_one_row_give_a_state():
    """A single row among scalars is a read-only view until it is copied."""
    assert Elements.from_axis(1837.4, 0.0, 90.0, [0.0], 0.0, 0.0, 4902.8).states().shape == (1, 6)
