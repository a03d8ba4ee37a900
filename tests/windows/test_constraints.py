"""Constraints of launch windows: signed margins, hand-checked, and what happens to those that make no sense."""

import math
import pickle
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.frames import rotation
from lunarplan.model.sites import LaunchSite, launch_site
from lunarplan.model.stations import GroundStation, ground_station, ground_stations, station_sky, station_sky_of
from lunarplan.model.surface import Place, sky
from lunarplan.windows import constraints as rules
from lunarplan.windows.constraint import Constraint, Within
from lunarplan.windows.constraints import evaluate, user
from tests.tolerances import IMPULSE_DIGITS_M_S
from tests.windows.batches import DAY, launched, two_months

EPHEMERIS = Ephemeris.packaged()
SITE = (-88.8, 123.4)
OWN_STATION = GroundStation("own", 10.0, 20.0)


def low_perilune(transfers):
    """A user's rule, of a module, so that it can be sent away."""
    return 200.0 - (np.linalg.norm(transfers.perilune_states[:, :3], axis=1) - RADIUS_KM["moon"])


# For transfers with a launch, at limits some of which close some of them.
EVERY = {
    "tli": rules.tli_delta_v(3150.0),
    "loi": rules.loi_delta_v(840.0),
    "loi apolune": rules.loi_delta_v(400.0, apolune_altitude_km=5000.0),
    "loi period": rules.loi_delta_v(300.0, period_h=12.0),
    "c3": rules.c3(at_most_km2_s2=-1.9, at_least_km2_s2=-2.2),
    "tof": rules.time_of_flight(at_least_days=4.4, at_most_days=4.6),
    "coast": rules.parking_coast(at_most_s=3000.0),
    "eclipse": rules.eclipse_in_coast(600.0),
    "sun": rules.sun_at_landing(*SITE, wait_s=3.0 * DAY, at_least_deg=0.0),
    "sun east": rules.sun_at_landing(10.0, 20.0, at_least_deg=5.0, at_most_deg=30.0, direction="east"),
    "earth": rules.earth_at_landing(*SITE, at_least_deg=2.0),
    "visible": rules.earth_visible_at_loi(at_least_deg=1.0),
    "contact tli": rules.station_contact("tli", ["DSN", OWN_STATION]),
    "contact loi": rules.station_contact("loi", "ESTRACK", at_least_deg=10.0),
    "phase": rules.arrival_phase(40.0, passages="2026-01-01", period_s=6.56 * DAY),
    "phases": rules.arrival_phase(40.0, passages=["2026-04-01", "2026-05-04", "2026-07-01"], phase_deg=90.0),
    "daylight": rules.launch_daylight("ksc-39b"),
    "user": user("low perilune", low_perilune, unit="km"),
}


def margins_of(constraint, transfers):
    return evaluate([constraint], transfers)[:, 0]


@pytest.mark.parametrize("name", EVERY)
def test_every_constraint_has_margins_and_can_be_sent_away(name):
    constraint, transfers = EVERY[name], launched()
    sent = pickle.dumps(constraint)
    margins = margins_of(constraint, transfers)
    assert margins.shape == (5,)
    assert np.isfinite(margins).all()
    assert pickle.dumps(constraint) == sent  # the same after use, for whoever keeps a digest of it
    back = pickle.loads(sent)
    assert back == constraint
    np.testing.assert_array_equal(margins_of(back, transfers), margins)


@pytest.mark.parametrize("name", [n for n in EVERY if n not in ("coast", "daylight", "phases")])
def test_a_transfer_that_is_none_has_no_margin(name):
    margins = margins_of(EVERY[name], two_months())
    assert list(np.flatnonzero(np.isnan(margins))) == [5]


@pytest.mark.parametrize("name", EVERY)
def test_batches_equal_loops(name):
    transfers = launched()
    many = margins_of(EVERY[name], transfers)
    for row in range(len(many)):
        one = margins_of(EVERY[name], transfers.rows(np.array([row])))
        assert one[0] == pytest.approx(many[row], abs=1e-3 if name == "eclipse" else 1e-9)


@pytest.mark.parametrize("name", EVERY)
def test_no_transfers_no_margins(name):
    none = launched().rows(np.empty(0, int))
    assert margins_of(EVERY[name], none).shape == (0,)


def test_evaluate_puts_constraints_side_by_side():
    transfers = two_months()
    chosen = [EVERY["earth"], EVERY["tli"], EVERY["visible"]]
    margins = evaluate(chosen, transfers)
    assert margins.shape == (len(transfers.ok), 3)
    for column, constraint in enumerate(chosen):
        np.testing.assert_array_equal(margins[:, column], margins_of(constraint, transfers))
    assert evaluate([], transfers).shape == (len(transfers.ok), 0)


def test_rows_are_taken_in_any_order():
    transfers = two_months()
    rows = np.array([7, 2, 2, 11])
    part = transfers.rows(rows)
    np.testing.assert_array_equal(part.injection_states, transfers.injection_states[rows])
    np.testing.assert_array_equal(part.problem.perilune_tdb, transfers.problem.perilune_tdb[rows])
    assert part.ok.all()
    everything = transfers.rows(np.arange(len(transfers.ok))[::-1])
    np.testing.assert_array_equal(everything.ok, transfers.ok[::-1])


# ---------------------------------------------------------------- burns and times


def test_burns_and_times_are_limit_less_value():
    t = launched()
    assert margins_of(EVERY["tli"], t) == pytest.approx(3150.0 - 1e3 * t.tli_delta_v_km_s)
    assert margins_of(EVERY["c3"], t) == pytest.approx(np.minimum(t.c3_km2_s2 + 2.2, -1.9 - t.c3_km2_s2))
    days = t.tof_s / DAY
    assert margins_of(EVERY["tof"], t) == pytest.approx(np.minimum(days - 4.4, 4.6 - days))
    assert margins_of(EVERY["coast"], t) == pytest.approx(np.minimum(t.coast_s, 3000.0 - t.coast_s))


def test_limits_are_inclusive():
    t = launched().rows(np.array([2]))
    value = float(t.tof_s[0] / DAY)
    assert margins_of(rules.time_of_flight(at_most_days=value), t)[0] == 0.0
    assert margins_of(rules.time_of_flight(at_least_days=value), t)[0] == 0.0
    assert margins_of(rules.time_of_flight(at_least_days=np.nextafter(value, 9.0)), t)[0] < 0.0


def arriving(transfers, speed_km_s, altitude_km):
    """One transfer, its perilune replaced by another."""
    one = transfers.rows(np.array([0]))
    r = RADIUS_KM["moon"] + altitude_km
    return replace(one, perilune_states=np.array([[r, 0.0, 0.0, 0.0, speed_km_s, 0.0]]))


def test_the_insertion_of_im_1():
    """References: 829 m/s impulsive into a 92-km circle from 0.85 km/s at infinity."""
    gm = launched().forces.gm("moon")
    speed = math.sqrt(0.85**2 + 2.0 * gm / (RADIUS_KM["moon"] + 92.0))
    margin = margins_of(rules.loi_delta_v(829.0), arriving(launched(), speed, 92.0))
    assert margin[0] == pytest.approx(0.0, abs=IMPULSE_DIGITS_M_S)


def test_an_insertion_leads_to_the_orbit_asked_for():
    """Speed after the burn, put back into period and apolune."""
    t = launched()
    gm = t.forces.gm("moon")
    r, v = np.linalg.norm(t.perilune_states[:, :3], axis=1), np.linalg.norm(t.perilune_states[:, 3:], axis=1)
    for wanted, of_orbit, expected in (
        ({}, lambda a, e: a * (1.0 + e) - RADIUS_KM["moon"], 100.0),
        ({"apolune_altitude_km": 5000.0}, lambda a, e: a * (1.0 + e) - RADIUS_KM["moon"], 5000.0),
        ({"period_h": 12.0}, lambda a, e: 2.0 * math.pi * np.sqrt(a**3 / gm) / 3600.0, 12.0),
    ):
        after = v - 1e-3 * (500.0 - margins_of(rules.loi_delta_v(500.0, **wanted), t))
        a = 1.0 / (2.0 / r - after**2 / gm)
        assert of_orbit(a, 1.0 - r / a) == pytest.approx(np.full(5, expected), rel=1e-6)


def test_an_apolune_below_the_perilune_is_refused():
    with pytest.raises(InputError, match=r"constraint 'LOI delta-v'.*100\.0 km altitude is above the apolune"):
        margins_of(rules.loi_delta_v(900.0, apolune_altitude_km=50.0), launched())
    with pytest.raises(InputError, match="above the apolune"):
        margins_of(rules.loi_delta_v(900.0, period_h=1.9), launched())


def test_what_only_launches_have_is_asked_for_by_name():
    for name in ("coast", "daylight"):
        with pytest.raises(InputError, match=r"constraint '.*LaunchTie\.from_site"):
            margins_of(EVERY[name], two_months())


# ---------------------------------------------------------------- light and sight


def test_eclipse_margin_is_what_is_left_of_the_limit():
    t = two_months()
    short, long = (margins_of(rules.eclipse_in_coast(limit), t) for limit in (0.0, 5400.0))
    assert long[t.ok] == pytest.approx(short[t.ok] + 5400.0)
    assert (short[t.ok] <= 0.0).all()
    assert (margins_of(rules.eclipse_in_coast(0.0, fraction=1.0), t)[t.ok] <= short[t.ok]).all()
    assert (short[t.ok] < 0.0).any()


def test_sun_and_earth_at_landing_are_those_of_the_site_then():
    t = launched()
    then = t.problem.perilune_tdb + 3.0 * DAY
    assert margins_of(EVERY["sun"], t) == pytest.approx(sky(Place(*SITE), "sun", then).elevation_deg)
    now = sky(Place(*SITE), "earth", t.problem.perilune_tdb).elevation_deg
    assert margins_of(EVERY["earth"], t) == pytest.approx(now - 2.0)


def test_the_far_side_never_has_the_earth():
    """Chang'e-6's place, 41.6385 S 153.9852 W; and its antipodes always do."""
    t = two_months()
    assert (margins_of(rules.earth_at_landing(-41.6385, -153.9852), t)[t.ok] < -30.0).all()
    assert (margins_of(rules.earth_at_landing(41.6385, 26.0148), t)[t.ok] > 30.0).all()


def test_morning_and_afternoon_exclude_each_other():
    t = two_months()
    east, west = (margins_of(rules.sun_at_landing(5.0, -30.0, direction=side), t)[t.ok] for side in ("east", "west"))
    assert east == pytest.approx(-west)
    assert (east > 0.0).any()
    assert (west > 0.0).any()
    both = margins_of(rules.sun_at_landing(5.0, -30.0, at_least_deg=10.0, direction="east"), t)[t.ok]
    high = margins_of(rules.sun_at_landing(5.0, -30.0, at_least_deg=10.0), t)[t.ok]
    np.testing.assert_array_equal(both, np.minimum(east, high))


def test_blue_ghosts_landing_would_pass_its_own_rule():
    """2025-03-02 08:34 UTC, 18.562 N 61.81 E: early in the lunar morning."""
    t = two_months().rows(np.array([0]))
    t = replace(t, problem=replace(t.problem, perilune_tdb=np.array([tdb_seconds("2025-02-14T08:34:00")])))
    rule = partial(rules.sun_at_landing, 18.562, 61.81, wait_s=16.0 * DAY, at_least_deg=0.0, at_most_deg=15.0)
    assert margins_of(rule(direction="east"), t)[0] > 0.0
    assert margins_of(rule(direction="west"), t)[0] < -80.0


def sees(from_km, to_km):
    """True if the straight line does not pass through the Moon, at the origin."""
    along = to_km - from_km
    part = np.clip(-(from_km @ along) / (along @ along), 0.0, 1.0)
    return np.linalg.norm(from_km + part * along) >= RADIUS_KM["moon"]


def test_the_earth_is_visible_where_the_line_of_sight_is_free():
    t = two_months()
    margins = margins_of(rules.earth_visible_at_loi(), t)
    earth = EPHEMERIS.position("earth", "moon", t.problem.perilune_tdb)
    for row in np.flatnonzero(t.ok):
        assert sees(t.perilune_states[row, :3], earth[row]) == (margins[row] >= 0.0)
    assert (margins[t.ok] < 0.0).any()
    assert (margins[t.ok] > 0.0).any()


def test_contact_at_injection_is_that_of_the_best_station():
    t = two_months()
    margins = margins_of(rules.station_contact("tli", ["DSN", "malargue"], at_least_deg=7.0), t)
    named = (*ground_stations("DSN"), ground_station("malargue"))
    for row in np.flatnonzero(t.ok):
        place, epoch = t.injection_states[row, :3], t.injection_tdb[row]
        best = max(float(station_sky_of(s, place, epoch).elevation_deg) for s in named)
        assert margins[row] == pytest.approx(best - 7.0)


def test_contact_at_insertion_needs_a_free_line_of_sight():
    t = two_months()
    for name in ("goldstone", "canberra"):
        station = ground_station(name)
        margins = margins_of(rules.station_contact("loi", name, at_least_deg=10.0), t)
        earth = EPHEMERIS.position("earth", "moon", t.problem.perilune_tdb)
        turns = rotation("itrf", t.problem.perilune_tdb, EPHEMERIS)
        for row in np.flatnonzero(t.ok):
            place = t.perilune_states[row, :3]
            high = station_sky_of(station, place - earth[row], t.problem.perilune_tdb[row]).elevation_deg
            free = sees(place, earth[row] + turns[row].T @ station.position_km)
            assert (margins[row] >= 0.0) == (free and high >= 10.0)
            assert margins[row] <= high - 10.0 + 1e-9
    assert (margins[t.ok] > 0.0).any()


def test_more_stations_never_harm():
    t = two_months()
    few, more = (
        margins_of(rules.station_contact(event, stations), t)[t.ok]
        for event in ("tli",)
        for stations in ("madrid", ["madrid", "usuda"])
    )
    assert (more >= few).all()
    assert (more > few).any()


def test_daylight_is_the_suns_elevation_over_the_pad():
    t, pad = launched(), launch_site("ksc-39b")
    over = station_sky(GroundStation("pad", pad.latitude_deg, pad.longitude_deg), "sun", t.launch_tdb).elevation_deg
    assert margins_of(rules.launch_daylight("KSC 39B"), t) == pytest.approx(over)
    night = rules.launch_daylight(LaunchSite("own", pad.latitude_deg, pad.longitude_deg), at_most_deg=-18.0)
    assert margins_of(night, t) == pytest.approx(-18.0 - over)


def test_splash_down_of_artemis_1_was_by_day():
    """2022-12-11 17:40:30 UTC off Baja California, about 27.6 N 117.5 W (estimate), 09:40 local; midnight before."""
    day = rules.splash_down_lighting("2022-12-11T17:40:30", 27.6, -117.5)
    assert 20.0 < day < 40.0
    night = rules.splash_down_lighting(["2022-12-11T07:50:00", "2022-12-11T17:40:30"], 27.6, [-117.5, -117.5])
    assert night[0] < -60.0
    assert night[1] == day
    station = GroundStation("there", 27.6, -117.5)
    assert day == pytest.approx(station_sky(station, "sun", "2022-12-11T17:40:30").elevation_deg, abs=1e-12)


# ---------------------------------------------------------------- a station to arrive at


@pytest.mark.parametrize(
    ("since_periods", "wanted_deg", "miss_deg"),
    [(0.0, 0.0, 0.0), (3.25, 90.0, 0.0), (-0.1, 0.0, 36.0), (7.5, -180.0, 0.0), (1.9, 10.0, 46.0), (0.5, 0.0, 180.0)],
)
def test_phase_of_arrival(since_periods, wanted_deg, miss_deg):
    t = launched().rows(np.array([1]))
    period = 6.5 * DAY
    first = t.problem.perilune_tdb[0] + 600.0 - since_periods * period
    rule = rules.arrival_phase(20.0, passages=first, period_s=period, phase_deg=wanted_deg, wait_s=600.0)
    assert margins_of(rule, t)[0] == pytest.approx(20.0 - miss_deg, abs=1e-6)


def test_phase_between_uneven_passages():
    t = launched().rows(np.array([0]))
    arrival = t.problem.perilune_tdb[0]
    passages = arrival + np.array([-9.0, -2.0, 6.0, 13.0]) * DAY
    assert margins_of(rules.arrival_phase(0.0, passages=passages, phase_deg=90.0), t)[0] == pytest.approx(0.0, abs=1e-6)
    with pytest.raises(InputError, match=r"'arrival phase'.*not between the passages"):
        margins_of(rules.arrival_phase(10.0, passages=passages + 20.0 * DAY), t)


# ---------------------------------------------------------------- rules written by users


def test_a_rule_cannot_change_what_it_is_given():
    transfers = two_months()

    def careless(given):
        given.launch_tdb[:] = 0.0
        return given.tof_s

    def careless_deeper(given):
        given.problem.tof_s[:] = 0.0
        return given.tof_s

    for function in (careless, careless_deeper):
        with pytest.raises(InputError, match=r"constraint 'hands', its function: raised ValueError: .*read-only"):
            evaluate([user("hands", function)], transfers)
    transfers.problem.tof_s[:] += 0.0  # its owner still can


def test_a_users_rule_sees_the_whole_batch_and_is_not_asked_about_what_failed():
    t = two_months()
    margins = margins_of(user("low", low_perilune, unit="km", scale=10.0), t)
    assert margins[t.ok] == pytest.approx(np.full(t.ok.sum(), 100.0), abs=1e-3)
    assert np.isnan(margins[5])
    everything = margins_of(user("any", lambda transfers: np.ones(len(transfers.ok))), t)
    assert list(np.flatnonzero(np.isnan(everything))) == [5]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda t: 1.0, r"returned the shape \(\)"),
        (lambda t: np.ones((len(t.ok), 1)), r"returned the shape \(40, 1\)"),
        (lambda t: np.ones(3), r"returned the shape \(3,\)"),
        (lambda t: t.ok, "True or False"),
        (lambda t: None, r"returned the shape \(\)"),
        (lambda t: ["far"] * len(t.ok), "not an array of numbers"),
        (lambda t: np.full(len(t.ok), np.nan), "NaN for transfer 0, which is ok"),
        (lambda t: np.where(np.arange(len(t.ok)) == 3, np.nan, 1.0), "NaN for transfer 3"),
        (lambda t: 1 / 0, "raised ZeroDivisionError: division by zero"),
        (lambda t: t.delta_v, "raised AttributeError"),
    ],
)
def test_a_users_mistake_is_told_by_the_name_of_the_rule(function, message):
    with pytest.raises(InputError, match=message) as caught:
        margins_of(user("my rule", function), two_months())
    assert "constraint 'my rule'" in str(caught.value)


def test_minus_infinity_is_a_margin():
    assert (margins_of(user("never", lambda t: np.full(len(t.ok), -np.inf)), launched()) == -np.inf).all()


# ---------------------------------------------------------------- input that makes no sense


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: rules.tli_delta_v(-1.0), "tli_delta_v.at_most_m_s"),
        (lambda: rules.tli_delta_v("3 km/s"), "tli_delta_v.at_most_m_s"),
        (lambda: rules.tli_delta_v(math.nan), "tli_delta_v.at_most_m_s"),
        (lambda: rules.loi_delta_v(900.0, apolune_altitude_km=-5.0), "loi_delta_v.apolune_altitude_km"),
        (lambda: rules.loi_delta_v(900.0, period_h=0.0), "loi_delta_v.period_h"),
        (lambda: rules.loi_delta_v(900.0, period_h=12.0, apolune_altitude_km=100.0), "loi_delta_v"),
        (lambda: rules.c3(), "c3"),
        (lambda: rules.c3(at_most_km2_s2=-2.0, at_least_km2_s2=-1.0), "c3"),
        (lambda: rules.time_of_flight(at_most_days=math.inf), "time_of_flight.at_most_days"),
        (lambda: rules.parking_coast(at_most_s=10.0, at_least_s=20.0), "parking_coast"),
        (lambda: rules.eclipse_in_coast(-1.0), "eclipse_in_coast.at_most_s"),
        (lambda: rules.eclipse_in_coast(60.0, fraction=1.5), "eclipse_in_coast.fraction"),
        (lambda: rules.sun_at_landing(*SITE), "sun_at_landing"),
        (lambda: rules.sun_at_landing(-188.8, 123.4, at_least_deg=0.0), "sun_at_landing.latitude_deg"),
        (lambda: rules.sun_at_landing(*SITE, at_least_deg=91.0), "sun_at_landing.at_least_deg"),
        (lambda: rules.sun_at_landing(*SITE, at_least_deg=0.0, wait_s=-5.0), "sun_at_landing.wait_s"),
        (lambda: rules.sun_at_landing(*SITE, direction="up"), "sun_at_landing.direction"),
        (lambda: rules.earth_at_landing(*SITE, at_least_deg=None), "earth_at_landing.at_least_deg"),
        (lambda: rules.earth_visible_at_loi(at_least_deg=-1.0), "earth_visible_at_loi.at_least_deg"),
        (lambda: rules.station_contact("tei", "DSN"), "station_contact.event"),
        (lambda: rules.station_contact("tli", []), "stations"),
        (lambda: rules.station_contact("tli", "DSN", at_least_deg=100.0), "station_contact.at_least_deg"),
        (lambda: rules.launch_daylight(39), "launch_daylight.site"),
        (lambda: rules.launch_daylight("ksc", at_least_deg=10.0, at_most_deg=0.0), "launch_daylight"),
        (lambda: rules.arrival_phase(200.0, passages=0.0, period_s=1e5), "arrival_phase.within_deg"),
        (lambda: rules.arrival_phase(20.0, passages=0.0), "arrival_phase.passages"),
        (lambda: rules.arrival_phase(20.0, passages=[0.0, 1.0], period_s=1e5), "arrival_phase.passages"),
        (lambda: rules.arrival_phase(20.0, passages=[1.0, 0.0]), "arrival_phase.passages"),
        (lambda: rules.arrival_phase(20.0, passages=0.0, period_s=-1.0), "arrival_phase.period_s"),
        (lambda: rules.splash_down_lighting("2030-01-01", 95.0, 0.0), "latitude_deg"),
        (lambda: user("", low_perilune), "Constraint.name"),
        (lambda: user("x", 3.0), "user constraint 'x'"),
        (lambda: user("x", low_perilune, scale=0.0), "Constraint.scale of 'x'"),
        (lambda: Constraint("x", None, low_perilune), "Constraint.unit"),
        (lambda: Constraint("x", "m", "low_perilune"), "Constraint.margin of 'x'"),
        (lambda: evaluate([EVERY["tli"], rules.tli_delta_v(1.0)], launched()), "constraints"),
        (lambda: evaluate(EVERY["tli"], launched()), "constraints"),
        (lambda: evaluate([low_perilune], launched()), "constraints"),
        (lambda: evaluate([EVERY["tli"]], None), "transfers"),
    ],
)
def test_bad_input_is_refused_by_name(make, where):
    with pytest.raises(InputError) as caught:
        make()
    assert caught.value.where == where


def test_an_unknown_pad_or_station_is_answered_with_those_there_are():
    with pytest.raises(InputError, match="did you mean"):
        rules.launch_daylight("kenedy")
    with pytest.raises(InputError, match="did you mean"):
        rules.station_contact("loi", "goldstne")


def test_an_epoch_beyond_the_ephemeris_names_the_constraint():
    t = launched().rows(np.array([0]))
    far = replace(t, problem=replace(t.problem, perilune_tdb=np.array([tdb_seconds("2050-12-31")])))
    with pytest.raises(InputError, match=r"constraint 'Sun at landing', epoch.*not known at"):
        margins_of(rules.sun_at_landing(*SITE, at_least_deg=0.0, wait_s=10.0 * DAY), far)


def test_within_takes_limits_on_either_side():
    t = launched()

    def days(transfers):
        return np.arange(len(transfers.ok), dtype=float)

    assert list(Within(days, at_least=1.0)(t)) == [-1.0, 0.0, 1.0, 2.0, 3.0]
    assert list(Within(days, at_most=1.0)(t)) == [1.0, 0.0, -1.0, -2.0, -3.0]
    assert list(Within(days, 1.0, 3.0)(t)) == [-1.0, 0.0, 1.0, 0.0, -1.0]
