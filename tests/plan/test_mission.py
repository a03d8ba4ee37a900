import copy
import hashlib
import pickle
import subprocess
import sys

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
