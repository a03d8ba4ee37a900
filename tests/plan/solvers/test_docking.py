"""A sample return to its end: what took off comes back to the vehicle, stays there a while, and both go their ways."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from lunarplan import Mission
from lunarplan.config import library
from lunarplan.config.docking import Docking
from lunarplan.config.entry import Entry
from lunarplan.config.lander import ASCENDER
from lunarplan.config.phases import LunarOrbit
from lunarplan.config.quantities import QUANTITIES
from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model import events
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY, STANDARD_GRAVITY_M_S2
from lunarplan.model.epochs import tdb_seconds, utc_iso
from lunarplan.plan.legs.entry import with_separation
from lunarplan.plan.solvers.ascent import solve_ascent
from lunarplan.plan.solvers.direct import solve_direct
from lunarplan.plan.solvers.docking import solve_docking
from lunarplan.plan.solvers.landing import solve_landing
from lunarplan.plan.solvers.lunar_orbit import solve_stay
from tests.tolerances import (
    CLOSURE_M,
    JOINT_KM,
    JOINT_KM_S,
    ROCKET_ROUNDING,
    SPLASHDOWN_KM,
)

CARGO_KG = 1.731
PHASES = ["translunar", "insertion", "lunar_orbit", "landing", "ascent", "docking", "lunar_orbit", "return", "entry"]


def part(phases, **changes):
    """Chang'e-5 up to a phase, the last one changed."""
    table = library.read(library.find("change-5")) | {"expect": {}}
    table["phase"] = table["phase"][:phases]
    table["phase"][-1] |= changes
    return table


def test_what_was_published_of_change_5_is_met(change_5):
    """Docking, both burns home and the entry, too; the ascender of the plan is 28 kg heavier than "about 400"."""
    assert [row.quantity for row in change_5.expectations if not row.ok] == []
    assert {"docking_epoch", "apolune_raise_epoch", "tei_epoch", "tei_delta_v", "entry_epoch"} <= {
        row.quantity for row in change_5.expectations
    }


def test_every_phase_is_solved_and_every_coast_proved(change_5):
    assert [leg.phase for leg in change_5.solution.legs] == ["launch", *PHASES]
    for phase in ("lunar_orbit", "landing", "ascent", "docking", "return"):
        assert change_5.solution.leg(phase).closures_m
    assert change_5.closure_m < CLOSURE_M


def test_every_quantity_there_is_can_be_computed(change_5):
    parts = change_5.mission.parts
    there = {name for name, what in QUANTITIES.items() if not what.of or parts & set(what.of)}
    assert there <= set(change_5.values)
    assert {"docking_epoch", "docking_raise_delta_v", "apolune_raise_epoch"} <= there


# ---------------------------------------------------------------- docking


def test_the_ascender_meets_the_vehicle(change_5):
    docked, path = change_5.values["docking_epoch"], change_5.solution.paths[ASCENDER]
    there, here = (p.at(np.array([docked]), "moon")[0] for p in (change_5.trajectory, path))
    braking = change_5.solution.burn("docking braking")
    assert path.end_tdb == docked == braking.ignition_tdb
    assert np.linalg.norm(there[:3] - here[:3]) < JOINT_KM
    assert np.linalg.norm(there[3:] - here[3:]) == pytest.approx(braking.delta_v_km_s, abs=JOINT_KM_S)


def test_the_path_of_the_ascender_is_one_from_the_ground_on(change_5):
    """The rendezvous is what jumps in it."""
    path = change_5.solution.paths[ASCENDER]
    assert path.start_tdb == change_5.values["lift_off_epoch"]
    jumps = {}
    for before, after in pairwise(path.arcs):
        seam = np.array([after.start_tdb])
        gap = (after.at(seam, "moon") - before.at(seam, "moon"))[0]
        assert np.linalg.norm(gap[:3]) < JOINT_KM
        jumps[float(seam[0])] = float(np.linalg.norm(gap[3:]))
    burns = [change_5.solution.burn(f"docking {name}") for name in ("phasing", "raise")]
    for burn in burns:
        assert jumps.pop(burn.ignition_tdb) == pytest.approx(burn.delta_v_km_s, abs=JOINT_KM_S)
    assert max(jumps.values()) < JOINT_KM_S


def test_the_vehicle_keeps_what_was_brought_and_nothing_else(change_5):
    """Rocket equation and masses by hand, from launch to the last burn."""
    rows = {row.name: row for row in change_5.budget.rows}
    small, main = (1e-3 * isp * STANDARD_GRAVITY_M_S2 for isp in (290.0, 310.0))
    waited = rows["LOI-2"].mass_after_kg - 3_780.0 + CARGO_KG
    raised = waited * np.exp(-rows["apolune raise"].delta_v_km_s / main)
    assert rows["apolune raise"].mass_after_kg == pytest.approx(raised, rel=ROCKET_ROUNDING)
    left = raised * np.exp(-rows["TEI"].delta_v_km_s / small)
    assert rows["TEI"].mass_after_kg == pytest.approx(left, rel=ROCKET_ROUNDING)
    assert change_5.values["final_mass"] == pytest.approx(left, rel=ROCKET_ROUNDING)
    assert change_5.budget.propellant_left_kg == pytest.approx(left - 1_820.0 - CARGO_KG, rel=1e-9)


def test_what_is_docked_is_part_of_the_vehicle(change_5):
    docking, let_go = change_5.solution.separations[-2:]
    came = change_5.budget.rows[[row.name for row in change_5.budget.rows].index("docking braking")].mass_after_kg
    assert (docking.name, docking.mass_kg) == ("docking", pytest.approx(-came, rel=ROCKET_ROUNDING))
    assert (let_go.name, let_go.mass_kg) == ("ascender let go", pytest.approx(came - CARGO_KG, rel=ROCKET_ROUNDING))
    assert let_go.epoch_tdb - docking.epoch_tdb == pytest.approx(6.88 * 3600.0, abs=1e-6)


@pytest.fixture(scope="module")
def ascended():
    """The mission as far as the end of the ascent."""
    mission = Mission.from_dict(part(5))
    flown = solve_direct(mission, None, lambda _: None)
    for solve in (solve_stay, solve_landing, solve_ascent):
        flown = solve(flown, flown.left[0])
    return flown


def docking(**terms):
    return Docking.model_validate({"type": "docking"} | terms)


@pytest.mark.parametrize(
    ("terms", "error", "says"),
    [
        ({"epoch": "2020-12-03T23:00:00Z"}, InfeasibleError, "docking: between .* no whole number of them"),
        ({"epoch": "2020-12-03T15:20:00Z"}, InfeasibleError, "docking: .* leaves no time to catch up"),
        ({"after": "1 h"}, InfeasibleError, "docking: .* leaves no time to catch up"),
        ({"epoch": "2020-12-03T15:12:00Z"}, InputError, "docking.epoch: .* after the ascent"),
        ({"epoch": "2049-12-03T15:12:00Z"}, InputError, "docking.epoch: .* up to 2021-01"),
    ],
)
def test_a_docking_that_cannot_be_says_why(ascended, terms, error, says):
    with pytest.raises(error, match=says):
        solve_docking(ascended, docking(**terms))


@pytest.mark.parametrize(
    ("until", "says"),
    [("2020-12-03T15:12:00Z", "2020-12-03T15:15:59Z, when it begins"), ("2021-03-01", "to 2021-02-01")],
)
def test_a_stay_ends_after_it_begins_and_does_not_last_for_ever(ascended, until, says):
    with pytest.raises(InputError, match=f"lunar_orbit.until: the stay ends at .*{says}"):
        solve_stay(ascended, LunarOrbit.model_validate({"type": "lunar_orbit", "until": until}))


def test_a_docking_after_so_many_hours_is_that_of_the_epoch(ascended):
    """And its cargo is part of the ascender from the ground on."""
    after = solve_docking(ascended, docking(after="40 h"))
    epoch = utc_iso(ascended.end_tdb + 40.0 * 3600.0, 6)
    assert solve_docking(ascended, docking(epoch=epoch)).legs[-1].values == after.legs[-1].values
    loaded = next(part for leg in after.legs for part in leg.separations if part.name == "cargo loaded")
    assert (loaded.mass_kg, loaded.craft) == (-CARGO_KG, ASCENDER)
    assert after.craft("vehicle").mass_kg == pytest.approx(ascended.craft("vehicle").mass_kg + CARGO_KG, abs=1e-9)


def test_an_ascender_without_propellant_does_not_get_there(ascended):
    table = part(5)
    table["lander"]["ascent"] |= {"dry_mass": "427 kg", "propellant": "357.5 kg"}
    heavy = replace(ascended, mission=Mission.from_dict(table))
    with pytest.raises(InfeasibleError, match=r"docking phasing: needs 4\.. kg of propellant"):
        solve_docking(heavy, docking(epoch="2020-12-05T21:42:00Z"))


# ---------------------------------------------------------------- home, by way of an ellipse


def test_the_ellipse_is_left_after_three_revolutions_near_its_perilune(change_5):
    raised, left = (change_5.solution.burn(name).ignition_tdb for name in ("apolune raise", "TEI"))
    (ellipse,) = change_5.solution.leg("return").orbits
    assert ellipse.period_s == pytest.approx(8.0 * 3600.0, abs=1.0)
    assert 190.0 < ellipse.perilune_altitude_km < 210.0
    passed = events.find(change_5.trajectory, events.perilune_passage(), raised + 3600.0, left + 3600.0)
    assert len(passed) == 3
    assert abs(left - passed[-1]) < 0.1 * ellipse.period_s


def test_both_burns_together_cost_what_one_does(change_5):
    """Apollo's transearth injections took 800 to 1,100 m/s from 110 km (Orloff 2000, SP-2000-4029)."""
    both = [change_5.values[f"{burn}_delta_v"] for burn in ("apolune_raise", "tei")]
    assert change_5.values["return_delta_v"] == pytest.approx(sum(both), abs=1e-12)
    assert 0.8 < sum(both) < 1.1


def test_it_comes_down_at_siziwang(change_5):
    place = np.degrees([change_5.values["splashdown_latitude"], change_5.values["splashdown_longitude"]])
    assert 111.2 * np.hypot(place[0] - 42.3, np.cos(np.radians(42.3)) * (place[1] - 111.4)) < SPLASHDOWN_KM
    assert np.degrees(change_5.values["entry_flight_path_angle"]) == pytest.approx(-6.0, abs=0.01)
    assert 10.95 < change_5.values["entry_speed"] < 11.05
    assert change_5.trajectory.end_tdb == change_5.values["entry_epoch"]


def test_the_capsule_is_let_go_at_the_height_that_was_published(change_5):
    """Twenty minutes before the entry, as flown: 01:13 and 01:33 in Beijing."""
    when = change_5.values["separation_epoch"]
    height = np.linalg.norm(change_5.trajectory.at(np.array([when]))[0, :3]) - RADIUS_KM["earth"]
    assert height == pytest.approx(5_000.0, abs=1e-3)
    assert (change_5.values["entry_epoch"] - when) / 60.0 == pytest.approx(20.0, abs=1.0)
    assert "capsule separation" in [event.name for event in change_5.timeline]


def test_a_capsule_that_is_never_let_go_is_an_error(ascended):
    """About the Moon nothing comes down through 5,000 km over the Earth."""
    terms = Entry.model_validate({"type": "entry", "downrange": "6500 km", "separation": "5000 km"})
    with pytest.raises(InfeasibleError, match=r"entry.separation: the way home does not come down through 5000 km"):
        with_separation(ascended, terms)


# ---------------------------------------------------------------- what the file says


@pytest.mark.parametrize(
    ("phases", "says"),
    [
        ([0, 1, 2, 3, 4, 7, 8], r'phase\[5\].type: .* "return" where "docking" belongs'),
        ([0, 1, 2, 3, 4, 6, 7, 8], r'phase\[5\].type: .* "lunar_orbit" where "docking" belongs'),
        ([0, 1, 2, 3, 5], r'phase\[4\].type: .* "docking" where "ascent" belongs'),
        ([0, 1, 2, 3, 4, 5, 7], r'phase: .* nothing where "entry" belongs'),
    ],
)
def test_phases_out_of_order(phases, says):
    table = part(9)
    table["phase"] = [table["phase"][number] for number in phases]
    with pytest.raises(InputError, match=says):
        Mission.from_dict(table)


@pytest.mark.parametrize(
    ("phase", "change", "says"),
    [
        (5, {"epoch": "2020-12-02"}, r"phase\[5\].epoch: 2020-12-0.* is not after phase\[4\].epoch"),
        (6, {"until": "2020-12-05T00:00:00Z"}, r"phase\[6\].until: .* is not after phase\[5\].epoch"),
        (5, {"after": "2 days"}, r"phase\[5\]: a docking is told by epoch or by after"),
        (5, {"duration": "-3 h"}, r"phase\[5\].duration: .* is negative"),
        (6, {"duration": "1 days"}, r"phase\[6\]: a stay is told by duration or by until"),
        (4, {"cargo": "-1 kg"}, r"phase\[4\].cargo: .* is negative"),
        (7, {"leeway": "1 days"}, r"phase\[7\].leeway: with an ellipse"),
        (7, {"ellipse": {}}, r"phase\[7\].ellipse: an ellipse is told by period or by apolune"),
        (7, {"ellipse": {"period": "8 h", "engine": "mian"}}, r'phase\[7\].ellipse.engine: .*mean "main"'),
        (7, {"ellipse": {"period": "8 h", "revolutions": 0}}, r"phase\[7\].ellipse.revolutions: 0 is too small"),
        (7, {"engine": "five small"}, r'phase\[7\].engine: .*mean "four small"'),
    ],
)
def test_bad_values_are_named(phase, change, says):
    table = part(9)
    table["phase"][phase] |= change
    with pytest.raises(InputError, match=says):
        Mission.from_dict(table)


def test_an_ellipse_is_larger_than_the_orbit():
    table = part(3)
    table["phase"] += [
        {"type": "return", "engine": "main", "ellipse": {"period": "2 h"}},
        {"type": "entry", "latitude": "42 deg", "longitude": "111 deg", "downrange": "6500 km"},
    ]
    table.pop("lander")
    with pytest.raises(InfeasibleError, match=r"return.ellipse: an ellipse of 2 h, from an orbit of 2.1"):
        Mission.from_dict(table).plan()


def test_a_landing_needs_no_stay_before_it():
    """It was once left out of the plan, without a word, where no stay was."""
    table = part(4)
    table["phase"].pop(2)
    table["phase"][1]["finite"] = False  # where no arc shows what the impulse leaves behind
    plan = Mission.from_dict(table).plan()
    assert [leg.phase for leg in plan.solution.legs] == ["launch", "translunar", "insertion", "landing"]
    assert abs(plan.values["touchdown_epoch"] - tdb_seconds("2020-12-01T15:11:00")) < 0.05 * SECONDS_PER_DAY
