"""Missions that land: Blue Ghost at its site, a lander that leaves its orbiter, and landings that cannot be made."""

from itertools import pairwise

import numpy as np
import pytest

from lunarplan import Mission
from lunarplan.config import library
from lunarplan.config.lander import ASCENDER, LANDER
from lunarplan.config.landing import Landing
from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.constants import STANDARD_GRAVITY_M_S2
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.frames import latitude_longitude_radius, turned
from lunarplan.plot.flight import Flight
from tests.tolerances import CLOSURE_M, JOINT_KM, JOINT_KM_S, LANDED_CLOSURE_M, ROCKET_ROUNDING

SITE = {"type": "landing", "latitude": "-80.13 deg", "longitude": "1.44 deg", "epoch": "2024-02-22T23:24:00Z"}


def im_1(**changes):
    """IM-1 with its plane over its site, and another landing."""
    table = library.read(library.find("im-1"))
    table["phase"] = [phase for phase in table["phase"] if phase["type"] != "landing"]
    table["phase"][1]["inclination"] = "98 deg"
    table["expect"] = {}
    table["phase"].append(SITE | {"engine": "VR900"} | changes)
    return table


def with_lander(**stage):
    table = im_1()
    table["phase"][-1].pop("engine")
    numbers = {"dry_mass": "200 kg", "propellant": "300 kg", "thrust": "1600 N", "isp": "310 s", "throttle": 0.1}
    table["lander"] = {"descent": numbers | stage}
    return table


@pytest.fixture(scope="module")
def blue_ghost():
    return Mission.from_toml("blue-ghost-1").plan()


@pytest.mark.slow
def test_the_plane_of_change_6_stands_over_its_site_a_month_later():
    """Retrograde at 137 deg, 25 days in the field: it came down at 41.64 S 153.99 W on 1 June, 22:23 UTC."""
    table = library.read(library.find("change-6"))
    site = {"latitude": "-41.6385 deg", "longitude": "-153.9852 deg", "epoch": "2024-06-01T22:23:00Z"}
    table["phase"].append({"type": "landing", "height": "-5.3 km", "engine": "main", "cross_range": "20 km"} | site)
    table["vehicle"] |= {"dry_mass": "2000 kg", "propellant": "6350 kg"}  # what matters is the plane
    table["vehicle"]["engines"][0]["thrust"] = "12 kN"
    plan = Mission.from_dict(table).plan()
    asked = tdb_seconds("2024-06-01T22:23:00")
    assert plan.solution.values["landing_cross_range"] < 20.0
    assert abs(plan.solution.values["touchdown_epoch"] - asked) < 3900.0  # half a revolution


@pytest.mark.parametrize("name", ["change-5", "im-1"])
def test_flown_landings_come_down_where_and_when_they_did(name, request):
    """The plane that was published, or estimated, for the orbit passes over the site that day: to 20 km."""
    plan = request.getfixturevalue("change_5") if name == "change-5" else Mission.from_toml(name).plan()
    quantities = {row.quantity: row.ok for row in plan.expectations}
    assert quantities.pop("touchdown_epoch")
    assert all(met for key, met in quantities.items() if key.startswith(("descent", "landing", "touchdown")))
    assert plan.solution.values["landing_cross_range"] < 20.0
    phase = next(phase for phase in plan.mission.phases if isinstance(phase, Landing))
    path = plan.solution.paths.get(LANDER, plan.trajectory)
    latitude, longitude, _ = where(path, plan.solution.values["touchdown_epoch"])
    assert (latitude, longitude) == pytest.approx(np.degrees([phase.latitude_rad, phase.longitude_rad]), abs=1e-4)
    assert max(plan.solution.leg("landing").closures_m.values()) < LANDED_CLOSURE_M


def test_change_5_takes_off_into_the_plane_of_its_orbiter(change_5):
    """Two days later the site, near the northern edge of the orbit, is still within 20 km of the plane."""
    solution, values = change_5.solution, change_5.solution.values
    assert values["lift_off_epoch"] == pytest.approx(tdb_seconds("2020-12-03T15:10:00"), abs=1e-3)
    assert values["ascent_cross_range"] < 20.0
    assert next(row for row in change_5.expectations if row.quantity == "ascent_duration").ok
    path = solution.leg("ascent").paths[ASCENDER]
    end = path.end_tdb
    latitude, longitude, radius = where(path, values["lift_off_epoch"])
    assert (latitude, longitude) == pytest.approx((43.0576, -51.9161), abs=1e-6)
    assert radius == pytest.approx(1737.4 - 2.6, abs=1e-6)
    orbiter, ascender = (p.at(np.array([end]), "moon")[0] for p in (change_5.trajectory, path))
    normals = [np.cross(x[:3], x[3:]) / np.linalg.norm(np.cross(x[:3], x[3:])) for x in (orbiter, ascender)]
    # the orbiter's plane turns a little between lift-off and insertion
    assert np.degrees(np.arccos(np.clip(normals[0] @ normals[1], -1.0, 1.0))) < 0.02
    assert np.linalg.norm(ascender[:3]) - 1737.4 == pytest.approx(15.0, abs=1e-3)


def test_what_other_craft_burn_is_not_drawn_on_the_orbiter(change_5):
    flight = Flight.of(change_5)
    own = ["TLI", "LOI-1", "LOI-2", "apolune raise", "TEI"]
    assert [mark.name for mark in flight.marks if mark.is_burn] == own
    assert sum(leg.thrusting for leg in flight.legs) == 2


def test_its_ascender_is_a_craft_of_its_own(change_5):
    rows = {(row.craft, row.name): row for row in change_5.budget.rows}
    up, exhaust = rows[ASCENDER, "ascent"], 310.0 * STANDARD_GRAVITY_M_S2
    assert up.mass_after_kg == pytest.approx(781.731 * np.exp(-up.delta_v_m_s / exhaust), rel=ROCKET_ROUNDING)
    assert up.mass_after_kg == pytest.approx(change_5.solution.values["inserted_mass"], rel=1e-6)
    parted = [(part.name, part.craft) for part in change_5.solution.separations[:3]]
    leaves = ("lander separation", "vehicle"), ("ascender lift-off", LANDER), ("cargo loaded", ASCENDER)
    assert tuple(parted) == leaves


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"epoch": "2020-12-01T12:00:00Z"}, InputError, r"phase\[4\].epoch: .* is not after phase\[3\].epoch"),
        ({"epoch": "2020-12-01T15:20:00Z"}, InputError, "ascent.epoch"),
        ({"stay": "2 days"}, InputError, "told by epoch or by stay"),
        ({"perilune": "200 km"}, InputError, "apolune"),
        ({"epoch": "2020-12-08T15:10:00Z"}, InfeasibleError, "ascent: "),
    ],
)
def test_an_ascent_that_cannot_be_made_says_why(change, error, says):
    table = library.read(library.find("change-5")) | {"expect": {}}
    table["phase"] = table["phase"][:5]
    table["phase"][-1] |= change
    with pytest.raises(error, match=says):
        Mission.from_dict(table).plan()


def test_nothing_takes_off_without_a_stage():
    table = library.read(library.find("change-5"))
    table["lander"].pop("ascent")
    with pytest.raises(InputError, match="no ascent stage"):
        Mission.from_dict(table)


@pytest.fixture(scope="module")
def two_craft():
    return Mission.from_dict(with_lander()).plan()


def where(path, tdb):
    """Latitude and longitude, deg, and radius, km."""
    state = path.at(np.array([tdb]), "moon")
    fixed = turned(state, np.array([tdb]), "icrf", "moon_me", path.arcs[0].run.forces.source)
    latitude, longitude, radius = latitude_longitude_radius(fixed[0, :3])
    return np.degrees(latitude), np.degrees(longitude), radius


def test_blue_ghost_comes_down_at_its_site(blue_ghost):
    assert blue_ghost.closure_m < CLOSURE_M
    assert all(row.ok for row in blue_ghost.expectations)
    end = blue_ghost.solution.values["touchdown_epoch"]
    assert blue_ghost.trajectory.end_tdb == pytest.approx(end, abs=1e-6)
    latitude, longitude, radius = where(blue_ghost.trajectory, end)
    assert (latitude, longitude) == pytest.approx((18.562, 61.81), abs=1e-5)
    assert radius == pytest.approx(1737.4 - 3.7, abs=1e-4)


def test_its_arcs_join_and_only_the_deorbit_burn_jumps(blue_ghost):
    arcs = blue_ghost.trajectory.arcs
    jumps = {}
    for before, after in pairwise(arcs):
        seam = np.array([after.start_tdb])
        gap = after.at(seam, "moon")[0] - before.at(seam, "moon")[0]
        assert np.linalg.norm(gap[:3]) < JOINT_KM
        jumps[after.name] = np.linalg.norm(gap[3:])
    deorbit = jumps.pop("descent orbit")
    assert deorbit == pytest.approx(blue_ghost.solution.burn("DOI").delta_v_km_s, abs=JOINT_KM_S)
    assert max(jumps.values()) < JOINT_KM_S


def test_velocity_is_the_rate_of_place_under_thrust(blue_ghost):
    path, burn = blue_ghost.trajectory, blue_ghost.solution.burn("descent")
    t, h = burn.ignition_tdb + np.linspace(30.0, 580.0, 40), 0.5
    rate = (path.at(t + h, "moon") - path.at(t - h, "moon"))[:, :3] / (2.0 * h)
    assert np.abs(rate - path.at(t, "moon")[:, 3:]).max() < 2e-6  # a third of h squared times jerk


def test_its_masses_are_those_of_the_rocket_equation(blue_ghost):
    rows = {row.name: row for row in blue_ghost.budget.rows}
    exhaust = 315.0 * STANDARD_GRAVITY_M_S2
    before, burn = rows["DOI"].mass_after_kg, rows["descent"]
    assert burn.mass_after_kg == pytest.approx(before * np.exp(-burn.delta_v_m_s / exhaust), rel=ROCKET_ROUNDING)
    assert burn.mass_after_kg == pytest.approx(blue_ghost.solution.values["landed_mass"], rel=1e-6)


def test_a_lander_leaves_its_orbiter(two_craft):
    solution = two_craft.solution
    assert [(burn.name, burn.craft) for burn in solution.burns[-2:]] == [("DOI", LANDER), ("descent", LANDER)]
    (parted,) = solution.separations
    assert parted.mass_kg == 500.0
    assert parted.epoch_tdb == solution.burn("DOI").ignition_tdb
    end = solution.values["touchdown_epoch"]
    latitude, longitude, radius = where(solution.paths[LANDER], end)
    assert (latitude, longitude) == pytest.approx((-80.13, 1.44), abs=1e-4)
    _, _, above = where(two_craft.trajectory, end)
    assert above - radius > 80.0  # the orbiter stays where it was
    final = two_craft.budget.rows[-1]
    assert final.craft == LANDER
    assert final.mass_after_kg == pytest.approx(solution.values["landed_mass"], rel=1e-6)


def test_an_epoch_picks_the_pass(two_craft):
    asked = tdb_seconds("2024-02-22T23:24:00")
    assert abs(two_craft.solution.values["touchdown_epoch"] - asked) < 3600.0


@pytest.mark.parametrize(
    ("table", "error", "says"),
    [
        (lambda: im_1(cross_range="1 km"), InfeasibleError, "the orbit passes the site at .* give another epoch"),
        (lambda: im_1(throttle=[0.9, 1.0]), InfeasibleError, "throttle beyond the limits of the engine: 0"),
        (lambda: im_1(epoch="2024-02-21T15:00:00Z"), InputError, "landing.epoch"),
        (
            lambda: with_lander(propellant="150 kg", dry_mass="350 kg"),
            InfeasibleError,
            "dry: [0-9]+ kg are needed, [0-9]+ kg are",
        ),
        (lambda: im_1(perilune="150 km"), InfeasibleError, "landing.perilune: 150 km: .*allowed: below [0-9]+ km, the"),
        (lambda: with_lander(thrust="300 N"), InfeasibleError, "no steering at full throttle"),
    ],
)
def test_a_landing_that_cannot_be_made_says_why(table, error, says):
    with pytest.raises(error, match=says):
        Mission.from_dict(table()).plan()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"latitude": "91 deg"}, "latitude"),
        ({"throttle": [0.8, 0.2]}, "throttle"),
        ({"approach": {"altitude": "20 m", "descent": "5 m/s", "forward": "0 m/s", "duration": "30 s"}}, "approach"),
        ({"engine": "RL10"}, "engine"),
        ({"perilune": "-3 km"}, "perilune"),
        (
            {"perilune": "5 km", "height": "6 km"},
            r"perilune: braking begins 5 km over the mean sphere, and ends 6.03 km",
        ),
    ],
)
def test_bad_landings_are_named(change, says):
    with pytest.raises(InputError, match=says):
        Mission.from_dict(im_1(**change))


def test_somebody_has_to_land():
    table = im_1()
    table["phase"][-1].pop("engine")
    with pytest.raises(InputError, match="no engine lands"):
        Mission.from_dict(table)
    both = with_lander()
    both["phase"][-1]["engine"] = "VR900"
    with pytest.raises(InputError, match="the lander has its own engine"):
        Mission.from_dict(both)
