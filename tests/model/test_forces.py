import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarplan.errors import InputError
from lunarplan.kernels.field import DEGREE, EARTH, MOON, SUN
from lunarplan.model.constants import AU_KM, EARTH_J2, GM_KM3_S2, RADIUS_KM
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel, SolarPressure
from lunarplan.model.gravity_field import GravityField
from tests import naive
from tests.tolerances import POWER_SERIES_KM, QUATERNION_ROTATION, UNFELT_KM_S2

START = tdb_seconds("2024-05-03T00:00:00")
END = START + 10 * 86400.0


def test_defaults_are_the_documented_model():
    forces = ForceModel()
    assert forces.bodies == ("earth", "moon", "sun")
    assert (forces.earth_zonal, forces.moon_degree, forces.earth_pole) == (4, 8, "date")
    assert forces.lunar_field is GravityField.packaged_moon()
    assert forces.source is Ephemeris.packaged()


def test_gm_belongs_to_the_field():
    """With harmonics the Moon has the field's GM; as a point mass that of the ephemeris. An override beats both."""
    assert ForceModel().gm("moon") == GravityField.packaged_moon().gm_km3_s2 == 4902.79996708864
    assert ForceModel(moon_degree=0).gm("moon") == GM_KM3_S2["moon"]
    assert ForceModel(gm_km3_s2={"moon": 4900.0}).gm("moon") == 4900.0
    assert ForceModel().gm("earth") == GM_KM3_S2["earth"]
    assert ForceModel(bodies=("earth",)).gm("moon") == 0.0


def test_names_of_bodies_are_forgiving():
    forces = ForceModel(bodies=("Earth", "MOON", "Jupiter Barycenter"), gm_km3_s2={"Moon": 5000})
    assert forces.bodies == ("earth", "moon", "jupiter")
    assert forces.gm("moon") == 5000.0


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"earth_zonal": 1}, "earth_zonal"),
        ({"earth_zonal": 5}, "earth_zonal"),
        ({"earth_pole": "mean"}, "earth_pole"),
        ({"moon_degree": 1}, "moon_degree"),
        ({"moon_degree": -2}, "moon_degree"),
        ({"moon_degree": 101}, "moon_degree"),
        ({"moon_degree": 8.5}, "moon_degree"),
        ({"bodies": ("earth", "vulcan")}, "vulcan"),
        ({"gm_km3_s2": {"moon": -1.0}}, "moon"),
        ({"gm_km3_s2": {"moon": math.nan}}, "moon"),
        ({"gm_km3_s2": {"vulcan": 1.0}}, "vulcan"),
        ({"moon_field": GravityField.packaged_moon().truncated(20), "moon_degree": 21}, "moon_degree"),
    ],
)
def test_misuse_is_an_input_error(options, where):
    with pytest.raises(InputError, match=where):
        ForceModel(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"area_m2": -1.0, "mass_kg": 10.0},
        {"area_m2": 1.0, "mass_kg": 0.0},
        {"area_m2": 1.0, "mass_kg": 10.0, "reflectivity": 2.5},
        {"area_m2": math.nan, "mass_kg": 10.0},
        {"area_m2": math.inf, "mass_kg": 10.0},
    ],
)
def test_unusable_ball(options):
    with pytest.raises(InputError, match="SolarPressure"):
        SolarPressure(**options)


def test_pressure_at_one_astronomical_unit():
    """4.54e-6 N/m2 on a square metre that absorbs: the usual figure for 1361 W/m2."""
    ball = SolarPressure(area_m2=1.0, mass_kg=1.0, reflectivity=1.0)
    assert ball.gm_km3_s2 / AU_KM**2 * 1e3 == pytest.approx(4.5398e-6, rel=1e-4)


@given(st.floats(0.1, 100.0), st.floats(1.0, 1e5), st.floats(0.0, 2.0))
def test_pressure_is_proportional(area, mass, reflectivity):
    unit = SolarPressure(1.0, 1.0, 1.0).gm_km3_s2
    assert SolarPressure(area, mass, reflectivity).gm_km3_s2 == pytest.approx(unit * area / mass * reflectivity)


def test_frozen_and_copied_with_changes():
    forces = ForceModel()
    with pytest.raises(dataclasses.FrozenInstanceError):
        forces.moon_degree = 20
    changed = forces.only(moon_degree=20)
    assert (changed.moon_degree, forces.moon_degree) == (20, 8)
    with pytest.raises(TypeError):
        ForceModel(gm_km3_s2={"moon": 1.0}).gm_km3_s2["moon"] = 2.0


def test_equal_models_are_equal_and_hash_alike():
    a, b = ForceModel(gm_km3_s2={"moon": 4900.0}), ForceModel(gm_km3_s2={"moon": 4900.0})
    assert a == b
    assert hash(a) == hash(b)
    assert a != a.only(earth_zonal=2)
    assert a != a.only(sunlight=SolarPressure(1.0, 1.0))
    assert a != a.only(moon_field=GravityField.packaged_moon().truncated(10))


def test_provenance_says_what_acted():
    told = ForceModel(sunlight=SolarPressure(1.0, 10.0)).describe()
    assert told["moon_field"] == "GRGM900C"
    assert told["gm_km3_s2"]["moon"] == GravityField.packaged_moon().gm_km3_s2
    assert told["solar_radiation_pressure"] is True
    assert len(told["ephemeris_sha256"]) == 64
    assert ForceModel(moon_degree=0).describe()["moon_field"] == "point mass"


# ---------------------------------------------------------------- as the kernels take it


def test_bodies_stand_in_the_order_of_the_kernels():
    forces = ForceModel(bodies=("jupiter", "sun", "earth"), gm_km3_s2={"jupiter": 7.0})
    field = forces.kernel_field(START, END)
    assert forces.table_bodies == ("earth", "moon", "sun", "jupiter")
    assert (EARTH, MOON, SUN) == (0, 1, 2)
    assert list(field.gm) == [GM_KM3_S2["earth"], 0.0, GM_KM3_S2["sun"], 7.0]
    assert list(field.radius[:3]) == [RADIUS_KM["earth"], RADIUS_KM["moon"], RADIUS_KM["sun"]]


def test_polynomials_hold_the_places_of_bodies():
    field = ForceModel(bodies=("earth", "moon", "sun", "venus")).kernel_field(START, END)
    bodies = naive.Bodies()
    rng = np.random.default_rng(10)
    for tdb in rng.uniform(START, END, 20):
        granule, x = divmod((tdb - field.start) / field.length, 1.0)
        powers = (2.0 * x - 1.0) ** np.arange(DEGREE + 1)
        values = field.polynomials[int(granule)].reshape(-1, DEGREE + 1) @ powers
        for index, name in ((1, "moon"), (2, "sun"), (3, "venus")):
            exact = bodies.position(name, tdb)
            assert np.abs(values[3 * index : 3 * index + 3] - exact).max() < POWER_SERIES_KM
        assert not values[:3].any()


def test_series_of_orientation_and_pole_follow_the_bodies():
    field = ForceModel().kernel_field(START, END)
    assert (field.quaternion, field.pole, field.indirect) == (9, 13, 16)
    assert field.polynomials.shape[1] == 16 * (DEGREE + 1)
    for options, expected in (
        ({"moon_degree": 0}, (-1, 9, 12)),
        ({"earth_zonal": 0}, (9, -1, 13)),
        ({"moon_degree": 0, "earth_zonal": 0}, (-1, -1, 9)),
        ({"bodies": ("sun",)}, (-1, -1, 9)),
    ):
        field = ForceModel(**options).kernel_field(START, END)
        assert (field.quaternion, field.pole, field.indirect) == expected


def test_quaternion_turns_as_the_ephemeris_does():
    field = ForceModel().kernel_field(START, END)
    for tdb in np.linspace(START, END, 9):
        granule, x = divmod((tdb - field.start) / field.length, 1.0)
        w, *v = field.polynomials[int(granule)].reshape(-1, DEGREE + 1)[9:13] @ (2.0 * x - 1.0) ** np.arange(DEGREE + 1)
        v = np.array(v)
        cross = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
        matrix = (w * w - v @ v) * np.eye(3) + 2 * np.outer(v, v) - 2 * w * cross
        assert np.abs(matrix - Ephemeris.packaged().moon_pa(np.array([tdb]))[0]).max() < QUATERNION_ROTATION


def test_zonal_terms_are_those_asked_for():
    gm, radius = GM_KM3_S2["earth"], 6378.1366
    for degree in (0, 2, 3, 4):
        field = ForceModel(earth_zonal=degree).kernel_field(START, END)
        assert field.zonal_degree == degree
        assert list(field.zonal != 0.0) == [degree >= n for n in (2, 3, 4)]
    assert field.zonal[0] == pytest.approx(gm * radius**2 * EARTH_J2)


def test_bodies_left_out_take_their_fields_with_them():
    field = ForceModel(bodies=("sun",)).kernel_field(START, END)
    assert (field.zonal_degree, field.harmonic_degree) == (0, 0)
    assert list(field.gm[:2]) == [0.0, 0.0]


def test_reach_of_degrees():
    """Beyond its reach a degree is below what is felt, by the bound of the addition theorem; higher ones reach less."""
    lunar = GravityField.packaged_moon()
    field = ForceModel(moon_degree=50).kernel_field(START, END)
    assert (np.diff(field.degree_reach[2:]) <= 0).all()
    rng = np.random.default_rng(11)
    for n in (2, 8, 30, 50):
        directions = rng.normal(size=(20, 3))
        points = directions / np.linalg.norm(directions, axis=1)[:, np.newaxis] * field.degree_reach[n] * 1.0001
        c, s = np.zeros((n + 1, n + 1)), np.zeros((n + 1, n + 1))
        c[n], s[n] = lunar.c[n, : n + 1], lunar.s[n, : n + 1]
        felt = naive.gradient(naive.harmonic_potential(c, s, n, lunar.gm_km3_s2, lunar.radius_km), points)
        assert np.linalg.norm(felt, axis=1).max() < UNFELT_KM_S2


def test_moving_the_origin_can_be_switched_off():
    on, off = ForceModel().kernel_field(START, END), ForceModel(move_origin=False).kernel_field(START, END)
    assert 0.0 < on.approach < on.departure < np.inf
    assert (off.approach, off.departure) == (0.0, np.inf)


def test_epochs_beyond_the_ephemeris():
    with pytest.raises(InputError, match="TDB"):
        ForceModel().kernel_field(START, START + 40 * 365.25 * 86400.0)


@pytest.mark.parametrize("body", ["solar_system_barycenter", "earth_moon_barycenter"])
def test_points_without_mass_of_their_own_do_not_attract(body):
    with pytest.raises(InputError, match=body):
        ForceModel(bodies=("earth", "moon", body)).kernel_field(START, END)
