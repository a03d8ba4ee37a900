import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from lunarplan.kernels.shadow import lit_fraction, overlap
from lunarplan.model.constants import AU_KM, RADIUS_KM
from tests import naive
from tests.tolerances import LENS_AREA, SHADOW_FRACTION

SUN, EARTH, MOON = RADIUS_KM["sun"], RADIUS_KM["earth"], RADIUS_KM["moon"]


def facing(distance, separation):
    """Direction to a body ``separation`` rad away from the Sun's direction (x)."""
    return distance * np.array([math.cos(separation), math.sin(separation), 0.0])


def fraction(to_body, radius, sun_distance=AU_KM):
    return lit_fraction(sun_distance, 0.0, 0.0, SUN, *to_body, radius)


def test_no_shadow_in_the_open():
    assert fraction(facing(7000.0, math.pi), EARTH) == 1.0
    assert fraction(facing(400_000.0, 0.5), EARTH) == 1.0


def test_total_behind_the_earth_and_the_moon():
    assert fraction(facing(7000.0, 0.0), EARTH) == 0.0
    assert fraction(facing(400_000.0, 0.0), EARTH) == 0.0  # the umbra of the Earth is 1.4 million km long
    assert fraction(facing(1800.0, 0.3), MOON) == 0.0


def test_annular_beyond_the_umbra():
    """The Moon's disc inside the Sun's: what is left is the ring, whatever the place inside."""
    distance = 450_000.0
    ring = 1.0 - (math.asin(MOON / distance) / math.asin(SUN / AU_KM)) ** 2
    assert fraction(facing(distance, 0.0), MOON) == pytest.approx(ring, abs=1e-12)
    assert fraction(facing(distance, 2e-4), MOON) == pytest.approx(ring, abs=1e-12)


def test_half_covered_where_the_limb_crosses_the_centre():
    """The Earth's limb seen from 100,000 km is all but straight."""
    distance = 100_000.0
    assert fraction(facing(distance, math.asin(EARTH / distance)), EARTH) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(("distance", "radius"), [(6900.0, EARTH), (42_164.0, EARTH), (400_000.0, EARTH)])
@pytest.mark.parametrize("depth", [-0.9, -0.5, 0.0, 0.4, 0.9])
def test_penumbra_ray_by_ray(distance, radius, depth):
    """``depth`` solar radii of the Sun's centre above the limb; from low orbit the disc fills half the sky."""
    separation = math.asin(radius / distance) + depth * math.asin(SUN / AU_KM)
    body = facing(distance, separation)
    expected = naive.lit_fraction(np.array([AU_KM, 0.0, 0.0]), SUN, body, radius)
    assert fraction(body, radius) == pytest.approx(expected, abs=SHADOW_FRACTION)


@pytest.mark.parametrize("altitude", [20.0, 100.0, 2000.0])
@pytest.mark.parametrize("depth", [-0.7, 0.2, 0.8])
def test_lunar_penumbra_ray_by_ray(altitude, depth):
    distance = MOON + altitude
    body = facing(distance, math.asin(MOON / distance) + depth * math.asin(SUN / AU_KM))
    expected = naive.lit_fraction(np.array([AU_KM, 0.0, 0.0]), SUN, body, MOON)
    assert fraction(body, MOON) == pytest.approx(expected, abs=SHADOW_FRACTION)


@pytest.mark.parametrize("separation", [0.0, 3e-4, 1.5e-3, 4e-3, 8e-3])
def test_solar_eclipse_by_the_moon_ray_by_ray(separation):
    body = facing(384_400.0, separation)
    expected = naive.lit_fraction(np.array([AU_KM, 0.0, 0.0]), SUN, body, MOON)
    assert fraction(body, MOON) == pytest.approx(expected, abs=SHADOW_FRACTION)


@given(st.floats(0.1, 2.0), st.floats(0.1, 2.0), st.floats(0.0, 5.0))
def test_overlap_is_symmetric_and_bounded(a, b, c):
    area = overlap(a, b, c)
    assert area == pytest.approx(overlap(b, a, c), abs=LENS_AREA)
    assert -LENS_AREA <= area <= math.pi * min(a, b) ** 2 + LENS_AREA


@given(st.floats(0.3, 2.0), st.floats(0.3, 2.0))
def test_overlap_is_continuous_at_first_and_second_contact(a, b):
    assert overlap(a, b, (a + b) * (1 - 1e-9)) == pytest.approx(0.0, abs=1e-8)
    inside = abs(a - b)
    assert overlap(a, b, inside * (1 + 1e-9)) == pytest.approx(math.pi * min(a, b) ** 2, abs=1e-6)


def test_overlap_of_unit_discs():
    """The lens of two unit discs through each other's centres: 2 pi / 3 - sqrt(3) / 2."""
    assert overlap(1.0, 1.0, 1.0) == pytest.approx(2 * math.pi / 3 - math.sqrt(3) / 2, abs=LENS_AREA)


@given(st.floats(0.0, 0.02), st.floats(0.0, 0.02))
def test_light_grows_with_separation(s, t):
    body = 400_000.0
    low, high = sorted((s, t))
    assert fraction(facing(body, low), EARTH) <= fraction(facing(body, high), EARTH) + 1e-12


def test_compiled_equals_plain():
    call = njit(lambda s, b, r: lit_fraction(s, 0.0, 0.0, SUN, b[0], b[1], b[2], r))
    for separation in np.linspace(0.0, 1.4, 57):
        body = facing(6900.0, separation)
        assert call(AU_KM, body, EARTH) == pytest.approx(fraction(body, EARTH), abs=1e-14)


def test_observer_at_the_surface_or_inside():
    """A body that fills more than half the sky hides what lies below the horizon; nothing is not a number."""
    assert fraction(facing(EARTH * 0.5, 0.0), EARTH) == 0.0
    assert 0.0 <= fraction(facing(EARTH, math.pi / 2), EARTH) <= 1.0


@pytest.mark.parametrize("depth", [1e-9, 1e-8, 1e-7, 1e-6])
@pytest.mark.parametrize("body", [0.0045, 0.02, 0.9])
def test_slivers_of_two_discs(body, depth):
    """What a large disc covers of a small one just after the first contact: two parabolas back to back."""
    sun = 0.00465
    sliver = 4.0 / 3.0 * math.sqrt(2.0 * sun * body / (sun + body)) * depth**1.5
    assert overlap(sun, body, sun + body - depth) == pytest.approx(sliver, rel=1e-3)
