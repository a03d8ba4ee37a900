"""Missions by way of the Sun: Danuri from its launch, CAPSTONE from its injection's day, and what cannot be."""

import numpy as np
import pytest

from lunarplan.config import library
from lunarplan.config.quantities import NUMBERED, QUANTITIES
from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model import events
from lunarplan.plan.mission import Mission
from tests.tolerances import DANURI_DRY_KG, LOW_ENERGY_JOINT_KM, LOW_ENERGY_PLAN_M

DAY = 86_400.0


def table(name):
    return library.read(library.find(name))


@pytest.fixture(scope="module")
def danuri():
    return Mission.from_toml("danuri").plan()


@pytest.fixture(scope="module")
def capstone():
    """With a short stay: what is said of a mean period needs a longer one."""
    asked = table("capstone")
    asked["phase"][1]["duration"] = "14 days"
    del asked["expect"]["orbit_period"]
    return Mission.from_dict(asked).plan()


@pytest.mark.parametrize("name", ["danuri", "capstone"])
def test_closed_and_as_published(name, request):
    plan = request.getfixturevalue(name)
    assert 0.0 <= plan.closure_m < LOW_ENERGY_PLAN_M
    assert [row.quantity for row in plan.expectations if not row.ok] == []


@pytest.mark.parametrize("name", ["danuri", "capstone"])
def test_launch_and_time_of_flight_are_those_asked_for(name, request):
    plan = request.getfixturevalue(name)
    mission, values = plan.mission, plan.solution.values
    assert mission.launch.earliest_tdb <= values["launch_epoch"] <= mission.launch.latest_tdb
    shortest, longest = mission.translunar.coast_s
    assert shortest <= values["tof"] <= longest


@pytest.mark.parametrize("name", ["danuri", "capstone"])
def test_the_path_has_no_gaps_and_its_apogee_is_the_one_told(name, request):
    path, values = request.getfixturevalue(name).trajectory, request.getfixturevalue(name).solution.values
    for before, after in zip(path.arcs, path.arcs[1:], strict=False):
        ends = np.concatenate([before.at(before.end_tdb), after.at(after.start_tdb)])
        moved = (after.start_tdb - before.end_tdb) * ends[0, 3:]
        assert np.linalg.norm(ends[0, :3] + moved - ends[1, :3]) < LOW_ENERGY_JOINT_KM
    apogees = events.find(path, events.apogee_passage(), path.start_tdb, path.start_tdb + 100.0 * DAY)
    assert np.abs(apogees - values["apogee_epoch"]).min() < 1.0


def test_every_quantity_that_may_be_expected_is_computed(danuri):
    parts = danuri.mission.parts
    computed = {name for name in danuri.values if not NUMBERED.fullmatch(name)}
    assert computed == {name for name, what in QUANTITIES.items() if not what.of or parts & set(what.of)}


def test_danuri_brakes_into_its_orbit(danuri):
    burns = {burn.name: burn for burn in danuri.solution.burns}
    assert list(burns) == ["TLI", "LOI-1", "LOI-2", "LOI-3"]
    assert danuri.solution.values["inclination"] == pytest.approx(np.pi / 2, abs=0.01)
    assert danuri.solution.values["loi_delta_v"] == pytest.approx(
        sum(b.delta_v_km_s for b in danuri.solution.burns[1:])
    )
    left = danuri.solution.values.get("final_mass", danuri.mission.vehicle.dry_mass_kg)
    assert left == pytest.approx(DANURI_DRY_KG, abs=0.1)


def test_capstone_joins_its_orbit_and_stays(capstone):
    assert [burn.name for burn in capstone.solution.burns] == ["TLI", "insertion"]
    assert capstone.trajectory.end_tdb == pytest.approx(capstone.solution.burns[1].ignition_tdb + 14.0 * DAY, abs=1.0)
    assert capstone.solution.values["orbit_least_radius"] > 3_000.0


def changed(name, place, **changes):
    asked = table(name)
    (asked["phase"][place] if isinstance(place, int) else asked[place]).update(changes)
    asked["expect"] = {}
    return asked


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (changed("danuri", 0, tof="5 days"), 'is of transfer = "direct"'),
        (changed("danuri", 0, coast="20 days"), "coast"),
        (changed("danuri", 1, approach="north"), "no asymptote"),
        (changed("danuri", 1, epoch="2022-09-01T00:00:00Z"), "epoch"),
        (changed("danuri", 0, transfer="direct"), "coast"),
    ],
)
def test_what_does_not_go_together_is_named(asked, says):
    with pytest.raises(InputError, match=says):
        Mission.from_dict(asked)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"earliest": "2022-08-01", "latest": "2022-10-01"}, "launch.latest"),
        ({"earliest": "2050-11-01", "latest": "2050-11-02"}, "ephemeris|DE440|de440"),
    ],
)
def test_dates_that_cannot_be_searched_are_named(changes, says):
    with pytest.raises(InputError, match=says):
        Mission.from_dict(changed("danuri", "launch", **changes)).plan()


def test_no_way_is_said_so(monkeypatch):
    monkeypatch.setattr("lunarplan.plan.solvers.low_energy._MOST_SAMPLES", 1)
    monkeypatch.setattr("lunarplan.plan.solvers.low_energy._SAMPLES", 16)
    with pytest.raises(InfeasibleError, match="none of 0 ways"):
        Mission.from_toml("danuri").plan()


def test_its_windows_are_those_of_converged_transfers():
    found = Mission.from_toml("danuri").windows("2022-08-05", "2022-08-07")
    assert found.axes == ("launch_day", "opportunity", "azimuth_deg")
    cells = found.dataset.where(found.dataset["code"] == 0)
    assert found.open.any()
    assert np.nanmin(cells["tof_s"]) > 130.0 * 86_400.0
    assert 130.0 < np.nanmin(cells["loi_delta_v"]) <= np.nanmax(cells["loi_delta_v"]) < 180.0  # into 12 h
    assert -0.9 < np.nanmin(cells["c3"]) <= np.nanmax(cells["c3"]) < -0.2


def test_a_station_has_one_perilune_and_low_orbits_other_keys():
    data = library.read(library.find("capstone"))
    data["windows"] = {"loi_delta_v": "100 m/s"}
    with pytest.raises(InputError, match=r"windows.loi_delta_v: means nothing"):
        Mission.from_dict(data).windows()
