"""Frozen relay orbits: Kozai's inclination by three ways, published relays, and years in the full model."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.elements import Elements
from lunarplan.model.forces import ForceModel
from lunarplan.model.surface import Place
from lunarplan.orbits.coverage import contacts
from lunarplan.orbits.ground_track import sample_orbits
from lunarplan.orbits.history import orbit_history
from lunarplan.orbits.lunar_axes import orbit_states, states_of
from lunarplan.orbits.relay import (
    YEAR_DAYS,
    FrozenRelays,
    RelayStatus,
    earth_rates,
    frozen_relays,
    kozai_inclination_deg,
)
from tests import tolerances as tol

_ARRIVAL = "2024-04-02"  # of Queqiao-2 in its orbit of 24 hours
_FORCES = ForceModel(moon_degree=12)
_SHACKLETON = Place([-90.0, -88.8, -85.0], [0.0, 123.4, 180.0])


def test_published_relays_have_kozais_inclination() -> None:
    """Queqiao-2: 200 x 16000 km at 62.4 deg (24 h), 300 x 8600 km at 54.8 deg (12 h; Zhang 2021)."""
    found = kozai_inclination_deg([200.0, 300.0], [16000.0, 8600.0])
    np.testing.assert_allclose(found, [62.51, 54.93], atol=0.005)
    np.testing.assert_allclose(found, [62.4, 54.8], atol=tol.RELAY_PUBLISHED_DEG)


def test_round_orbits_tend_to_kozais_limit() -> None:
    assert kozai_inclination_deg(5000.0, 5000.001) == pytest.approx(39.2315, abs=1e-3)


def test_the_eccentricity_stands_still_at_kozais_inclination_alone() -> None:
    """The Earth's pull on the two vectors, averaged over a circle, vanishes there in its own plane."""
    forces = ForceModel()
    phase = np.arange(64) * (2.0 * np.pi / 64)
    earth = 384_400.0 * np.stack([np.cos(phase), np.sin(phase), 0.0 * phase], axis=1)
    e = 0.8
    for i, still in ((np.degrees(np.arccos(np.sqrt(0.6 * (1.0 - e * e)))), True), (57.0, False)):
        c, s = np.cos(np.radians(i)), np.sin(np.radians(i))
        # node along x, argument of perilune 90 deg
        vector, normal = e * np.array([0.0, c, s]), np.sqrt(1.0 - e * e) * np.array([0.0, -s, c])
        rate, turn = (r.mean(axis=0) for r in earth_rates(np.array([9000.0]), vector, normal, earth, forces))
        node = turn[0] / (np.sqrt(1.0 - e * e) * s)  # the plane turns about z and takes perilune along
        left = rate - np.cross([0.0, 0.0, node], vector)
        size = np.linalg.norm(rate)
        assert (np.linalg.norm(left) < 1e-12 * size) == still
        assert abs(rate @ vector) < 1e-12 * size


@pytest.fixture(scope="module")
def corrected() -> FrozenRelays:
    """200 x 16000 km, 300 x 8600 km, and the first of these higher, for a year."""
    return frozen_relays([200.0, 300.0, 400.0], [16000.0, 8600.0, 15800.0], 0.0, _ARRIVAL, years=1.0, forces=_FORCES)


def test_corrected_inclinations_are_near_the_averaged_ones(corrected: FrozenRelays) -> None:
    assert (np.abs(corrected.inclination_deg - corrected.averaged_inclination_deg)[[0, 2]] < tol.RELAY_FROZEN_DEG).all()
    # at 12 h the Moon's own oblateness counts: 0.8 deg more, as the average with it says
    oblate = kozai_inclination_deg(300.0, 8600.0, oblate=True)
    assert corrected.inclination_deg[1] == pytest.approx(float(oblate), abs=tol.RELAY_FROZEN_DEG)
    assert oblate - corrected.averaged_inclination_deg[1] > 0.7


def test_corrected_orbits_have_the_mean_shape_asked_for(corrected: FrozenRelays) -> None:
    low, high = np.array([200.0, 300.0, 400.0]), np.array([16000.0, 8600.0, 15800.0])
    expected = (high - low) / (high + low + 2.0 * RADIUS_KM["moon"])
    np.testing.assert_allclose(corrected.eccentricity, expected, atol=tol.RELAY_SHAPE)
    np.testing.assert_allclose(corrected.argp_deg, 90.0, atol=tol.RELAY_PERILUNE_DEG)


def test_a_mean_perilune_too_low_swings_into_the_moon_and_is_refused(corrected: FrozenRelays) -> None:
    assert list(corrected.status) == [RelayStatus.BELOW_SURFACE, RelayStatus.OK, RelayStatus.OK]
    assert "raise the mean perilune" in corrected.reason(0)
    assert np.isnan(corrected.states[0]).all()
    assert corrected.lowest_altitude_km[0] < 0.0
    assert (corrected.lowest_altitude_km[1:] > 100.0).all()
    flown = orbit_history(corrected.states[1:], _ARRIVAL, YEAR_DAYS, forces=_FORCES, axes="earth_orbit")
    assert flown.alive.all()
    low = flown.lowest_altitude_km.min(axis=1)
    np.testing.assert_allclose(low, corrected.lowest_altitude_km[1:], atol=tol.SAME_RELAY_KM)


def test_correction_makes_the_swing_smaller(corrected: FrozenRelays) -> None:
    plain = orbit_states(450.0, 8450.0, 50.0, 0.0, 90.0, _ARRIVAL, true_anomaly_deg=180.0, axes="earth_orbit")
    flown = orbit_history(plain, _ARRIVAL, YEAR_DAYS, forces=_FORCES, axes="earth_orbit", step_days=27.3)
    stray = flown.eccentricity_vector - flown.eccentricity_vector.mean(axis=1, keepdims=True)
    assert corrected.swing[1] < 0.5 * np.sqrt((stray**2).sum(axis=2).mean(axis=1))[0]


def test_queqiao_2s_published_orbit_lives_for_eight_years() -> None:
    """200 x 16000 km at 62.4 deg, flown as osculating elements in the plane of the Earth's orbit.

    The node is not published. From most nodes the Earth takes perilune into the ground within months; from those about
    the descending node of the lunar equator (180 to 195 deg) it does not for the eight years promised, and apolune
    stays in the south.
    """
    nodes = np.array([180.0, 195.0, 90.0, 270.0])
    x = orbit_states(200.0, 16000.0, 62.4, nodes, [90.0, 89.5, 90.0, 90.0], _ARRIVAL, true_anomaly_deg=180.0,
                     axes="earth_orbit")  # fmt: skip
    flown = orbit_history(x, _ARRIVAL, 8.0 * YEAR_DAYS, forces=_FORCES, axes="earth_orbit", step_days=10.0)
    assert list(flown.alive) == [True, True, False, False]
    assert (flown.lowest_altitude_km[:2] > 0.0).all()
    assert (np.abs(flown.argp_deg[:2] - 90.0) < tol.RELAY_LIBRATION_DEG).all()
    assert (np.abs(flown.eccentricity[:2] - 0.803) < 0.03).all()


def test_relays_serve_the_south_pole_as_long_as_published() -> None:
    """More than 8 hours of each 12 (Zhang 2021, by Reuters of 20 March 2024); with the Earth in view, above 10 deg."""
    x = orbit_states([200.0, 300.0], [16000.0, 8600.0], [62.4, 54.8], 180.0, 90.0, _ARRIVAL, true_anomaly_deg=180.0,
                     axes="earth_orbit")  # fmt: skip
    sampled = sample_orbits(x, _ARRIVAL, days=10.0, step_s=120.0, forces=_FORCES)
    linked = contacts(sampled, _SHACKLETON, mask_deg=10.0, with_earth=True)
    assert (12.0 * linked.fraction[1] > 8.0).all()
    assert (24.0 * linked.fraction[0] > 20.0).all()
    assert (linked.longest_gap_s < 4.0 * 3600.0).all()


def test_elys_orbit_librates() -> None:
    """a 6541.4 km, e 0.6, i 56.2 deg, perilune at 90 deg (Ely 2005): flown three years; ten were flown once."""
    elements = Elements.from_axis(6541.4, 0.6, 56.2, np.arange(0.0, 360.0, 90.0), 90.0, 0.0, ForceModel().gm("moon"))
    x = states_of(elements, "2025-01-01", "earth_orbit")
    flown = orbit_history(x, "2025-01-01", 2.0 * YEAR_DAYS, forces=ForceModel(moon_degree=8), axes="earth_orbit")
    assert flown.alive.all()
    assert (flown.lowest_altitude_km > 150.0).all()
    assert (np.abs(flown.argp_deg - 90.0) < 12.0).all()


def test_retrograde_and_northern_relays_are_mirror_images() -> None:
    found = frozen_relays(
        500.0, 8600.0, 40.0, _ARRIVAL, years=0.5, apolune_south=False, retrograde=True, forces=_FORCES
    )
    assert found.averaged_inclination_deg[0] > 90.0
    assert found.ok.all()
    assert found.argp_deg[0] == pytest.approx(270.0, abs=tol.RELAY_PERILUNE_DEG)
    assert found.inclination_deg[0] == pytest.approx(180.0 - kozai_inclination_deg(500.0, 8600.0, oblate=True), abs=1.0)


@pytest.mark.parametrize(
    ("low", "high"), [(200.0, 100.0), (-10.0, 8600.0), (200.0, 60_000.0), (np.nan, 8600.0), (200.0, np.nan)]
)
def test_altitudes_that_make_no_relay_are_refused(low: float, high: float) -> None:
    with pytest.raises(InputError, match="perilune"):
        kozai_inclination_deg(low, high)


@pytest.mark.parametrize(
    "change",
    [
        {"years": 0.0},
        {"node_deg": np.nan},
        {"epoch": "2049-06-01", "years": 9.0},
        {"forces": "moon"},
        {"apolune_altitude_km": 201.0},
    ],
)
def test_questions_that_make_no_sense_are_refused(change: dict[str, object]) -> None:
    asked = {"apolune_altitude_km": 8600.0, "node_deg": 0.0, "epoch": _ARRIVAL, "years": 1.0} | change
    with pytest.raises(InputError):
        frozen_relays(200.0, **asked)


def test_a_row_alone_is_one_of_a_batch(corrected: FrozenRelays) -> None:
    alone = frozen_relays(300.0, 8600.0, 0.0, _ARRIVAL, years=1.0, forces=_FORCES)
    assert alone.inclination_deg[0] == pytest.approx(corrected.inclination_deg[1], abs=tol.RELAY_ALONE)
    np.testing.assert_allclose(alone.states[0, :3], corrected.states[1, :3], atol=1e4 * tol.RELAY_ALONE)
