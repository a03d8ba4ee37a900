"""Missions round the Moon and home: Artemis II from the day of its launch, and one straight from the parking orbit."""

import copy
import json
from itertools import pairwise

import numpy as np
import pytest

from lunarplan import Mission
from lunarplan.cli import main
from lunarplan.config import library
from lunarplan.config.quantities import QUANTITIES
from lunarplan.errors import InfeasibleError, InputError
from lunarplan.io.oem import read_oem
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.vehicle import Engine
from lunarplan.plan.aborts import delta_v_left_m_s
from lunarplan.transfers.home.entry import entries
from tests import naive
from tests.plan.oracle import Flight
from tests.tolerances import (
    ABORT_CLOSURE_KM,
    BURN_PART,
    DISTANT_CLOSURE_M,
    ENTRY_ANGLE_DEG,
    ENTRY_RADIUS_KM,
    INDEPENDENT_CLOSURE_KM,
    INDEPENDENT_HOME_KM,
    THRUST_JOINT_KM,
)


def table(**changes):
    data = copy.deepcopy(library.read(library.find("artemis-2")))
    return data | changes


def short():
    """Straight from the parking orbit, impulsive, and no more than that."""
    data = table(expect={})
    data["launch"] |= {"parking_orbit": {"altitude": "185 km", "inclination": "30 deg"}}
    data["phase"] = [
        {"type": "translunar", "transfer": "free_return", "perilune": "300 km"},
        {"type": "entry", "downrange": "2400 km", "inclination": "35 deg"},
    ]
    return data


def refused(data):
    with pytest.raises(InputError) as caught:
        Mission.from_dict(data)
    return str(caught.value)


@pytest.fixture(scope="module")
def plan():
    return Mission.from_toml("artemis-2").plan()


def test_it_closes(plan):
    assert 0.0 < plan.closure_m < DISTANT_CLOSURE_M
    assert set(plan.solution.closures_m) == {"apogee", "injection", "perilune", "entry"}


def test_published_values(plan):
    assert [e.quantity for e in plan.expectations if not e.ok] == []
    assert len(plan.expectations) == 12


def test_order_of_events(plan):
    names = [event.name for event in plan.timeline if "eclipse" not in event.name]
    assert names == [
        "launch", "parking orbit", "apogee raise", "perigee raise", "TLI", "lunar SOI entry", "perilune",
        "farthest from the Earth", "entry interface", "end of plan",
    ]  # fmt: skip


def test_every_quantity_is_computed(plan):
    of = {name for name, what in QUANTITIES.items() if set(what.of) & plan.mission.parts}
    assert of <= set(plan.values)


def test_arcs_join(plan):
    """The velocity jumps where the perigee is raised, and nowhere else."""
    jumps = []
    for before, after in pairwise(plan.trajectory.arcs):
        assert before.end_tdb == pytest.approx(after.start_tdb, abs=1e-6)
        ends = before.at(before.end_tdb)[0], after.at(after.start_tdb)[0]
        assert np.linalg.norm((ends[0] - ends[1])[:3]) < THRUST_JOINT_KM
        jumps.append(1e3 * np.linalg.norm((ends[0] - ends[1])[3:]))
    assert jumps == pytest.approx([1e3 * plan.values["perigee_raise_delta_v"], 0.0, 0.0, 0.0], abs=1e-3)


def test_scipy_comes_home(plan):
    """From the cutoff of the injection, by jplephem's ephemeris and another model of the Earth's pole."""
    path, burn = plan.trajectory, plan.solution.burn("TLI")
    start, end = burn.cutoff_tdb, plan.values["perilune_epoch"]
    there = naive.propagate(Flight(path.forces), path.at(start)[0], start, end)
    assert np.linalg.norm((there - path.at(end)[0])[:3]) < INDEPENDENT_CLOSURE_KM
    home = naive.propagate(Flight(path.forces), path.at(end)[0], end, path.end_tdb)
    assert np.linalg.norm((home - path.at(path.end_tdb)[0])[:3]) < INDEPENDENT_HOME_KM


def test_the_interface_is_met_as_asked(plan):
    end = plan.trajectory.at(plan.trajectory.end_tdb)
    assert abs(np.linalg.norm(end[0, :3]) - RADIUS_KM["earth"] - 121.92) < ENTRY_RADIUS_KM
    met = entries(end, np.array([plan.trajectory.end_tdb]))
    assert abs(met.flight_path_deg[0] + 6.5) < ENTRY_ANGLE_DEG


def test_the_engine_burns_what_the_budget_says(plan):
    engine = Engine("main", 26_700.0, 316.0)
    rows = {row.name: row for row in plan.budget.rows}
    before = rows["perigee raise"].mass_after_kg
    burn = plan.solution.burn("TLI")
    assert burn.duration_s == pytest.approx(engine.burn_time_s(burn.delta_v_km_s, before), rel=1e-7)
    arc = next(arc for arc in plan.trajectory.arcs if arc.name == "injection")
    assert arc.rows[0, 4] == pytest.approx(before, rel=1e-7)
    assert rows["TLI"].mass_after_kg == pytest.approx(arc.rows[-1, 4], rel=1e-8)


def test_it_is_written_and_drawn(plan, tmp_path):
    segments = read_oem(plan.to_oem(tmp_path / "a.oem")).segments
    assert len(segments) > 4
    assert len(plan.plot().axes) > 4


def test_straight_from_the_parking_orbit():
    plan = Mission.from_dict(short()).plan()
    assert plan.closure_m < DISTANT_CLOSURE_M
    assert plan.values["flyby_altitude"] == pytest.approx(300.0, abs=1e-6)
    assert 3.1 < plan.values["tli_delta_v"] < 3.25
    launch = plan.mission.launch
    assert launch.earliest_tdb <= plan.values["launch_epoch"] <= launch.latest_tdb


def test_it_comes_down_at_a_place_if_asked_to():
    data = table(expect={})
    entry = {key: value for key, value in data["phase"][2].items() if key != "inclination"}
    data["phase"][2] = entry | {"latitude": "30 deg", "longitude": "-125 deg", "within": "400 km"}
    plan = Mission.from_dict(data).plan()
    assert plan.values["splashdown_latitude"] == pytest.approx(np.radians(30.0), abs=0.07)
    assert plan.values["splashdown_longitude"] == pytest.approx(np.radians(-125.0), abs=0.08)
    data["phase"][2] |= {"latitude": "-50 deg", "within": "50 km"}
    with pytest.raises(InfeasibleError, match="comes down"):
        Mission.from_dict(data).plan()


def test_dates_without_a_launch_name_the_launches_there_are():
    data = table(expect={})
    data["launch"] |= {"earliest": "2026-04-01T00:00:00Z", "latest": "2026-04-01T06:00:00Z"}
    with pytest.raises(InfeasibleError, match="2026-03-31T22:3"):
        Mission.from_dict(data).plan()


def test_an_injection_that_takes_too_long_says_so():
    data = table(expect={})
    data["vehicle"]["engines"][0]["thrust"] = "2 kN"
    with pytest.raises(InfeasibleError, match=r"of 3 free returns tried closes: .* more thrust: with"):
        Mission.from_dict(data).plan()


def test_a_plane_that_the_moon_is_not_in_says_so():
    """On 5 April 2026 it is 23 deg south of the equator, and going on."""
    data = short()
    data["phase"][1]["inclination"] = "10 deg"
    with pytest.raises(InfeasibleError, match=r"entry.inclination: the Moon is 2[0-9]\.[0-9] deg from the Earth's"):
        Mission.from_dict(data).plan()


def test_too_many_days_are_refused():
    data = table(expect={})
    data["launch"] |= {"latest": "2026-08-01"}
    with pytest.raises(InputError, match=r"launch\.latest"):
        Mission.from_dict(data).plan()
    data["launch"] |= {"earliest": "2060-01-10", "latest": "2060-01-11"}
    with pytest.raises(InputError, match="beyond"):
        Mission.from_dict(data).plan()


@pytest.mark.parametrize(
    ("number", "changes", "says"),
    [
        (0, {"apogee": "150 km"}, "apogee"),
        (0, {"apogee": "400000 km"}, "apogee"),
        (0, {"revolutions": 0}, "revolutions"),
        (0, {"raise_engine": "launcher"}, "raise_engine"),
        (0, {"engine": "warp"}, "engine"),
        (0, {"perigee": "50 km"}, "inside the atmosphere"),
        (1, {"flyby": "130 km"}, "powered_flyby"),
        (1, {"engine": "launcher"}, "finite"),
        (1, {"finite": False}, "ignition"),
        (1, {"home": "sideways"}, "home"),
    ],
)
def test_bad_input_is_named(number, changes, says):
    data = table(expect={})
    data["phase"][number] |= changes
    assert says in refused(data)


def test_from_the_long_ellipse_leads_a_free_return_only():
    data = table(expect={})
    data["phase"][1] = {"type": "translunar"}
    assert "out of order" in refused(data)


def test_a_burn_from_the_parking_orbit_is_an_impulse():
    data = short()
    data["phase"][0] |= {"finite": True, "engine": "main"}
    assert "impulse" in refused(data)


def test_it_must_end_at_home():
    data = short()
    del data["phase"][1]
    assert '"entry" belongs' in refused(data)


def test_windows_are_those_without_the_high_orbit(plan):
    with pytest.raises(InputError, match="leaves from a high orbit"):
        plan.mission.windows()


# ---------------------------------------------------------------- ways out


@pytest.fixture(scope="module")
def ways(plan):
    return plan.aborts(every_h=24.0, inclinations_deg=(35.0, 60.0))


def test_there_is_a_way_home_all_along(plan, ways):
    assert ways.ok.all()
    assert ways.fastest.ok.all()
    for way in (ways.fastest, ways.cheapest):
        assert way.closure_km.max() < ABORT_CLOSURE_KM
    assert (ways.cheapest.delta_v_m_s[2:] == 0.0).all()  # after the injection
    assert ways.cheapest.delta_v_m_s[0] > 1.0  # and before it
    assert (ways.fastest.duration_s <= ways.cheapest.duration_s).all()


def test_while_it_burns_the_tanks_are_emptied_evenly(plan):
    """At constant thrust the mass falls in proportion to the time."""
    burn, (_, before, after) = plan.solution.burn("TLI"), (row.mass_after_kg for row in plan.budget.rows)
    engine, dry = Engine("main", 26_700.0, 316.0), plan.mission.vehicle.dry_mass_kg
    parts = np.array([0.0, 0.25, 0.5, 1.0])
    masses = before + parts * (after - before)
    left = delta_v_left_m_s(plan, burn.ignition_tdb + parts * burn.duration_s)
    assert left == pytest.approx([1e3 * engine.delta_v_km_s(mass - dry, mass) for mass in masses], rel=BURN_PART)


def test_no_way_costs_more_than_the_tanks_hold(plan, ways):
    """Before the injection the whole of them, after it what it left."""
    engine, rows = Engine("main", 26_700.0, 316.0), plan.budget.rows
    dry = plan.mission.vehicle.dry_mass_kg
    full, left = (1e3 * engine.delta_v_km_s(mass - dry, mass) for mass in (26_000.0, rows[-1].mass_after_kg))
    cost = ways.fastest.delta_v_m_s
    assert cost[0] <= full
    assert (cost[2:] <= left).all()
    assert cost[0] > 0.99 * full
    assert cost.max() > left


def test_the_picture_names_the_events(plan, ways):
    from lunarplan.plot import aborts as draw

    upper, lower = draw(ways, plan=plan)
    names = " ".join(text.get_text() for text in upper.texts).replace("\n", " ")
    assert "TLI" in names
    assert "perilune" in names
    assert len(lower.lines) > len(draw(ways)[1].lines)


def test_a_station_is_named_by_family_and_resonance(plan):
    with pytest.raises(InputError, match="to"):
        plan.aborts(to="somewhere")
    with pytest.raises(InputError, match="every_h"):
        plan.aborts(every_h=0.0)
    with pytest.raises(InputError, match="every_h"):
        plan.aborts(every_h=0.02)
    with pytest.raises(InputError, match="warp"):
        plan.aborts(engine="warp")


def test_the_command_line(capsys, tmp_path):
    assert main(["aborts", "artemis-2", "--every", "72", "--out", str(tmp_path)]) == 0
    shown = capsys.readouterr()
    assert "ways home" in shown.out
    assert {path.name for path in tmp_path.iterdir()} == {"aborts.json", "aborts.png"}
    written = json.loads((tmp_path / "aborts.json").read_text())
    assert [m["cheapest"] is not None for m in written["moments"]] == [True] * 3
    assert main(["aborts", "artemis-2", "--every", "100", "--to", "L2 halo south 9:2", "--delta-v", "1", "--json"]) == 3
    content = json.loads(capsys.readouterr().out)
    assert content["to"] == "L2 halo south 9:2"
    assert content["moments"][0]["fastest"] is None
