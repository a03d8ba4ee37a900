import math

import pytest
from astropy import units as u
from hypothesis import given
from hypothesis import strategies as st

from lunarplan.config.units import (
    ANGLE,
    C3,
    DURATION,
    FORCE,
    LENGTH,
    MASS,
    SPECIFIC_IMPULSE,
    SPEED,
    Dimension,
    parse,
    shown,
    written,
)
from lunarplan.errors import InputError

ALL = (LENGTH, SPEED, DURATION, ANGLE, MASS, FORCE, SPECIFIC_IMPULSE, C3)


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("185 km", LENGTH, 185.0),
        ("185000 m", LENGTH, 185.0),
        ("100 nmi", LENGTH, 185.2),  # BIPM: 1852 m
        ("60 mi", LENGTH, 96.56064),  # 1609.344 m, exact
        ("+.5km", LENGTH, 0.5),
        ("-2.0 km2/s2", C3, -2.0),
        ("-2e6 m^2/s^2", C3, -2.0),
        ("3000 N", FORCE, 3000.0),
        ("3 kN", FORCE, 3000.0),
        ("1 lbf", FORCE, 4.4482216152605),  # NIST SP 811, exact
        ("310 s", SPECIFIC_IMPULSE, 310.0),
        ("4 days", DURATION, 345600.0),
        ("1 day", DURATION, 86400.0),
        ("12 h", DURATION, 43200.0),
        ("17 min", DURATION, 1020.0),
        ("90 deg", ANGLE, math.pi / 2),
        ("3600 arcsec", ANGLE, math.pi / 180),
        ("5 m/s", SPEED, 0.005),
        ("2917.5 ft/s", SPEED, 0.889254),  # Apollo 11 LOI-1: 889.25 m/s
        ("3780 kg", MASS, 3780.0),
        ("8.2 t", MASS, 8200.0),
    ],
)
def test_reads_a_value_with_its_unit(text: str, dimension: Dimension, value: float) -> None:
    assert parse(text, dimension) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize("dimension", ALL, ids=lambda dimension: dimension.name)
def test_every_unit_is_the_one_astropy_knows(dimension: Dimension) -> None:
    rounded = {"lbf": 2e-8}  # astropy builds it from a slug of 32.174049 lb
    with u.add_enabled_units(u.imperial):
        for unit, factor in dimension.factors.items():
            theirs = u.Unit("day" if unit == "days" else unit).to(u.Unit(dimension.internal))
            assert theirs == pytest.approx(factor, rel=rounded.get(unit, 1e-14))


@pytest.mark.parametrize("dimension", ALL, ids=lambda dimension: dimension.name)
def test_the_example_of_every_dimension_is_one(dimension: Dimension) -> None:
    assert math.isfinite(parse(dimension.example, dimension))


def test_takes_an_astropy_quantity() -> None:
    assert parse(185 * u.imperial.mi, LENGTH) == pytest.approx(297.72864, rel=1e-14)
    assert parse(-2.0 * u.km**2 / u.s**2, C3) == -2.0


@pytest.mark.parametrize("quantity", [3 * u.s, [1, 2] * u.km, float("nan") * u.km, float("inf") * u.km], ids=str)
def test_refuses_a_quantity_that_is_not_one_finite_length(quantity: u.Quantity) -> None:
    with pytest.raises(InputError, match=r"length"):
        parse(quantity, LENGTH)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("185", "has no unit"),
        (185, "has no unit"),
        (185.0, "has no unit"),
        ("185 s", "is not a length"),
        ("185 Km", 'did you mean "km"?'),
        ("185 kms", 'did you mean "km"?'),
        ("nan km", "not a number"),
        ("inf km", "not a number"),
        ("1e999 km", "not a finite"),
        ("km", "not a number"),
        ("", "not a number"),
        ("1 2 km", "unit"),
        ("١٢ km", "not a number"),
        (True, "is not a length"),
        (None, "is not a length"),
        ([185, "km"], "is not a length"),
        ({}, "is not a length"),
    ],
)
def test_says_what_is_wrong_with_a_value(value: object, says: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(value, LENGTH)
    assert says in str(caught.value)
    assert caught.value.remedy


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(ALL), st.data())
def test_what_is_written_is_read_back(number: float, dimension: Dimension, data: st.DataObject) -> None:
    unit = data.draw(st.sampled_from(sorted(dimension.factors)))
    value = number * dimension.factors[unit]
    if math.isfinite(value):
        assert parse(f"{number!r} {unit}", dimension) == value


@given(st.one_of(st.text(), st.integers(), st.floats(), st.lists(st.text()), st.binary()))
def test_never_anything_but_a_finite_number_or_an_input_error(value: object) -> None:
    try:
        outcome = str(math.isfinite(parse(value, SPEED)))
    except InputError as error:
        outcome = str(error)
    assert outcome not in ("False", "")
    assert "\n" not in outcome


def test_writes_a_value_in_a_unit() -> None:
    assert written(185.0, LENGTH, "m") == "185000 m"


def test_quotes_a_value_on_one_short_line() -> None:
    assert shown("a\nb") == '"a\\nb"'
    assert len(shown("x" * 1000)) == 60
    assert "too long" in shown(10**5000)
