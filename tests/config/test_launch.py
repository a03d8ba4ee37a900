"""The ascent: one for all azimuths, or a table."""

import math
from typing import Any

import pytest

from lunarplan.config.launch import Launch
from lunarplan.config.schema import MissionFile
from lunarplan.errors import InputError
from tests.config.test_schema import changed

TABLE = [
    {"azimuth": "80 deg", "time": "10 min", "downrange": "20 deg"},
    {"azimuth": "90 deg", "time": "9 min", "downrange": "22 deg"},
    {"azimuth": "110 deg", "time": "11 min", "downrange": "26 deg"},
]


def launch(**keys: Any) -> Launch:
    data = changed("launch.source", "made up")
    data["launch"] |= keys
    return MissionFile.checked(data).launch


@pytest.mark.parametrize(
    ("azimuth_deg", "minutes", "downrange_deg"),
    [
        (60.0, 10.0, 20.0),
        (80.0, 10.0, 20.0),
        (85.0, 9.5, 21.0),
        (90.0, 9.0, 22.0),
        (95.0, 9.5, 23.0),
        (170.0, 11.0, 26.0),
    ],
)
def test_a_table_is_linear_between_its_rows(azimuth_deg: float, minutes: float, downrange_deg: float) -> None:
    time_s, downrange = launch(ascent=TABLE).ascent(math.radians(azimuth_deg))
    assert time_s == pytest.approx(60.0 * minutes, rel=1e-12)
    assert downrange is not None
    assert math.degrees(downrange) == pytest.approx(downrange_deg, rel=1e-12)


def test_one_ascent_for_all() -> None:
    assert launch(ascent_time="8 min").ascent(1.0) == (480.0, None)
    assert launch(ascent_time="8 min", ascent_downrange="0.3 rad").ascent(1.0) == (480.0, 0.3)


@pytest.mark.parametrize(
    ("keys", "place", "remedy"),
    [
        ({"ascent": TABLE, "ascent_time": "9 min"}, "launch.ascent", "drop one"),
        ({"ascent": TABLE[::-1]}, "launch.ascent", "in their order"),
        ({"ascent": [TABLE[0], TABLE[0]]}, "launch.ascent", "in their order"),
        ({"ascent": [TABLE[0] | {"downrange": "200 deg"}]}, r"launch.ascent\[0\].downrange", "range"),
        ({"ascent": [{"azimuth": "80 deg"}]}, r"launch.ascent\[0\].time", "add it"),
    ],
)
def test_tables_that_make_no_sense(keys: dict[str, Any], place: str, remedy: str) -> None:
    with pytest.raises(InputError, match=f"{place}.*{remedy}"):
        launch(**keys)
