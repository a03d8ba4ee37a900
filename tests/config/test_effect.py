"""What a mission file says and nothing would come of is refused, with its place."""

import copy
from typing import Any

import pytest

from lunarplan.config import library
from lunarplan.config.schema import MissionFile
from lunarplan.errors import InputError

SORTIE_LANDER = library.read(library.find("nrho-sortie"))["lander"]


def mission(name: str, *changes: tuple[str, Any]) -> dict[str, Any]:
    """One of the missions that come along with some entries changed; None takes one away."""
    data: dict[str, Any] = copy.deepcopy(library.read(library.find(name))) | {"expect": {}}
    for path, value in changes:
        *way, last = [int(key) if key.isdigit() else key for key in path.split(".")]
        table: Any = data
        for key in way:
            table = table[key]
        if value is None:
            del table[last]
        else:
            table[last] = value
    return data


def again(name: str, *numbers: int, upto: int | None = None) -> dict[str, Any]:
    """A mission, or its first phases, with some of them once more at its end, whenever that is."""
    data = mission(name)
    more = [{k: v for k, v in data["phase"][number].items() if k != "epoch"} for number in numbers]
    data["phase"] = data["phase"][:upto] + more
    return data


NO_PLACE = (("phase.2.latitude", None), ("phase.2.longitude", None), ("phase.2.within", None))
HOME = [{"type": "return", "total": "50 days", "engine": "hydrazine"}, {"type": "entry", "downrange": "2500 km"}]
ENGINE = [{"name": "hydrazine", "thrust": "100 N", "isp": "220 s"}]


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (mission("change-6", ("phase.0.finite", True)), "phase[0].finite: is of transfer"),
        (mission("change-6", ("phase.0.home", "ascending")), "phase[0].home: is of transfer"),
        (mission("artemis-4", ("phase.4.within", "10 km")), "phase[4].within: a powered return hits the place"),
        (mission("artemis-3", ("phase.2.inclination", "80 deg")), "phase[2].inclination: a deorbit burn keeps"),
        (mission("artemis-3", *NO_PLACE), "phase[1].wait: there is no place to wait for"),
        (
            mission("artemis-3", ("launch.parking_orbit.coast_revolutions", 2)),
            "launch.parking_orbit.coast_revolutions: the approach counts its own",
        ),
        (mission("artemis-3", ("launch.parking_orbit.node", "ascending")), 'launch.parking_orbit.node: "ascending"'),
        (mission("artemis-3", ("windows", {"azimuth": "90 deg"})), "windows: there are no launches to the Moon"),
        (mission("nrho-sortie", ("windows", {"azimuth": "90 deg"})), "windows: there are no launches to the Moon"),
        (mission("artemis-2", ("lander", SORTIE_LANDER)), "lander: nothing lands"),
        (mission("change-5", ("phase.3.throttle", [0.1, 1.0])), "phase[3].throttle: the lander has its own engine"),
        (again("change-5", 3, upto=7), "phase[7]: the lander has been down already"),
        (again("nrho-sortie", 1), "phase[2]: the lander has been down already"),
        (mission("nrho-sortie", ("lander.carried", True)), "vehicle.dry_mass: a lander of 39800 kg"),
        (mission("artemis-2", ("phase.0.parking_apogee", "90000 km")), "phase[0].parking_apogee: 90000 km"),
        (mission("artemis-2", ("phase.0.parking_apogee", "130 km")), "phase[0].parking_apogee: 130 km"),
        (mission("artemis-2", ("phase.0.start", "9000 km")), "phase[0].start: unknown key"),
        (mission("artemis-1", ("phase.1.duration", "30 days")), "phase[2].total: is less than the least of out"),
        (mission("blue-ghost-1", ("phase.3.throttle", [False, True])), "phase[3].throttle[0]: False"),
        (mission("nrho-sortie", ("lander.descent.throttle", "0.2")), "lander.descent.throttle: "),
        (mission("change-5", ("lander.carried", False)), 'lander.carried: false: before a "landing" there is no'),
        (mission("nrho-sortie", ("lander.ascent.throttle", 0.3)), "lander.ascent.throttle: an ascent is flown at full"),
        (mission("artemis-1", ("phase.3.inclination", "20 deg")), "phase[3].inclination: 20 deg does not lead to"),
        (mission("artemis-1", ("phase.3.inclination", "160 deg")), "phase[3].inclination: 160 deg does not lead to"),
        (mission("artemis-1", ("phase.3.latitude", "90 deg")), 'phase[3].latitude: "90 deg" is too large'),
        (mission("artemis-1", ("phase.1.finite", True)), "phase[1].finite: burns of this phase are impulses"),
        (mission("artemis-1", ("phase.2.finite", True)), "phase[2].finite: burns of this phase are impulses"),
        (mission("artemis-3", ("phase.0.finite", True)), "phase[0].finite: burns of this phase are impulses"),
        (mission("artemis-3", ("phase.1.finite", "yes")), "phase[1].finite: burns of this phase are impulses"),
        (
            mission("capstone", ("vehicle.engines", ENGINE), ("phase.1.engine", "hydrazine"))
            | {"phase": [*mission("capstone", ("phase.1.engine", "hydrazine"))["phase"], *HOME]},
            "phase[2].total: of a way out by",
        ),
    ],
)  # fmt: skip
def test_what_has_no_effect_is_refused(data: dict[str, Any], where: str) -> None:
    with pytest.raises(InputError) as caught:
        MissionFile.checked(data)
    assert str(caught.value).startswith(where)


def test_the_same_keys_are_taken_where_they_have_one() -> None:
    MissionFile.checked(mission("artemis-2", ("launch.parking_orbit.coast_revolutions", 2)))
    MissionFile.checked(mission("artemis-3", *NO_PLACE, ("phase.1.wait", None)))
    MissionFile.checked(mission("nrho-sortie", ("lander.carried", True), ("vehicle.dry_mass", "60000 kg")))
    MissionFile.checked(mission("artemis-1", ("phase.1.finite", False), ("phase.2.finite", False)))
    way = (("phase.2.latitude", "10 deg"), ("phase.2.longitude", "10 deg"), ("phase.2.within", "10 km"))
    MissionFile.checked(mission("artemis-2", *way))
