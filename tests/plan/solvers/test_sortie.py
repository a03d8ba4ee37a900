"""Sorties of missions: from a station to the ground and back, their order, masses, paths and what is refused."""

import copy
import math
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from lunarplan import Mission
from lunarplan.config import library
from lunarplan.config.quantities import QUANTITIES
from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY, STANDARD_GRAVITY_M_S2
from lunarplan.model.frames import rotation
from lunarplan.model.surface import Place
from lunarplan.plan.solvers import sortie as solve_sortie
from lunarplan.plot.flight import Flight as Drawn
from tests import naive
from tests.plan.oracle import Flight
from tests.tolerances import (
    CLOSURE_M,
    DISTANT_JOINT_KM,
    EVENT_S,
    INDEPENDENT_CLOSURE_KM,
    ROCKET_ROUNDING,
    SORTIE_SITE_KM,
    STATION_MET_KM,
)

TABLE = library.read(library.find("nrho-sortie"))
DAY = SECONDS_PER_DAY


def changed(phase=None, lander=None, **sortie):
    """The mission with entries of its sortie, its stay or its lander changed, and nothing expected of it."""
    table = copy.deepcopy(TABLE) | {"expect": {}}
    table["phase"][0] |= phase or {}
    table["phase"][1] |= sortie
    table["lander"] = {k: v for k, v in (table["lander"] | (lander or {})).items() if v is not None}
    return Mission.from_dict(table)


@pytest.fixture(scope="module")
def plan():
    """Planned over the days and the time of transfer the whole week comes to."""
    table = copy.deepcopy(TABLE)
    table["phase"][1] |= {"wait": ["0 days", "2 days"], "transfer": "24 h"}
    return Mission.from_dict(table).plan()


@pytest.fixture(scope="module")
def leg(plan):
    return plan.solution.leg("sortie")


# ---------------------------------------------------------------- the flight


def test_it_closes(plan, leg):
    assert plan.closure_m < CLOSURE_M
    assert len(leg.closures_m) == 4


def test_what_happens_when(plan, leg):
    names = [burn.name.removeprefix("sortie ") for burn in leg.burns]
    assert names == [
        *("departure", "insertion", "turn down", "deorbit", "descent"),
        *("ascent", "circling", "turn up", "raise", "rendezvous"),
    ]
    epochs = [burn.ignition_tdb for burn in leg.burns]
    assert epochs == sorted(epochs)
    at = {name: burn for name, burn in zip(names, leg.burns, strict=True)}
    terms, values = plan.mission.phases[1], leg.values
    transfer = at["insertion"].ignition_tdb - at["departure"].ignition_tdb
    assert terms.transfer_s[0] <= transfer <= terms.transfer_s[1]
    assert at["rendezvous"].ignition_tdb - at["raise"].ignition_tdb == pytest.approx(transfer, abs=EVENT_S)
    assert at["descent"].cutoff_tdb == pytest.approx(values["sortie_touchdown_epoch"], abs=EVENT_S)
    assert at["ascent"].ignition_tdb - at["descent"].cutoff_tdb == pytest.approx(terms.stay_s, abs=EVENT_S)
    start, end = plan.trajectory.start_tdb, plan.trajectory.end_tdb
    assert start + terms.wait_s[0] - EVENT_S <= epochs[0] <= start + terms.wait_s[1] + EVENT_S
    assert epochs[-1] < end
    assert values["sortie_duration"] == pytest.approx(epochs[-1] - epochs[0], abs=EVENT_S)


def test_the_vehicle_stays_at_the_station(plan):
    assert [arc.name for arc in plan.trajectory.arcs] == ["stay"]
    assert plan.budget.vehicle_delta_v_km_s == 0.0
    assert plan.timeline[-1].name == "end of plan"
    assert "from the Moon" in plan.timeline[-1].note


def test_the_lander_leaves_the_station_and_lands_at_the_site(plan, leg):
    down = leg.paths["lander down"]
    left = down.start_tdb
    apart = (down.at(left, "moon") - plan.trajectory.at(left, "moon"))[0]
    assert np.linalg.norm(apart[:3]) < STATION_MET_KM
    assert 1e3 * np.linalg.norm(apart[3:]) == pytest.approx(1e3 * leg.burns[0].delta_v_km_s, abs=1e-6)
    end = down.end_tdb
    axes = rotation("moon_me", end, down.forces.source).reshape(3, 3)
    entry = Place(-89.78, -155.73)
    assert np.linalg.norm(axes @ down.at(end, "moon")[0, :3] - entry.position_km) < SORTIE_SITE_KM


def test_the_ascender_meets_the_station(plan, leg):
    up = leg.paths["ascender to the station"]
    apart = (up.at(up.end_tdb, "moon") - plan.trajectory.at(up.end_tdb, "moon"))[0]
    assert np.linalg.norm(apart[:3]) < DISTANT_JOINT_KM
    assert np.linalg.norm(apart[3:]) == pytest.approx(leg.burns[-1].delta_v_km_s, abs=1e-8)


def test_arcs_of_the_lander_join(leg):
    for before, after in pairwise(leg.paths["lander down"].arcs):
        end = before.trajectory.at(before.end_tdb, "moon")[0]
        start = after.trajectory.at(after.start_tdb, "moon")[0]
        assert np.linalg.norm(end[:3] - start[:3]) < INDEPENDENT_CLOSURE_KM


def test_low_orbits_are_where_they_are_asked_for(leg):
    low = leg.paths["lander down"].arcs[1]
    radius = np.linalg.norm(low.at(low.start_tdb, "moon")[0, :3])
    assert radius - RADIUS_KM["moon"] == pytest.approx(100.0, abs=1e-6)


def test_an_independent_integration_comes_to_the_low_orbit(leg):
    """By scipy with jplephem's ephemeris, from the state after the departure burn."""
    coast = leg.paths["lander down"].arcs[0]
    bodies, start, end = naive.Bodies(), coast.start_tdb, coast.end_tdb
    state = coast.at(start, "earth")[0]
    found = naive.propagate(Flight(coast.run.forces), state, start, end)
    place = found[:3] - bodies.position("moon", end)
    assert np.linalg.norm(place - coast.at(end, "moon")[0, :3]) < INDEPENDENT_CLOSURE_KM


# ---------------------------------------------------------------- what it costs


def test_masses_by_stage_follow_the_rocket_equation(plan, leg):
    lander = plan.mission.lander
    mass = {"lander": lander.mass_kg, "ascender": lander.ascent.mass_kg}
    isp = {"lander": lander.descent.isp_s, "ascender": lander.ascent.isp_s}
    for row in plan.budget.rows:
        mass[row.craft] *= math.exp(-row.delta_v_m_s / STANDARD_GRAVITY_M_S2 / isp[row.craft])
        assert row.mass_after_kg == pytest.approx(mass[row.craft], rel=ROCKET_ROUNDING)
    assert leg.values["sortie_landed_mass"] == pytest.approx(mass["lander"], rel=ROCKET_ROUNDING)
    assert leg.values["sortie_returned_mass"] == pytest.approx(mass["ascender"], rel=ROCKET_ROUNDING)


def test_the_descent_is_solved_with_the_mass_it_has(plan, leg):
    """The burn takes as long as its propellant lasts at full thrust, save for the last metres."""
    descent = next(row for row in plan.budget.rows if row.name == "sortie descent")
    stage = plan.mission.lander.descent
    flow = stage.thrust_n / stage.isp_s / STANDARD_GRAVITY_M_S2
    burn = next(burn for burn in leg.burns if burn.name == "sortie descent")
    assert 0.0 < burn.duration_s - descent.propellant_kg / flow < 30.0


def test_the_sums(leg):
    burns = [burn.delta_v_km_s for burn in leg.burns]
    assert leg.values["sortie_down_delta_v"] == pytest.approx(sum(burns[:5]), abs=1e-9)
    assert leg.values["sortie_up_delta_v"] == pytest.approx(sum(burns[5:]), abs=1e-9)
    assert leg.values["sortie_delta_v"] == pytest.approx(sum(burns), abs=1e-9)


def test_published_values(plan):
    assert [e.quantity for e in plan.expectations if not e.ok] == []


def test_every_quantity_there_is_can_be_computed(plan):
    parts = plan.mission.parts
    assert set(plan.values) == {name for name, what in QUANTITIES.items() if not what.of or parts & set(what.of)}


# ---------------------------------------------------------------- other sorties


def test_one_stage_goes_both_ways():
    stage = {"dry_mass": "4 t", "propellant": "40 t", "thrust": "110 kN", "isp": "450 s", "throttle": 0.1}
    mission = changed(
        {"duration": "12 days"}, {"descent": stage, "ascent": None}, wait=["0.5 days", "1.5 days"], transfer="24 h"
    )
    leg = mission.plan().solution.leg("sortie")
    assert {burn.craft for burn in leg.burns} == {"lander"}
    assert leg.separations == ()
    assert leg.values["sortie_returned_mass"] < leg.values["sortie_landed_mass"]


def test_artemis_4_goes_there_sends_the_sortie_and_comes_home():
    """The vehicle leaves when the lander is back; only the way down is dearer than published, as its day has it."""
    plan = Mission.from_toml("artemis-4").plan()
    assert plan.closure_m < CLOSURE_M
    names = [burn.name for burn in plan.solution.burns]
    assert names[:4] == ["TLI", "flyby burn", "insertion", "sortie departure"]
    assert names[-3:] == ["sortie rendezvous", "departure", "home flyby burn"]
    assert {row.craft for row in plan.budget.rows} == {"vehicle", "lander", "ascender"}
    assert plan.trajectory.end_tdb == pytest.approx(plan.values["entry_epoch"], abs=EVENT_S)
    assert {e.quantity for e in plan.expectations if not e.ok} == {"sortie_transfer_down_delta_v"}
    assert np.degrees(plan.values["splashdown_latitude"]) == pytest.approx(31.0, abs=1e-3)


# ---------------------------------------------------------------- the picture


def test_the_lander_is_drawn_beside_the_vehicle(plan):
    drawn = Drawn.of(plan)
    assert {other.name for other in drawn.others} == set(plan.solution.paths)
    assert [mark.name for mark in drawn.marks] == ["start", "docking", "end of plan"]
    assert [leg.after for leg in drawn.legs] == [""]
    figure = plan.plot()
    legends = [ax.get_legend() for ax in figure.axes if ax.get_legend()]
    assert "lander down" in {text.get_text() for legend in legends for text in legend.get_texts()}


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"stay": "0 days"}, "phase[1].stay:"),
        ({"site": 3}, "phase[1].site:"),
        ({"site": ""}, "phase[1].site:"),
        ({"site": {"latitude": "-100 deg", "longitude": "0 deg"}}, "phase[1].site.latitude:"),
        ({"wait": ["0 days", "0.5 days"]}, "phase[1].wait: is too short"),
        ({"circling": ["4 h", "4.5 h"]}, "phase[1].circling: is too short"),
        ({"circling": ["1 h", "4.5 h"]}, "phase[1].circling:"),
        ({"transfer": "20 days"}, "phase[1].transfer:"),
        ({"engine": "main"}, "phase[1].engine: unknown key"),
    ],
)
def test_refuses_with_its_place(changes, where):
    with pytest.raises(InputError) as caught:
        changed(**changes)
    assert str(caught.value).startswith(where)
    assert "\n" not in str(caught.value)


def test_nothing_lands_without_a_lander():
    table = {key: value for key, value in TABLE.items() if key not in ("lander", "expect")}
    with pytest.raises(InputError, match=r"phase\[1\]: nothing lands; add \[lander\]"):
        Mission.from_dict(table)


def test_a_site_nobody_knows_is_refused_with_the_closest():
    said: list[str] = []
    with pytest.raises(InputError, match=r"phase\[1\].site: unknown place .* did you mean Shackleton rim"):
        changed(site="Shackelton rim").plan(progress=said.append)
    with pytest.raises(
        InputError, match=r"phase\[1\].inclination: an orbit of 10 deg does not pass over latitude 89\.8"
    ):
        changed(inclination="10 deg").plan(progress=said.append)
    assert said == []  # nothing was flown before that


def test_a_stay_that_ends_too_soon_is_refused():
    with pytest.raises(InfeasibleError, match=r"a sortie takes 7\.8 days or more"):
        changed({"duration": "7 days"}).plan()


def test_transfers_that_outlast_the_station_are_refused_as_such():
    """The way down and up may take ten days each, and the station is followed for three weeks."""
    terms = changed(transfer=["12 h", "240 h"]).phases[1]
    flown = SimpleNamespace(phases=1, station=SimpleNamespace(tdb=np.array([0.0, 21.0 * 86_400.0])))
    with pytest.raises(InfeasibleError, match=r"phase\[1\].transfer: a sortie may take up to 27\.0 days"):
        solve_sortie._days(flown, terms, 0.0, 20.0 * 86_400.0)
    assert len(solve_sortie._days(flown, changed().phases[1], 0.0, 20.0 * 86_400.0))


def test_a_lander_that_runs_dry_is_refused():
    dry = TABLE["lander"]["descent"] | {"propellant": "5 t"}
    with pytest.raises(InfeasibleError, match=r"sortie descent: needs .* kg of propellant"):
        changed(lander={"descent": dry}, wait=["0.5 days", "1.5 days"], transfer="24 h").plan()


def test_an_engine_below_the_weight_is_refused_with_the_reason():
    weak = TABLE["lander"]["ascent"] | {"thrust": "10 kN"}
    with pytest.raises(InfeasibleError, match="no ascent closes: the thrust is below the weight"):
        changed(lander={"ascent": weak}, wait=["0.5 days", "1.5 days"], transfer="24 h").plan()


def test_an_engine_that_cannot_throttle_so_far_down_once_the_tanks_are_emptier():
    """With full tanks it can; the search begins with those."""
    strong = TABLE["lander"]["descent"] | {"thrust": "220 kN"}
    with pytest.raises(InfeasibleError, match="no descent closes: approach or touchdown asks for a throttle beyond"):
        changed(lander={"descent": strong}, wait=["0.5 days", "1.5 days"], transfer="24 h").plan()
