"""Every family of the catalogue: closure, Jacobi constant, symmetry, an independent integrator, any mass ratio."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.cr3bp import jacobi, propagate_cr3bp
from lunarplan.orbits.catalogue import family, family_names
from lunarplan.orbits.equations import AXIS_MIRROR, PLANE_MIRROR, rates
from lunarplan.orbits.extremes import extremes
from lunarplan.orbits.libration import libration_points
from lunarplan.orbits.symmetry import SYMMETRIES
from lunarplan.orbits.units import CharacteristicUnits
from tests.orbits.families import MU, UNITS, shared
from tests.tolerances import JACOBI_DRIFT, LYAPUNOV_CLOSURE, ORBIT_CLOSURE, ORBIT_ORACLE, START_ROUNDING

NAMES = [*family_names()[:-1], *(f"resonant {r}" for r in ("2:1", "3:1", "4:1", "3:2", "5:2", "1:2", "2:3", "1:1"))]
MIRRORS = {"plane": [PLANE_MIRROR], "planar": [PLANE_MIRROR], "axis": [AXIS_MIRROR], "planar, closed": []}
MIRRORS["axis to plane"] = [AXIS_MIRROR]


def above(members):
    """Members that can be flown."""
    rows = np.flatnonzero(members.above_surface)
    return members.states[rows], members.periods[rows], members.stability_index[rows]


@pytest.mark.parametrize("name", NAMES)
def test_members_close(name):
    """Flown for a revolution in one go; the monodromy matrix says what becomes of the rounding of the start."""
    states, periods, _ = above(shared(name))
    assert len(states) >= 40
    end = propagate_cr3bp(states, periods, mu=MU, stm=True).require()
    closure = np.linalg.norm(end.states - states, axis=1)
    assert (closure <= np.maximum(ORBIT_CLOSURE, START_ROUNDING * np.abs(end.stm).max(axis=(1, 2)))).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_jacobi_constant_and_the_mirrors_hold(name):
    """A third of a revolution on, and a third back, are mirror images."""
    members = shared(name)
    states, periods, _ = above(members)
    there = propagate_cr3bp(states, periods / 3.0, mu=MU).require().states
    back = propagate_cr3bp(states, -periods / 3.0, mu=MU).require().states
    energy = 10.0 + (there[:, 3:] ** 2).sum(axis=1) + (states[:, 3:] ** 2).sum(axis=1)
    assert (np.abs(jacobi(there, MU) - jacobi(states, MU)) <= JACOBI_DRIFT * energy).all()
    for mirror in MIRRORS[members.path.problem.name]:
        assert np.abs(mirror * back - there).max() < LYAPUNOV_CLOSURE * 10.0


@pytest.mark.parametrize("name", NAMES)
def test_an_independent_integrator_agrees(name):
    """scipy's DOP853 in rotating axes, a revolution of three members each."""
    states, periods, index = above(shared(name))
    for i in np.linspace(0, len(states) - 1, 3).astype(int):
        run = solve_ivp(lambda _, s: rates(s, MU), (0.0, periods[i]), states[i], "DOP853", rtol=1e-12, atol=1e-13)
        grown = 2.0 * index[i] * (1.0 + np.linalg.norm(states[i, 3:]))
        assert np.linalg.norm(run.y[:, -1] - states[i]) < ORBIT_ORACLE * grown


@pytest.mark.parametrize("name", NAMES)
def test_neighbours_are_near_and_none_comes_twice(name):
    members = shared(name)
    gaps = np.linalg.norm(np.diff(members.unknowns, axis=0), axis=1)
    even = members.arclength[1] - members.arclength[0]
    assert (gaps < 1.001 * even).all()
    assert (gaps > 0.5 * even).all()


SHAPES = {
    "L1 lyapunov": lambda e, mu: (e.z_amplitude == 0.0).all(),
    "L2 vertical": lambda e, mu: (e.z_amplitude > 0.0).all(),
    "L2 halo north": lambda e, mu: (e.z_amplitude > 0.0).all(),
    "DRO": lambda e, mu: (e.x_low < 1.0 - mu).all() and (e.x_high > 1.0 - mu).all(),
    "DPO": lambda e, mu: (e.x_low < 1.0 - mu).all() and (e.x_high > 1.0 - mu).all(),
    "L4 short period": lambda e, mu: (e.perigee < 1.0).all(),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name):
    members = shared(name)
    found = extremes(members.states, members.periods, MU)
    assert SHAPES[name](found, MU)


@pytest.mark.parametrize(("name", "turning"), [("DRO", -1.0), ("DPO", 1.0), ("LPO", 1.0)])
def test_which_way_round_the_moon(name, turning):
    states = shared(name).states
    about = states[:, 0] - (1.0 - MU)
    assert (np.sign(about * states[:, 4]) == turning).all()


@pytest.mark.parametrize("side", ["north", "south"])
@pytest.mark.parametrize("kind", ["L1 halo", "L2 halo", "L3 halo", "butterfly"])
def test_north_and_south_are_mirror_images(kind, side):
    members = shared(f"{kind} {side}")
    sign = 1.0 if side == "north" else -1.0
    nodes = np.array([orbit.sample(60)[1][:, 2] for orbit in list(members)[10:50:10]])
    assert (np.abs(nodes.max(axis=1)) > np.abs(nodes.min(axis=1))).all() == (sign > 0.0)


@pytest.mark.parametrize("point", ["L1", "L2", "L3"])
def test_axial_orbits_go_from_lyapunov_to_vertical(point):
    """The branch ends where another one is known to pass: both families, found apart, have that orbit."""
    members = shared(f"{point} axial")
    last = members[len(members) - 1]
    other = shared(f"{point} vertical").select(jacobi=last.jacobi)
    assert other.period == pytest.approx(last.period, abs=2e-4)
    assert np.abs(other.state - last.state).max() < 2e-2
    first = members[0]
    planar = shared(f"{point} lyapunov").select(jacobi=first.jacobi)
    assert planar.period == pytest.approx(first.period, abs=1e-4)


@pytest.mark.parametrize(("name", "of"), [("L1 halo north", "L1 lyapunov"), ("L2 halo north", "L2 lyapunov")])
def test_halos_from_the_third_order_begin_where_lyapunov_orbits_leave_the_plane(name, of):
    first = shared(name)[0]
    planar = shared(of).select(jacobi=first.jacobi)
    assert abs(first.state[2]) < 3e-3
    assert planar.period == pytest.approx(first.period, abs=1e-4)


@pytest.mark.parametrize("point", ["L1", "L2", "L3", "L4", "L5"])
def test_small_members_begin_at_the_point(point):
    name = f"{point} lyapunov" if point < "L4" else f"{point} long period"
    place = libration_points(MU)[int(point[1]) - 1]
    assert np.linalg.norm(shared(name).states[0, :3] - place) < 2e-3


OTHERS = [
    CharacteristicUnits("Sun-Earth", 149597870.7, 5022642.9, 3.0542e-6, 6378.0, 695700.0),
    CharacteristicUnits("Saturn-Titan", 1221870.0, 219277.0, 2.3664e-4, 2575.0, 60268.0),
    CharacteristicUnits("Pluto-Charon", 19600.0, 87854.0, 0.1085, 606.0, 1188.0),
]


@pytest.mark.parametrize("units", OTHERS, ids=lambda units: units.name)
@pytest.mark.parametrize(
    "name", ["L1 lyapunov", "L2 halo south", "L2 vertical", "L2 axial", "DRO", "DPO", "resonant 3:1"]
)
def test_other_mass_ratios(name, units):
    members = family(name, units, members=20)
    rows = np.flatnonzero(members.above_surface)
    states, periods = members.states[rows], members.periods[rows]
    end = propagate_cr3bp(states, periods, mu=units.mu).require().states
    speed = 1.0 + np.linalg.norm(states[:, 3:], axis=1)
    assert (np.linalg.norm(end - states, axis=1) <= LYAPUNOV_CLOSURE * speed).all()


def test_what_a_mass_ratio_does_not_have():
    heavy, light = OTHERS[2], OTHERS[0]
    with pytest.raises(InputError, match=r"mu.*stable"):
        family("L4 short period", heavy)
    with pytest.raises(InfeasibleError, match="butterfly"):
        family("butterfly south", light)
    with pytest.raises(InfeasibleError, match="resonant 1:1"):
        family("resonant 1:1", heavy)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("L2 hallo south", 'did you mean "L2 halo south"'),
        ("halo", "L1 halo"),
        ("dr0", '"DRO"'),
        ("NRHO", '"L2 halo south"'),
        ("l2 nrho", 'mean "L2 halo north" or "L2 halo south"'),
        ("axial", '"L1 axial"'),
        ("resonant 2:2", "resonant p:q"),
        ("resonant p:q", "resonant p:q"),
        ("xyzzy", r"family_names\(\)"),
        ("", r"family_names\(\)"),
        (None, "is no family"),
    ],
)
def test_unknown_families(name, hint):
    with pytest.raises(InputError, match=hint):
        family(name, UNITS)


@pytest.mark.parametrize("name", ["l2 HALO   south", " dro "])
def test_names_are_read_kindly(name):
    assert family(name, UNITS, members=3).name in family_names()


@pytest.mark.parametrize("members", [1, 0, -3, 2.5, "many", 10**9, None])
def test_numbers_of_members_that_are_none(members):
    with pytest.raises(InputError, match="members"):
        family("DRO", UNITS, members=members)


@pytest.mark.parametrize("units", [None, 384400.0, "JPL", MU])
def test_units_are_named(units):
    with pytest.raises(InputError, match=r"units.*EARTH_MOON_384400"):
        family("DRO", units)


def test_every_symmetry_is_used():
    used = {shared(name).path.problem.name for name in NAMES}
    assert used == set(SYMMETRIES)
