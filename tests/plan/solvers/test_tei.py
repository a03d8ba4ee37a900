"""Missions that come home from a low orbit: one burn, and down at the place asked for."""

import copy
from itertools import pairwise

import numpy as np
import pytest

from lunarplan import Mission
from lunarplan.config import library
from lunarplan.config.quantities import QUANTITIES
from lunarplan.errors import InfeasibleError, InputError
from tests import naive
from tests.plan.oracle import Flight
from tests.tolerances import DISTANT_CLOSURE_M, HOME_CLOSURE_KM, JOINT_KM, SPLASHDOWN_KM

PLACE = {"latitude": "31 deg", "longitude": "-118.5 deg"}


def table(entry=(), **home):
    data = copy.deepcopy(library.read(library.find("polar-mapper")))
    data["vehicle"]["propellant"] = "2500 kg"
    del data["expect"]
    data["phase"] += [
        {"type": "return", "home": ["4 days", "4.6 days"], "engine": "insertion"} | home,
        {"type": "entry", "downrange": "6000 km"} | PLACE | dict(entry),
    ]
    return data


@pytest.fixture(scope="module")
def plan():
    return Mission.from_dict(table()).plan()


def test_it_comes_down_where_asked(plan):
    latitude, longitude = np.degrees([plan.values["splashdown_latitude"], plan.values["splashdown_longitude"]])
    assert 111.2 * np.hypot(latitude - 31.0, np.cos(np.radians(31.0)) * (longitude + 118.5)) < SPLASHDOWN_KM
    assert 10.95 < plan.values["entry_speed"] < 11.05
    assert 4.0 * 86_400.0 <= plan.values["entry_epoch"] - plan.values["tei_epoch"] <= 4.6 * 86_400.0


def test_it_leaves_within_a_revolution_of_the_stay(plan):
    stayed = plan.solution.leg("lunar_orbit").orbits[-1]
    assert 0.0 <= plan.values["tei_epoch"] - stayed.epoch_tdb <= stayed.period_s
    for before, after in pairwise(plan.trajectory.arcs):
        ends = before.at(before.end_tdb)[0], after.at(after.start_tdb)[0]
        assert np.linalg.norm((ends[0] - ends[1])[:3]) < JOINT_KM


def test_it_closes(plan):
    assert set(plan.solution.closures_m) == {"perilune", "insertion", "stay", "entry"}
    assert plan.closure_m < DISTANT_CLOSURE_M


def test_an_independent_integration_comes_to_the_same_entry(plan):
    path, start = plan.trajectory, plan.values["tei_epoch"]
    end = naive.propagate(Flight(path.forces), path.at(start)[0], start, path.end_tdb)
    assert np.linalg.norm(end[:3] - path.at(path.end_tdb)[0, :3]) < HOME_CLOSURE_KM


def test_days_to_leave_in_are_no_dearer_than_a_revolution(plan):
    """Revolutions spread over them are looked through, each by itself; the first of them is the one above."""
    days = Mission.from_dict(table(leeway="3 days")).plan()
    stayed = days.solution.leg("lunar_orbit").orbits[-1]
    assert 0.0 <= days.values["tei_epoch"] - stayed.epoch_tdb <= 3.0 * 86_400.0
    assert days.values["tei_delta_v"] <= plan.values["tei_delta_v"] + 1e-6
    assert days.solution.closures_m["entry"] < DISTANT_CLOSURE_M


def test_the_burn_costs_what_apollos_did(plan):
    """Apollo's transearth injections took 800 to 1,100 m/s from 110 km (Orloff 2000, SP-2000-4029)."""
    assert 0.8 < plan.values["tei_delta_v"] < 1.1
    assert plan.values["return_delta_v"] == plan.values["tei_delta_v"]


def test_every_quantity_there_is_can_be_computed(plan):
    parts = plan.mission.parts
    there = {name for name, what in QUANTITIES.items() if not what.of or parts & set(what.of)}
    assert there <= set(plan.values)
    assert "departure_epoch" not in there


def test_a_place_out_of_reach_says_which_latitudes_are():
    with pytest.raises(InfeasibleError, match=r"return, entry: no way home .* latitudes of"):
        Mission.from_dict(table({"latitude": "-60 deg", "downrange": "2400 km"})).plan()


def test_times_of_flight_between_two_days_say_what_is_nearest():
    """The Earth brings the place once a day."""
    with pytest.raises(InfeasibleError, match=r"within the time of flight: the nearest takes [3-5]\.[0-9]{2} days"):
        Mission.from_dict(table(home=["4.7 days", "4.75 days"])).plan()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (table(flyby="130 km"), r"phase\[3\].flyby: is of a way home from a distant orbit"),
        (table(total="20 days"), r"phase\[3\].total:"),
        (table(engine="main"), r"phase\[3\].engine: unknown engine"),
        (table(ellipse={"period": "8 h"}, leeway="1 days"), r"phase\[3\].leeway: with an ellipse"),
        (table({"inclination": "40 deg"}), r"phase\[4\].inclination: of a way home from a low orbit"),
    ],
)
def test_what_belongs_to_other_ways_home_is_refused(data, says):
    with pytest.raises(InputError, match=says):
        Mission.from_dict(data)


def test_a_way_home_from_a_low_orbit_needs_a_place():
    data = table()
    for key in PLACE:
        del data["phase"][-1][key]
    with pytest.raises(InputError, match=r"phase\[4\]: names no place to come down at"):
        Mission.from_dict(data)
