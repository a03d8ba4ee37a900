"""The dynamics legs are solved in: partials and rates as differences have them."""

import numpy as np
import pytest

from lunarplan.model.cr3bp import jacobi
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.transfers.flight import InEphemeris, InThreeBody
from tests.tolerances import FLIGHT_PARTIALS, FLIGHT_RATE_KM_S2, THREE_BODY_ROUND_TRIP

THREE_BODY = InThreeBody()
NEAR = np.array([[13138.0, 900.0, -69999.0, 0.02, -0.0708, 0.01], [2500.0, -800.0, 300.0, 0.3, 1.2, -0.4]])


@pytest.fixture(params=["ephemeris", "three bodies"])
def flight(request):
    return InEphemeris(ForceModel()) if request.param == "ephemeris" else THREE_BODY


@pytest.mark.parametrize("center", ["moon", "earth"])
def test_rates_and_partials(flight, center):
    t = np.full(2, tdb_seconds("2028-03-01T00:00:00"))
    x = NEAR if center == "moon" else NEAR + flight.moon(t)
    ahead, behind = (flight.arc(center, x, t, t + dt)[0] for dt in (0.5, -0.5))
    assert np.abs(ahead - behind - flight.rate(center, x, t))[:, 3:].max() < FLIGHT_RATE_KM_S2
    stm = flight.arc(center, x, t, t + 3600.0)[1]
    for k, step in enumerate((1e-2, 1e-2, 1e-2, 1e-6, 1e-6, 1e-6)):
        d = np.eye(6)[k] * step
        moved = [flight.arc(center, x + sign * d, t, t + 3600.0)[0] for sign in (1, -1)]
        column = (moved[0] - moved[1]) / (2 * step)
        assert np.abs(column - stm[:, :, k]).max() < FLIGHT_PARTIALS * np.abs(stm).max()


def test_rotating_and_back():
    t = np.array([1e6, 3e6])
    rotating = THREE_BODY.rotating(NEAR, t)
    back = THREE_BODY.at_rest(rotating, t)
    assert np.abs(back / NEAR - 1.0).max() < THREE_BODY_ROUND_TRIP
    final = THREE_BODY.arc("moon", NEAR, t, t + 4e4)[0]
    np.testing.assert_allclose(jacobi(THREE_BODY.rotating(final, t + 4e4)), jacobi(rotating), rtol=1e-12)


def test_the_moon_goes_round():
    t = np.linspace(0, 2e6, 5)
    m = THREE_BODY.moon(t)
    np.testing.assert_allclose(np.linalg.norm(m[:, :3], axis=1), THREE_BODY.length_km)
    ahead, behind = THREE_BODY.moon(t + 1.0), THREE_BODY.moon(t - 1.0)
    np.testing.assert_allclose((ahead[:, :3] - behind[:, :3]) / 2.0, m[:, 3:], atol=1e-8)
