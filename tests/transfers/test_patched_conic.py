import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp

from lunarplan.model.constants import GM_KM3_S2
from lunarplan.transfers import patched_conic as conic
from tests.tolerances import CONIC_ANGLE_RAD, CONIC_KM, CONIC_TIME_S

EARTH, MOON = GM_KM3_S2["earth"], GM_KM3_S2["moon"]
PERIGEE, DISTANCE = 6578.0, 384_400.0
DAY = 86400.0
angles = st.floats(-math.pi, math.pi)


def one(x):
    return np.array([float(x)])


def two_body(state, duration, gm):
    """Any conic, by integration."""

    def rate(t, y):
        return np.concatenate([y[3:], -gm * y[:3] / np.linalg.norm(y[:3]) ** 3])

    return solve_ivp(rate, (0.0, duration), state, "DOP853", rtol=2.3e-14, atol=1e-12).y[:, -1]


# ---------------------------------------------------------------- planes


@given(angles, st.floats(0.01, math.pi - 0.01), angles)
def test_axes_of_a_plane(node, inclination, argument):
    out, along = (a[0] for a in conic.plane_axes(one(node), one(inclination), one(argument)))
    normal = np.cross(out, along)
    assert np.linalg.norm(out) == pytest.approx(1.0)
    assert out @ along == pytest.approx(0.0, abs=1e-15)
    assert normal[2] == pytest.approx(math.cos(inclination), abs=1e-15)
    assert out[2] == pytest.approx(math.sin(inclination) * math.sin(argument), abs=1e-15)


@given(st.floats(-1.2, 1.2), angles, st.floats(0.05, math.pi - 0.05), st.sampled_from([1.0, -1.0]))
def test_plane_through_a_point(latitude, longitude, inclination, northbound):
    """The plane passes over the point, with the inclination asked for, northwards or southwards as asked for."""
    assume(abs(latitude) < min(inclination, math.pi - inclination) - 1e-3)
    node, argument = conic.plane_angles(one(latitude), one(longitude), one(inclination), one(northbound))
    out, along = (a[0] for a in conic.plane_axes(node, one(inclination), argument))
    point = [math.cos(latitude) * math.cos(longitude), math.cos(latitude) * math.sin(longitude), math.sin(latitude)]
    assert out == pytest.approx(np.array(point), abs=CONIC_ANGLE_RAD)
    assert along[2] * northbound > 0.0


@given(st.floats(0.3, 1.2), angles, st.floats(0.01, 0.25), st.sampled_from([1.0, -1.0]))
def test_a_point_out_of_reach_is_met_at_the_highest_latitude(latitude, longitude, inclination, northbound):
    node, argument = conic.plane_angles(one(latitude), one(longitude), one(inclination), one(northbound))
    out, _ = conic.plane_axes(node, one(inclination), argument)
    assert math.asin(out[0, 2]) == pytest.approx(inclination, abs=1e-7)
    assert math.remainder(math.atan2(out[0, 1], out[0, 0]) - longitude, 2 * math.pi) == pytest.approx(0.0, abs=1e-7)


def test_spherical():
    r, latitude, longitude = conic.spherical(np.array([[0.0, 0.0, 2.0], [1.0, 1.0, 0.0], [-3.0, 0.0, -3.0]]))
    assert r == pytest.approx([2.0, math.sqrt(2), math.sqrt(18)])
    assert latitude == pytest.approx([math.pi / 2, 0.0, -math.pi / 4])
    assert longitude == pytest.approx([0.0, math.pi / 4, math.pi])


# ---------------------------------------------------------------- the outward conic


@pytest.mark.parametrize("eccentricity", [0.5, 0.9, 0.967, 0.99, 1.01, 1.2, 1.5])
def test_time_from_perigee_is_that_of_the_flight(eccentricity):
    """Against the integral of dr / radial velocity from perigee, in a variable without its singularity."""
    farthest = PERIGEE * (1 + eccentricity) / (1 - eccentricity) if eccentricity < 1 else np.inf
    radius = min(DISTANCE, 0.9 * farthest)
    energy = EARTH * (eccentricity - 1) / (2 * PERIGEE)
    momentum2 = EARTH * PERIGEE * (1 + eccentricity)

    def integrand(s):  # r = perigee + s^2
        r = PERIGEE + s * s
        radial2 = 2 * (energy + EARTH / r) - momentum2 / r**2
        return 2 * s / math.sqrt(radial2) if s else 0.0

    flown, _ = quad(integrand, 1e-9, math.sqrt(radius - PERIGEE), epsabs=1e-6, epsrel=1e-12, limit=500)
    found = conic.time_from_perigee(one(PERIGEE), one(eccentricity), one(radius), EARTH)[0]
    assert found == pytest.approx(flown, rel=1e-6)


@pytest.mark.parametrize("days", [1.3, 2.0, 3.0, 4.0, 4.9, 5.2, 6.0, 8.0, 12.0])
def test_outward_conic_takes_its_time(days):
    e, anomaly, sign = (a[0] for a in conic.outward_conic(one(PERIGEE), one(DISTANCE), one(days * DAY), EARTH))
    state = [PERIGEE, 0.0, 0.0, 0.0, math.sqrt(EARTH * (1 + e) / PERIGEE), 0.0]
    end = two_body(state, days * DAY, EARTH)
    assert np.linalg.norm(end[:3]) == pytest.approx(DISTANCE, abs=CONIC_KM)
    assert math.atan2(end[1], end[0]) % (2 * math.pi) == pytest.approx(anomaly % (2 * math.pi), abs=1e-6)
    assert np.sign(end[:3] @ end[3:]) == sign


def test_faster_is_more_eccentric():
    days = np.linspace(1.5, 4.5, 20)
    e, *_ = conic.outward_conic(np.full(20, PERIGEE), np.full(20, DISTANCE), days * DAY, EARTH)
    assert (np.diff(e) < 0).all()


@settings(deadline=None, max_examples=25)
@given(st.floats(1.5, 8.0), st.floats(0.3, 0.9), st.floats(-0.4, 0.4), angles, st.sampled_from([1.0, -1.0]))
def test_departure_meets_the_moon(days, inclination, declination, right_ascension, northbound):
    """From perigee in the parking plane to the point, in the time asked for, arriving with the velocity told."""
    assume(abs(declination) < inclination - 0.02)
    moon = DISTANCE * np.array(
        [
            math.cos(declination) * math.cos(right_ascension),
            math.cos(declination) * math.sin(right_ascension),
            math.sin(declination),
        ]
    )
    out = conic.departure(moon[np.newaxis], one(PERIGEE), one(inclination), one(northbound), one(days * DAY), EARTH)
    r, v = conic.plane_axes(out.node, one(inclination), out.argument)
    end = two_body(np.concatenate([PERIGEE * r[0], out.speed[0] * v[0]]), days * DAY, EARTH)
    assert np.linalg.norm(end[:3] - moon) < 10 * CONIC_KM
    assert np.linalg.norm(end[3:] - out.arrival_velocity[0]) < 1e-5
    assert np.cross(np.cross(end[:3], end[3:]), end[:3])[2] * northbound > 0.0  # across the Moon's direction


# ---------------------------------------------------------------- the inward hyperbola


@given(
    st.floats(0.4, 1.6), st.floats(1800.0, 20_000.0), st.floats(0.05, math.pi - 0.05), st.floats(-1.0, 1.0), angles,
    st.sampled_from([1.0, -1.0]),
)  # fmt: skip
def test_arrival_comes_in_along_the_asymptote(speed, perilune, inclination, latitude, longitude, northbound):
    assume(abs(latitude) < min(inclination, math.pi - inclination) - 1e-2)
    v = speed * np.array(
        [math.cos(latitude) * math.cos(longitude), math.cos(latitude) * math.sin(longitude), math.sin(latitude)]
    )
    node, argument, fast = conic.arrival(v[np.newaxis], one(perilune), one(inclination), one(northbound), MOON)
    out, along = (a[0] for a in conic.plane_axes(node, one(inclination), argument))
    r, velocity = perilune * out, fast[0] * along
    h = np.cross(r, velocity)
    e = np.cross(velocity, h) / MOON - r / perilune
    eccentricity = np.linalg.norm(e)
    assert fast[0] ** 2 - 2 * MOON / perilune == pytest.approx(speed**2, rel=1e-12)
    assert h[2] / np.linalg.norm(h) == pytest.approx(math.cos(inclination), abs=1e-12)
    # velocity on the incoming asymptote: e / eccentricity^2 turned forwards in the plane
    across = np.cross(h, e) / np.linalg.norm(np.cross(h, e))
    incoming = e / eccentricity**2 + math.sqrt(1 - 1 / eccentricity**2) * across
    assert incoming == pytest.approx(v / speed, abs=1e-9)
    assert np.cross(h, v)[2] * northbound > 0.0


@pytest.mark.parametrize("speed", [0.5, 0.9, 1.4])
@pytest.mark.parametrize("perilune", [1838.0, 5000.0])
def test_focusing_delay_is_the_time_gained(speed, perilune):
    """Against integrating the hyperbola outwards to the distance, and a straight line at the excess speed."""
    distance = 60_000.0
    fast = math.sqrt(speed**2 + 2 * MOON / perilune)

    def gone(t, y):
        return np.linalg.norm(y[:3]) - distance

    gone.terminal = True

    def rate(t, y):
        return np.concatenate([y[3:], -MOON * y[:3] / np.linalg.norm(y[:3]) ** 3])

    flown = solve_ivp(
        rate, (0.0, 5e5), [perilune, 0, 0, 0, fast, 0], "DOP853", rtol=1e-12, atol=1e-9, events=gone
    ).t_events[0][0]
    delay = conic.focusing_delay(one(speed), one(perilune), distance, MOON)[0]
    assert delay == pytest.approx(distance / speed - flown, abs=CONIC_TIME_S)


def test_batches_equal_rows():
    rng = np.random.default_rng(14)
    moon = rng.normal(size=(7, 3)) * [3e5, 3e5, 5e4]
    tof, inclination = rng.uniform(2, 6, 7) * DAY, rng.uniform(0.6, 1.0, 7)
    north = np.where(rng.random(7) > 0.5, 1.0, -1.0)
    many = conic.departure(moon, np.full(7, PERIGEE), inclination, north, tof, EARTH)
    for i in range(7):
        row = slice(i, i + 1)
        alone = conic.departure(moon[row], one(PERIGEE), inclination[row], north[row], tof[row], EARTH)
        assert alone.node[0] == many.node[i]
        assert alone.argument[0] == many.argument[i]
        assert alone.speed[0] == many.speed[i]
        assert np.array_equal(alone.arrival_velocity[0], many.arrival_velocity[i])
