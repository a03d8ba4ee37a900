"""Stations whose phase is given: where they are, missions that begin there, and flights that meet them."""

from itertools import pairwise

import numpy as np
import pytest

from lunarplan import Mission
from lunarplan.config import library
from lunarplan.errors import InputError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.plan.closure import BODIES
from lunarplan.plan.solvers.distant import MOON_DEGREE
from lunarplan.plan.station import periodic_orbit, with_perilune
from lunarplan.report.console import facts
from tests.tolerances import (
    DISTANT_CLOSURE_M,
    DISTANT_JOINT_KM,
    DISTANT_JOINT_KM_S,
    STATION_MET_KM,
    STATION_PERILUNE_S,
    TDB_LESS_UTC_S,
)

PERILUNE = "2028-03-10T00:00:00Z"
TABLE = {
    "mission": {"name": "At the station"},
    "vehicle": {
        "dry_mass": "17 t",
        "propellant": "8 t",
        "engines": [{"name": "main", "thrust": "26700 N", "isp": "316 s"}],
    },
    "phase": [
        {
            "type": "distant_orbit",
            "family": "L2 halo south",
            "resonance": "9:2",
            "perilune_epoch": PERILUNE,
            "epoch": "2028-03-01",
            "duration": "30 days",
        }
    ],
}


def changed(**changes):
    """The mission with entries of its phase changed, or dropped if None."""
    phase = {key: value for key, value in (TABLE["phase"][0] | changes).items() if value is not None}
    return Mission.from_dict(TABLE | {"phase": [phase]})


@pytest.fixture(scope="module")
def plan():
    return Mission.from_dict(TABLE).plan()


@pytest.fixture(scope="module")
def logistics():
    table = library.read(library.find("gateway-logistics"))
    table["launch"] |= {"earliest": "2028-02-05", "latest": "2028-02-05"}  # the day all three come to
    table["phase"][1]["duration"] = "90 days"
    return Mission.from_dict(table).plan()


# ---------------------------------------------------------------- the station


def test_it_begins_and_ends_where_it_says(plan):
    start, end = (tdb_seconds(epoch) for epoch in ("2028-03-01T00:00:00Z", "2028-03-31T00:00:00Z"))
    assert plan.trajectory.start_tdb == start
    assert plan.trajectory.end_tdb == pytest.approx(end, abs=TDB_LESS_UTC_S)
    assert [event.name for event in plan.timeline] == ["start", "end of plan"]
    assert not plan.budget.rows
    assert plan.closure_m < DISTANT_CLOSURE_M


def test_the_perilune_is_when_it_is_given(plan):
    """Distance is least there: its rate is nought, and turns from minus to plus."""
    at = tdb_seconds(PERILUNE)
    before, there, after = plan.trajectory.at(at + np.array([-60.0, 0.0, 60.0]), "moon")
    rate = [state[:3] @ state[3:] / np.linalg.norm(state[:3]) for state in (before, there, after)]
    assert rate[0] < 0.0 < rate[2]
    assert abs(rate[1]) * 120.0 / (rate[2] - rate[0]) < STATION_PERILUNE_S
    assert np.linalg.norm(there[:3]) == pytest.approx(3300.0, abs=250.0)


def test_missions_near_in_time_meet_the_same_station():
    """A week of it or three months: carried as long, it is the same orbit."""
    forces = ForceModel(bodies=BODIES, moon_degree=MOON_DEGREE)
    orbit, at = periodic_orbit(Mission.from_dict(TABLE).distant_orbit), float(tdb_seconds(PERILUNE))
    tdb = at + np.linspace(-5.0, 5.0, 101) * SECONDS_PER_DAY
    week, season = (
        with_perilune(orbit, at - 5.0 * SECONDS_PER_DAY, at + days * SECONDS_PER_DAY, forces, at) for days in (5, 90)
    )
    np.testing.assert_array_equal(week.at(tdb), season.at(tdb))


def test_a_perilune_long_before_is_passed_too():
    """A year later it has made 55.7 revolutions, to a tenth of one."""
    forces = ForceModel(bodies=BODIES, moon_degree=MOON_DEGREE)
    orbit, at = periodic_orbit(Mission.from_dict(TABLE).distant_orbit), float(tdb_seconds(PERILUNE))
    year = 365.25 * SECONDS_PER_DAY
    station = with_perilune(orbit, at + year, at + year + SECONDS_PER_DAY, forces, at)
    assert np.abs(station.perilunes.tdb - at).min() < STATION_PERILUNE_S
    assert ((station.perilunes.tdb > at) & (station.perilunes.tdb < at + year)).sum() == 55


def test_without_a_perilune_it_begins_at_one():
    plan = changed(perilune_epoch=None, duration="2 days").plan()
    state = plan.trajectory.at(plan.trajectory.start_tdb, "moon")[0]
    assert state[:3] @ state[3:] == pytest.approx(0.0, abs=0.1)


# ---------------------------------------------------------------- a flight to it


def test_the_cargo_joins_the_station_that_is_there(logistics):
    """The stay is that of a mission that begins at the station: the same orbit in time."""
    at = logistics.solution.burn("insertion").ignition_tdb
    there = changed(perilune_epoch="2028-02-10T00:00:00Z", epoch="2028-02-09", duration="30 days").plan()
    tdb = np.linspace(at, at + 20.0 * SECONDS_PER_DAY, 200)
    apart = (logistics.trajectory.at(tdb, "moon") - there.trajectory.at(tdb, "moon"))[:, :3]
    assert np.linalg.norm(apart, axis=1).max() < STATION_MET_KM


def test_the_cargo_flies_without_jumps_of_place(logistics):
    assert logistics.closure_m < DISTANT_CLOSURE_M
    arcs = logistics.trajectory.arcs
    told = [row.delta_v_km_s for row in logistics.budget.rows if row.name != "TLI"]
    jumps = []
    for before, after in pairwise(arcs):
        seam = after.start_tdb
        end, start = before.trajectory.at(before.end_tdb, "moon")[0], after.trajectory.at(seam, "moon")[0]
        assert np.linalg.norm(end[:3] - start[:3]) < DISTANT_JOINT_KM
        jumps.append(np.linalg.norm(end[3:] - start[3:]))
    assert jumps == pytest.approx(told, abs=DISTANT_JOINT_KM_S)


def test_the_cargo_keeps_what_is_published(logistics):
    assert [e.quantity for e in logistics.expectations if not e.ok] == []


# ---------------------------------------------------------------- without a launch


def test_a_list_of_missions_says_when_it_begins():
    told = facts("x", Mission.from_dict(TABLE))
    assert told["launch_earliest_utc"] is None
    assert told["earliest_utc"] == told["latest_utc"] == "2028-03-01T00:00:00Z"


def test_it_has_no_launch_and_no_windows():
    mission = Mission.from_dict(TABLE)
    with pytest.raises(InputError, match="begins without a launch"):
        _ = mission.launch
    with pytest.raises(InputError, match="begins without a launch"):
        mission.windows()


def test_it_is_drawn(plan):
    assert len(plan.plot().axes) >= 4


def test_epochs_beyond_the_ephemeris_are_refused():
    with pytest.raises(InputError, match="beyond"):
        changed(epoch="2070-01-01", perilune_epoch=None).plan()


@pytest.mark.parametrize("epoch", ["1990-03-10T00:00:00Z", "2060-03-10T00:00:00Z"])
def test_a_perilune_beyond_the_ephemeris_is_refused(epoch):
    with pytest.raises(InputError, match=r"distant_orbit\.perilune_epoch: a perilune at .* is beyond DE440"):
        changed(perilune_epoch=epoch).plan()
