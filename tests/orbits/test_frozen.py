"""Low frozen orbits: the averaged ones against a closed form and published inclinations, the full ones by flying on."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.forces import ForceModel
from lunarplan.model.gravity_field import GravityField
from lunarplan.orbits.frozen import (
    SIDEREAL_MONTH_DAYS,
    FrozenOrbits,
    FrozenStatus,
    frozen_eccentricity,
    frozen_inclinations,
    frozen_orbits,
)
from lunarplan.orbits.history import orbit_history
from lunarplan.orbits.lunar_axes import orbit_states
from tests import tolerances as tol

_EPOCH = "2027-01-01"
_FORCES = ForceModel(moon_degree=24)


def test_circular_orbits_are_frozen_at_the_published_inclinations() -> None:
    """27, 50, 76 and 86 deg: NASA, "Bizarre lunar orbits" (2006)."""
    found = frozen_inclinations(100.0)
    direct = found[found < 90.0]
    np.testing.assert_allclose(direct, [27.0, 50.0, 76.0, 86.0], atol=tol.FROZEN_INCLINATION_DEG)
    np.testing.assert_allclose(found, 180.0 - found[::-1], atol=1e-3)


def test_with_three_zonals_the_eccentricity_is_the_closed_form() -> None:
    """e = -J3 / (2 J2) R / a sin i, to first order in e; Cutting, Born and Frautnick (1978), J. Astronaut. Sci. 26."""
    field = GravityField.packaged_moon()
    small = GravityField("small J3", field.gm_km3_s2, field.radius_km, field.c.copy(), field.s, "moon_pa", "")
    small.c[4:, 0] = 0.0
    small.c[2, 0], small.c[3, 0] = 10.0 * field.c[2, 0], 0.1 * field.c[3, 0]  # far from where the Earth matters
    i = np.array([20.0, 45.0, 100.0, 130.0])
    found = frozen_eccentricity(200.0, i, degree=3, field=small)
    j2, j3 = -np.sqrt(5.0) * small.c[2, 0], -np.sqrt(7.0) * small.c[3, 0]
    expected = np.abs(j3 / (2.0 * j2)) * field.radius_km / (RADIUS_KM["moon"] + 200.0) * np.sin(np.radians(i))
    np.testing.assert_allclose(found.eccentricity, expected, rtol=tol.FROZEN_CLOSED_FORM)
    assert len(set(found.argp_deg)) == 1


def test_an_inclination_without_a_frozen_orbit_is_told() -> None:
    found = frozen_eccentricity(100.0, [86.0, 90.0])
    assert list(found.status) == [FrozenStatus.OK, FrozenStatus.NO_FROZEN_ORBIT]
    assert np.isnan(found.eccentricity[1])
    assert np.isnan(found.argp_deg[1])
    assert "no frozen orbit" in found.reason(1)


def test_seeds_keep_the_shape_of_their_arguments() -> None:
    assert frozen_eccentricity(100.0, 86.0).eccentricity.shape == ()
    grid = frozen_eccentricity(np.array([[80.0], [120.0]]), [84.0, 86.0, 88.0], degree=10)
    assert grid.eccentricity.shape == (2, 3)
    assert frozen_eccentricity(np.empty(0), 86.0).status.shape == (0,)


@pytest.fixture(scope="module")
def corrected() -> FrozenOrbits:
    return frozen_orbits([100.0, 123.0, 30.0], [86.0, 88.0, 90.0], 30.0, _EPOCH, forces=_FORCES, seed_degree=24)


def test_corrected_orbits_are_near_the_averaged_ones(corrected: FrozenOrbits) -> None:
    assert list(corrected.status) == [FrozenStatus.OK, FrozenStatus.OK, FrozenStatus.NO_FROZEN_ORBIT]
    good = corrected.ok
    np.testing.assert_allclose(
        corrected.eccentricity[good], corrected.seeds.eccentricity[good], atol=tol.AVERAGED_VERSUS_FULL
    )
    np.testing.assert_allclose(corrected.argp_deg[good], 270.0, atol=tol.FROZEN_PERILUNE_DEG)
    assert np.isnan(corrected.states[2]).all()


def test_corrected_orbits_stay_where_uncorrected_ones_drift(corrected: FrozenOrbits) -> None:
    """Half a year on, monthly means of the frozen orbits have moved less than a quarter of what circular ones have."""
    circular = orbit_states([100.0, 123.0], [100.0, 123.0], [86.0, 88.0], 30.0, 0.0, _EPOCH)
    x = np.vstack([corrected.states[:2], circular])
    flown = orbit_history(
        x, corrected.epoch_tdb, 5.0 * SIDEREAL_MONTH_DAYS, forces=_FORCES, step_days=SIDEREAL_MONTH_DAYS
    )
    vectors = flown.eccentricity_vector
    moved = np.linalg.norm(vectors - vectors[:, :1], axis=2)
    assert flown.alive.all()
    np.testing.assert_allclose(moved[:2, 1], corrected.drift_per_month[:2], atol=tol.FROZEN_DRIFT)
    assert (moved[:2, -1] < 0.25 * moved[2:, -1]).all()


def test_lros_quasi_frozen_orbit_keeps_its_perilune() -> None:
    """30 x 216 km over the poles, perilune in the south: LRO's commissioning, 60 days without upkeep."""
    x = orbit_states(30.0, 216.0, 90.0, np.arange(0.0, 360.0, 45.0), 270.0, _EPOCH)
    flown = orbit_history(x, _EPOCH, 60.0, forces=ForceModel(moon_degree=30))
    assert flown.alive.all()
    assert (flown.lowest_altitude_km > tol.LRO_PERILUNE_KM[0]).all()
    assert (flown.lowest_altitude_km < tol.LRO_PERILUNE_KM[1]).all()
    assert (np.abs(flown.argp_deg - 270.0) < tol.LRO_PERILUNE_DEG).all()


@pytest.mark.parametrize(
    ("altitude", "inclination", "degree"),
    [
        (-10.0, 86.0, 20),
        (100.0, 0.0, 20),
        (100.0, 86.0, 1),
        (100.0, 86.0, 101),
        (np.nan, 86.0, 20),
        (100.0, np.nan, 20),
    ],
)
def test_arguments_out_of_range_are_refused(altitude: float, inclination: float, degree: int) -> None:
    with pytest.raises(InputError):
        frozen_eccentricity(altitude, inclination, degree=degree)


def test_fields_and_floors_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="lowest_altitude_km"):
        frozen_eccentricity(100.0, 86.0, lowest_altitude_km=np.nan)
    with pytest.raises(InputError, match="GravityField"):
        frozen_eccentricity(100.0, 86.0, field="GRGM")


def test_a_row_alone_is_one_of_a_batch(corrected: FrozenOrbits) -> None:
    alone = frozen_orbits(123.0, 88.0, 30.0, _EPOCH, forces=_FORCES, seed_degree=24)
    assert alone.eccentricity[0] == pytest.approx(corrected.eccentricity[1], abs=tol.FROZEN_DRIFT)
    np.testing.assert_allclose(alone.states[0, :3], corrected.states[1, :3], atol=tol.FROZEN_DRIFT * 1860.4)
    seeds = [float(frozen_eccentricity(a, i, degree=24).eccentricity) for a, i in ((100.0, 86.0), (123.0, 88.0))]
    np.testing.assert_allclose(seeds, corrected.seeds.eccentricity[:2], rtol=1e-12)
