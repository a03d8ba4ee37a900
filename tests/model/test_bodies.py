import pytest

from lunarplan.errors import InputError
from lunarplan.model.bodies import NAIF_ID, body_name, naif_id
from lunarplan.model.constants import GM_KM3_S2


@pytest.mark.parametrize(
    ("given", "canonical", "number"),
    [
        ("moon", "moon", 301),
        ("Earth", "earth", 399),
        ("Jupiter Barycenter", "jupiter", 5),
        ("EMB", "earth_moon_barycenter", 3),
        ("earth-moon-barycenter", "earth_moon_barycenter", 3),
        ("ssb", "solar_system_barycenter", 0),
    ],
)
def test_names_and_aliases(given, canonical, number):
    assert (body_name(given), naif_id(given)) == (canonical, number)


def test_a_misspelt_body_gets_a_suggestion():
    with pytest.raises(InputError, match="did you mean 'moon'"):
        body_name("mon")


@pytest.mark.parametrize("bad", ["", "vulcan", 301, None])
def test_unknown_bodies_are_refused(bad):
    with pytest.raises(InputError):
        body_name(bad)


def test_every_gravitational_parameter_belongs_to_a_known_body():
    assert set(GM_KM3_S2) == set(NAIF_ID) - {"solar_system_barycenter"}


def test_earth_and_moon_add_up_to_their_barycentre():
    total = GM_KM3_S2["earth"] + GM_KM3_S2["moon"]
    assert total == pytest.approx(GM_KM3_S2["earth_moon_barycenter"], rel=1e-14)
    assert GM_KM3_S2["earth"] / GM_KM3_S2["moon"] == pytest.approx(81.30056822149722, rel=1e-10)  # header EMRAT
