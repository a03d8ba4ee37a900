import copy
import hashlib
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lunarplan import Mission
from lunarplan.errors import InputError
from tests.plan.made import MISSION


def test_the_hash_follows_the_meaning_not_the_spelling() -> None:
    respelt = copy.deepcopy(MISSION)
    respelt["launch"]["parking_orbit"]["altitude"] = "200000 m"
    respelt["launch"]["site"] = "Wenchang 101"
    respelt["phase"][1]["inclination"] = "90.0 deg"
    other = copy.deepcopy(MISSION)
    other["launch"]["parking_orbit"]["altitude"] = "201 km"
    first = Mission.from_dict(MISSION).sha256
    assert first == Mission.from_dict(respelt).sha256 == Mission.from_dict(MISSION).sha256
    assert first != Mission.from_dict(other).sha256
    assert len(first) == len(hashlib.sha256().hexdigest())


def test_the_hash_is_the_same_in_another_process() -> None:
    program = "from lunarplan import Mission; print(Mission.from_toml('change-6').sha256)"
    runs = [subprocess.run([sys.executable, "-c", program], capture_output=True, text=True) for _ in range(2)]
    assert {run.stdout.strip() for run in runs} == {Mission.from_toml("change-6").sha256}


def test_errors_name_the_file(tmp_path: pytest.TempPathFactory) -> None:
    path = tmp_path / "mine.toml"  # type: ignore[operator]
    path.write_text("[mission]\nname = 'x'\n[vehicles]\n")
    with pytest.raises(InputError, match=r"^mine\.toml: vehicles: unknown key"):
        Mission.from_toml(path)


def test_a_mission_from_python_is_the_mission_from_the_file() -> None:
    from lunarplan.config import library

    path = library.find("luna-25")
    assert Mission.from_dict(library.read(path)) == Mission.from_toml(path)


def test_a_mission_travels_to_another_process() -> None:
    mission = Mission.from_dict(MISSION)
    assert pickle.loads(pickle.dumps(mission)) == mission


def changed(*way: object, to: object) -> dict[str, Any]:
    table: Any = copy.deepcopy(MISSION)
    place = table
    for key in way[:-1]:
        place = place[key]
    place[way[-1]] = to
    return table  # type: ignore[no-any-return]


WRONG = {
    "a key that is none": changed("lunch", to=1),
    "a site that is none": changed("launch", "site", to="nowhere"),
    "a mass in km": changed("vehicle", "dry_mass", to="3 km"),
    "no unit": changed("phase", 1, "perilune", to=100),
    "not finite": changed("vehicle", "propellant", to="nan kg"),
    "phases out of order": changed("phase", to=MISSION["phase"][::-1]),
    "an engine that is none": changed("phase", 1, "engine", to="boost"),
    "a burn there is not": changed(
        "expect", "loi9_delta_v", to={"value": "1 m/s", "tolerance": "1 m/s", "source": "x"}
    ),
    "no table": changed("launch", to=3),
    "nothing": {},
}


@pytest.mark.parametrize("table", WRONG.values(), ids=WRONG)
def test_a_mission_made_by_hand_is_told_what_a_file_is_told(table: dict[str, Any], tmp_path: Path) -> None:
    """The same line by keywords, from a table, and from a file, which is named besides."""
    said = []
    for make in (lambda: Mission(**table), lambda: Mission.from_dict(table), lambda: Mission.model_validate(table)):
        with pytest.raises(InputError) as caught:
            make()
        said.append(str(caught.value))
    with pytest.raises(InputError) as caught:
        Mission.checked(table, "mine.toml")
    assert len(set(said)) == 1
    assert "\n" not in said[0]
    assert str(caught.value) == f"mine.toml: {said[0]}"


def test_a_mission_made_by_hand_is_the_mission_of_the_table() -> None:
    assert Mission(**MISSION) == Mission.from_dict(MISSION)
