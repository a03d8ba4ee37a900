import math

import erfa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarplan.errors import InputError
from lunarplan.model.constants import EARTH_FLATTENING
from lunarplan.model.sites import SITES, LaunchSite, launch_site
from tests.tolerances import APOLLO_PLANE_DEG


def test_apollo_11_parking_orbit_inclination() -> None:
    """Inserted at 32.5027 N, geocentric, with heading 88.848 deg into 32.521 deg (Orloff, Apollo by the Numbers)."""
    geodetic = math.degrees(math.atan(math.tan(math.radians(32.5027)) / (1.0 - EARTH_FLATTENING) ** 2))
    at_insertion = LaunchSite("insertion", geodetic, -52.6941)
    degrees = math.degrees(at_insertion.inclination_rad(math.radians(88.848)))
    assert degrees == pytest.approx(32.521, abs=APOLLO_PLANE_DEG)


@pytest.mark.parametrize("site", SITES.values(), ids=list(SITES))
def test_due_east_is_the_least_inclination_and_it_is_the_geocentric_latitude(site: LaunchSite) -> None:
    least = abs(site.geocentric_latitude_rad)
    assert site.inclination_rad(math.pi / 2) == pytest.approx(least, abs=1e-8)
    assert all(site.inclination_rad(azimuth) >= least for azimuth in (0.3, 1.0, 2.0, 2.8))


def test_geocentric_latitude_against_erfa() -> None:
    for site in SITES.values():
        place = erfa.gd2gc(erfa.WGS84, site.longitude_rad, site.latitude_rad, 0.0)
        latitude = math.atan2(place[2], math.hypot(place[0], place[1]))
        assert site.geocentric_latitude_rad == pytest.approx(latitude, abs=1e-14)


def test_least_inclination_from_the_cape() -> None:
    """28.5 deg, as everyone says: 28.61 deg is the geodetic latitude of pad 39A."""
    assert math.degrees(SITES["ksc-39a"].inclination_rad(math.pi / 2)) == pytest.approx(28.45, abs=0.05)


@given(st.sampled_from(sorted(SITES)), st.floats(0.0, 1.0), st.booleans())
def test_azimuth_and_inclination_are_inverse(name: str, share: float, southbound: bool) -> None:
    site = SITES[name]
    low = abs(site.geocentric_latitude_rad) + 1e-4
    inclination = low + share * (math.pi - 2.0 * low)
    azimuth = site.azimuth_rad(inclination, southbound=southbound)
    assert site.inclination_rad(azimuth) == pytest.approx(inclination, abs=1e-9)
    assert (math.cos(azimuth) < 0.0) == southbound or abs(math.cos(azimuth)) < 1e-6
    assert 0.0 <= azimuth < math.tau


def test_a_plane_that_does_not_pass_over_the_site_is_refused() -> None:
    with pytest.raises(InputError, match=r"28\.447 to 151\.553 deg"):
        SITES["ksc-39a"].azimuth_rad(math.radians(20.0))


@pytest.mark.parametrize("name", ["wenchang", "Wenchang 101", "WENCHANG_101", "wenchang-101"])
def test_a_site_is_found_however_it_is_spelt(name: str) -> None:
    assert launch_site(name) is SITES["wenchang-101"]


@pytest.mark.parametrize("name", ["vostochni", "kenedy", "nowhere", "", "a\nb", "x" * 1000])
def test_an_unknown_site_lists_those_there_are(name: str) -> None:
    with pytest.raises(InputError) as caught:
        launch_site(name)
    assert "vostochny" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_site_says_where_it_is_from() -> None:
    for name, site in SITES.items():
        assert name == site.name
        assert site.title
        assert site.source
        assert site.confidence in ("high", "medium", "low")
        assert -90.0 < site.latitude_deg < 90.0
        assert -180.0 < site.longitude_deg <= 180.0
