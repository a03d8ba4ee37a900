"""The injection from an elliptical parking orbit."""

import pickle

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar

from lunarplan.errors import InputError
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM
from lunarplan.windows.constraint import evaluate
from lunarplan.windows.ellipse import TurnedInjection, least_impulse_km_s, tli_from_ellipse, turned_rad
from tests.tolerances import LEAST_IMPULSE_KM_S, OSCULATING_ARC_RAD
from tests.windows.batches import launched, two_months

GM = GM_KM3_S2["earth"]
NEAR, FAR = RADIUS_KM["earth"] + 185.0, RADIUS_KM["earth"] + 1806.0
USUAL = {"perigee_altitude_km": 185.0, "apogee_altitude_km": 1806.0, "perigee_arc_deg": 326.0}


def state(perigee, eccentricity, line_of_apsides, angle):
    """Place and velocity, km, km/s, where a conic crosses a direction."""
    anomaly, p = angle - line_of_apsides, perigee * (1.0 + eccentricity)
    r = p / (1.0 + eccentricity * np.cos(anomaly))
    turn = np.array(
        [[np.cos(line_of_apsides), -np.sin(line_of_apsides)], [np.sin(line_of_apsides), np.cos(line_of_apsides)]]
    )
    place = turn @ (r * np.array([np.cos(anomaly), np.sin(anomaly)]))
    velocity = turn @ (np.sqrt(GM / p) * np.array([-np.sin(anomaly), eccentricity + np.cos(anomaly)]))
    return place, velocity


def slowly(c3, turned):
    """Least impulse, km/s: of the conics of that energy and apsides through the points of the ellipse, by bisection."""

    def impulse(angle):
        if np.cos(angle - turned) < -0.98:  # nearly opposite to its perigee: two conics, and dear ones
            return np.inf
        place, before = state(NEAR, (FAR - NEAR) / (FAR + NEAR), 0.0, angle)
        r = np.linalg.norm(place)

        def too_high(perigee):
            return np.linalg.norm(state(perigee, 1.0 - perigee * -c3 / GM, turned, angle)[0]) - r

        perigee = brentq(too_high, 1.0, r, xtol=1e-11)
        return np.linalg.norm(state(perigee, 1.0 - perigee * -c3 / GM, turned, angle)[1] - before)

    angles = np.linspace(-np.pi, np.pi, 73)
    near = angles[np.argmin([impulse(a) for a in angles])]
    return minimize_scalar(impulse, bounds=(near - 0.1, near + 0.1), method="bounded", options={"xatol": 1e-9}).fun


@pytest.mark.parametrize("turned_deg", [-140.0, -95.0, -50.3, -3.0, 12.0, 61.7, 140.0])
def test_against_a_search(turned_deg):
    turned = np.radians(turned_deg)
    for c3 in (-2.3, -1.5):
        (fast,) = least_impulse_km_s(GM, np.array([c3]), NEAR, FAR, np.array([turned]))
        assert fast == pytest.approx(slowly(c3, turned), abs=LEAST_IMPULSE_KM_S)


def test_at_the_perigee_it_is_the_difference_of_speeds():
    c3 = np.array([-2.5, -2.0, -1.0])
    speeds = np.sqrt(c3 + 2.0 * GM / NEAR) - np.sqrt(2.0 * GM * FAR / (NEAR * (NEAR + FAR)))
    assert least_impulse_km_s(GM, c3, NEAR, FAR, np.zeros(3)) == pytest.approx(speeds, abs=LEAST_IMPULSE_KM_S)


def test_it_grows_with_the_turn_to_either_side():
    turned = np.radians(np.arange(0.0, 180.0, 5.0))
    c3 = np.full(len(turned), -2.0)
    ahead = least_impulse_km_s(GM, c3, NEAR, FAR, turned)
    assert (np.diff(ahead) > 0.0).all()
    assert least_impulse_km_s(GM, c3, NEAR, FAR, -turned) == pytest.approx(ahead, abs=LEAST_IMPULSE_KM_S)


def test_from_a_circle_the_turn_does_not_matter():
    """Then it is the transfer's own injection."""
    transfers = launched()
    radius = float(transfers.problem.parking_radius_km[0])
    for arc in (0.0, 2.0):
        burn = TurnedInjection(radius, radius, arc)(transfers)
        assert burn == pytest.approx(1e3 * transfers.tli_delta_v_km_s, abs=1e3 * LEAST_IMPULSE_KM_S)


def test_the_arc_coasted_is_that_between_pad_and_injection():
    """Less the ascent's; from the latitudes of both in the parking plane."""
    transfers = launched()
    tie_latitude = np.radians(28.4585)  # geocentric, of ksc-39b
    sine = np.sin(tie_latitude) / np.sin(transfers.problem.parking_inclination)
    z = transfers.injection_states[:, 2] / np.linalg.norm(transfers.injection_states[:, :3], axis=1)
    argument = np.arcsin(z / np.sin(transfers.problem.parking_inclination))
    argument = np.where(transfers.injection_states[:, 5] > 0.0, argument, np.pi - argument)
    ascent = 0.5 * 600.0 * np.sqrt(GM / transfers.problem.parking_radius_km**3)
    miss = np.remainder(argument - np.arcsin(sine) - ascent - turned_rad(transfers) + np.pi, 2.0 * np.pi) - np.pi
    assert np.abs(miss).max() < OSCULATING_ARC_RAD


def test_the_constraint():
    transfers = launched()
    constraint = tli_from_ellipse(2800.0, **USUAL)
    margins = evaluate([constraint], transfers)[:, 0]
    burn = TurnedInjection(NEAR, FAR, np.radians(326.0))(transfers)
    np.testing.assert_array_equal(margins, 2800.0 - burn)
    assert pickle.loads(pickle.dumps(constraint)) == constraint
    for row in range(len(margins)):
        one = evaluate([constraint], transfers.rows(np.array([row])))[0, 0]
        assert one == pytest.approx(margins[row], abs=1e-9)
    assert evaluate([constraint], transfers.rows(np.empty(0, np.intp))).shape == (0, 1)


def test_a_transfer_without_a_launch_has_no_ellipse():
    with pytest.raises(InputError, match="no parking coast"):
        evaluate([tli_from_ellipse(2800.0, **USUAL)], two_months())


@pytest.mark.parametrize(
    ("limit", "changes"),
    [
        (np.nan, {}),
        (-1.0, {}),
        (2800.0, {"perigee_altitude_km": 2000.0}),
        (2800.0, {"perigee_altitude_km": 20.0}),
        (2800.0, {"apogee_altitude_km": np.inf}),
        (2800.0, {"perigee_arc_deg": 400.0}),
        (2800.0, {"perigee_arc_deg": "half a turn"}),
    ],
)
def test_what_makes_no_sense_is_refused(limit, changes):
    with pytest.raises(InputError, match="tli_from_ellipse"):
        tli_from_ellipse(limit, **(USUAL | changes))
