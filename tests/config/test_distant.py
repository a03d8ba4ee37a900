"""Distant orbits in a mission file: what is read, and what is refused with its place and a remedy."""

import copy
from typing import Any

import pytest

from lunarplan.config import library
from lunarplan.config.distant import FAMILIES
from lunarplan.config.schema import MissionFile
from lunarplan.errors import InputError
from lunarplan.orbits.catalogue import family_names

BASE = library.read(library.find("gateway-nrho"))
DROP = object()
EXPECTED = {"value": "4 m/s", "tolerance": "1 m/s", "source": "x"}

REFUSED = [
    ({"family": "L2 halo sout"}, "phase[1].family: unknown family", 'did you mean "L2 halo south"?'),
    ({"family": 3}, "phase[1].family: unknown family", "listed"),
    ({"family": DROP}, "phase[1].family: required key is missing", "add it"),
    ({"resonance": DROP}, "phase[1]: 0 properties pick the member", "exactly one"),
    ({"period": "6.5 days"}, "phase[1]: 2 properties pick the member", "exactly one"),
    ({"resonance": "9/2"}, "phase[1].resonance:", '"9:2"'),
    ({"resonance": "0:2"}, "phase[1].resonance:", '"9:2"'),
    ({"resonance": DROP, "perilune": "-5 km"}, "phase[1].perilune:", "range"),
    ({"resonance": DROP, "period": "6.5 km"}, "phase[1].period:", "days"),
    ({"engine": DROP}, "phase[1].engine: required key is missing", "add it"),
    ({"engine": "mian"}, "phase[1].engine: unknown engine", 'did you mean "main"?'),
    ({"engine": "launcher"}, "phase[1].engine: unknown engine", ""),
    ({"finite": True}, "phase[1].finite:", ""),
    ({"duration": "500 days"}, "phase[1].duration:", "range"),
    ({"which": -1}, "phase[1].which:", ""),
]


def changed(number: int, changes: dict[str, Any]) -> dict[str, Any]:
    data = copy.deepcopy(BASE)
    phase = data["phase"][number]
    for key, value in changes.items():
        phase.pop(key, None)
        if value is not DROP:
            phase[key] = value
    return data


@pytest.mark.parametrize(("changes", "where", "remedy"), REFUSED)
def test_refuses_with_place_and_remedy(changes: dict[str, Any], where: str, remedy: str) -> None:
    with pytest.raises(InputError) as caught:
        MissionFile.checked(changed(1, changes), "file.toml")
    text = str(caught.value)
    assert text.startswith(f"file.toml: {where}")
    assert remedy in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"tof": "4 days"}, 'phase[0].tof: is of transfer = "direct"'),
        ({"flyby": "1 km"}, "phase[0].flyby:"),
        ({"out": ["6 days", "4 days"]}, "phase[0].out:"),
        ({"transfer": "direct"}, 'phase[0].beyond: is of transfer = "powered_flyby"'),
        ({"transfer": "by balloon"}, "phase[0].transfer:"),
    ],
)
def test_the_way_there_has_its_own_keys(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(InputError) as caught:
        MissionFile.checked(changed(0, changes))
    assert str(caught.value).startswith(where)


def test_a_transfer_leads_where_it_leads() -> None:
    data = copy.deepcopy(BASE)
    data["phase"][0] = {"type": "translunar"}
    with pytest.raises(InputError, match=r'phase\[1\].type: phases out of order: "distant_orbit" where "insertion"'):
        MissionFile.checked(data)
    with pytest.raises(InputError, match=r"phase\[2\].type: phases out of order"):
        MissionFile.checked(BASE | {"phase": [*BASE["phase"], BASE["phase"][1]]})


@pytest.mark.parametrize("name", ["loi_delta_v", "loi1_delta_v", "flight_time", "capture_period"])
def test_what_is_not_computed_cannot_be_expected(name: str) -> None:
    with pytest.raises(InputError, match=rf"expect.{name}: computed of insertion"):
        MissionFile.checked(
            BASE | {"expect": {name: EXPECTED | ({} if "delta" in name else {"value": "4 h", "tolerance": "1 h"})}}
        )
    direct = library.read(library.find("change-6"))
    with pytest.raises(InputError, match="flyby_delta_v: computed of powered_flyby"):
        MissionFile.checked(direct | {"expect": {"flyby_delta_v": EXPECTED}})


def test_the_node_is_not_asked_for() -> None:
    data = copy.deepcopy(BASE)
    data["launch"]["parking_orbit"]["node"] = "ascending"
    with pytest.raises(InputError, match=r"launch.parking_orbit.node: .*allowed: best"):
        MissionFile.checked(data)


def test_families_are_those_of_the_catalogue() -> None:
    assert set(FAMILIES) <= set(family_names())
    found = MissionFile.checked(changed(1, {"family": "  l2 HALO  south"})).distant_orbit
    assert found is not None
    assert found.family == "L2 halo south"


@pytest.mark.parametrize(
    ("changes", "selection"),
    [
        ({}, {"resonance": "9:2"}),
        ({"resonance": DROP, "period": "6.5 days"}, {"period_days": 6.5}),
        ({"resonance": DROP, "perilune": "1512.6 km"}, {"perilune_radius_km": 3250.0}),
        ({"resonance": DROP, "z_amplitude": "13000 km"}, {"z_amplitude_km": 13000.0}),
        ({"resonance": DROP, "x_amplitude": "70000 km"}, {"x_amplitude_km": 70000.0}),
    ],
)
def test_a_member_is_picked_by_one_property(changes: dict[str, Any], selection: dict[str, Any]) -> None:
    found = MissionFile.checked(changed(1, changes)).distant_orbit
    assert found is not None
    assert found.selection == pytest.approx(selection)


AT_STATION = {key: value for key, value in BASE.items() if key not in ("launch", "expect", "windows")}


def at_station(**changes: Any) -> dict[str, Any]:
    """A mission that begins at a station, with entries of its phase changed."""
    phase = {"epoch": "2028-03-01"} | BASE["phase"][1] | {"engine": DROP} | changes
    kept = {key: value for key, value in phase.items() if value is not DROP}
    return AT_STATION | {"phase": [kept]}


def test_a_mission_may_begin_at_a_station() -> None:
    mission = MissionFile.checked(at_station())
    assert mission.parts == {"distant_orbit"}
    assert mission.begins_tdb[0] == mission.begins_tdb[1]
    with pytest.raises(InputError, match="begins without a launch"):
        _ = mission.launch


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (at_station(epoch=DROP), "phase[0].epoch: required key is missing: the mission begins here"),
        (at_station(engine="main"), "phase[0].engine: is not used: the mission begins here"),
        (at_station(duration="0 days"), "phase[0].duration: a mission that begins here and does not stay"),
        (changed(1, {"epoch": "2028-03-01"}), "phase[1].epoch: is not used: the mission comes here by burns"),
        (BASE | {"phase": BASE["phase"][1:]}, "phase[0].type: phases out of order"),
        ({key: value for key, value in BASE.items() if key != "launch"}, "launch: required table is missing"),
        (at_station() | {"expect": {"tli_delta_v": EXPECTED}}, "expect.tli_delta_v: computed of translunar"),
    ],
)
def test_where_a_mission_begins_is_checked(data: dict[str, Any], where: str) -> None:
    with pytest.raises(InputError) as caught:
        MissionFile.checked(data)
    assert str(caught.value).startswith(where)
