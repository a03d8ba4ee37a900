import numpy as np
import pytest

from lunarplan.errors import DataError, InputError
from lunarplan.model import data
from lunarplan.model.gravity_field import GravityField

DEGREE = 3
# GRGM900C (Lemoine et al. 2014, gggrx_0900c_sha.tab of the PDS), degrees 2 and 3: n, m, C, S.
ROWS = [
    (2, 0, -9.08866163613439e-05, 0.0),
    (2, 1, -1.94959323612596e-10, 1.07333253873312e-09),
    (2, 2, 3.46733340854267e-05, 1.09084628698355e-10),
    (3, 0, -3.19735296100717e-06, 0.0),
    (3, 1, 2.63680163190460e-05, 5.45455126619689e-06),
    (3, 2, 1.41715524336789e-05, 4.87800381791731e-06),
    (3, 3, 1.22753848162928e-05, -1.77415609631060e-06),
]


def sha(rows=ROWS, degree=DEGREE, order=None, norm=1, radius=1738.0):
    order = degree if order is None else order
    head = f" {radius:.16E}, 4.9027999670886400E+03, 0.0E+00,  {degree},  {order},    {norm}, 0.0E+00, 0.0E+00"
    return "\n".join([head] + [f"{n:5d},{m:5d},{c:23.14E},{s:23.14E}" for n, m, c, s in rows])


def gfc(rows=ROWS, degree=DEGREE, extra=()):
    head = ["radius words in a comment", "earth_gravity_constant 4.90279996708864D+12", "radius 1738000.0"]
    head += [f"max_degree {degree}", "norm fully_normalized", *extra, "end_of_head ====", "gfc 0 0 1.0 0.0 0.0 0.0"]
    return "\n".join(head + [f"gfc {n} {m} {c:.14e} {s:.14e} 1e-15 1e-15".replace("e-", "D-") for n, m, c, s in rows])


def cof(rows=ROWS, degree=DEGREE):
    head = ["COMMENT   1", f"POTFIELD{degree:3d}{degree:3d}  0 4.90279996708864e+12 1.738e+06 1.0e+00"]
    lines = [f"RECOEF  {n:3d}{m:3d}   {c:21.14e}" + (f"{s:21.14e}" if m else "") for n, m, c, s in rows]
    return "\n".join([*head, *lines, "END"])


WRITERS = {".tab": sha, ".gfc": gfc, ".cof": cof}


@pytest.fixture
def load(tmp_path):
    def write_and_load(suffix, text, **options):
        path = tmp_path / f"field{suffix}"
        path.write_text(text)
        return GravityField.from_file(path, **options)

    return write_and_load


@pytest.fixture(scope="module")
def moon():
    return GravityField.packaged_moon()


def test_the_packaged_moon_is_grgm900c(moon):
    assert (moon.name, moon.degree, moon.axes) == ("GRGM900C", 100, "moon_pa")
    assert moon.gm_km3_s2 == pytest.approx(4902.79996708864, rel=1e-15)  # the file's own, not DE440's 4902.800118
    assert moon.radius_km == 1738.0
    assert moon.sha256 == data.SHA256[data.MOON_GRAVITY]
    for n, m, c, s in ROWS:
        assert (moon.c[n, m], moon.s[n, m]) == (c, s)
    assert (moon.c[100, 100], moon.s[100, 100]) == (-6.12499821556437e-09, -1.80445882874841e-09)


def test_normalisation_is_the_full_one(moon):
    """Moon's J2 = -sqrt(5) C20 = 2.0323e-4 and C22 = sqrt(5/12) C22 = 2.238e-5 (Lemoine et al. 2014)."""
    assert -np.sqrt(5.0) * moon.c[2, 0] == pytest.approx(2.0323e-4, rel=1e-4)
    assert np.sqrt(5.0 / 12.0) * moon.c[2, 2] == pytest.approx(2.2382e-5, rel=1e-4)


def test_monopole_and_dipole_are_those_of_the_centre_of_mass(moon):
    np.testing.assert_array_equal(moon.c[:2, :2], [[1.0, 0.0], [0.0, 0.0]])
    np.testing.assert_array_equal(moon.s[:, 0], 0.0)
    np.testing.assert_array_equal(moon.c[np.triu_indices(101, 1)], 0.0)


@pytest.mark.parametrize("suffix", WRITERS)
def test_all_formats_give_the_same_field(load, moon, suffix):
    field = load(suffix, WRITERS[suffix]())
    reference = moon.truncated(DEGREE)
    assert (field.degree, field.name, field.radius_km) == (DEGREE, "field", 1738.0)
    assert field.gm_km3_s2 == pytest.approx(moon.gm_km3_s2, rel=1e-15)
    np.testing.assert_array_equal(field.c, reference.c)
    np.testing.assert_array_equal(field.s, reference.s)


def test_extra_columns_of_uncertainties_are_ignored(load):
    lines = sha().splitlines()
    field = load(".tab", "\n".join([lines[0]] + [f"{line}, 1.0E-12, 1.0E-12" for line in lines[1:]]))
    assert field.c[2, 0] == ROWS[0][2]


def test_truncation_keeps_the_low_degrees(moon):
    low = moon.truncated(8)
    assert (low.degree, low.c.shape, low.gm_km3_s2, low.sha256) == (8, (9, 9), moon.gm_km3_s2, moon.sha256)
    np.testing.assert_array_equal(low.s, moon.s[:9, :9])
    assert moon.truncated(0).c.tolist() == [[1.0]]


@pytest.mark.parametrize("degree", [101, -1])
def test_degrees_outside_the_field_are_refused(moon, degree):
    with pytest.raises(InputError, match="allowed: 0 to 100"):
        moon.truncated(degree)


def test_coefficients_cannot_be_changed_by_accident(moon):
    with pytest.raises(ValueError, match="read-only"):
        moon.c[2, 0] = 0.0


def with_row(index, row):
    return [*ROWS[:index], row, *ROWS[index + 1 :]]


BAD_ROWS = [
    (ROWS[:-1], "n=3, m=3 is given 0 times"),
    (ROWS[1:], "n=2, m=0 is given 0 times"),
    ([*ROWS, ROWS[2]], "n=2, m=2 is given 2 times"),
    (with_row(1, (2, 1, float("nan"), 0.0)), "coefficient 2 is impossible"),
    (with_row(1, (2, 1, 3.0, 0.0)), "coefficient 2 is impossible"),
    (with_row(1, (2, 3, 0.0, 0.0)), "coefficient 2 is impossible"),
    (with_row(6, (4, 3, 0.0, 0.0)), "coefficient 7 is impossible"),
    ([], "no coefficients"),
]


@pytest.mark.parametrize(("rows", "says"), BAD_ROWS)
def test_bad_coefficients_are_named(load, rows, says):
    with pytest.raises(DataError, match=says):
        load(".tab", sha(rows))


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("missing", [0, 2, 6])
def test_a_missing_coefficient_is_found_in_every_format(load, suffix, missing):
    with pytest.raises(DataError, match="is given 0 times"):
        load(suffix, WRITERS[suffix](ROWS[:missing] + ROWS[missing + 1 :]))


@pytest.mark.parametrize(
    ("suffix", "text", "says"),
    [
        (".tab", sha(norm=0), "normalis"),
        (".tab", sha(order=2), "degree 3 and order 2"),
        (".tab", sha(degree=1), "degree 1"),
        (".tab", sha(radius=1738000.0), "no planet or moon"),
        (".tab", "", "empty"),
        (".tab", "<html>404</html>", "could not convert|not enough values"),
        (".tab", sha().replace("E-05", "X-05"), "could not convert"),
        (".gfc", gfc(extra=["norm unnormalized"]), "unnormalized"),
        (".gfc", gfc(extra=["gfct 2 0 1e-5 0.0"]), "change with time"),
        (".gfc", gfc().replace("max_degree 3", ""), "lacks"),
        (".gfc", gfc().replace("radius 1738000.0", "radius 1738.0"), "no planet or moon"),
        (".cof", cof().replace("POTFIELD", "POTENTIAL"), "no POTFIELD"),
        (".cof", cof().replace(" 1.0e+00", " 0.0e+00"), "normalis"),
        (".cof", cof()[:-30], "invalid column index|given 0 times|requires|number of columns"),
    ],
)
def test_bad_files_are_named(load, suffix, text, says):
    with pytest.raises(DataError, match=says) as caught:
        load(suffix, text)
    assert f"field{suffix}" in str(caught.value)


def test_other_suffixes_are_refused(load):
    with pytest.raises(InputError, match=r"\.tab, \.gfc, \.cof"):
        load(".txt", sha())


def test_a_missing_file_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        GravityField.from_file(tmp_path / "field.tab")


def test_axes_are_the_user_s_to_say(load):
    assert load(".gfc", gfc(), axes="itrf").axes == "itrf"
