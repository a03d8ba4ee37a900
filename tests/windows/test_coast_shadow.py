"""The longest stay in shadow of a coast."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import fsolve

from lunarplan.errors import ConvergenceError
from lunarplan.model.constants import RADIUS_KM, SPEED_OF_LIGHT_KM_S
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.trajectory import Trajectory, fly
from lunarplan.windows import coast_shadow
from lunarplan.windows.coast_shadow import LongestStay
from lunarplan.windows.shadow_passage import _RATIOS, Steps, _clearance, _edge, quintics, shaded
from tests import naive
from tests.tolerances import EDGE_SOLAR_RADII, SMALL_BATCH_STAY_S, STAY_S, UMBRA_MIDDLE_S, UMBRA_RADIUS_KM
from tests.windows.batches import into_the_shadow, two_months

EPHEMERIS = Ephemeris.packaged()


def lit_fraction(to_sun, to_body, body_km, rings=400):
    """Fraction of the Sun's disc seen past a sphere: on every ring about its centre the arc that is covered.

    On the sphere of directions, where `kernels.shadow` has plane discs.
    """
    sun = np.arcsin(RADIUS_KM["sun"] / np.linalg.norm(to_sun))
    body = np.arcsin(body_km / np.linalg.norm(to_body))
    cosine = to_sun @ to_body / np.linalg.norm(to_sun) / np.linalg.norm(to_body)
    apart = np.arctan2(np.linalg.norm(np.cross(to_sun, to_body)), to_sun @ to_body) if cosine < 1.0 else 0.0
    radius = sun * np.sqrt((np.arange(rings) + 0.5) / rings)  # rings of equal area
    arc = (np.cos(body) - np.cos(radius) * np.cos(apart)) / (np.sin(radius) * np.sin(apart))
    return 1.0 - float(np.mean(np.arccos(np.clip(arc, -1.0, 1.0)))) / np.pi


class Slowly:
    """A coast flown at a tight tolerance, its sunlight summed ring by ring, the Sun where jplephem had it."""

    def __init__(self, transfers, row):
        state, start = transfers.injection_states[row], transfers.injection_tdb[row]
        self.flight = Trajectory([fly(state, start, transfers.problem.perilune_tdb[row], transfers.forces)])
        self.bodies = naive.Bodies()

    def is_dark(self, tdb, rings=4000):
        place = self.flight.at(tdb)[0, :3]
        for body in ("earth", "moon"):
            late = 499.0
            for _ in range(2):
                to_sun = self.bodies.position("sun", tdb - late) - self.bodies.position(body, tdb - late)
                late = np.linalg.norm(to_sun) / SPEED_OF_LIGHT_KM_S
            r = place - self.bodies.position(body, tdb)
            if lit_fraction(to_sun - r, -r, RADIUS_KM[body], rings) < 0.5:
                return True
        return False

    def contact(self, light, dark):
        while abs(dark - light) > 0.02:
            middle = 0.5 * (light + dark)
            light, dark = (light, middle) if self.is_dark(middle) else (middle, dark)
        return dark

    def longest_stay(self):
        nodes = self.flight.nodes_tdb
        tdb = np.concatenate([*(np.linspace(a, b, 5)[:-1] for a, b in pairwise(nodes)), nodes[-1:]])
        dark = np.array([self.is_dark(t, 50) for t in tdb])
        begins = [tdb[0]] if dark[0] else []
        begins += [self.contact(tdb[i], tdb[i + 1]) for i in np.flatnonzero(~dark[:-1] & dark[1:])]
        ends = [self.contact(tdb[i + 1], tdb[i]) for i in np.flatnonzero(dark[:-1] & ~dark[1:])]
        ends += [tdb[-1]] if dark[-1] else []
        return max((b - a for a, b in zip(begins, ends, strict=True)), default=0.0)


def test_stays_are_those_of_a_slow_search():
    """Hours in the shadow's cone, minutes after the injection, and none."""
    transfers = into_the_shadow()
    stays = LongestStay()(transfers)
    rows = np.argsort(stays)[[-1, -3, len(stays) // 2, 0]]
    assert stays[rows[0]] > 3600.0
    for row in rows:
        assert stays[row] == pytest.approx(Slowly(transfers, row).longest_stay(), abs=STAY_S)


def test_the_penumbra_holds_the_half_lit_and_that_the_umbra():
    transfers = into_the_shadow()
    shares = (0.0, 0.2, 0.5, 0.9, 1.0)
    stays = np.array([LongestStay(share)(transfers) for share in shares])
    assert (np.diff(stays, axis=0) >= 0.0).all()
    assert (stays[-1] > stays[0]).any()
    assert (stays <= transfers.tof_s).all()


def test_a_row_does_not_see_its_neighbours(monkeypatch):
    transfers = into_the_shadow()
    many = LongestStay()(transfers)
    n = len(many)
    backwards = LongestStay()(transfers.rows(np.arange(n)[::-1]))
    np.testing.assert_allclose(backwards[::-1], many, rtol=0, atol=SMALL_BATCH_STAY_S)
    monkeypatch.setattr(coast_shadow, "_CHUNK", 3)
    np.testing.assert_allclose(LongestStay()(transfers), many, rtol=0, atol=SMALL_BATCH_STAY_S)
    for row in (0, n - 1):
        assert LongestStay()(transfers.rows(np.array([row])))[0] == pytest.approx(many[row], abs=SMALL_BATCH_STAY_S)


def test_no_transfer_no_stay():
    assert LongestStay()(two_months().rows(np.empty(0, int))).shape == (0,)


def test_a_coast_that_cannot_be_flown_again_says_so():
    transfers = into_the_shadow().rows(np.arange(4))
    states = transfers.injection_states.copy()
    states[2] = 0.0
    with pytest.raises(ConvergenceError, match="flying transfer 2 again"):
        LongestStay()(replace(transfers, injection_states=states))


def path_of_the_moon(start, hours):
    """The Moon's centre as if it were a spacecraft: ten-minute quintics through the ephemeris."""
    tdb = start + np.arange(0.0, hours * 3600.0, 600.0)
    states, pull = EPHEMERIS.state("moon", "earth", tdb), EPHEMERIS.acceleration("moon", "earth", tdb)
    length = np.diff(tdb)
    powers = quintics(length, states[:-1], states[1:], pull[:-1], pull[1:])
    row = np.zeros(len(length), int)
    return Steps("earth", EPHEMERIS, row, tdb[:-1] - start, length, tdb[:-1], powers)


def catalogue_umbra(contacts, least_km):
    """Radius of the umbra, km, and speed, km/s, of a Moon of 0.2725076 Earth radii from the contacts of its limb."""
    moon_km = 0.2725076 * 6378.137
    long, short = 0.5 * (contacts[4] - contacts[0]), 0.5 * (contacts[3] - contacts[1])

    def misses(x):
        radius, speed = 1e3 * x[0], x[1]
        return [
            1e-6 * ((radius + sign * moon_km) ** 2 - least_km**2 - (speed * half) ** 2)
            for sign, half in ((1.0, long), (-1.0, short))
        ]

    radius, speed = fsolve(misses, [4.7, 1.0])
    return 1e3 * radius, speed


@pytest.mark.parametrize(
    ("u1", "u2", "greatest", "u3", "u4", "gamma"),
    [
        ("2025-03-14T05:09:33", "06:25:59", "06:58:42", "07:31:23", "08:47:48", 0.34846),
        ("2025-09-07T16:27:02", "17:30:41", "18:11:43", "18:52:47", "19:56:26", 0.27521),
        ("2026-03-03T09:50:00", "11:04:26", "11:33:37", "12:02:45", "13:17:10", 0.3765),
    ],
)
def test_the_moons_centre_is_in_the_umbra_between_the_published_contacts(u1, u2, greatest, u3, u4, gamma):
    """Umbral contacts of the limb, UT (Espenak): the centre is dark from between U1 and U2 to between U3 and U4.

    The contacts and the catalogue's gamma tell the radius of its umbra and the Moon's speed through it. That umbra is
    larger than the geometric one by Danjon's hundredth of the Earth's radius, for the atmosphere.
    """
    day = u1[:11]
    contacts = [tdb_seconds(u1), *(tdb_seconds(day + clock) for clock in (u2, greatest, u3, u4))]
    start = contacts[0] - 4.0 * 3600.0
    row, begin, end = shaded(path_of_the_moon(start, 12.0), 0.0)
    entry, leaving = start + begin.min(), start + end.max()
    assert (np.diff(row) == 0).all()
    assert contacts[0] < entry < contacts[1]
    assert contacts[3] < leaving < contacts[4]
    assert 0.5 * (entry + leaving) == pytest.approx(contacts[2], abs=UMBRA_MIDDLE_S)
    radius_km, speed_km_s = catalogue_umbra(contacts, 6378.137 * gamma)
    found_km = np.hypot(6378.137 * gamma, 0.5 * speed_km_s * (leaving - entry))
    assert radius_km - found_km == pytest.approx(0.01 * 6378.137, abs=UMBRA_RADIUS_KM)


def straight_path(beside_km, length_s=40_000.0):
    """One step straight across the Earth's shadow 300,000 km behind it, at 1 km/s, ``beside_km`` from the axis."""
    tdb = tdb_seconds("2026-06-01")
    sun = EPHEMERIS.position("sun", "earth", tdb + 0.5 * length_s - 507.0)
    axis = sun / np.linalg.norm(sun)
    along = np.cross(axis, [0.0, 0.0, 1.0])
    along /= np.linalg.norm(along)
    middle = -300_000.0 * axis + beside_km * np.cross(axis, along)
    ends = [np.concatenate([middle + part * length_s * along, along])[None] for part in (-0.5, 0.5)]
    zero = np.zeros((1, 3))
    length = np.array([length_s])
    return Steps(
        "earth",
        EPHEMERIS,
        np.array([7]),
        np.array([100.0]),
        length,
        np.array([tdb]),
        quintics(length, *ends, zero, zero),
    )


def deepest(beside_km):
    steps = straight_path(beside_km)
    s = np.linspace(0.45, 0.55, 100_001)
    return _clearance(steps, 0.5)(np.zeros(len(s), int), s).min()


def test_grazes_shorter_than_any_sample_are_found():
    """From a stay of an hour down to one of seconds, on a step of eleven; then none."""
    low, high = 5000.0, 8000.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if deepest(middle) < 0.0 else (low, middle)
    edge = 0.5 * (low + high)
    for inside_km in (300.0, 10.0, 1.0, 0.1, 0.01, 1e-3):
        steps = straight_path(edge - inside_km)
        row, begin, end = shaded(steps, 0.5)
        assert set(row) == {7}
        half = np.sqrt(2.0 * edge * inside_km)  # of the chord, at 1 km/s; the axis turns away at 0.06 km/s
        assert end.max() - begin.min() == pytest.approx(2.0 * half, rel=0.2)
        assert begin.min() == pytest.approx(100.0 + 20_000.0 - half, abs=0.1 * half + 600.0)
        assert np.isclose(begin[1:], end[:-1]).all()  # pieces of one stay
    assert len(shaded(straight_path(edge + 1e-2), 0.5)[0]) == 0


def test_the_edge_of_discs_whose_overlap_is_known():
    """A straight limb covers half the disc through its centre; equal discs do 0.8079455 radii apart."""
    assert _edge(0.5)[0] == pytest.approx(0.0, abs=EDGE_SOLAR_RADII)
    assert np.interp(1.0, _RATIOS, _edge(0.5)) == pytest.approx(0.8079455 - 1.0, abs=EDGE_SOLAR_RADII)
    assert (_edge(1.0) == 1.0).all()
    small = _RATIOS <= 1.0
    np.testing.assert_allclose(_edge(0.0)[small], -1.0, rtol=0, atol=EDGE_SOLAR_RADII)
    assert (_edge(0.0)[~small] < -1.0).all()  # a body too small to cover the Sun has no umbra


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.75])
def test_the_edge_is_where_that_fraction_is_seen(fraction):
    """Rays counted past spheres at the angle found."""
    for ratio in (0.05, 0.28, 0.8):
        sun = np.radians(0.267)
        body = sun / ratio
        apart = body + sun * np.interp(ratio, _RATIOS, _edge(fraction))
        to_body = 1e6 * np.array([np.cos(apart), np.sin(apart), 0.0])
        seen = naive.lit_fraction(np.array([1e9, 0.0, 0.0]), 1e9 * np.sin(sun), to_body, 1e6 * np.sin(body))
        assert seen == pytest.approx(fraction, abs=2e-3)  # plane triangles for discs of some degrees


def test_pieces_that_touch_or_overlap_are_one_stay():
    longest = coast_shadow._longest
    assert (longest(3, []) == 0.0).all()
    assert (longest(2, [(np.empty(0, int), np.empty(0), np.empty(0))]) == 0.0).all()
    row = np.array([1, 0, 1, 1, 0, 3])
    begin = np.array([50.0, 0.0, 10.0, 30.0, 99.0, 5.0])
    end = np.array([60.0, 20.0, 30.0, 50.0, 130.0, 6.0])
    both = [(row, begin, end), (np.array([1, 0]), np.array([55.0, 15.0]), np.array([58.0, 25.0]))]
    assert longest(4, both) == pytest.approx([31.0, 50.0, 0.0, 1.0])


def test_the_quintic_goes_through_states_and_accelerations():
    rng = np.random.default_rng(3)
    start, end, first, last = rng.normal(size=(4, 6)), rng.normal(size=(4, 6)), *rng.normal(size=(2, 4, 3))
    length = np.array([1.0, 2.0, 3.0, 0.5])
    path = Steps(
        "earth", EPHEMERIS, np.arange(4), np.zeros(4), length, np.zeros(4), quintics(length, start, end, first, last)
    )
    which, h = np.arange(4), 1e-4
    for s, state, pull in ((np.zeros(4), start, first), (np.ones(4), end, last)):
        x = [path.position(which, s + k * h) for k in (-1, 0, 1)]
        np.testing.assert_allclose(x[1], state[:, :3], rtol=0, atol=1e-12)
        velocity = (x[2] - x[0]) / (2.0 * h * length[:, None])
        acceleration = (x[2] - 2.0 * x[1] + x[0]) / (h * length[:, None]) ** 2
        np.testing.assert_allclose(velocity, state[:, 3:], rtol=0, atol=1e-5)
        np.testing.assert_allclose(acceleration, pull, rtol=0, atol=1e-1)
