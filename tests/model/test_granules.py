import erfa
import numpy as np
import pytest
from numpy.polynomial import chebyshev

from lunarplan.errors import DataError, InputError
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.granules import Grid, Series, reexpand
from tests.tolerances import GRANULE_REEXPANSION_KM, MOON_EVALUATION_KM, MOON_QUATERNION

DAY = 86400.0
BODIES = ("moon", "sun", "venus", "jupiter", "earth_moon_barycenter")


@pytest.fixture(scope="module")
def ephemeris():
    return Ephemeris.packaged()


@pytest.fixture(scope="module")
def everything(ephemeris):
    return ephemeris.granules(
        BODIES, "earth", ephemeris.start_tdb, ephemeris.end_tdb, moon_orientation=True, earth_pole="date"
    )


@pytest.fixture(scope="module")
def samples(ephemeris):
    return np.random.default_rng(5).uniform(ephemeris.start_tdb, ephemeris.end_tdb, 3000)


def evaluate(granules, tdb):
    """All series at epochs, float64[N, series], by numpy's polynomials."""
    index = np.clip((tdb - granules.start_tdb) // granules.length_s, 0, len(granules.coefficients) - 1).astype(int)
    x = 2.0 * (tdb - granules.start_tdb - index * granules.length_s) / granules.length_s - 1.0
    return np.einsum("nsk,nk->ns", granules.coefficients[index], chebyshev.chebvander(x, 12))


def test_layout(everything):
    assert everything.length_s == 4 * DAY
    assert everything.coefficients.shape == (2831, 3 * len(BODIES) + 4 + 3, 13)
    assert everything.coefficients.flags.c_contiguous


@pytest.mark.parametrize(("index", "body"), list(enumerate(BODIES)))
def test_bodies_are_reexpanded_exactly(ephemeris, everything, samples, index, body):
    found = evaluate(everything, samples)[:, 3 * index : 3 * index + 3]
    tolerance = MOON_EVALUATION_KM if body == "moon" else GRANULE_REEXPANSION_KM
    np.testing.assert_allclose(found, ephemeris.position(body, "earth", samples), rtol=0, atol=tolerance)


def test_the_moon_keeps_de440_s_own_coefficients(ephemeris):
    granules = ephemeris.granules(["moon"], "earth", 7e8, 7e8 + 12 * DAY)
    moon, earth = (next(segment for segment in ephemeris.segments if segment.target == number) for number in (301, 399))
    first = int((granules.start_tdb - moon.record_start_tdb) / moon.record_length_s)
    expected = (moon.coefficients - earth.coefficients)[first : first + len(granules.coefficients)]
    np.testing.assert_array_equal(granules.coefficients, expected)


def test_the_quaternion_turns_icrf_into_the_principal_axes(ephemeris, everything, samples):
    w, x, y, z = evaluate(everything, samples)[:, 15:19].T
    np.testing.assert_allclose(w * w + x * x + y * y + z * z, 1.0, rtol=0, atol=2 * MOON_QUATERNION)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)],
        [2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)],
        [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)],
    ]
    matrix = np.moveaxis(np.array(rows), -1, 0)
    np.testing.assert_allclose(matrix, ephemeris.moon_pa(samples), rtol=0, atol=4 * MOON_QUATERNION)


def test_the_quaternion_is_the_orientation_s_own(ephemeris, everything, samples):
    found = evaluate(everything, samples)[:, 15:19]
    np.testing.assert_allclose(found, ephemeris.orientation.quaternion(samples), rtol=0, atol=MOON_QUATERNION)


def test_the_quaternion_does_not_flip_between_granules(everything):
    series = everything.coefficients[:, 15:19]
    signs = (-1.0) ** np.arange(13)
    np.testing.assert_allclose(series[:-1].sum(axis=2), series[1:] @ signs, rtol=0, atol=1e-11)


def test_the_pole_of_date_is_that_of_iau_2006(everything, samples):
    """ERFA's 2000B series, good to a milliarcsecond, against the full 2006/2000A one."""
    some = samples[:50]
    x, y, _ = erfa.xys06a(2451545.0, some / DAY)
    found = evaluate(everything, some)[:, 19:]
    milliarcsecond = np.deg2rad(1e-3 / 3600.0)
    np.testing.assert_allclose(found[:, :2], np.stack([x, y], axis=1), rtol=0, atol=milliarcsecond)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, rtol=0, atol=1e-14)


def test_the_pole_of_icrf_is_constant(ephemeris):
    granules = ephemeris.granules([], "earth", 7e8, 7e8 + 9 * DAY, earth_pole="icrf")
    expected = np.zeros((3, 13))
    expected[2, 0] = 1.0
    np.testing.assert_allclose(granules.coefficients, np.broadcast_to(expected, (3, 3, 13)), rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("start_days", "length_days", "expected"), [(0, 0, 1), (0, 4, 1), (1, 3, 1), (1, 4, 2), (3, 6, 3)]
)
def test_granules_just_cover_the_span(ephemeris, start_days, length_days, expected):
    edge = ephemeris.granules(["moon"], "earth", 7e8, 7e8).start_tdb
    start, end = edge + start_days * DAY, edge + (start_days + length_days) * DAY
    granules = ephemeris.granules(["moon"], "earth", start, end)
    assert len(granules.coefficients) == expected
    assert granules.start_tdb <= start
    assert granules.start_tdb + expected * granules.length_s >= end


def test_the_last_granule_ends_with_the_ephemeris(ephemeris):
    granules = ephemeris.granules(["moon"], "earth", ephemeris.end_tdb, ephemeris.end_tdb, moon_orientation=True)
    found = evaluate(granules, np.array([ephemeris.end_tdb]))
    expected = ephemeris.position("moon", "earth", ephemeris.end_tdb)
    np.testing.assert_allclose(found[0, :3], expected, rtol=0, atol=MOON_EVALUATION_KM)


def test_spans_are_kept(ephemeris):
    ask = (["moon", "sun"], "earth", 7e8, 7.01e8)
    assert ephemeris.granules(*ask) is ephemeris.granules(*ask)
    assert ephemeris.granules(*ask) is not ephemeris.granules(*ask, earth_pole="icrf")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((["moon"], "earth", 7.1e8, 7e8), "after start_tdb"),
        ((["moon"], "earth", float("nan"), 7e8), "after start_tdb"),
        ((["moon"], "earth", 7e8, float("nan")), "after start_tdb"),
        ((["moon"], "earth", 6e8, 7e8), "not known at"),
        ((["moon"], "earth", 7e8, 1.7e9), "not known at"),
        ((["mon"], "earth", 7e8, 7.1e8), "did you mean"),
    ],
)
def test_bad_spans_are_named(ephemeris, arguments, says):
    with pytest.raises(InputError, match=says):
        ephemeris.granules(*arguments)


def test_an_unknown_pole_is_refused(ephemeris):
    with pytest.raises(InputError, match="earth_pole"):
        ephemeris.granules(["moon"], "earth", 7e8, 7.1e8, earth_pole="mean")


def orbit(length_days, terms, records=6):
    """A circular orbit of 27 days at the Moon's distance, expanded in records of any length."""
    nodes = np.cos(np.pi * (np.arange(terms) + 0.5) / terms)
    start = 7.01e8
    middle = start + length_days * DAY * (np.arange(records) + 0.5)
    angle = 2.0 * np.pi / (27.0 * DAY) * (middle[:, np.newaxis] + 0.5 * length_days * DAY * nodes)
    values = 3.8e5 * np.stack([np.cos(angle), np.sin(angle), np.zeros_like(angle)])
    flat = chebyshev.chebfit(nodes, values.reshape(3 * records, terms).T, terms - 1)
    return Series(np.ascontiguousarray(flat.T.reshape(3, records, terms).transpose(1, 0, 2)), start, length_days * DAY)


@pytest.mark.parametrize("length_days", [3.0, 8.0, 5.5, 16.0])
def test_other_record_lengths_are_reexpanded_to_a_millimetre(length_days):
    series = orbit(length_days, terms=18 if length_days < 16 else 24)
    grid = Grid(series.start_tdb + 0.3 * DAY, 3)
    found = reexpand(series, grid)
    tdb = grid.start_tdb + np.array([0.1, 3.9, 4.1, 7.0, 11.9]) * DAY
    index = np.array([0, 0, 1, 1, 2])
    x = 2.0 * (tdb - grid.start_tdb - 4 * DAY * index) / (4 * DAY) - 1.0
    values = np.einsum("nsk,nk->ns", found[index], chebyshev.chebvander(x, 12))
    angle = 2.0 * np.pi / (27.0 * DAY) * tdb
    expected = 3.8e5 * np.stack([np.cos(angle), np.sin(angle), np.zeros_like(angle)], axis=1)
    np.testing.assert_allclose(values, expected, rtol=0, atol=GRANULE_REEXPANSION_KM)


def test_a_rough_ephemeris_is_refused():
    """Records that do not join within a millimetre cannot be put on the grid."""
    series = orbit(3.0, terms=5)
    with pytest.raises(DataError, match="1 mm"):
        reexpand(series, Grid(series.start_tdb, 3))


def test_granules_beyond_the_records_are_refused():
    series = orbit(8.0, terms=18)
    with pytest.raises(InputError, match="4-day granules"):
        reexpand(series, Grid(series.start_tdb - 1.0, 1))
