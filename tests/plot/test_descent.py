"""Pictures of powered flights: what is drawn is what was flown, in its units, with the place where it is."""

import numpy as np
import pytest

from lunarplan import plot
from lunarplan.transfers.surface.flight import PoweredPath


def flight(landing=True, n=21, latitude=25.0):
    share = np.linspace(0.0, 1.0, n)
    height = 15.0 * (1.0 - share) if landing else 18.0 * share
    north = latitude + (5.0 * (1.0 - share) if landing else 5.0 * share)
    names = ["braking"] * (n - 8) + ["approach"] * 4 + ["touchdown"] * 4
    return PoweredPath(
        1e8 + 500.0 * share, np.zeros((n, 6)), names, height, north, np.full(n, 14.0), 1700.0 * (1.0 - share),
        -30.0 * share, 90.0 * share, np.zeros(n), 1e4 * (1.0 - 0.5 * share), np.linspace(1.0, 0.3, n),
    )  # fmt: skip


def test_curves_are_those_of_the_flight():
    path = flight()
    altitude, speed, pitch, track = plot.powered_flight(path)
    np.testing.assert_allclose(
        altitude.lines[0].get_xydata(), np.column_stack([path.epochs_tdb - 1e8, path.altitude_km])
    )
    np.testing.assert_allclose(speed.lines[0].get_ydata(), path.speed_m_s)
    np.testing.assert_allclose(speed.lines[1].get_ydata(), path.climb_m_s)
    np.testing.assert_allclose(pitch.lines[0].get_ydata(), path.pitch_deg)
    np.testing.assert_allclose(pitch.lines[1].get_ydata(), 100.0 * path.throttle)
    assert altitude.get_xlim() == (0.0, 500.0)
    assert {text.get_text() for text in altitude.texts} == {"braking", "approach", "touchdown"}
    assert track.texts


@pytest.mark.parametrize(("landing", "latitude"), [(True, 25.0), (False, 25.0), (True, -89.0)])
def test_the_track_is_in_kilometres_from_the_place(landing, latitude):
    *_, track = plot.powered_flight(flight(landing, latitude=latitude))
    over = track.lines[0].get_xydata()
    place, far = (over[-1], over[0]) if landing else (over[0], over[-1])
    np.testing.assert_allclose(place, 0.0, atol=1e-9)
    np.testing.assert_allclose(far, [0.0, np.radians(5.0) * 1737.4], atol=1e-6)
    assert track.get_aspect() == 1.0


def test_axes_of_ones_own():
    first = plot.powered_flight(flight())
    assert plot.powered_flight(flight(), first) == first
    assert len(first[1].lines) == 8
