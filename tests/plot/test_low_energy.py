"""The picture of low-energy transfers: flights, the Moon's orbit, and what the colours mean."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection

from lunarplan import plot
from lunarplan.errors import InputError
from lunarplan.transfers.low_energy.transfers import ToLowOrbit, low_energy_guesses, low_energy_transfers


@pytest.fixture(scope="module")
def found():
    guesses = low_energy_guesses(ToLowOrbit(), "2028-06-10", "2028-06-11", samples=2048)
    return low_energy_transfers(guesses, least_burn=False)


def test_every_flight_is_drawn_from_the_earth_past_its_apogee(found):
    ax = plot.low_energy(found)
    (lines,) = (c for c in ax.collections if isinstance(c, LineCollection))
    rows = found.distinct()[::-1]
    assert len(lines.get_segments()) == len(rows)
    assert np.array_equal(lines.get_array(), 1e3 * found.insertion_delta_v_km_s[rows])
    for row, path in zip(rows, lines.get_segments(), strict=True):
        reach = np.hypot(*path.T)
        assert reach[0] < 0.01
        assert 0.9 * found.way.apogee_km[row] < 1e6 * reach.max() <= 1.001 * found.way.apogee_km[row]
    low, high = ax.get_xlim()
    assert low < min(path[:, 0].min() for path in lines.get_segments())
    assert high > max(path[:, 0].max() for path in lines.get_segments())
    assert {"L1", "L2"} <= {text.get_text() for text in ax.texts}


def test_it_draws_where_it_is_told(found):
    ax = plot.low_energy(found)
    with plot.house_style():
        other = ax.figure.add_subplot()
    assert plot.low_energy(found, other) is other


@pytest.mark.parametrize("given", ["flights", None])
def test_what_is_no_batch_is_refused(given):
    with pytest.raises(InputError, match="LowEnergyTransfers"):
        plot.low_energy(given)


def test_nothing_to_draw_is_said(found):
    with pytest.raises(InputError, match="no transfer"):
        plot.low_energy(found.rows(np.flatnonzero(~found.ok)[:1]))
