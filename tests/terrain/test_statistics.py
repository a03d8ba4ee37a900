import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.terrain.statistics import summary
from tests.terrain.ground import rough


def test_blocks_make_no_difference():
    values = rough((100, 70), 3, 40.0)
    whole = summary([values], -50.0, 50.0, 1000)
    parts = summary(np.array_split(values, 13), -50.0, 50.0, 1000)
    np.testing.assert_array_equal(parts.counts, whole.counts)
    assert (parts.count, parts.least, parts.greatest) == (whole.count, whole.least, whole.greatest)
    assert parts.mean == pytest.approx(whole.mean, rel=1e-12)


def test_figures_are_those_of_numpy():
    values = rough((100, 70), 4, 40.0).astype(float)
    values[3, :20] = np.nan
    found, valid = summary([values], -50.0, 50.0, 10_000), values[~np.isnan(values)]
    assert (found.count, found.missing) == (valid.size, 20)
    for percent in (0.0, 10.0, 50.0, 99.0, 100.0):
        assert found.percentile(percent) == pytest.approx(np.percentile(valid, percent), abs=0.05)  # 7000 in 80 units
    assert found.fraction_within(10.0) == pytest.approx(np.mean(valid <= 10.0), abs=2e-4)  # a bin of some numbers


def test_values_beyond_the_bins_are_counted_in_the_last():
    found = summary([[-5.0, 0.5, 7.0]], 0.0, 1.0, 2)
    assert found.counts.tolist() == [1, 2]
    assert (found.least, found.greatest) == (-5.0, 7.0)


@pytest.mark.parametrize("blocks", [[], [[np.nan]], [np.empty((0, 5))]])
def test_of_nothing_there_are_no_figures(blocks):
    found = summary(blocks, 0.0, 1.0, 10)
    assert found.count == 0
    assert np.isnan([found.least, found.greatest, found.mean]).all()


def test_percentages_are_checked():
    with pytest.raises(InputError, match="percent"):
        summary([[1.0]], 0.0, 1.0, 10).percentile(101.0)
