"""The three-body right-hand side: against a potential, at the libration points, and as plain Python."""

import math

import numpy as np
import pytest

from lunarplan.kernels import blocks, clock, stages, tableaux
from lunarplan.kernels.angles import LARGEST
from lunarplan.kernels.blocks import STATE
from lunarplan.kernels.cr3bp import (
    THREE_BODY,
    Primaries,
    fill_rotation,
    hits,
    keep_origin,
    limit_angle,
    three_body,
    turn,
)
from lunarplan.kernels.derivatives import make_derivatives
from lunarplan.kernels.ephemeris import NODES
from lunarplan.kernels.nystrom import make_propagator
from tests import naive
from tests.authorities import load
from tests.tolerances import (
    ACCELERATION_ROUNDING,
    GRADIENT_VS_ORACLE,
    LINEAR_DIGITS,
    ROTATION_ROUNDING,
    THREE_BODY_ROUNDING,
)

GIVEN = load("cr3bp_orbits")
EARTH_MOON = Primaries(GIVEN["mu"], 0.0, 0.0)
ANGLES = [0.0, 0.3, -1.2, 2.5, math.pi]
NOWHERE = np.zeros(1, np.int64)


def turned(angle):
    """What `fill_rotation` leaves behind for a step that stands at an angle."""
    eph = np.zeros(2 * NODES)
    eph[:NODES], eph[NODES:] = math.cos(angle), math.sin(angle)
    return eph


def potential(angle, mu):
    """Of motion relative to the smaller primary, which itself falls towards the larger one."""
    larger = -np.array([math.cos(angle), math.sin(angle), 0.0])

    def value(r):
        d = r - larger
        return (1.0 - mu) / naive.norm(d) + mu / naive.norm(r) - (1.0 - mu) * (r @ larger)

    return value


@pytest.fixture(scope="module")
def places():
    rng = np.random.default_rng(3)
    direction = rng.normal(size=(40, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    return direction * np.geomspace(0.02, 0.9, 40)[:, np.newaxis]


@pytest.mark.parametrize("mu", [1e-6, GIVEN["mu"], 0.5])
@pytest.mark.parametrize("angle", ANGLES)
def test_acceleration_is_the_gradient_of_the_potential(angle, mu, places):
    expected = naive.gradient(potential(angle, mu), places)
    for place, a in zip(places, expected, strict=True):
        got = three_body(0, 0.0, *place, turned(angle), None, Primaries(mu, 0.0, 0.0))[:3]
        # near the smaller primary the pulls on craft and origin nearly cancel: rounding is that of their size
        assert np.abs(got - a).max() < ACCELERATION_ROUNDING * (1.0 + np.linalg.norm(a))


@pytest.mark.parametrize("angle", ANGLES)
def test_gradient_of_the_acceleration(angle, places):
    for place in places:
        gxx, gxy, gxz, gyy, gyz, gzz = three_body(0, 0.0, *place, turned(angle), None, EARTH_MOON)[3:]
        got = np.array([[gxx, gxy, gxz], [gxy, gyy, gyz], [gxz, gyz, gzz]])
        expected = naive.hessian(potential(angle, EARTH_MOON.mu), place, 2e-3 * np.linalg.norm(place))
        assert np.abs(got - expected).max() < GRADIENT_VS_ORACLE * np.abs(expected).max()
        assert abs(np.trace(got)) < ACCELERATION_ROUNDING * np.abs(got).max()  # Laplace


@pytest.mark.parametrize("point", ["l1", "l2"])
def test_linear_motion_about_libration_points(point):
    """c2 = -Uzz is the stiffness out of plane; with the Coriolis force it makes growth rate and frequencies."""
    c2, growth, in_plane, out_of_plane = GIVEN["linear"][point]
    x = GIVEN["libration"][point][0] - (1.0 - EARTH_MOON.mu)
    gxx, _, _, gyy, _, gzz = three_body(0, 0.0, x, 0.0, 0.0, turned(0.0), None, EARTH_MOON)[3:]
    coriolis = np.array([[0.0, 2.0], [-2.0, 0.0]])
    rates = np.block([[np.zeros((2, 2)), np.eye(2)], [np.diag([gxx + 1.0, gyy + 1.0]), coriolis]])
    eigenvalues = np.linalg.eigvals(rates)
    assert -gzz == pytest.approx(c2, abs=LINEAR_DIGITS)
    assert eigenvalues.real.max() == pytest.approx(growth, abs=LINEAR_DIGITS)
    assert eigenvalues.imag.max() == pytest.approx(in_plane, abs=LINEAR_DIGITS)
    assert math.sqrt(-gzz) == pytest.approx(out_of_plane, abs=LINEAR_DIGITS)


@pytest.mark.parametrize("point", GIVEN["libration"])
def test_libration_points_circle_the_smaller_primary(point):
    """In axes at rest they are pulled towards it as a circle of radius r and rate 1 asks: a = -r."""
    x, y = GIVEN["libration"][point]
    r = np.array([x - (1.0 - EARTH_MOON.mu), y, 0.0])
    assert three_body(0, 0.0, *r, turned(0.0), None, EARTH_MOON)[:3] == pytest.approx(-r, abs=1e-12)


@pytest.mark.parametrize("step", [0.01, -1.0, LARGEST, 0.0])
def test_rotation_at_the_stages(step):
    nodes = np.array(tableaux.RKN12.nodes)
    held, eph = np.zeros(clock.SIZE), np.zeros(2 * NODES)
    held[clock.COSINE], held[clock.SINE], held[clock.STEP] = math.cos(0.4), math.sin(0.4), step
    fill_rotation(held, eph, None, nodes, EARTH_MOON)
    assert eph[:NODES] == pytest.approx(np.cos(0.4 + nodes * step), abs=ROTATION_ROUNDING)
    assert eph[NODES:] == pytest.approx(np.sin(0.4 + nodes * step), abs=ROTATION_ROUNDING)


@pytest.mark.parametrize(("asked", "taken"), [(5.0, LARGEST), (-5.0, -LARGEST), (0.3, 0.3), (-0.3, -0.3)])
def test_steps_stay_within_the_series(asked, taken):
    held = np.zeros(clock.SIZE)
    held[clock.STEP] = asked
    limit_angle(held, EARTH_MOON)
    assert held[clock.STEP] == taken


@pytest.mark.parametrize("accepted", [True, False])
def test_only_accepted_steps_turn_the_clock(accepted):
    held, eph = np.zeros(clock.SIZE), turned(0.9) * (1.0 + 1e-9)  # its length a little off
    held[clock.COSINE], held[clock.SINE] = math.cos(0.4), math.sin(0.4)
    turn(accepted, 0.0, held, eph, None, None, EARTH_MOON)
    angle = 0.9 if accepted else 0.4
    assert held[clock.COSINE] == pytest.approx(math.cos(angle), abs=1e-15)
    assert held[clock.SINE] == pytest.approx(math.sin(angle), abs=1e-15)


def test_the_angle_does_not_drift():
    """Two thousand steps: the clock's cosine and sine stay on the circle, and where they belong."""
    nodes = np.array(tableaux.RKN12.nodes)
    held, eph, step = np.zeros(clock.SIZE), np.zeros(2 * NODES), 0.05
    held[clock.COSINE], held[clock.STEP] = 1.0, step
    for _ in range(2_000):
        fill_rotation(held, eph, None, nodes, EARTH_MOON)
        turn(True, 0.0, held, eph, None, None, EARTH_MOON)
    assert math.hypot(held[clock.COSINE], held[clock.SINE]) == pytest.approx(1.0, abs=1e-15)
    assert held[clock.COSINE] == pytest.approx(math.cos(2_000 * step), abs=1e-12)
    assert held[clock.SINE] == pytest.approx(math.sin(2_000 * step), abs=1e-12)


@pytest.mark.parametrize(
    ("place", "inside"),
    [
        ((0.0, 0.0, 0.0), True),
        ((0.004, 0.0, 0.0), True),
        ((0.0, 0.0, 0.006), False),
        ((0.5, 0.5, 0.0), False),
        ((-math.cos(0.3), -math.sin(0.3), 0.015), True),
        ((-math.cos(0.3), -math.sin(0.3), 0.017), False),
        ((math.cos(0.3), math.sin(0.3), 0.0), False),
    ],
)
def test_what_counts_as_a_hit(place, inside):
    primaries = Primaries(GIVEN["mu"], 0.0166, 0.0045)
    at_rest = 0.0, 0.0, 0.0
    assert bool(hits((False, False), place, at_rest, 0.1, None, turned(0.3), primaries)) is inside


def test_nothing_moves_the_origin():
    assert keep_origin(0, 1, NOWHERE, None, None, None, None, EARTH_MOON) is None


def test_derivatives_of_this_model(places):
    """The compiled evaluator is the plain function at the start, where the larger primary stands at -1."""
    states = np.hstack([places, np.zeros_like(places)])
    n = len(states)
    out, gradient = np.empty((n, 3)), np.empty((n, 3, 3))
    rows = np.zeros((n, blocks.ROW_INPUTS))
    make_derivatives(THREE_BODY)(states, np.zeros(n), np.zeros(n, np.int64), rows, EARTH_MOON, out, gradient)
    for i, place in enumerate(places):
        expected = np.array(three_body(0, 0.0, *place, turned(0.0), None, EARTH_MOON))
        assert np.abs(out[i] - expected[:3]).max() < ACCELERATION_ROUNDING * (1.0 + np.abs(expected[:3]).max())
        upper = gradient[i][np.triu_indices(3)]
        assert np.abs(upper - expected[3:]).max() < ACCELERATION_ROUNDING * np.abs(expected[3:]).max()
        assert np.array_equal(gradient[i], gradient[i].T)


def fly(propagate, states, durations, columns=STATE, radii=(0.0, 0.0)):
    n = len(states)
    rows, origin = np.zeros((n, blocks.ROW_INPUTS)), np.zeros(n, np.int64)
    out, partials = np.empty((n, 6)), np.empty((n, 6, columns))
    status, steps = np.zeros(n, np.int8), np.zeros(n, np.int32)
    propagate(
        states, np.zeros(n), durations, np.copysign(np.full(n, 1e-3), durations), origin, rows,
        Primaries(GIVEN["mu"], *radii), 1e-12, 100_000, any(radii), 0, n, out, partials, status, steps,
        np.empty((n, 0, 8)), np.zeros(n, np.int64),
    )  # fmt: skip
    return out, partials, status


@pytest.mark.parametrize("width", [1, 8])
def test_compiled_equals_plain(width):
    rows = [[0.1, 0.0, 0.02, 0.0, 0.33, 0.1], [0.3, 0.1, 0.0, 0.0, 0.2, 0.05], [-0.1, 0.1, 0.1, 0.2, 0.1, 0.0]]
    states = np.array(rows)
    durations = np.array([1.0, -0.7, 2.0])
    kernel = make_propagator(width, STATE, False, tableaux.RKN12, stages.rkn12_sums, THREE_BODY)
    for a, b in zip(fly(kernel, states, durations), fly(kernel.py_func, states, durations), strict=True):
        assert np.abs(a - b).max() < THREE_BODY_ROUNDING * max(1.0, np.abs(b).max())


def test_a_row_ends_in_the_smaller_primary():
    kernel = make_propagator(1, 0, False, tableaux.RKN12, stages.rkn12_sums, THREE_BODY)
    falling_and_not = np.array([[0.02, 0.0, 0.0, 0.0, 0.05, 0.0], [0.3, 0.0, 0.0, 0.0, 0.2, 0.0]])
    out, _, status = fly(kernel, falling_and_not, np.full(2, 0.5), 0, (0.0, 0.0045))
    assert list(status) == [blocks.IMPACT, blocks.OK]
    assert np.isnan(out[0]).all()
