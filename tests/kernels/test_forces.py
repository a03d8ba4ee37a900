"""The right-hand side of the full model: against potentials and jplephem, and compiled against plain Python."""

import dataclasses

import erfa
import numpy as np
import pytest

from lunarplan.kernels import blocks, clock
from lunarplan.kernels.derivatives import make_derivatives
from lunarplan.kernels.ephemeris import NODES
from lunarplan.kernels.field import EARTH, MOON, SUN
from lunarplan.kernels.forces import FULL_MODEL, felt_degree, sunlight, zonal_terms
from lunarplan.kernels.lanes import stack
from lunarplan.kernels.shadow import lit_fraction
from lunarplan.model.constants import EARTH_GRAVITY_RADIUS_KM, EARTH_J2, EARTH_J3, EARTH_J4, RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel, SolarPressure
from lunarplan.model.two_body import propagate_two_body
from tests import naive
from tests.tolerances import (
    ACCELERATION_ROUNDING,
    ACCELERATION_VS_ORACLE,
    GRADIENT_VS_ORACLE,
    NUTATION_2000B,
    SHADOW_FRACTION,
    UNFELT_KM_S2,
    ZONAL_ROUNDING,
)

EPOCH = tdb_seconds("2026-03-03T11:00:00")
NOW = np.array([EPOCH])
PLANETS = ("earth", "moon", "sun", "venus", "jupiter")
FULL = ForceModel(bodies=PLANETS, moon_degree=8, earth_zonal=4, sunlight=SolarPressure(20.0, 1000.0, 1.5))
MODELS = {
    "earth alone": ForceModel(bodies=("earth",), moon_degree=0, earth_zonal=0),
    "no earth": ForceModel(bodies=("moon", "sun"), moon_degree=0),
    "point masses": ForceModel(bodies=PLANETS, moon_degree=0, earth_zonal=0),
    "zonal": ForceModel(bodies=("earth",), moon_degree=0, earth_zonal=4),
    "zonal about icrf": ForceModel(bodies=("earth",), moon_degree=0, earth_zonal=3, earth_pole="icrf"),
    "harmonics": ForceModel(moon_degree=8, earth_zonal=0),
    "moon alone": ForceModel(bodies=("moon",), moon_degree=3),
    "all": FULL.only(sunlight=None),
}


def oracle(forces):
    moon = None
    if forces.moon_degree:
        f = forces.lunar_field
        potential = naive.harmonic_potential(f.c, f.s, forces.moon_degree, f.gm_km3_s2, f.radius_km)
        moon = potential, lambda t: forces.source.moon_pa(np.array([t]))[0]
    zonal = forces.earth_zonal if "earth" in forces.bodies else 0
    gm = {"earth": forces.gm("earth")} | {b: forces.gm(b) for b in forces.bodies}
    return naive.Model(gm, zonal=zonal, pole=forces.earth_pole, moon=moon)


@pytest.fixture(scope="module")
def places():
    """Around the Earth, on the way, and around the Moon, km from the Earth."""
    rng = np.random.default_rng(6)
    directions = rng.normal(size=(12, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, np.newaxis]
    near = directions * np.repeat([6600.0, 42_000.0, 250_000.0, 1800.0, 3000.0, 40_000.0], 2)[:, np.newaxis]
    near[6:] += naive.Bodies().position("moon", EPOCH)
    return near


def evaluate(derivatives, forces, places, center=EARTH):
    """Acceleration and gradient by a compiled or a plain evaluator."""
    n = len(places)
    field = forces.kernel_field(EPOCH, EPOCH)
    rows = np.zeros((n, blocks.ROW_INPUTS))
    rows[:, blocks.MASS] = 1.0
    if forces.sunlight is not None:
        rows[:, blocks.SRP] = forces.sunlight.gm_km3_s2
    states = np.concatenate([places, np.zeros((n, 3))], axis=1)
    a, g = np.empty((n, 3)), np.empty((n, 3, 3))
    centers = np.full(n, center, np.int64)
    derivatives(states, np.full(n, EPOCH) - field.start, centers, rows, field, a, g)
    return a, g


@pytest.fixture(scope="module")
def compiled():
    return make_derivatives(FULL_MODEL)


@pytest.mark.parametrize("name", MODELS)
def test_acceleration_against_potentials(name, compiled, places):
    a, _ = evaluate(compiled, MODELS[name], places)
    expected = np.array([oracle(MODELS[name]).acceleration(EPOCH, r) for r in places])
    size = np.linalg.norm(expected, axis=1)
    turned_by_nutation = MODELS[name].earth_zonal and MODELS[name].earth_pole == "date"
    tolerance = NUTATION_2000B if turned_by_nutation else ACCELERATION_VS_ORACLE
    assert (np.linalg.norm(a - expected, axis=1) / size).max() < tolerance


@pytest.mark.parametrize("name", MODELS)
def test_gradient_against_differences(name, compiled, places):
    _, g = evaluate(compiled, MODELS[name], places)
    model = oracle(MODELS[name])
    for i, r in enumerate(places):
        nearest = min(np.linalg.norm(r), np.linalg.norm(r - model.bodies.position("moon", EPOCH)))
        expected = naive.differences(lambda p: model.acceleration(EPOCH, p), r, [2e-3 * nearest] * 3)
        assert np.abs(g[i] - expected).max() < GRADIENT_VS_ORACLE * np.abs(expected).max()
        assert np.array_equal(g[i], g[i].T)


@pytest.mark.parametrize("center", [EARTH, MOON])
def test_plain_python_equals_compiled(center, compiled, places):
    """The same source, read by the interpreter."""
    moon = FULL.source.position("moon", "earth", NOW)[0]
    relative = places - (moon if center == MOON else 0.0)
    a, g = evaluate(compiled, FULL, relative, center)
    b, h = evaluate(compiled.py_func, FULL, relative, center)
    assert (np.abs(a - b).max(axis=1) / np.linalg.norm(a, axis=1)).max() < ACCELERATION_ROUNDING
    assert (np.abs(g - h).max(axis=(1, 2)) / np.abs(g).max(axis=(1, 2))).max() < ACCELERATION_ROUNDING


def tables(forces, nodes=None, width=1, center=EARTH, step=0.0):
    """Ephemeris table, clock and row of one moment, in plain Python."""
    field = forces.kernel_field(min(EPOCH, EPOCH + step), max(EPOCH, EPOCH + step))
    CLOCK, EPH = stack(1, clock.SIZE), stack(1, FULL_MODEL.series * NODES)
    CLOCK[clock.START], CLOCK[clock.CENTER], CLOCK[clock.STEP] = EPOCH - field.start, float(center), step
    FULL_MODEL.limit(CLOCK, field)
    FULL_MODEL.fill_one(CLOCK, EPH, None, np.zeros(NODES) if nodes is None else nodes, field)
    ROW = stack(width, blocks.ROW_SIZE)
    ROW[blocks.MASS] = 1.0
    ROW[blocks.SRP] = forces.sunlight.gm_km3_s2 if forces.sunlight else 0.0
    return field, CLOCK, EPH, ROW


def test_lanes_of_arrays_equal_scalars(places):
    """One call on arrays of eight, in plain Python, is eight calls on floats."""
    field, _, EPH, ROW = tables(FULL, width=8)
    many = FULL_MODEL.acceleration(0, 0.0, *places[4:].T, EPH, ROW, field)
    field, _, EPH, ROW = tables(FULL)
    for i, r in enumerate(places[4:]):
        one = FULL_MODEL.acceleration(0, 0.0, *r, EPH, ROW, field)
        # the lanes share the degree of the lane closest to the Moon
        assert np.array([m[i] for m in many[:3]]) == pytest.approx(np.array(one[:3]), rel=1e-11, abs=1e-17)


def test_stage_times_of_a_step(places):
    """Bodies stand at every stage time where jplephem has them."""
    nodes = np.linspace(0.0, 1.0, NODES)
    _, CLOCK, EPH, _ = tables(FULL, nodes, step=7200.0)
    assert CLOCK[clock.STEP] == 7200.0
    bodies = naive.Bodies()
    for k in (0, 7, NODES - 1):
        for index, name in ((MOON, "moon"), (SUN, "sun")):
            table = [EPH[(3 * index + axis) * NODES + k] for axis in range(3)]
            exact = bodies.position(name, EPOCH + nodes[k] * 7200.0)
            assert np.abs(table - exact).max() < 1e-12 * np.linalg.norm(exact) + 1e-6


@pytest.mark.parametrize("degree", [2, 3, 4])
def test_zonal_terms_against_the_potential(degree):
    rng = np.random.default_rng(7)
    j = {2: EARTH_J2, 3: EARTH_J3, 4: EARTH_J4}
    zonal = 398600.4 * EARTH_GRAVITY_RADIUS_KM ** np.arange(2.0, 5.0) * [j[n] * (n <= degree) for n in j]
    pole = erfa.pnm06a(2451545.0, EPOCH / 86400.0)[2]
    points = rng.normal(size=(10, 3))
    points *= (np.linspace(6500.0, 50_000.0, 10) / np.linalg.norm(points, axis=1))[:, np.newaxis]
    points[0], points[1] = 7000.0 * pole, -7000.0 * pole
    for r in points:
        i1 = 1.0 / np.linalg.norm(r)
        a, b, c, d, e = zonal_terms(degree, zonal, (r @ pole) * i1, i1)
        potential = naive.zonal_potential(degree, 398600.4, EARTH_GRAVITY_RADIUS_KM, j, pole)
        exact = naive.gradient(potential, r)
        assert np.linalg.norm(a * r + b * pole - exact) < ZONAL_ROUNDING * np.linalg.norm(exact)
        rr, rp, pp = np.outer(r, r), np.outer(r, pole), np.outer(pole, pole)
        gradient = a * np.eye(3) + c * rr + d * (rp + rp.T) + e * pp
        expected = naive.hessian(potential, r, 0.02 / i1)
        assert np.abs(gradient - expected).max() < 1e-9 * np.abs(expected).max()


def test_far_from_the_moon_degrees_are_dropped_unfelt():
    forces = ForceModel(moon_degree=50)
    field = forces.kernel_field(EPOCH, EPOCH)
    assert felt_degree(1.0 / 1800.0, field) == 50
    degrees = [felt_degree(1.0 / d, field) for d in np.geomspace(1800.0, 400_000.0, 40)]
    assert degrees == sorted(degrees, reverse=True)
    assert degrees[-1] < 4
    lunar = forces.lunar_field
    for degree in (3, 8, 20):
        just_beyond = field.degree_reach[degree + 1] * 1.001
        left_out = [
            naive.gradient(naive.harmonic_potential(lunar.c, lunar.s, n, lunar.gm_km3_s2, lunar.radius_km), r)
            for r in just_beyond * np.eye(3)
            for n in (degree, 50)
        ]
        lost = np.abs(np.array(left_out[1::2]) - np.array(left_out[::2])).max()
        assert lost < UNFELT_KM_S2
        assert felt_degree(1.0 / just_beyond, field) == degree


def test_sunlight_looks_closely_wherever_it_has_to():
    """Against the exact fraction past both bodies, on points around their shadows and elsewhere."""
    field, _, EPH, _ = tables(FULL)
    sun = FULL.source.position("sun", "earth", NOW)[0]
    moon = FULL.source.position("moon", "earth", NOW)[0]
    away = -sun / np.linalg.norm(sun)
    rng = np.random.default_rng(8)
    partial = 0
    for body, radius in ((np.zeros(3), RADIUS_KM["earth"]), (moon, RADIUS_KM["moon"])):
        for behind in (0.2, 1.0, 20.0, 60.0):
            for _ in range(40):
                side = np.cross(away, rng.normal(size=3))
                offset = radius * rng.uniform(0.0, 1.6) * side / np.linalg.norm(side)
                r = body + away * radius * behind + offset
                if np.linalg.norm(r - body) < radius * 1.001:
                    continue
                to_sun = sun - r
                exact = lit_fraction(*to_sun, RADIUS_KM["sun"], *(-r), RADIUS_KM["earth"]) * lit_fraction(
                    *to_sun, RADIUS_KM["sun"], *(moon - r), RADIUS_KM["moon"]
                )
                found = sunlight(*r, 0, EPH, field)
                assert found == pytest.approx(exact, abs=1e-9)
                partial += 0.0 < exact < 1.0
    assert partial > 20


def test_sunlight_pushes_away_from_the_sun(places, compiled):
    a, _ = evaluate(compiled, FULL, places)
    dark, _ = evaluate(compiled, FULL.only(sunlight=None), places)
    sun, moon = (FULL.source.position(b, "earth", NOW)[0] for b in ("sun", "moon"))
    for r, push in zip(places, a - dark, strict=True):
        lit = naive.lit_fraction(sun - r, RADIUS_KM["sun"], -r, RADIUS_KM["earth"])
        lit *= naive.lit_fraction(sun - r, RADIUS_KM["sun"], moon - r, RADIUS_KM["moon"])
        full = FULL.sunlight.gm_km3_s2 * (r - sun) / np.linalg.norm(r - sun) ** 3
        # the push is a difference of accelerations 1e8 times larger; in a penumbra the rays are counted
        slack = 1e-15 if lit in (0.0, 1.0) else SHADOW_FRACTION * np.linalg.norm(full)
        assert np.abs(push - lit * full).max() < slack


def test_inside_a_body():
    nodes, step = np.linspace(0.0, 1.0, NODES), 1e-3
    field, _, EPH, _ = tables(FULL, nodes, step=step)
    moon = FULL.source.position("moon", "earth", NOW)[0]
    up = np.array([0.0, 0.6, 0.8])
    expected = {
        (0.0, 6378.0): True,
        (0.0, 6378.3): False,
        (1.0, 1737.3): True,
        (1.0, 1737.5): False,
    }
    for (near_moon, radius), inside in expected.items():
        place = near_moon * moon + radius * up
        assert bool(FULL_MODEL.hits((False, False), place, np.zeros(3), step, nodes, EPH, field)) is inside
    many = np.stack([near_moon * moon + radius * up for near_moon, radius in expected], axis=1)
    nobody = np.zeros(4, bool)
    met = FULL_MODEL.hits((nobody, nobody), many, np.zeros((3, 4)), step, nodes, EPH, field)
    assert list(met) == list(expected.values())


@pytest.mark.parametrize("body", ["earth", "moon"])
@pytest.mark.parametrize("step", [1500.0, -1500.0])
@pytest.mark.parametrize(("depth_km", "met"), [(1.0, True), (-1.0, False)])
def test_below_the_surface_within_a_step(body, step, depth_km, met):
    """Both ends of the step are outside; the lowest point of the conic between them is given."""
    nodes = np.linspace(0.0, 1.0, NODES)
    field, _, EPH, _ = tables(FULL, nodes, step=step)
    lowest = RADIUS_KM[body] - depth_km
    speed = np.sqrt(1.0 + 2.0 * FULL.gm(body) / lowest)
    ends = propagate_two_body([[0.0, lowest, 0.0, speed, 0.0, 0.0]] * 2, [-step / 2, step / 2], FULL.gm(body)).states
    ends += FULL.source.state(body, "earth", EPOCH + np.array([0.0, step]))
    before, after = ends
    sank = FULL_MODEL.sinks(before[:3], before[3:], step, nodes, EPH, field)
    assert bool(sank[(EARTH, MOON)[body == "moon"]])
    assert bool(FULL_MODEL.hits(sank, after[:3], after[3:], step, nodes, EPH, field)) is met


@pytest.mark.parametrize("step", [4e-9, -1e-3, 0.0])
def test_a_step_of_no_time_meets_nothing(step):
    """Nanoseconds apart, the difference of a body's places is rounding, and says nothing of where it goes."""
    nodes = np.linspace(0.0, 1.0, NODES)
    field, _, EPH, _ = tables(FULL, nodes, step=step)
    away = np.array([[7000.0, 0.0, 0.0], [1.0, 2.0, 3.0]])
    with np.errstate(divide="ignore", invalid="ignore"):
        assert not any(FULL_MODEL.sinks(*away, step, nodes, EPH, field))


def test_a_body_of_no_mass_does_not_attract(compiled, places):
    """Left out and zero are the same."""
    without, _ = evaluate(compiled, ForceModel(bodies=("earth", "moon"), moon_degree=0), places)
    zero, _ = evaluate(compiled, ForceModel(moon_degree=0, gm_km3_s2={"sun": 0.0}), places)
    assert np.array_equal(without, zero)


def test_every_field_of_the_contract_is_filled():
    assert all(getattr(FULL_MODEL, f) is not None for f in FULL_MODEL._fields)
    assert dataclasses.is_dataclass(FULL)
