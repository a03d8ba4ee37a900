"""Missions that come home from a distant orbit: the stay ends when they leave, and the interface is met as asked."""

import copy
from itertools import pairwise

import numpy as np
import pytest

from lunarplan import Mission
from lunarplan.config import library
from lunarplan.config.quantities import QUANTITIES
from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.transfers.home.earth_return import ENTRY_ALTITUDE_KM
from lunarplan.transfers.home.entry import entries
from tests import naive
from tests.plan.oracle import Flight
from tests.tolerances import (
    DISTANT_CLOSURE_M,
    DISTANT_JOINT_KM,
    ENTRY_ANGLE_DEG,
    ENTRY_RADIUS_KM,
    INDEPENDENT_CLOSURE_KM,
    NRHO_ROUND_TRIP_M_S,
)

WAY_HOME = {
    "type": "return",
    "leeway": "3.4 days",
    "inward": ["0.5 days", "3 days"],
    "home": ["3.5 days", "7 days"],
    "engine": "main",
}
ENTRY = {"type": "entry", "flight_path_angle": "-6.2 deg", "downrange": "2400 km"}


def table():
    data = copy.deepcopy(library.read(library.find("gateway-nrho")))
    data["phase"][1]["duration"] = "14 days"
    data["phase"] += [dict(WAY_HOME), dict(ENTRY)]
    return data


def refused(number, **changes):
    data = table()
    data["phase"][number] |= changes
    with pytest.raises(InputError) as caught:
        Mission.from_dict(data)
    return str(caught.value)


@pytest.fixture(scope="module")
def plan():
    return Mission.from_dict(table()).plan()


def test_it_closes(plan):
    assert 0.0 < plan.closure_m < DISTANT_CLOSURE_M
    assert set(plan.solution.closures_m) == {"perilune", "insertion", "stay", "flyby on the way home", "entry"}


def test_the_stay_ends_when_it_leaves(plan):
    names = [event.name for event in plan.timeline if "eclipse" not in event.name]
    assert names[-5:] == ["insertion", "departure", "home flyby burn", "entry interface", "end of plan"]
    arcs = plan.trajectory.arcs
    for before, after in pairwise(arcs):
        assert before.end_tdb == after.start_tdb
        ends = before.at(before.end_tdb)[0], after.at(after.start_tdb)[0]
        assert np.linalg.norm((ends[0] - ends[1])[:3]) < DISTANT_JOINT_KM
    stay = plan.values["departure_epoch"] - plan.values["insertion_epoch"]
    assert abs(stay - 14.0 * 86_400.0) <= 3.4 * 86_400.0 + 1.0


def test_the_interface_is_met_as_asked(plan):
    end = plan.trajectory.at(plan.trajectory.end_tdb)
    met = entries(end, np.array([plan.trajectory.end_tdb]))
    assert np.linalg.norm(end[0, :3]) == pytest.approx(RADIUS_KM["earth"] + ENTRY_ALTITUDE_KM, abs=ENTRY_RADIUS_KM)
    assert met.flight_path_deg[0] == pytest.approx(-6.2, abs=ENTRY_ANGLE_DEG)
    assert 10.95 < plan.values["entry_speed"] < 11.05
    assert plan.values["home_flyby_altitude"] == pytest.approx(130.0, abs=1e-4)


def test_an_independent_integration_comes_to_the_same_entry(plan):
    """From the burn at perilune: other code, another integrator, in the Earth's frame all the way."""
    path, start = plan.trajectory, plan.values["home_flyby_epoch"]
    end = naive.propagate(Flight(path.forces), path.at(start)[0], start, path.end_tdb)
    assert np.linalg.norm(end[:3] - path.at(path.end_tdb)[0, :3]) < INDEPENDENT_CLOSURE_KM


def test_burns_are_the_jumps_of_the_path(plan):
    for name in ("departure", "home flyby burn"):
        burn = plan.solution.burn(name)
        around = plan.trajectory.at(burn.ignition_tdb + np.array([-1e-3, 1e-3]), "moon")
        jump = np.linalg.norm(around[1, 3:] - around[0, 3:])
        assert jump == pytest.approx(burn.delta_v_km_s, abs=1e-5)  # a millisecond of gravity to either side


def test_every_quantity_there_is_can_be_computed(plan):
    parts = plan.mission.parts
    assert set(plan.values) == {name for name, what in QUANTITIES.items() if not what.of or parts & set(what.of)}


def test_what_a_visit_to_the_orbit_costs(plan):
    """Orion to a near-rectilinear orbit and back in 21 days: some 840 m/s (Whitley and Martinez 2016, unconfirmed)."""
    assert plan.values["vehicle_delta_v"] * 1e3 == pytest.approx(840.0, abs=NRHO_ROUND_TRIP_M_S)
    assert plan.values["mission_duration"] / 86_400.0 == pytest.approx(21.0, abs=3.0)


def test_a_way_home_out_of_the_terms():
    data = table()
    data["phase"][2] |= {"leeway": "0 days", "home": ["3.5 days", "3.6 days"]}
    with pytest.raises(InfeasibleError, match="return: no way home"):
        Mission.from_dict(data).plan()


def test_a_place_the_moon_does_not_let_it_come_down_at_is_refused_at_once():
    """A short range ends near the antipode of the Moon, within 30 deg of the equator."""
    data = copy.deepcopy(library.read(library.find("nrho-sortie"))) | {"expect": {}}
    del data["lander"]
    data["phase"] = [data["phase"][0], dict(WAY_HOME), ENTRY | {"latitude": "70 deg", "longitude": "0 deg"}]
    said: list[str] = []
    with pytest.raises(InfeasibleError, match=r"2400 km after the entry do not lead to latitude 70\.0 deg") as caught:
        Mission.from_dict(data).plan(progress=said.append)
    low, high = (float(x) for x in caught.value.allowed.removeprefix("about ").removesuffix(" deg").split(" to "))
    assert -60.0 < low < 0.0 < high < 60.0
    assert not any("looking" in line for line in said)


def test_bad_phases():
    assert refused(2, engine="launcher").startswith("phase[2].engine: unknown engine")
    assert refused(2, leeway="-1 days").startswith("phase[2].leeway:")
    assert refused(2, home=["7 days", "4 days"]).startswith("phase[2].home:")
    assert refused(3, flight_path_angle="6 deg").startswith("phase[3].flight_path_angle:")
    assert refused(3, latitude="20 deg").startswith("phase[3]: half a place")
    assert refused(3, downrange="20 km").startswith("phase[3].downrange:")
    assert refused(2, total="21 days").startswith("phase[2].leeway: total leaves")
    assert refused(2, finite=True).startswith("phase[2].finite:")


def test_a_way_home_ends_at_the_earth():
    data = table()
    data["phase"].pop()
    with pytest.raises(InputError, match='phase: phases out of order: nothing where "entry" belongs'):
        Mission.from_dict(data)
    data["phase"][2:] = [dict(ENTRY)]
    with pytest.raises(InputError, match=r"phase\[2\].type: phases out of order: .entry. where .return. or .sortie."):
        Mission.from_dict(data)
