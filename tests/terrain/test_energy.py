"""Arrays in the light and batteries in the dark."""

import numpy as np
import pytest
import xarray as xr

from lunarplan.errors import InputError
from lunarplan.model.surface import Place
from lunarplan.terrain.energy import Battery, SolarArray, battery_wh, battery_wh_for, energy, step_hours
from lunarplan.terrain.illumination import illumination
from lunarplan.terrain.nights import nights
from tests.terrain.skies import level, rugged
from tests.tolerances import ENERGY_WH

SITES = Place([-89.45, -88.8], [-137.3, 123.4])
YEAR = "2027-01-01", "2028-01-01"
LIGHT = illumination(rugged(SITES), *YEAR)
ARRAY = SolarArray(area_m2=8.0, efficiency=0.3, yearly_loss=0.02)
BATTERY = Battery(20_000.0, depth_of_discharge=0.8, charge_efficiency=0.95, discharge_efficiency=0.9)


def made(fraction, elevation_deg=0.0, azimuth_deg=0.0, distance_km=149597870.7, step_h=1.0):
    fraction = np.atleast_2d(np.asarray(fraction, float))
    tdb = 3600.0 * step_h * np.arange(fraction.shape[1])
    values = {
        "fraction": fraction,
        "elevation_deg": elevation_deg,
        "azimuth_deg": azimuth_deg,
        "distance_km": distance_km,
    }
    columns = {n: (("place", "time"), np.broadcast_to(v, fraction.shape).astype(float)) for n, v in values.items()}
    places = {n: ("place", np.zeros(len(fraction))) for n in ("latitude_deg", "longitude_deg")}
    return xr.Dataset(columns, {"tdb": ("time", tdb), **places})


# ---------------------------------------------------------------- array


@pytest.mark.parametrize("tracking", ["fixed", "vertical axis", "full"])
def test_square_to_the_sun_at_one_astronomical_unit(tracking):
    array = SolarArray(2.0, 0.25, tracking, tilt_deg=60.0, azimuth_deg=40.0)
    power = array.power_w(made([1.0, 0.5, 0.0], elevation_deg=30.0, azimuth_deg=40.0))
    assert power.values[0] == pytest.approx([1361.0 * 0.5, 1361.0 * 0.25, 0.0])
    assert power.attrs["units"] == "W"


def test_twice_as_far_is_a_quarter_of_the_light():
    near, far = (ARRAY.power_w(made([1.0], distance_km=d * 149597870.7)).values for d in (1.0, 2.0))
    assert far == pytest.approx(near / 4.0)


def test_cosines_are_those_of_the_angle_between_vectors():
    rng = np.random.default_rng(1)
    for tilt, face, elevation, azimuth in rng.uniform([0, 0, -5, 0], [180, 360, 90, 360], (50, 4)):
        t, f, e, a = np.radians([tilt, face, elevation, azimuth])
        normal = np.array([np.sin(t) * np.sin(f), np.sin(t) * np.cos(f), np.cos(t)])
        sun = np.array([np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e)])
        turned = np.array([np.sin(t) * np.sin(a), np.sin(t) * np.cos(a), np.cos(t)])
        fixed = SolarArray(1.0, 1.0, "fixed", tilt_deg=tilt, azimuth_deg=face)
        assert fixed.incidence_cosine(e, a) == pytest.approx(max(normal @ sun, 0.0), abs=1e-12)
        turning = SolarArray(1.0, 1.0, "vertical axis", tilt_deg=tilt)
        assert turning.incidence_cosine(e, a) == pytest.approx(max(turned @ sun, 0.0), abs=1e-12)
        assert SolarArray(1.0, 1.0, "full", tilt_deg=tilt).incidence_cosine(e, a) == 1.0


def test_a_flat_array_gets_little_near_the_pole_and_one_that_turns_gets_almost_all():
    upright, flat, best = (
        SolarArray(1.0, 1.0, *how).power_w(LIGHT).mean("time").values
        for how in (("vertical axis", 90.0), ("fixed", 0.0), ("full", 0.0))
    )
    assert (flat < 0.05 * best).all()
    assert (upright > 0.998 * best).all()
    assert (upright < best).all()


def test_cells_grow_old():
    young, old = ARRAY.power_w(LIGHT), ARRAY.power_w(LIGHT, new_tdb=float(LIGHT.tdb[0]) - 5 * 365.25 * 86400.0)
    lit = young.values > 0.0
    assert old.values[lit] / young.values[lit] == pytest.approx(0.98**5)
    assert float(SolarArray(1.0, 0.3, "full").power_w(made([1.0])).values[0, 0]) == pytest.approx(1361.0 * 0.3)


# ---------------------------------------------------------------- battery


def test_nothing_is_made_and_nothing_is_lost():
    found = energy(LIGHT, ARRAY, BATTERY, 300.0, start_charge=0.5)
    hours = step_hours(LIGHT)
    made_wh = (found.power_w.values * hours).sum(axis=1)
    grown = found.charge_wh.values[:, -1] - found.charge_wh.values[:, 0]
    used = (found.load_w.values * hours).sum() - found.missing_wh.values.sum(axis=1)
    rest = found.lost_wh.values.sum(axis=1) + found.unused_wh.values.sum(axis=1)
    assert made_wh == pytest.approx(used + grown + rest, abs=ENERGY_WH)
    assert (found.lost_wh.values > -1e-9).all()
    assert found.missing_wh.values.any()
    assert found.unused_wh.values.any()
    assert (found.charge_wh.values >= BATTERY.least_wh - 1e-9).all()
    assert (found.charge_wh.values <= BATTERY.capacity_wh).all()
    assert found.charge_wh.sizes == {"place": 2, "edge": LIGHT.sizes["time"] + 1}
    assert "time" in found.coords
    assert found.attrs["battery"].startswith("Battery(capacity_wh=20000")


def test_a_night_by_hand():
    """100 W for ten hours of dark, of a battery of 2000 Wh that may give half: 90 % of it comes out."""
    light = made([1.0] * 3 + [0.0] * 10 + [1.0] * 3)
    array = SolarArray(1.0, 200.0 / 1361.0, "full")
    battery = Battery(2000.0, 0.5, charge_efficiency=0.8, discharge_efficiency=0.9)
    found = energy(light, array, battery, 100.0)
    level = found.charge_wh.values[0]
    assert level[:4] == pytest.approx([2000.0] * 4)
    assert level[4:13] == pytest.approx(2000.0 - np.arange(1, 10) * 100.0 / 0.9)
    assert level[13] == 1000.0
    assert found.missing_wh.values[0, 12] == pytest.approx(1000.0 - 1000.0 * 0.9)
    assert level[14:] == pytest.approx([1080.0, 1160.0, 1240.0])
    assert found.unused_wh.values[0, :3] == pytest.approx([100.0] * 3)


def test_the_smallest_battery_is_just_enough():
    needed = battery_wh(LIGHT, ARRAY, 300.0, BATTERY)
    for i, capacity in enumerate(needed):
        for scale, enough in ((1.0 + 1e-9, True), (0.999, False)):
            battery = Battery(scale * capacity, 0.8, 0.95, 0.9)
            missing = energy(LIGHT.isel(place=[i]), ARRAY, battery, 300.0).missing_wh.values
            assert (missing.max() < 1e-6) == enough


def test_the_battery_for_the_longest_dark():
    dark = nights(rugged(SITES), *YEAR)
    found = battery_wh_for(dark, 150.0, BATTERY)
    assert found == pytest.approx(150.0 * dark.longest_s / 3600.0 / 0.72)
    assert (battery_wh(LIGHT, SolarArray(1e6, 0.3), 150.0, BATTERY) <= found * (1.0 + 1e-3)).all()
    assert battery_wh_for(nights(level(SITES, -30.0), *YEAR), 150.0, BATTERY).tolist() == [0.0, 0.0]


def test_a_load_that_comes_and_goes():
    load = np.where(np.arange(LIGHT.sizes["time"]) % 24 < 8, 500.0, 50.0)
    varied, steady = (energy(LIGHT, ARRAY, BATTERY, w) for w in (load, float(load.mean())))
    assert float(varied.load_w.mean()) == pytest.approx(float(steady.load_w.mean()))
    assert not np.allclose(varied.charge_wh, steady.charge_wh)


# ---------------------------------------------------------------- misuse


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (SolarArray, (-1.0, 0.3)),
        (SolarArray, (1.0, 30.0)),
        (SolarArray, (1.0, np.nan)),
        (SolarArray, (1.0, 0.3, "sometimes")),
        (SolarArray, (1.0, 0.3, "fixed", 200.0)),
        (SolarArray, (1.0, 0.3, "fixed", 90.0, np.inf)),
        (Battery, (-1.0,)),
        (Battery, (100.0, 0.0)),
        (Battery, (100.0, 0.5, 1.1)),
        (Battery, ("100 Wh",)),
    ],
)
def test_arrays_and_batteries_that_are_none(kind, arguments):
    with pytest.raises(InputError, match=kind.__name__):
        kind(*arguments)


@pytest.mark.parametrize("load", [-1.0, np.nan, np.zeros(3), "300"])
def test_loads_that_are_none(load):
    with pytest.raises(InputError, match="load_w"):
        energy(LIGHT, ARRAY, BATTERY, load)


def test_other_datasets_and_single_epochs():
    with pytest.raises(InputError, match="fraction"):
        energy(LIGHT.drop_vars("fraction"), ARRAY, BATTERY, 1.0)
    with pytest.raises(InputError, match="two epochs"):
        energy(LIGHT.isel(time=[0]), ARRAY, BATTERY, 1.0)
    with pytest.raises(InputError, match="start_charge"):
        energy(LIGHT, ARRAY, BATTERY, 1.0, start_charge=0.1)
