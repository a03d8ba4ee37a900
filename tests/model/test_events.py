"""Events: when they happen against Kepler's equation and cones, and the rules for what counts as one."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar

from lunarplan.errors import InputError
from lunarplan.model import events
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.events import EITHER, FALLING, RISING, Event, find
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from lunarplan.model.trajectory import Trajectory, fly
from tests import naive
from tests.tolerances import (
    CONTACT_S,
    DENSE_OUTPUT_KM,
    EVENT_S,
    GRAZED_S,
    RADIUS_ROUNDING_KM,
    SHADOW_FRACTION,
)

DAY = 86400.0
START = tdb_seconds("2024-05-04T00:00:00")
TWO_BODY = ForceModel(bodies=("earth",), moon_degree=0, earth_zonal=0)
GM = TWO_BODY.gm("earth")
A, E = 26_600.0, 0.6
PERIOD = 2 * math.pi * math.sqrt(A**3 / GM)
REVOLUTIONS = 2.3


def orbit(a=A, e=E, inclination=0.9, node=0.4, argument=0.7):
    """State at perigee; the angles are those of the plane and of the perigee in it."""
    cn, sn, ci, si, cw, sw = (
        f(x) for x in (node, inclination, argument) for f in (math.cos, math.sin)
    )  # fmt: skip
    p = np.array([cn * cw - sn * ci * sw, sn * cw + cn * ci * sw, si * sw])
    q = np.array([-cn * sw - sn * ci * cw, -sn * sw + cn * ci * cw, si * cw])
    speed = math.sqrt(GM / a * (1 + e) / (1 - e))
    return np.concatenate([a * (1 - e) * p, speed * q])


def time_of_eccentric_anomaly(anomaly):
    """Seconds from perigee, by Kepler's equation."""
    return (anomaly - E * math.sin(anomaly)) * PERIOD / (2 * math.pi)


def times_of_radius(radius, revolutions=3):
    """Outwards and inwards crossings after a start at perigee."""
    out = time_of_eccentric_anomaly(math.acos((1 - radius / A) / E))
    return sorted(k * PERIOD + t for k in range(revolutions) for t in (out, PERIOD - out))


def times_of_true_anomaly(anomaly, revolutions=3):
    eccentric = 2 * math.atan(math.sqrt((1 - E) / (1 + E)) * math.tan(0.5 * anomaly))
    return [time_of_eccentric_anomaly(eccentric % (2 * math.pi)) + k * PERIOD for k in range(revolutions)]


def during(times, length=REVOLUTIONS * PERIOD):
    return np.array([START + t for t in times if 0.0 < t <= length])


@pytest.fixture(scope="module")
def ellipse():
    return Trajectory([fly(orbit(), START, START + REVOLUTIONS * PERIOD, TWO_BODY)])


@pytest.fixture(scope="module")
def backwards():
    """The same ellipse, flown from its end to its start."""
    end = naive.kepler(orbit(), REVOLUTIONS * PERIOD, GM)
    return Trajectory([fly(end, START + REVOLUTIONS * PERIOD, START, TWO_BODY)])


@pytest.fixture(scope="module")
def transfer():
    """To the Moon and past it at 2000 km altitude, in the full model."""
    forces = ForceModel(moon_degree=8)
    perilune = START + 3.5 * DAY
    state = propagate([3700.0, 0.0, 0.0, 0.0, 2.0, 0.5], perilune, START, forces=forces, center="moon").states
    state = state + forces.source.state("moon", "earth", np.array([START]))
    return Trajectory([fly(state, START, START + 7 * DAY, forces)]), perilune


# ---------------------------------------------------------------- against Kepler's equation


@pytest.mark.parametrize("flight", ["ellipse", "backwards"])
def test_apses(flight, request):
    trajectory = request.getfixturevalue(flight)
    perigees = find(trajectory, events.perigee_passage(), START + 1.0)
    apogees = find(trajectory, events.apogee_passage())
    assert perigees == pytest.approx(during([PERIOD, 2 * PERIOD]), abs=EVENT_S)
    assert apogees == pytest.approx(during([0.5 * PERIOD, 1.5 * PERIOD]), abs=EVENT_S)


@pytest.mark.parametrize("flight", ["ellipse", "backwards"])
@pytest.mark.parametrize("radius", [10_700.0, 15_000.0, 26_600.0, 42_000.0])
def test_radius_crossings(flight, radius, request):
    trajectory = request.getfixturevalue(flight)
    times = during(times_of_radius(radius))
    assert find(trajectory, events.radius_crossing("earth", radius)) == pytest.approx(times, abs=EVENT_S)


def test_directions_of_a_crossing(ellipse):
    times = times_of_radius(20_000.0)
    outwards = find(ellipse, events.radius_crossing("earth", 20_000.0, RISING))
    inwards = find(ellipse, events.radius_crossing("earth", 20_000.0, FALLING))
    assert outwards == pytest.approx(during(times[::2]), abs=EVENT_S)
    assert inwards == pytest.approx(during(times[1::2]), abs=EVENT_S)


def test_altitudes_stand_on_the_radius(ellipse):
    event = events.altitude_crossing("earth", 20_000.0 - RADIUS_KM["earth"])
    assert np.array_equal(find(ellipse, event), find(ellipse, events.radius_crossing("earth", 20_000.0)))
    assert "km above the earth" in event.name


@pytest.mark.parametrize("flight", ["ellipse", "backwards"])
def test_nodes(flight, request):
    """The ascending node lies at the true anomaly minus the argument of perigee, the descending one half a turn on."""
    trajectory = request.getfixturevalue(flight)
    rising = find(trajectory, events.node_crossing("earth", "icrf", RISING))
    falling = find(trajectory, events.node_crossing("earth", "icrf", FALLING))
    assert rising == pytest.approx(during(times_of_true_anomaly(-0.7)), abs=EVENT_S)
    assert falling == pytest.approx(during(times_of_true_anomaly(math.pi - 0.7)), abs=EVENT_S)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.02, 0.98), st.floats(0.02, 0.98))
def test_search_between_two_epochs(first, last):
    trajectory = Trajectory([fly(orbit(), START, START + REVOLUTIONS * PERIOD, TWO_BODY)])
    low, high = (START + f * REVOLUTIONS * PERIOD for f in (first, last))
    found = find(trajectory, events.radius_crossing("earth", 20_000.0), low, high)
    times = during(times_of_radius(20_000.0))
    assert found == pytest.approx(times[(times > low) & (times <= high)], abs=EVENT_S)


# ---------------------------------------------------------------- shadows


def contact(margin, low, high):
    """Epoch between two where the discs of Sun and Earth stand ``margin(sun, earth)`` apart, angles of their radii."""
    bodies = naive.Bodies()

    def gap(t):
        r = naive.kepler(orbit(8000.0, 0.05, 0.3), t, GM)[:3]
        sun = bodies.seen("sun", START + t) - r
        radii = math.asin(RADIUS_KM["sun"] / naive.norm(sun)), math.asin(RADIUS_KM["earth"] / naive.norm(r))
        cosine = -(sun @ r) / naive.norm(sun) / naive.norm(r)
        return math.acos(cosine) - margin(*radii)

    return START + brentq(gap, low - START, high - START, xtol=1e-6)


@pytest.fixture(scope="module")
def low_orbit():
    return Trajectory([fly(orbit(8000.0, 0.05, 0.3), START, START + 9000.0, TWO_BODY)])


def test_shadow_against_cones(low_orbit):
    """First and last contacts, and those of the umbra, where tangent cones of the two spheres are crossed."""
    entry, leave = find(low_orbit, events.shadow("earth"))[:2]
    for fraction, margin in ((1 - 1e-7, lambda sun, earth: earth + sun), (1e-7, lambda sun, earth: earth - sun)):
        found = find(low_orbit, events.shadow("earth", fraction=fraction))
        times = [contact(margin, t - 60.0, t + 60.0) for t in (entry, leave)]
        assert found[:2] == pytest.approx(np.array(times), abs=CONTACT_S)


def test_half_of_the_sun(low_orbit):
    """Where half the disc should be covered, it is, ray by ray."""
    for t in find(low_orbit, events.shadow("earth")):
        r = naive.kepler(orbit(8000.0, 0.05, 0.3), t - START, GM)[:3]
        sun = naive.Bodies().seen("sun", t) - r
        assert naive.lit_fraction(sun, RADIUS_KM["sun"], -r, RADIUS_KM["earth"]) == pytest.approx(
            0.5, abs=SHADOW_FRACTION
        )


def test_into_the_shadow_and_out_of_it(low_orbit):
    either = find(low_orbit, events.shadow("earth"))
    into = find(low_orbit, events.shadow("earth", direction=FALLING))
    out = find(low_orbit, events.shadow("earth", direction=RISING))
    assert np.array_equal(np.sort(np.concatenate([into, out])), either)
    assert 1200.0 < (out[out > into[0]][0] - into[0]) < 2400.0  # a third of a low revolution
    middle = np.array([0.5 * (into[0] + out[out > into[0]][0])])
    assert events.lit(middle, low_orbit, "earth") == 0.0
    assert events.lit(np.array([into[0] - 300.0]), low_orbit, "earth") == 1.0


def test_the_sun_is_never_behind_a_body_that_is_elsewhere(low_orbit):
    assert not len(find(low_orbit, events.shadow("moon")))


# ---------------------------------------------------------------- on the way to the Moon


def test_sphere_of_influence(transfer):
    trajectory, perilune = transfer
    entry = find(trajectory, events.sphere_of_influence(FALLING))
    leave = find(trajectory, events.sphere_of_influence(RISING))
    assert len(entry) == len(leave) == 1
    assert entry[0] < perilune < leave[0]
    around = np.concatenate([entry, leave])
    first = trajectory.arcs[0]
    alone = propagate(
        np.tile(first.nodes[0], (2, 1)), START, around, forces=trajectory.forces, tolerance=1e-13
    ).states - trajectory.forces.source.state("moon", "earth", around)
    assert np.linalg.norm(alone[:, :3], axis=1) == pytest.approx(
        np.full(2, events.LUNAR_SPHERE_OF_INFLUENCE_KM), abs=EVENT_S + DENSE_OUTPUT_KM
    )


def test_perilune_is_where_it_was_put(transfer):
    trajectory, perilune = transfer
    assert find(trajectory, events.perilune_passage()) == pytest.approx(np.array([perilune]), abs=EVENT_S)
    assert not len(find(trajectory, events.apolune_passage(), perilune - 0.5 * DAY, perilune + 0.5 * DAY))


def test_perilune_is_the_nearest(transfer):
    trajectory, _ = transfer
    found = find(trajectory, events.perilune_passage())[0]
    around = found + np.array([-30.0, -10.0, 10.0, 30.0])
    distance = np.linalg.norm(trajectory.at(np.append(around, found), "moon")[:, :3], axis=1)
    assert (distance[:-1] > distance[-1]).all()


def test_events_are_the_same_from_arcs_cut_anywhere(transfer):
    """An event in one of three arcs, or at the seam of two."""
    whole, perilune = transfer
    event = events.sphere_of_influence()
    entry, _ = find(whole, event)
    first = whole.arcs[0]
    cuts = [START, entry, perilune, whole.end_tdb]
    arcs, state = [], first.nodes[0]
    for begin, end in pairwise(cuts):
        arcs.append(fly(state, begin, end, whole.forces))
        state = Trajectory(arcs).at(end)[0]
    assert find(Trajectory(arcs), event) == pytest.approx(find(whole, event), abs=EVENT_S)


def test_impact():
    """A fall on the Moon is seen where the radius is reached, and the flight ends there."""
    forces = ForceModel(moon_degree=0)
    arc = fly([4000.0, 0.0, 0.0, 0.0, 0.6, 0.1], START, START + 5000.0, forces, center="moon", stop_at_impact=False)
    through = Trajectory([arc])
    landed = events.stopped(through, events.impact("moon"))
    assert START + 600.0 < landed.end_tdb < through.end_tdb
    assert np.linalg.norm(landed.at(landed.end_tdb, "moon")[0, :3]) == pytest.approx(RADIUS_KM["moon"], abs=3e-6)
    before = np.linspace(START, landed.end_tdb - 1.0, 200)
    assert np.linalg.norm(through.at(before, "moon")[:, :3], axis=1).min() > RADIUS_KM["moon"]
    assert not len(find(landed, events.impact("earth")))


def test_leaving_the_ground_is_no_impact():
    forces = ForceModel(moon_degree=0)
    start = [RADIUS_KM["moon"] - 1.0, 0.0, 0.0, 2.0, 0.0, 0.0]
    up = Trajectory([fly(start, START, START + 300.0, forces, center="moon", stop_at_impact=False)])
    assert not len(find(up, events.impact("moon")))
    assert len(find(up, events.altitude_crossing("moon", 0.0, RISING))) == 1


def test_a_short_visit_beyond_a_radius(ellipse):
    """Within a kilometre of apogee for four minutes, where samples are ten apart."""
    radius = A * (1 + E) - 1.0
    times = during(times_of_radius(radius))
    assert np.diff(times).min() < 600.0
    assert find(ellipse, events.radius_crossing("earth", radius)) == pytest.approx(times, abs=1e-3)


@pytest.mark.parametrize("flight", ["ellipse", "backwards"])
@pytest.mark.parametrize("depth_km", [1e-7, 1e-4, 0.1, 10.0])
@pytest.mark.parametrize("apsis", ["perigee", "apogee"])
def test_grazed_radii(apsis, depth_km, flight, request):
    """A radius passed by so little is met twice at every passage, before and after the apsis."""
    trajectory = request.getfixturevalue(flight)
    sign = {"perigee": 1.0, "apogee": -1.0}[apsis]
    event_radius = A * (1 - sign * E) + sign * depth_km
    passage = {"perigee": events.perigee_passage(), "apogee": events.apogee_passage()}[apsis]
    middles = find(trajectory, passage, START + 1.0)
    assert len(middles) == 2
    found = find(trajectory, events.radius_crossing("earth", event_radius), START + 100.0)
    found = found[np.abs(found[:, np.newaxis] - middles).min(axis=1) < 0.1 * PERIOD]
    assert len(found) == 4
    assert 0.5 * (found[::2] + found[1::2]) == pytest.approx(middles, abs=GRAZED_S)
    states = trajectory.at(found)
    radius = np.linalg.norm(states[:, :3], axis=1)
    radial_speed = np.einsum("ni,ni->n", states[:, :3], states[:, 3:]) / radius
    assert (np.abs(radius - event_radius) < EVENT_S * np.abs(radial_speed) + RADIUS_ROUNDING_KM).all()
    beyond = A * (1 - sign * E) - sign * depth_km
    assert not len(find(trajectory, events.radius_crossing("earth", beyond)))


@settings(max_examples=200, deadline=None)
@given(st.floats(0.0, 1.0), st.floats(-2.0, 2.0), st.sampled_from([-1.0, 1.0]))
def test_what_is_over_soon_is_found(middle, log10_length, sign):
    """Ten milliseconds to two minutes, anywhere but for a ten-thousandth of an interval, 0.06 s, at either end."""
    length = 10.0**log10_length
    trajectory = _ellipse()
    clear = 0.5 * length + 0.1
    first, last = trajectory.start_tdb + clear, trajectory.end_tdb - clear
    centre = first + middle * (last - first)
    event = Event("visit", lambda tdb, _: sign * ((tdb - centre) ** 2 - 0.25 * length**2))
    expected = centre + 0.5 * length * np.array([-1.0, 1.0])
    assert find(trajectory, event) == pytest.approx(expected, abs=EVENT_S)
    assert len(find(trajectory, Event("in", event.value, RISING))) == 1
    assert len(find(trajectory, Event("out", event.value, FALLING))) == 1


_KEPT = []


def _ellipse():
    if not _KEPT:
        _KEPT.append(Trajectory([fly(orbit(), START, START + REVOLUTIONS * PERIOD, TWO_BODY)]))
    return _KEPT[0]


def test_a_visit_within_a_search_of_one_interval(ellipse):
    """Between two epochs a minute apart there are no samples but those the search brings along."""
    apogee = START + 0.5 * PERIOD
    event = events.radius_crossing("earth", A * (1 + E) - 1e-4)
    for before, after in ((60.0, 60.0), (20.0, 100.0), (100.0, 20.0)):
        assert len(find(ellipse, event, apogee - before, apogee + after)) == 2


def test_a_short_visit_to_the_shadow():
    """A low orbit seen so nearly from its pole that the Earth covers a little of the Sun for twenty seconds."""
    start, midnight = _grazing_orbit(-4e-5)
    trajectory = Trajectory([fly(start, START, START + 7000.0, TWO_BODY)])
    edge = brentq(lambda t: _penumbra_gap(start, t), midnight - 60.0, midnight, xtol=1e-6)
    other = brentq(lambda t: _penumbra_gap(start, t), midnight, midnight + 60.0, xtol=1e-6)
    assert 10.0 < other - edge < 40.0
    found = find(trajectory, events.shadow("earth", fraction=1.0))
    assert found == pytest.approx(START + np.array([edge, other]), abs=CONTACT_S)
    assert events.lit(np.array([START + midnight]), trajectory, "earth")[0] < 1.0
    assert not len(find(trajectory, events.shadow("earth")))


def test_a_shadow_just_missed():
    start, midnight = _grazing_orbit(4e-5)
    trajectory = Trajectory([fly(start, START, START + 7000.0, TWO_BODY)])
    assert _penumbra_gap(start, midnight) == pytest.approx(4e-5, abs=1e-12)
    assert not len(find(trajectory, events.shadow("earth", fraction=1.0)))


def _penumbra_gap(start, t):
    """Angle between the edges of the discs of Sun and Earth, some seconds after the start."""
    r = naive.kepler(start, t, GM)[:3]
    sun = naive.Bodies().seen("sun", START + t) - r
    radii = math.asin(RADIUS_KM["sun"] / naive.norm(sun)) + math.asin(RADIUS_KM["earth"] / naive.norm(r))
    return math.acos(-(sun @ r) / naive.norm(sun) / naive.norm(r)) - radii


def _grazing_orbit(gap_rad):
    """A circle of 8000 km whose smallest distance from the penumbra is given; its start, and when that is."""
    sun = naive.Bodies().position("sun", START)
    sun /= naive.norm(sun)
    across = np.cross(sun, [0.0, 0.0, 1.0])
    across /= naive.norm(across)
    speed, period = math.sqrt(GM / 8000.0), 2 * math.pi * math.sqrt(8000.0**3 / GM)

    def circle(beta):
        pole = math.sin(beta) * sun + math.cos(beta) * np.cross(across, sun)
        return np.concatenate([8000.0 * across, speed * np.cross(pole, across)])

    def smallest(beta):
        return minimize_scalar(
            lambda t: _penumbra_gap(circle(beta), t), bounds=(0.0, 0.999 * period), method="bounded",
            options={"xatol": 1e-3},
        )  # fmt: skip

    beta = brentq(lambda b: smallest(b).fun - gap_rad, 0.8, 1.2, xtol=1e-14)
    return circle(beta), smallest(beta).x


# ---------------------------------------------------------------- ends of a flight


def test_first(ellipse):
    assert events.first(ellipse, events.apogee_passage()) == pytest.approx(START + 0.5 * PERIOD, abs=EVENT_S)
    assert events.first(ellipse, events.radius_crossing("earth", 5e6)) is None


def test_stopped(ellipse):
    part = events.stopped(ellipse, events.apogee_passage())
    assert part.end_tdb == events.first(ellipse, events.apogee_passage())
    assert part.start_tdb == START
    tdb = np.linspace(START, part.end_tdb, 60)
    assert np.abs(part.at(tdb) - ellipse.at(tdb))[:, :3].max() < DENSE_OUTPUT_KM
    assert not len(find(part, events.perigee_passage(), START + 1.0))


def test_an_arc_serves_as_a_trajectory(ellipse, backwards):
    event = events.apogee_passage()
    for trajectory in (ellipse, backwards):
        (arc,) = trajectory.arcs
        assert np.array_equal(find(arc, event), find(trajectory, event))
        assert events.first(arc, event) == events.first(trajectory, event)
        assert events.stopped(arc, event).end_tdb == events.first(trajectory, event)
        tdb = np.linspace(trajectory.start_tdb, trajectory.end_tdb, 50)
        assert np.array_equal(events.lit(tdb, arc, "earth"), events.lit(tdb, trajectory, "earth"))


@pytest.mark.parametrize("search", [find, events.first, events.stopped])
def test_events_of_what_was_not_flown(search):
    with pytest.raises(InputError, match=r"one Trajectory, or an Arc"):
        search([1.0, 2.0], events.apogee_passage())


def test_an_event_that_is_none(ellipse):
    with pytest.raises(InputError, match=r"one Event"):
        find(ellipse, "apogee")


def test_stopped_by_nothing_is_the_whole(ellipse):
    assert events.stopped(ellipse, events.radius_crossing("earth", 5e6)) is ellipse


def test_stopped_on_a_flight_backwards(backwards):
    """Events end a flight where time has got to, whichever way it was flown."""
    part = events.stopped(backwards, events.apogee_passage())
    assert part.start_tdb == START
    assert part.end_tdb == pytest.approx(START + 0.5 * PERIOD, abs=EVENT_S)
    tdb = np.linspace(START, part.end_tdb, 60)
    assert np.abs(part.at(tdb) - backwards.at(tdb))[:, :3].max() < DENSE_OUTPUT_KM


def test_stopped_in_a_later_arc(ellipse):
    seam = START + 0.7 * PERIOD
    second = fly(ellipse.at(seam)[0], seam, START + 2 * PERIOD, TWO_BODY, name="second")
    both = Trajectory([*ellipse.until(seam).arcs, second])
    part = events.stopped(both, events.radius_crossing("earth", 12_000.0, FALLING))
    assert [a.name for a in part.arcs] == ["coast", "second"]
    assert part.end_tdb == pytest.approx(START + times_of_radius(12_000.0)[1], abs=EVENT_S)


# ---------------------------------------------------------------- what counts


def clock(zero, slope=1.0, direction=EITHER):
    """An event of time alone, which crosses zero at an epoch of choice."""
    return Event("clock", lambda tdb, _: slope * (tdb - zero), direction)


def test_zero_at_the_start_has_been_and_zero_at_the_end_counts(ellipse):
    assert not len(find(ellipse, clock(ellipse.start_tdb)))
    assert find(ellipse, clock(ellipse.end_tdb)) == pytest.approx([ellipse.end_tdb], abs=EVENT_S)


def test_zero_at_the_borders_of_a_search(ellipse):
    middle = START + PERIOD
    assert not len(find(ellipse, clock(middle), middle, None))
    assert find(ellipse, clock(middle), None, middle) == pytest.approx([middle], abs=EVENT_S)


def test_zero_at_a_sample_counts_once(ellipse):
    for node in ellipse.nodes_tdb[1:-1]:
        assert find(ellipse, clock(node)) == pytest.approx([node], abs=EVENT_S)


def test_a_touch_at_a_sample_counts_once_and_in_one_direction(ellipse):
    node = ellipse.nodes_tdb[5]
    touch = {d: Event("touch", lambda tdb, _: -np.abs(tdb - node), d) for d in (EITHER, RISING, FALLING)}
    assert find(ellipse, touch[EITHER]) == pytest.approx([node], abs=EVENT_S)
    assert find(ellipse, touch[RISING]) == pytest.approx([node], abs=EVENT_S)
    assert not len(find(ellipse, touch[FALLING]))


def test_direction_is_that_of_time(ellipse):
    middle = START + PERIOD
    assert len(find(ellipse, clock(middle, 1.0, RISING))) == len(find(ellipse, clock(middle, -1.0, FALLING))) == 1
    assert not len(find(ellipse, clock(middle, 1.0, FALLING)))
    assert not len(find(ellipse, clock(middle, -1.0, RISING)))


def test_always_zero_is_no_event(ellipse):
    assert not len(find(ellipse, Event("nothing", lambda tdb, _: np.zeros_like(tdb))))


def test_nan_has_no_sign(ellipse):
    """What is not known crosses nothing; beside it the search goes on."""
    middle = START + PERIOD

    def value(tdb, _):
        return np.where(np.abs(tdb - middle) < 1000.0, np.nan, np.sin((tdb - START) / PERIOD * 2 * math.pi + 0.1))

    found = find(ellipse, Event("half known", value, FALLING))
    assert found == pytest.approx(during([(0.5 - 0.1 / (2 * math.pi) + k) * PERIOD for k in range(2)]), abs=EVENT_S)
    assert not len(find(ellipse, Event("unknown", lambda tdb, _: np.full_like(tdb, np.nan))))


def test_a_dip_beside_the_unknown(ellipse):
    """Where a dip cannot be followed to its bottom it is left; others are found."""
    middle = START + PERIOD

    def value(tdb, _):
        wave = np.cos((tdb - START) / PERIOD * 2 * math.pi) + 1.0 - 1e-6
        return np.where(np.abs(tdb - middle + 0.5 * PERIOD) < 0.02 * PERIOD, np.nan, wave)

    found = find(ellipse, Event("half known", value))
    assert len(found) == 2
    assert found == pytest.approx(np.full(2, START + 1.5 * PERIOD), abs=20.0)


def test_a_plateau_is_no_event(ellipse):
    steps = Event("steps", lambda tdb, _: 1.0 + np.floor((tdb - START) / PERIOD * 3.0) % 2)
    assert not len(find(ellipse, steps))
    assert not len(find(ellipse, Event("one", lambda tdb, _: np.ones_like(tdb))))


def test_a_search_from_late_to_early_finds_nothing(ellipse):
    assert find(ellipse, events.apogee_passage(), START + PERIOD, START).shape == (0,)


def test_found_to_a_microsecond(ellipse):
    for zero in START + PERIOD * np.linspace(0.05, 2.2, 7):
        curved = Event("curved", lambda tdb, _, zero=zero: np.expm1((tdb - zero) / 5000.0))
        assert find(ellipse, curved) == pytest.approx([zero], abs=EVENT_S)


def test_many_events_at_once_in_order(ellipse):
    wave = Event("wave", lambda tdb, _: np.sin((tdb - START) / PERIOD * 29.0 * math.pi))
    found = find(ellipse, wave)
    assert (np.diff(found) > 0.0).all()
    assert found == pytest.approx(during([k * PERIOD / 29.0 for k in range(1, 67)]), abs=EVENT_S)


@pytest.mark.parametrize("direction", [2, -2, None, "up"])
def test_unknown_directions(direction):
    with pytest.raises(InputError, match="direction"):
        Event("x", lambda tdb, _: tdb, direction)
