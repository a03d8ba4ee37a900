"""A mission file that says something impossible is refused with its place and a remedy, on one line."""

import copy
import math
from typing import Any

import pytest

from lunarplan.config.schema import MissionFile
from lunarplan.errors import InputError
from tests.plan.made import MISSION


def changed(path: str, value: Any = ...) -> dict[str, Any]:
    """Return the made-up mission with one value replaced, added, or taken away (no value)."""
    data = copy.deepcopy(MISSION)
    *way, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    table: Any = data
    for key in way:
        table = table[key]
    if value is ...:
        del table[last]
    else:
        table[last] = value
    return data


REFUSED = [
    # keys
    ("vehicle.dry_mas", "1 kg", "vehicle.dry_mas: unknown key", 'did you mean "dry_mass"?'),
    ("expects", {}, "expects: unknown key", 'did you mean "expect"?'),
    ("phase.1.burns.0.perod", "3 h", "phase[1].burns[0].perod: unknown key", 'did you mean "period"?'),
    ("launch.parking_orbit.altitude", ..., "launch.parking_orbit.altitude: required key is missing", "add it"),
    ("mission", ..., "mission: required key is missing", "add it"),
    # values and units
    ("launch.parking_orbit.altitude", 200, "launch.parking_orbit.altitude: 200 has no unit", "185 km"),
    ("launch.parking_orbit.altitude", "200 s", "launch.parking_orbit.altitude: \"200 s\" is not a length", "185 km"),
    ("launch.parking_orbit.altitude", "-200 km", "launch.parking_orbit.altitude:", "range"),
    ("launch.parking_orbit.altitude", float("nan"), "launch.parking_orbit.altitude: nan has no unit", "185 km"),
    ("vehicle.propellant", "-1 kg", "vehicle.propellant:", "range"),
    ("vehicle.dry_mass", "0 kg", "vehicle.dry_mass:", "range"),
    ("vehicle.engines.0.isp", "0 s", "vehicle.engines[0].isp:", "range"),
    ("vehicle.engines.0.thrust", "inf N", "vehicle.engines[0].thrust:", "3000 N"),
    ("vehicle.engines", [], "vehicle.engines:", "correct"),
    ("vehicle.engines.1.name", "main", "vehicle.engines[1].name:", "another name"),
    ("vehicle.engines.1.name", "launcher", "vehicle.engines[1].name:", "another name"),
    ("vehicle", 3, "vehicle: 3 is not a table", "{ key = value }"),
    ("mission.status", "flwn", "mission.status: unknown value", 'did you mean "flown"?'),
    ("mission.name", "a\nb", "mission.name:", "correct"),
    ("mission.name", "", "mission.name:", "correct"),
    # launch
    ("launch.site", "wenchan", "launch.site: unknown launch site", "did you mean wenchang"),
    ("launch.site", {"latitude": "91 deg", "longitude": "0 deg"}, "launch.site.latitude:", "range"),
    ("launch.site", {"latitude": "1 deg"}, "launch.site.longitude: required", "add it"),
    ("launch.latest", "2024-04-01", "launch.latest: the latest launch is before the earliest", "swap"),
    ("launch.earliest", "2024-05-01T00:00:00", "launch.earliest:", "2024-05-03T09:27:00Z"),
    ("launch.earliest", "1950-01-01", "launch.earliest:", ""),
    ("launch.parking_orbit.inclination", "10 deg", "launch.parking_orbit.inclination:", "another site"),
    ("launch.parking_orbit.coast_revolutions", -1, "launch.parking_orbit.coast_revolutions:", "correct"),
    ("launch.parking_orbit.coast_revolutions", True, "launch.parking_orbit.coast_revolutions:", "correct"),
    ("launch.parking_orbit.node", "up", "launch.parking_orbit.node: unknown value", ""),
    # phases
    ("phase.1.type", "xyzzy", "phase[1].type: unknown type", "remove it"),
    ("phase.1.type", ..., "phase[1].type: required key is missing", "add it"),
    ("phase.0", {"tpe": "translunar"}, "phase[0].type: required", 'did you mean it by "tpe"?'),
    ("phase.2", MISSION["phase"][1], "phase[2].type: phases out of order", "reorder"),
    ("phase", MISSION["phase"][:1], "phase: phases out of order: nothing where", "add it"),
    ("phase.1.inclination", "-100 deg", "phase[1].inclination:", "range"),
    ("phase", [*MISSION["phase"], MISSION["phase"][2]], "phase[3].type: phases out of order", "reorder"),
    ("phase", [], "phase: [] is too short (allowed: at least 1 item)", "correct"),
    ("phase.0.tof", ["5 days", "4 days"], "phase[0].tof:", "swap"),
    ("phase.0.tof", ["1 days", "4 days"], "phase[0].tof:", "range"),
    ("phase.0.tof", "40 days", "phase[0].tof:", "range"),
    ("phase.0.tof", ["4 days"], "phase[0].tof: 1 values", "range"),
    ("phase.0.engine", "mian", "phase[0].engine: unknown engine", 'did you mean "main"?'),
    ("phase.1.engine", "launcher", "phase[1].engine: unknown engine", ""),
    ("phase.1.epoch", "2024-04-30T00:00:00Z", "phase[1].epoch: arrival", "change one or the other"),
    ("phase.1.epoch", "2024-06-30T00:00:00Z", "phase[1].epoch: arrival", "is out of reach"),
    ("phase.1.perilune", "-1 km", "phase[1].perilune:", "is below the surface"),
    ("phase.1.perilune", "0 m", "phase[1].perilune:", "is below the surface"),
    ("phase.1.inclination", "181 deg", "phase[1].inclination:", "range"),
    ("phase.1.arrival", "retrograde", "phase[1].arrival: inclination 90 deg is not retrograde", "drop arrival"),
    ("phase.1.finite", "yes", "phase[1].finite: \"yes\" is neither true nor false (allowed: true, false)", "correct"),
    ("phase.1.burns", [], "phase[1].burns: [] is too short (allowed: at least 1 item)", "correct"),
    ("phase.1.burns", 3, "phase[1].burns: 3 is not a list (allowed: a list in square brackets)", "correct"),
    ("phase.1.burns.1.passage", 0, "phase[1].burns[1].passage: 0 is too small (allowed: at least 1)", "correct"),
    ("phase.1.burns.1.passage", 1001, "phase[1].burns[1].passage: 1001 is too large (allowed: at most 1000)", ""),
    ("phase.1.burns.1.passage", 1.5, "phase[1].burns[1].passage: 1.5 is not a whole number", "correct"),
    ("mission.name", "", "mission.name: \"\" is too short (allowed: at least 1 letter)", "correct"),
    ("mission.name", "x" * 81, "mission.name:", "at most 80 letters"),
    ("mission.name", "a\nb", "mission.name: \"a\\nb\" has letters that cannot be printed", "one line of plain text"),
    ("mission.note", 3, "mission.note: 3 is not text (allowed: text in quotes)", "correct"),
    ("phase.1.burns.0", {}, "phase[1].burns[0]: a burn at perilune", "either period or apolune"),
    ("phase.1.burns.0.apolune", "9000 km", "phase[1].burns[0]: a burn at perilune", "either period or apolune"),
    ("phase.1.burns.0.period", "1.9 h", "phase[1].burns[0]: period 1.9 h is shorter", "give at least"),
    ("phase.1.burns.0.period", "19 days", "phase[1].burns[0]: apolune", "shorten the period"),
    ("phase.1.burns.0.passage", 2, "phase[1].burns[0]: the first burn", "drop"),
    ("phase.1.burns.1.apolune", "90 km", "phase[1].burns[1]: perilune 100 km is above apolune 90 km", "raise"),
    ("phase.1.burns.1", {"at": "apolune", "period": "3 h"}, "phase[1].burns[1]: a burn at apolune", "perilune alone"),
    ("phase.1.burns.0", {"apolune": "900 km", "perilune": "200 km"}, "phase[1].burns[0]: the orbit", "two burns"),
    ("phase.2.duration", "-1 h", "phase[2].duration:", "range"),
    # expectations
    ("expect.tofs", {"value": "4 h", "tolerance": "1 h", "source": "x"}, "expect.tofs: unknown quantity", "tof"),
    ("expect.loi3_delta_v", {"value": "4 m/s", "tolerance": "1 m/s", "source": "x"}, "expect.loi3_delta_v:", ""),
    ("expect.tli_c3.value", "-2 km", "expect.tli_c3.value:", "km2/s2"),
    ("expect.tli_c3.tolerance", ..., "expect.tli_c3.tolerance: required key is missing", "close enough"),
    ("expect.tli_c3.tolerance", "-1 km2/s2", "expect.tli_c3.tolerance:", "0 or more"),
    ("expect.tli_c3.source", ..., "expect.tli_c3.source: required key is missing", "add it"),
    ("expect.tli_c3.source", "", "expect.tli_c3.source:", "correct"),
    ("expect.loi_delta_v.value", ["8 m/s", "7 m/s"], "expect.loi_delta_v.value:", "swap"),
    ("expect.loi_delta_v.value", ["8 m/s"], "expect.loi_delta_v.value: 1 values", "two"),
    ("expect.launch_epoch.value", "2024-05-03T09:27:00", "expect.launch_epoch.value:", "Z"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "where", "remedy"), REFUSED)
def test_refuses_with_place_and_remedy(path: str, value: Any, where: str, remedy: str) -> None:
    with pytest.raises(InputError) as caught:
        MissionFile.checked(changed(path, value), "file.toml")
    text = str(caught.value)
    assert text.startswith(f"file.toml: {where}")
    assert remedy in text
    assert "\n" not in text
    assert caught.value.exit_code == 2


def test_says_how_many_more_problems_there_are() -> None:
    data = changed("launch.parking_orbit.altitude", "200")
    data["vehicle"]["propellant"] = "x"
    with pytest.raises(InputError, match=r"and 1 more problem\)"):
        MissionFile.checked(data)


def test_without_a_file_the_place_is_the_key() -> None:
    with pytest.raises(InputError, match=r"^vehicle: required key is missing"):
        MissionFile.checked(changed("vehicle"))


@pytest.mark.parametrize("data", [None, 3, [], "text", {1: 2}, {"phase": {"type": "translunar"}}])
def test_what_is_no_mission_at_all_is_refused(data: Any) -> None:
    with pytest.raises(InputError):
        MissionFile.checked(data)


def test_values_are_in_internal_units() -> None:
    mission = MissionFile.checked(changed("launch.parking_orbit.altitude", "200000 m"))
    assert mission.launch.parking_orbit.altitude_km == 200.0
    assert mission.translunar.tof_s == (345600.0, 475200.0)
    assert mission.insertion.inclination_rad == math.pi / 2
    assert mission.stay_s == 43200.0


@pytest.mark.parametrize(("written", "degrees"), [("137 deg", 137.0), ("-43 deg", 137.0), ("43 deg", 43.0)])
def test_a_negative_inclination_is_retrograde(written: str, degrees: float) -> None:
    mission = MissionFile.checked(changed("phase.1.inclination", written))
    assert math.degrees(mission.insertion.inclination_rad) == pytest.approx(degrees, rel=1e-15)


def test_one_time_of_flight_is_a_range_of_one() -> None:
    assert MissionFile.checked(changed("phase.0.tof", "4.5 days")).translunar.tof_s == (388800.0, 388800.0)


def test_parking_plane_is_due_east_unless_said_otherwise() -> None:
    launch = MissionFile.checked(MISSION).launch
    assert math.degrees(launch.azimuth_rad) == 90.0
    assert math.degrees(launch.inclination_rad) == pytest.approx(19.4931, abs=1e-4)  # geocentric


def test_parking_plane_by_azimuth_and_by_inclination_agree() -> None:
    by_azimuth = MissionFile.checked(changed("launch.parking_orbit.azimuth", "77.5 deg")).launch
    degrees = math.degrees(by_azimuth.inclination_rad)
    by_inclination = MissionFile.checked(changed("launch.parking_orbit.inclination", f"{degrees!r} deg")).launch
    assert math.degrees(by_inclination.azimuth_rad) == pytest.approx(77.5, abs=1e-9)


def test_capture_orbits_are_told_in_full() -> None:
    """A 12 h orbit above 200 km reaches some 8600 km: Chang'e-6, CNSA 2024-05-08."""
    data = changed("phase.1.perilune", "200 km")
    data["phase"][1]["burns"] = [{"period": "12 h"}, {"at": "apolune", "perilune": "50 km"}, {"apolune": "50 km"}]
    capture, lowered, circle = MissionFile.checked(data).insertion.orbits
    assert capture.perilune_altitude_km == 200.0
    assert capture.apolune_altitude_km == pytest.approx(8600.0, abs=20.0)
    assert (lowered.perilune_altitude_km, lowered.apolune_altitude_km) == (50.0, capture.apolune_altitude_km)
    assert lowered.period_s < capture.period_s
    assert (circle.perilune_altitude_km, circle.apolune_altitude_km) == (50.0, 50.0)


def test_period_of_a_low_orbit() -> None:
    """100 km: 117.791 min, references of the field."""
    data = changed("phase.1.burns", [{"apolune": "100 km"}])
    del data["expect"]["loi2_duration"]
    orbit = MissionFile.checked(data).insertion.orbits[0]
    assert orbit.period_s / 60.0 == pytest.approx(117.791, abs=5e-4)


def test_a_burn_may_leave_its_own_altitude_only_on_the_far_side() -> None:
    mission = MissionFile.checked(changed("phase.1.burns.1.perilune", "99 km"))
    assert mission.insertion.orbits[1].perilune_altitude_km == 99.0


def test_an_explicit_site_is_taken_as_given() -> None:
    data = changed("launch.site", {"latitude": "-15 deg", "longitude": "200 deg"})
    site = MissionFile.checked(data).launch.site
    assert (site.latitude_deg, site.longitude_deg) == (pytest.approx(-15.0), pytest.approx(200.0))


def test_a_mission_does_not_change() -> None:
    mission = MissionFile.checked(MISSION)
    for place, name in ((mission, "about"), (mission.vehicle, "dry_mass_kg"), (mission, "nonsense")):
        with pytest.raises(InputError, match=f"^{name}: .* is frozen"):
            setattr(place, name, 3.0)
    with pytest.raises(InputError, match="frozen"):
        del mission.about


@pytest.mark.parametrize(
    "path", ["launch.parking_orbit.coast_revolutions", "vehicle.dry_mass", "mission.name", "launch.earliest"]
)
def test_a_number_too_long_to_print_is_refused(path: str) -> None:
    with pytest.raises(InputError) as caught:
        MissionFile.checked(changed(path, 10**5000))
    assert caught.value.where == path
