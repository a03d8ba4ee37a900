"""Missions of the ILRS as planned, from pad to ground: each lands where its file says, by day, with what it has."""

import datetime as dt
import math

import numpy as np
import pytest

from lunarplan import Mission, Plan
from lunarplan.config.lander import ASCENDER, LANDER
from lunarplan.config.landing import Landing
from lunarplan.model.constants import RADIUS_KM, STANDARD_GRAVITY_M_S2
from lunarplan.model.epochs import utc_iso
from lunarplan.model.frames import latitude_longitude_radius, turned
from lunarplan.model.surface import Place, sky
from lunarplan.sites.setting import Setting
from tests.tolerances import (
    GROUND_HEIGHT_KM,
    LANDED_CLOSURE_M,
    LANDED_SITE_KM,
    ROCKET_ROUNDING,
    SUN_RANGE_ROUNDING_DEG,
)

NAMES = ("change-7", "change-8", "ilrs-1", "ilrs-2", "ilrs-3", "ilrs-4", "ilrs-5", "luna-27", "luna-28")
YEARS = {
    "change-7": 2027, "change-8": 2029, "luna-27": 2029, "ilrs-1": 2031, "ilrs-2": 2032, "ilrs-3": 2033,
    "ilrs-4": 2034, "luna-28": 2034, "ilrs-5": 2035,
}  # fmt: skip


@pytest.fixture(scope="session")
def landed() -> dict[str, Plan]:
    return {}


@pytest.fixture(params=NAMES)
def name(request) -> str:
    return request.param


@pytest.fixture
def plan(name, landed) -> Plan:
    if name not in landed:
        landed[name] = Mission.from_toml(name).plan()
    return landed[name]


def terms(plan) -> Landing:
    return next(phase for phase in plan.mission.phases if isinstance(phase, Landing))


def test_it_closes(plan):
    """Each part flown again by the other integrator, weeks in a low orbit too: a metre is asked for."""
    assert 0.0 <= plan.closure_m < LANDED_CLOSURE_M


def test_it_meets_what_is_expected(plan):
    assert len(plan.expectations) >= 7
    assert [one.quantity for one in plan.expectations if not one.ok] == []


def test_it_says_what_it_rests_on(plan):
    """Nothing of a mission that has not flown is published but where it says so."""
    about = plan.mission.about
    assert (about.status, about.as_of.isoformat()) == ("planned", "2026-11-21")
    assert about.note
    assert about.sources
    assert "estimate" in plan.mission.vehicle.source


def test_it_leaves_in_its_year_and_on_an_open_day(plan, name):
    """By its own [windows], at its launch day."""
    launched = plan.solution.values["launch_epoch"]
    day = dt.date.fromisoformat(utc_iso(launched)[:10])
    assert day.year == YEARS[name]
    windows = plan.mission.windows(day, day)
    assert windows.open.any()


def test_it_stands_at_its_site(plan):
    site, end = terms(plan), plan.solution.values["touchdown_epoch"]
    path = plan.solution.paths.get(LANDER, plan.trajectory)
    state = path.at(np.array([end]), "moon")
    fixed = turned(state, np.array([end]), "icrf", "moon_me", path.arcs[0].run.forces.source)[0, :3]
    latitude, longitude, radius = latitude_longitude_radius(fixed)
    north = (latitude - site.latitude_rad) * radius
    east = math.remainder(longitude - site.longitude_rad, math.tau) * radius * math.cos(latitude)
    assert math.hypot(north, east) < LANDED_SITE_KM
    assert radius - RADIUS_KM["moon"] == pytest.approx(site.height_km, abs=LANDED_SITE_KM)


def test_the_ground_is_where_the_terrain_has_it(plan):
    site = terms(plan)
    height_m = Setting().terrain.height_m(math.degrees(site.latitude_rad), math.degrees(site.longitude_rad))
    assert site.height_km == pytest.approx(1e-3 * float(height_m), abs=GROUND_HEIGHT_KM)


def test_it_lands_by_day_and_in_the_light_its_windows_ask_for(plan):
    """The Sun over the site from another path through the code; the range is that of the launch windows."""
    site, end = terms(plan), plan.solution.values["touchdown_epoch"]
    place = Place(math.degrees(site.latitude_rad), math.degrees(site.longitude_rad), site.height_km)
    asked = plan.mission.windows_terms.landing
    assert (asked.latitude_rad, asked.longitude_rad) == (site.latitude_rad, site.longitude_rad)
    low, high = (math.degrees(limit) for limit in asked.sun_elevation_rad)
    sun = float(sky(place, "sun", end).elevation_deg)
    assert low - SUN_RANGE_ROUNDING_DEG <= sun <= high + SUN_RANGE_ROUNDING_DEG


def test_the_tanks_hold_what_it_burns(plan):
    """The rocket equation, craft by craft, from row to row of the budget."""
    mission = plan.mission
    isp = {"vehicle": mission.vehicle.build().engines[0].isp_s}
    tanks = {"vehicle": mission.vehicle.propellant_kg}
    if mission.lander:
        stages = {LANDER: mission.lander.descent, ASCENDER: mission.lander.ascent}
        isp |= {craft: stage.isp_s for craft, stage in stages.items() if stage}
        tanks |= {craft: stage.propellant_kg for craft, stage in stages.items() if stage}
    burned = dict.fromkeys(tanks, 0.0)
    for row in plan.budget.rows:
        if row.is_launcher:
            continue
        exhaust_m_s = isp[row.craft] * STANDARD_GRAVITY_M_S2
        before = row.mass_after_kg + row.propellant_kg
        after = before * math.exp(-row.delta_v_m_s / exhaust_m_s)
        assert row.mass_after_kg == pytest.approx(after, rel=ROCKET_ROUNDING)
        burned[row.craft] += row.propellant_kg
    assert all(0.0 < burned[craft] < tanks[craft] for craft in tanks)


def test_luna_27_would_run_dry_with_the_share_of_propellant_of_luna_25(landed):
    """975 of 1750 kg, as published, of 2200 kg: a finding, told in its note."""
    plan = landed.get("luna-27") or Mission.from_toml("luna-27").plan()
    within_m_s = 315.0 * STANDARD_GRAVITY_M_S2 * math.log(1750.0 / (1750.0 - 975.0))
    assert 1e3 * plan.budget.vehicle_delta_v_km_s > within_m_s + 100.0


def test_luna_28_comes_home(landed):
    """Its orbiter does, after its ascender has taken off into the plane it flies in."""
    plan = landed.get("luna-28") or Mission.from_toml("luna-28").plan()
    assert [leg.phase for leg in plan.solution.legs][-4:] == ["ascent", "docking", "return", "entry"]
    assert math.degrees(plan.solution.values["splashdown_latitude"]) == pytest.approx(47.5, abs=0.01)
    assert math.degrees(plan.solution.values["splashdown_longitude"]) == pytest.approx(68.0, abs=0.01)
