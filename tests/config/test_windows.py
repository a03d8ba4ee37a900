"""`[windows]`: what it takes, and that whatever else is in it is an error with its place."""

import copy
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunarplan import InputError, Mission
from lunarplan.config.windows import Landing, Windows
from tests.config.test_fuzz import VALUES, outcome, places
from tests.plan.made import MISSION

PAGE = (Path(__file__).parents[2] / "docs" / "mission-files.md").read_text(encoding="utf-8")
FULL: dict[str, Any] = {
    "azimuth": ["72 deg", "108 deg"],
    "azimuths": 7,
    "tof_step": "6 h",
    "tli_delta_v": "3200 m/s",
    "loi_delta_v": "0.9 km/s",
    "c3": ["-2.5 km2/s2", "-1 km2/s2"],
    "parking_coast": "90 min",
    "eclipse": "1.5 h",
    "launch_sun_elevation": "-6 deg",
    "arrival_seen_from_earth": True,
    "landing": {
        "latitude": "-80.13 deg",
        "longitude": "1.44 deg",
        "after": "33 h",
        "sun_elevation": ["5 deg", "15 deg"],
        "sun_side": "east",
        "earth_elevation": "2 deg",
        "cross_range": "3 deg",
    },
    "flyby_delta_v": "200 m/s",
    "insertion_delta_v": "250 m/s",
    "arrival_delta_v": "430 m/s",
    "arrival_phase": ["350 deg", "360 deg"],
    "source": "made up",
}


def mission(windows: Any) -> Mission:
    return Mission.from_dict(copy.deepcopy(MISSION) | {"windows": windows})


def test_everything_it_takes() -> None:
    terms = mission(FULL).windows_terms
    assert terms.azimuth_rad == pytest.approx((math.radians(72.0), math.radians(108.0)))
    assert (terms.azimuths, terms.tof_step_s) == (7, 21_600.0)
    assert (terms.tli_delta_v_km_s, terms.loi_delta_v_km_s) == pytest.approx((3.2, 0.9))
    assert terms.c3_km2_s2 == (-2.5, -1.0)
    assert (terms.parking_coast_s, terms.eclipse_s) == (5400.0, 5400.0)
    assert terms.launch_sun_elevation_rad == pytest.approx(math.radians(-6.0))
    assert terms.phase_count is None
    limits = terms.flyby_delta_v_km_s, terms.insertion_delta_v_km_s, terms.arrival_delta_v_km_s
    assert limits == pytest.approx((0.2, 0.25, 0.43))
    assert terms.arrival_phase_rad == pytest.approx((math.radians(350.0), math.tau))
    assert terms.landing is not None
    assert terms.landing.after_s == 33.0 * 3600.0
    assert terms.landing.sun_elevation_rad == pytest.approx((math.radians(5.0), math.radians(15.0)))


def test_without_it() -> None:
    terms = Mission.from_dict(MISSION).windows_terms
    assert (terms.azimuth_rad, terms.azimuths, terms.tof_step_s) == (None, 1, 43_200.0)
    assert terms == mission({}).windows_terms


@pytest.mark.parametrize(
    ("azimuth", "count"),
    [(["72 deg", "108 deg"], 5), ("90 deg", 1), (["90 deg", "90 deg"], 1), (["0 deg", "1 deg"], 5)],
)
def test_as_many_azimuths_as_there_are(azimuth: Any, count: int) -> None:
    assert mission({"azimuth": azimuth}).windows_terms.azimuths == count


@pytest.mark.parametrize("table", [Windows, Landing])
def test_every_key_is_documented(table: Any) -> None:
    keys = {field.alias or name for name, field in table.model_fields.items()}
    section = PAGE.split("## Launch windows")[1].split("\n## ")[0]
    assert {key for key in keys if f"`{key}`" not in section} == set()


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"azimut": "90 deg"}, 'windows.azimut: unknown key "azimut" .*did you mean "azimuth"'),
        ({"azimuth": "90"}, "windows.azimuth: .*unit"),
        ({"azimuth": ["100 deg", "80 deg"]}, "windows.azimuth: .*runs backwards"),
        ({"azimuth": "190 deg"}, "windows.azimuth: .*too large"),
        ({"azimuth": ["1 deg", "2 deg", "3 deg"]}, "windows.azimuth: 3 values"),
        ({"azimuths": 5}, "windows.azimuths: 5 of one azimuth; give azimuth"),
        ({"azimuth": "90 deg", "azimuths": 2}, "windows.azimuths: 2 of one azimuth"),
        ({"azimuth": ["80 deg", "90 deg"], "azimuths": 1}, "windows.azimuths: 1 of a range; give 2 or more"),
        ({"azimuth": ["80 deg", "90 deg"], "azimuths": 0}, "windows.azimuths: "),
        ({"azimuths": 2.5}, "windows.azimuths: "),
        ({"azimuths": True}, "windows.azimuths: "),
        ({"tof_step": "0 h"}, "windows.tof_step: .*too short"),
        ({"tof_step": "12 km"}, "windows.tof_step: "),
        ({"tli_delta_v": "-3 km/s"}, "windows.tli_delta_v: .*negative"),
        ({"tli_delta_v": 3200}, "windows.tli_delta_v: "),
        ({"c3": "-2 km2/s2"}, r"windows.c3: .*is no range; give both limits"),
        ({"c3": ["-1 km2/s2", "-2 km2/s2"]}, "windows.c3: .*runs backwards"),
        ({"eclipse": "-1 min"}, "windows.eclipse: "),
        ({"arrival_seen_from_earth": "maybe"}, "windows.arrival_seen_from_earth: "),
        ({"arrival_seen_from_earth": 1}, "windows.arrival_seen_from_earth: "),
        ({"phases": 0}, "windows.phases: "),
        ({"arrival_phase": "180 deg"}, "windows.arrival_phase: .*is no range"),
        ({"landing": "Shackleton"}, "windows.landing: .*is not a table"),
        ({"landing": {"latitude": "0 deg"}}, "windows.landing.longitude: required key is missing"),
        ({"landing": {"latitude": "0 deg", "longitude": "0 deg"}}, "windows.landing: asks for nothing"),
        ({"landing": FULL["landing"] | {"latitude": "-91 deg"}}, "windows.landing.latitude: .*too small"),
        ({"landing": FULL["landing"] | {"sun_elevation": "5 deg"}}, "windows.landing.sun_elevation: .*is no range"),
        ({"landing": FULL["landing"] | {"sun_side": "north"}}, 'windows.landing.sun_side: .*"north".*east, west'),
        (
            {"landing": {"latitude": "0 deg", "longitude": "0 deg", "sun_side": "east"}},
            "windows.landing.sun_side: a side of the sky without an elevation",
        ),
        ([], "windows: .*is not a table"),
    ],
)
def test_what_it_does_not_take(table: Any, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        mission(table)
    assert "\n" not in str(caught.value)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """The whole table with one to three things replaced, removed or renamed."""
    table = copy.deepcopy(FULL)
    for _ in range(draw(st.integers(1, 3))):
        way = draw(st.sampled_from(places(table)))
        inner: Any = table
        for key in way[:-1]:
            inner = inner[key]
        match draw(st.sampled_from(["replace", "remove", "rename"])):
            case "replace":
                inner[way[-1]] = draw(VALUES)
            case "rename" if isinstance(inner, dict):
                inner[draw(st.text(max_size=12) | st.just(f"{way[-1]}s"))] = inner.pop(way[-1])
            case _:
                del inner[way[-1]]
    return table


@settings(max_examples=300, deadline=None)
@given(damaged())
def test_a_damaged_table_is_a_mission_or_an_error_with_its_place(table: dict[str, Any]) -> None:
    found = outcome(copy.deepcopy(MISSION) | {"windows": table})
    if isinstance(found, InputError):
        assert found.where.startswith("windows")
        assert "\n" not in str(found)
        return
    terms = found.windows_terms
    assert 1 <= terms.azimuths <= 1000
    assert terms.tof_step_s >= 60.0
    for limits in (terms.azimuth_rad, terms.c3_km2_s2, terms.landing and terms.landing.sun_elevation_rad):
        assert limits is None or limits[0] <= limits[1]


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_anything_at_all_as_the_table(value: Any) -> None:
    found = outcome(copy.deepcopy(MISSION) | {"windows": value})
    assert isinstance(found, Mission) or found.where.startswith("windows")
