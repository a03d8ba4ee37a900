"""Missions to a craft in a low orbit about the Earth: launch into its plane, rendezvous, stay, deorbit, splashdown."""

import copy
import math
from itertools import pairwise

import numpy as np
import pytest

from lunarplan import Mission
from lunarplan.config import library
from lunarplan.config.quantities import QUANTITIES
from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.constants import RADIUS_KM, STANDARD_GRAVITY_M_S2
from lunarplan.plot.flight import Flight as Drawn
from lunarplan.plot.near_earth import beside
from lunarplan.transfers.ground_range import SPHERE_KM
from tests import naive
from tests.plan.oracle import Flight
from tests.plan.test_missions_planned import angle_deg
from tests.tolerances import (
    CLOSURE_M,
    ENTRY_ANGLE_DEG,
    ENTRY_RADIUS_KM,
    EVENT_S,
    INDEPENDENT_CLOSURE_KM,
    PLANES_MEET_DEG,
    RENDEZVOUS_MET_KM,
    ROCKET_ROUNDING,
)

TABLE = library.read(library.find("artemis-3"))


def changed(launch=None, deorbit=None, entry=None, **phase):
    table = copy.deepcopy(TABLE) | {"expect": {}}
    table["launch"] |= launch or {}
    for number, changes in enumerate((phase, deorbit, entry)):
        table["phase"][number] |= changes or {}
    return Mission.from_dict(table)


@pytest.fixture(scope="module")
def plan():
    return Mission.from_toml("artemis-3").plan()


def test_it_closes(plan):
    assert plan.closure_m < CLOSURE_M
    assert set(plan.solution.closures_m) >= {"phasing orbit", "terminal transfer", "stay", "entry"}


def test_what_happens_when(plan):
    assert [event.name for event in plan.timeline] == [
        *("launch", "parking orbit", "rendezvous raise", "rendezvous coelliptic", "rendezvous terminal"),
        *("rendezvous braking", "docking", "Earth deorbit", "entry interface", "end of plan"),
    ]
    epochs = [event.epoch_tdb for event in plan.timeline]
    assert epochs == sorted(epochs)
    terms = plan.mission.phases
    stayed = plan.solution.burn("Earth deorbit").ignition_tdb - plan.values["rendezvous_epoch"]
    assert terms[0].duration_s <= stayed <= terms[0].duration_s + terms[1].wait_s + EVENT_S


def test_the_path_goes_on(plan):
    for before, after in pairwise(plan.trajectory.arcs):
        end, start = before.at(before.end_tdb)[0], after.at(after.start_tdb)[0]
        assert np.linalg.norm(end[:3] - start[:3]) < RENDEZVOUS_MET_KM


def test_the_planes_meet_when_the_craft_do(plan):
    """What is launched into is not the target's plane at lift-off; at the terminal burn it is."""
    target, path = plan.solution.paths["target"], plan.trajectory

    def apart(tdb):
        states = path.at(tdb)[0], target.at(tdb)[0]
        return angle_deg(*(np.cross(s[:3], s[3:]) for s in states))

    first, terminal = path.start_tdb, plan.solution.burn("rendezvous terminal").ignition_tdb
    assert apart(terminal - 1.0) < PLANES_MEET_DEG
    assert apart(first + 1.0) > 3.0 * apart(terminal - 1.0)


def test_the_launch_is_from_the_site(plan):
    state = plan.trajectory.at(plan.trajectory.start_tdb)[0]
    height = np.linalg.norm(state[:3]) - RADIUS_KM["earth"]
    assert height == pytest.approx(plan.mission.launch.parking_orbit.altitude_km, abs=1e-6)
    assert plan.solution.values["launch_epoch"] == pytest.approx(plan.mission.launch.earliest_tdb, abs=EVENT_S)


def test_it_comes_down_where_it_should(plan):
    """Interface, angle and place, from the last state flown, and by an independent integration of the fall."""
    path, entry = plan.trajectory, plan.mission.phases[2]
    state = path.at(path.end_tdb)[0]
    r, v = np.linalg.norm(state[:3]), np.linalg.norm(state[3:])
    assert r - RADIUS_KM["earth"] == pytest.approx(121.92, abs=ENTRY_RADIUS_KM)
    assert math.degrees(math.asin(state[:3] @ state[3:] / r / v)) == pytest.approx(-2.0, abs=ENTRY_ANGLE_DEG)
    fall = path.arcs[-1]
    end = naive.propagate(Flight(path.forces), fall.at(fall.start_tdb)[0], fall.start_tdb, fall.end_tdb)
    assert np.linalg.norm(end[:3] - state[:3]) < INDEPENDENT_CLOSURE_KM
    north, east = (plan.values[f"splashdown_{k}"] for k in ("latitude", "longitude"))
    wide = (east - entry.longitude_rad) * math.cos(north)
    assert SPHERE_KM * math.hypot(north - entry.latitude_rad, wide) < entry.within_km


def test_masses_follow_the_rocket_equation(plan):
    mass, isp = plan.mission.vehicle.build().mass_kg, plan.mission.vehicle.engines[0].isp_s
    for row in plan.budget.rows:
        mass *= math.exp(-row.delta_v_m_s / STANDARD_GRAVITY_M_S2 / isp)
        assert row.mass_after_kg == pytest.approx(mass, rel=ROCKET_ROUNDING)


def test_what_is_expected(plan):
    assert [e.quantity for e in plan.expectations if not e.ok] == []
    parts = plan.mission.parts
    assert set(plan.values) == {name for name, what in QUANTITIES.items() if not what.of or parts & set(what.of)}


def test_it_is_drawn_about_the_earth(plan):
    drawn = Drawn.of(plan)
    assert drawn.near_earth
    titles = [ax.get_title(loc="left") for ax in plan.plot().axes]
    assert "About the Earth, plane of the orbit" in titles
    path = beside(drawn.others[0])
    assert path[0, 0] < -3000.0  # thirty degrees behind and more
    np.testing.assert_allclose(path[-1], 0.0, atol=1e-3)


def test_a_launch_waits_for_the_plane():
    """The site comes under a given plane once a day going north; two degrees of node are eight minutes."""
    table = copy.deepcopy(TABLE) | {"expect": {}, "phase": TABLE["phase"][:1]}
    table["launch"] |= {"earliest": "2027-06-15", "latest": "2027-06-15"}
    first, second = (
        Mission.from_dict(table | {"phase": [table["phase"][0] | {"ahead": "40 deg", "node": f"{node} deg"}]}).plan()
        for node in (100.0, 102.0)
    )
    later = second.values["launch_epoch"] - first.values["launch_epoch"]
    assert later == pytest.approx(2.0 / 360.0 * 86_164.1, rel=0.03)
    assert first.values["rendezvous_delta_v"] == pytest.approx(second.values["rendezvous_delta_v"], abs=0.01)


@pytest.mark.parametrize(("altitude", "angle"), [("1500 km", "-2 deg"), ("420 km", "-0.5 deg")])
def test_the_burn_is_found_from_high_up_and_for_shallow_entries(altitude, angle):
    table = copy.deepcopy(TABLE) | {"expect": {}}
    table["phase"][0] |= {"ahead": "30 deg", "altitude": altitude, "duration": "0 days"}
    table["phase"][1] = {"type": "deorbit", "engine": "main"}
    table["phase"][2] = {"type": "entry", "flight_path_angle": angle, "downrange": "2400 km"}
    plan = Mission.from_dict(table).plan()
    wanted = math.radians(float(angle.split()[0]))
    assert plan.values["entry_flight_path_angle"] == pytest.approx(wanted, abs=math.radians(ENTRY_ANGLE_DEG))


def test_a_steep_entry_is_a_matter_of_propellant():
    """It would fall to the centre of the Earth within the time a shallow one takes to the interface."""
    with pytest.raises(InfeasibleError, match=r"Earth deorbit: needs .* short by"):
        changed(ahead="30 deg", duration="0 days", entry={"flight_path_angle": "-45 deg"}).plan()


def test_a_plane_that_does_not_come_is_refused():
    with pytest.raises(InfeasibleError, match="comes under the plane of the target at"):
        changed(node="100 deg").plan()


def test_a_place_off_the_track_is_refused():
    with pytest.raises(InfeasibleError, match="km from the place to come down at"):
        changed(ahead="40 deg", duration="0.1 days", entry={"latitude": "60 deg"}).plan()


def test_a_target_below_is_refused():
    with pytest.raises(InfeasibleError, match="below the target"):
        changed(altitude="205 km").plan()


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"altitude": "100 km"}, "phase[0].altitude:"),
        ({"ahead": "400 deg"}, "phase[0].ahead:"),
        ({"ahead": ["90 deg", "30 deg"]}, "phase[0].ahead:"),
        ({"engine": "launcher"}, "phase[0].engine:"),
        ({"below": "0 km"}, "phase[0].below:"),
        ({"deorbit": {"wait": "20 days"}}, "phase[1].wait:"),
        ({"deorbit": {"engine": "x"}}, "phase[1].engine:"),
    ],
)
def test_refuses_with_its_place(changes, where):
    with pytest.raises(InputError) as caught:
        changed(**changes)
    assert str(caught.value).startswith(where)


def test_it_has_no_launch_windows_of_the_moon():
    with pytest.raises(InputError, match="no translunar phase"):
        Mission.from_toml("artemis-3").windows()
