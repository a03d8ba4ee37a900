"""Missions to distant orbits, planned: launch, burns, flight and stay, and what is published of them."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest

from lunarplan import Ephemeris, Mission
from lunarplan.config import library
from lunarplan.config.quantities import QUANTITIES
from lunarplan.errors import InfeasibleError, InputError
from lunarplan.io.oem import read_oem
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM, STANDARD_GRAVITY_M_S2
from lunarplan.model.epochs import utc_iso
from lunarplan.plot.flight import Flight as Drawn
from tests import naive
from tests.plan.oracle import Flight
from tests.plan.test_missions_planned import angle_deg, parking_plane, site
from tests.tolerances import (
    DISTANT_CLOSURE_M,
    DISTANT_JOINT_KM,
    DISTANT_JOINT_KM_S,
    EVENT_S,
    FLYBY_ALTITUDE_KM,
    INDEPENDENT_CLOSURE_KM,
    LAUNCH_PLANE_DEG,
    ROCKET_ROUNDING,
)

NAMES = ("artemis-1", "gateway-nrho")
# The cheapest flight of that day comes to the orbit two days after the one flown, for less: it need not think of home.
KNOWN_MISSES = {("artemis-1", name) for name in ("insertion_delta_v", "insertion_epoch")}
FLOWN_ARRIVAL_KM_S = 0.2901  # Artemis I, flyby and insertion: its ephemeris, differenced


def outbound(name):
    """The mission as far as the distant orbit, and of its published values those of the way there."""
    table = library.read(library.find(name))
    table["phase"] = table["phase"][:2]
    home = "departure", "home", "vehicle", "entry"
    table["expect"] = {key: value for key, value in table["expect"].items() if not key.startswith(home)}
    return table


@pytest.fixture(scope="module")
def plans():
    return {name: Mission.from_dict(outbound(name)).plan() for name in NAMES}


@pytest.fixture(params=NAMES)
def plan(request, plans):
    return plans[request.param]


def changed(name, phase, **changes):
    """The mission with one entry or more of a phase changed."""
    table = library.read(library.find(name))
    table["phase"][phase] |= changes
    return table


# ---------------------------------------------------------------- the flight


def test_closed(plan):
    assert 0.0 <= plan.closure_m < DISTANT_CLOSURE_M


def test_events_are_in_order(plan):
    solution, mission = plan.solution, plan.mission
    names = [event.name for event in plan.timeline if "eclipse" not in event.name]
    assert names == ["launch", "parking orbit", "TLI", "lunar SOI entry", "flyby burn", "insertion", "end of plan"]
    epochs = [event.epoch_tdb for event in plan.timeline]
    assert epochs == sorted(epochs)
    assert mission.launch.earliest_tdb <= solution.values["launch_epoch"] <= mission.launch.latest_tdb
    assert plan.trajectory.end_tdb == pytest.approx(
        solution.burn("insertion").ignition_tdb + mission.stay_s, abs=EVENT_S
    )


def test_times_of_flight_are_kept(plan):
    tli, flyby, insertion = (burn.ignition_tdb for burn in plan.solution.burns)
    terms = plan.mission.translunar
    assert terms.out_s[0] <= flyby - tli <= terms.out_s[1]
    assert terms.beyond_s[0] <= insertion - flyby <= terms.beyond_s[1]


def test_burns_are_the_only_jumps(plan):
    """Places go on at every burn; the velocity jumps by what the budget says and nowhere else."""
    jumps = []
    for before, after in pairwise(plan.trajectory.arcs):
        seam = np.array([after.start_tdb])
        end, start = before.trajectory.at(before.end_tdb, "moon")[0], after.trajectory.at(seam, "moon")[0]
        assert np.linalg.norm(end[:3] - start[:3]) < DISTANT_JOINT_KM
        jumps.append(np.linalg.norm(end[3:] - start[3:]))
    told = [row.delta_v_km_s for row in plan.budget.rows if row.name != "TLI"]
    assert jumps == pytest.approx(told, abs=DISTANT_JOINT_KM_S)


def test_the_whole_flight_is_one_motion(plan):
    """Velocity is the derivative of position everywhere but at the burns."""
    path, h = plan.trajectory, 20.0
    t = path.sample(200)
    corners = np.array([path.start_tdb, path.end_tdb, *(burn.ignition_tdb for burn in plan.solution.burns)])
    t = t[np.abs(t[:, np.newaxis] - corners).min(axis=1) > 3 * h]
    weights = (3 / 4, -3 / 20, 1 / 60)
    rate = sum(w * (path.at(t + k * h) - path.at(t - k * h))[:, :3] for k, w in enumerate(weights, 1)) / h
    assert np.abs(rate - path.at(t)[:, 3:]).max() < 1e-6


def test_an_independent_integration_reaches_the_flyby(plans):
    """From the state after TLI, by scipy with jplephem's ephemeris and another model of the Earth's pole."""
    plan = plans["gateway-nrho"]
    path, solution = plan.trajectory, plan.solution
    end = naive.propagate(
        Flight(path.forces), path.at(path.start_tdb)[0], path.start_tdb, solution.values["perilune_epoch"]
    )
    place = end[:3] - naive.Bodies().position("moon", solution.values["perilune_epoch"])
    assert np.linalg.norm(place - path.at(solution.values["perilune_epoch"], "moon")[0, :3]) < INDEPENDENT_CLOSURE_KM


def test_the_flyby_is_as_low_as_the_file_says(plan):
    asked, solution = plan.mission.translunar.flyby_altitude_km, plan.solution
    assert plan.values["flyby_altitude"] == pytest.approx(asked, abs=FLYBY_ALTITUDE_KM)
    around = solution.values["perilune_epoch"] + np.linspace(-3600.0, 3600.0, 721)
    least = np.linalg.norm(plan.trajectory.at(around, "moon")[:, :3], axis=1).min() - RADIUS_KM["moon"]
    assert least == pytest.approx(asked, abs=1.0)  # level at the burn only in the mean of before and after


def test_tli_leaves_the_parking_orbit_tangentially(plan):
    state = plan.trajectory.at(plan.trajectory.start_tdb)[0]
    r, v = np.linalg.norm(state[:3]), np.linalg.norm(state[3:])
    circular = math.sqrt(GM_KM3_S2["earth"] / r)
    assert abs(state[:3] @ state[3:]) / r / v < 1e-9
    assert r == pytest.approx(RADIUS_KM["earth"] + plan.mission.launch.parking_orbit.altitude_km, abs=1e-6)
    assert plan.solution.burn("TLI").delta_v_km_s == pytest.approx(v - circular, abs=1e-9)


def test_the_site_is_under_the_parking_plane_at_lift_off(plan):
    assert abs(angle_deg(parking_plane(plan), site(plan)) - 90.0) < LAUNCH_PLANE_DEG


def test_the_stay_is_where_the_orbit_is(plans):
    """The NRHO swings about L2, south; the DRO goes round the Moon at 70,000 km."""
    for name, (low, high) in {"gateway-nrho": (3000.0, 73_000.0), "artemis-1": (66_000.0, 99_000.0)}.items():
        path, start = plans[name].trajectory, plans[name].solution.burn("insertion").ignition_tdb
        r = path.at(np.linspace(start, path.end_tdb, 2000), "moon")[:, :3]
        assert low < np.linalg.norm(r, axis=1).min()
        assert np.linalg.norm(r, axis=1).max() < high
        reached = plans[name].solution.orbits[0]
        assert reached.least_radius_km <= np.linalg.norm(r, axis=1).min() + 1.0
        assert reached.greatest_radius_km >= np.linalg.norm(r, axis=1).max() - 1.0
    nrho = plans["gateway-nrho"]
    times = np.linspace(nrho.solution.burn("insertion").ignition_tdb, nrho.trajectory.end_tdb, 2000)
    moon = nrho.trajectory.forces.source.state("moon", "earth", times)
    pole = np.cross(moon[:, :3], moon[:, 3:])
    south = (nrho.trajectory.at(times, "moon")[:, :3] * pole).sum(axis=1) < 0.0
    assert south.mean() > 0.9


# ---------------------------------------------------------------- what it costs


def test_masses_follow_the_rocket_equation(plan):
    vehicle = plan.mission.vehicle
    mass = vehicle.build().mass_kg
    for row in plan.budget.rows[1:]:
        engine = next(engine for engine in vehicle.engines if engine.name == row.engine)
        mass *= math.exp(-row.delta_v_m_s / STANDARD_GRAVITY_M_S2 / engine.isp_s)
        assert row.mass_after_kg == pytest.approx(mass, rel=ROCKET_ROUNDING)
    assert plan.budget.vehicle_delta_v_km_s == pytest.approx(plan.values["arrival_delta_v"], abs=1e-12)
    assert plan.values["final_mass"] == pytest.approx(mass, rel=ROCKET_ROUNDING)


def test_published_values(plan, request):
    name = request.node.callspec.params["plan"]
    missed = {(name, e.quantity) for e in plan.expectations if not e.ok}
    assert missed == {miss for miss in KNOWN_MISSES if miss[0] == name}


def test_artemis_1_lifts_off_when_it_did(plans):
    """From the day alone, by the turning Earth: within ten minutes; and no dearer than what was flown."""
    comparison = {e.quantity: e for e in plans["artemis-1"].expectations}
    assert abs(comparison["launch_epoch"].difference) < 600.0
    assert plans["artemis-1"].values["arrival_delta_v"] < FLOWN_ARRIVAL_KM_S


def test_every_quantity_there_is_can_be_computed(plan):
    parts = plan.mission.parts
    assert set(plan.values) == {name for name, what in QUANTITIES.items() if not what.of or parts & set(what.of)}
    assert all(math.isfinite(value) for value in plan.values.values())


# ---------------------------------------------------------------- what is made of it


def test_it_is_written(plan, tmp_path):
    told = json.loads(plan.to_json(tmp_path / "plan.json").read_text(encoding="utf-8"))
    (orbit,) = told["orbits"]
    assert set(orbit) == {"epoch_utc", "orbit", "period_days", "least_radius_km", "greatest_radius_km"}
    assert told["provenance"]["distant_orbit"]["family"] == plan.mission.distant_orbit.family
    segments = read_oem(plan.to_oem(tmp_path / "path.oem")).segments
    assert {segment.center.lower() for segment in segments} == {"earth", "moon"}


def test_it_is_drawn_in_axes_that_turn_with_the_moon(plan):
    figure = plan.plot()
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert any("turning with it" in title for title in titles)
    drawn = Drawn.of(plan)
    assert drawn.is_distant
    assert drawn.tdb[drawn.arrival] == pytest.approx(plan.solution.values["perilune_epoch"], abs=1.0)


# ---------------------------------------------------------------- what is refused


def test_dates_beyond_the_ephemeris_are_refused():
    table = changed("gateway-nrho", 1)
    last = utc_iso(Ephemeris.packaged().end_tdb - 70.0 * 86_400.0, 0)
    table["launch"] |= {"earliest": last, "latest": last}
    with pytest.raises(InputError, match="beyond"):
        Mission.from_dict(table).plan()


def test_too_many_days_are_refused():
    table = changed("gateway-nrho", 1)
    table["launch"] |= {"latest": "2028-02-05T00:00:00Z"}
    with pytest.raises(InputError, match="launch dates span 31 days"):
        Mission.from_dict(table).plan()


def test_a_member_there_is_not_is_refused_with_the_range():
    table = changed("gateway-nrho", 1, period="40 days")
    del table["phase"][1]["resonance"]
    with pytest.raises(InfeasibleError, match="L2 halo south"):
        Mission.from_dict(table).plan()


def test_an_orbit_through_the_moon_is_refused():
    with pytest.raises(InfeasibleError, match="below the surface"):
        Mission.from_dict(changed("gateway-nrho", 1, resonance="5:1")).plan()
