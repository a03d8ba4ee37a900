"""The choice of a transfer: the best arrival, terms kept to the second, both nodes found, and advice that helps."""

import math
import re
from dataclasses import dataclass

import erfa
import numpy as np
import pytest

from lunarplan import ForceModel, Mission
from lunarplan.config import library
from lunarplan.errors import InfeasibleError
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.epochs import tdb_seconds, utc_iso
from lunarplan.plan import search
from lunarplan.plan.closure import BODIES
from lunarplan.plan.search import cheapest, cost_km_s, launch_tie
from lunarplan.plan.solve import solve
from tests.plan.changed import (
    DROP,
    FREE_ARRIVAL,
    IMPULSIVE,
    arriving,
    flying,
    launching,
    mission,
    parking,
)
from tests.tolerances import CHOICE_KM_S, TERMS_KEPT_S

EQUATOR = {"latitude": "0 deg", "longitude": "110 deg"}
FORCES = ForceModel(bodies=BODIES, moon_degree=8)
A_DAY = launching("2024-05-03", "2024-05-03")


def impulsive(name, epoch=DROP):
    """A mission that comes with lunarplan, arriving when it likes or at an epoch."""
    table = library.read(library.find(name)) | {"expect": {}}
    table["phase"][1] |= {"finite": False}
    table["phase"][1].pop("epoch", None)
    if epoch is not DROP:
        table["phase"][1]["epoch"] = epoch
    return Mission.from_dict(table)


@dataclass(frozen=True)
class Choice:
    """What was chosen, not flown."""

    launch_tdb: float
    injection_tdb: float
    perilune_tdb: float
    cost_km_s: float

    @property
    def flight_days(self):
        return (self.perilune_tdb - self.injection_tdb) / SECONDS_PER_DAY


def choose(terms, progress=lambda line: None):
    found, row = cheapest(terms, FORCES, progress)
    assert found.ok[row]
    numbers = found.launch_tdb, found.injection_tdb, found.problem.perilune_tdb, cost_km_s(terms, found)
    return Choice(*(float(column[row]) for column in numbers))


def refusal(*changes):
    with pytest.raises(InfeasibleError) as caught:
        choose(mission(*changes))
    assert "\n" not in str(caught.value)
    return caught.value


# ---------------------------------------------------------------- the best arrival


@pytest.mark.parametrize("name", ["luna-26", "im-1"])
def test_a_free_arrival_is_the_best_about_it(name):
    """No arrival from minutes to half a day off is cheaper: inside a family, and at the shortest flight allowed."""
    chosen = choose(impulsive(name))
    minutes = [sign * m for m in (2, 15, 60, 180, 360, 720) for sign in (-1, 1)]
    others = []
    for m in minutes:
        try:
            others.append(choose(impulsive(name, utc_iso(chosen.perilune_tdb + 60.0 * m))).cost_km_s)
        except InfeasibleError:  # shorter than allowed, or launched outside the dates
            continue
    assert len(others) >= 5
    assert min(others) > chosen.cost_km_s - CHOICE_KM_S


def test_a_free_arrival_among_those_every_half_day():
    """A grid of arrivals alone would have chosen one of these."""
    chosen = choose(mission(FREE_ARRIVAL, *A_DAY)).cost_km_s
    grid = ("2024-05-07T12:00:00Z", "2024-05-08T00:00:00Z", "2024-05-08T12:00:00Z")
    halves = [choose(mission(*A_DAY, arriving(epoch))).cost_km_s for epoch in grid]
    assert 5e-4 < min(halves) - chosen < 4e-3


# ---------------------------------------------------------------- terms


@pytest.mark.parametrize("days", [4.5, 4.9, 5.3])
def test_a_fixed_time_of_flight_and_a_free_arrival(days):
    solution = choose(mission(FREE_ARRIVAL, flying(f"{days} days")))
    assert solution.flight_days * SECONDS_PER_DAY == pytest.approx(days * SECONDS_PER_DAY, abs=TERMS_KEPT_S)


def test_a_launch_to_the_second():
    """One instant, and a flight as long as it takes."""
    instant = "2024-05-03T09:10:00Z"
    solution = choose(mission(FREE_ARRIVAL, *launching(instant, instant)))
    assert solution.launch_tdb == pytest.approx(tdb_seconds(instant), abs=TERMS_KEPT_S)


def test_one_instant_and_one_time_of_flight():
    """Both at once cannot be had; the launch the message names can."""
    instant = "2024-05-03T09:10:00Z"
    terms = FREE_ARRIVAL, flying("4.5 days")
    error = refusal(*terms, *launching(instant, instant))
    assert error.where == "launch"
    assert error.remedy == "widen the launch dates"
    (found,) = re.findall(r"launches found: (\S+) for 4\.50 days", error.what)
    widened = choose(mission(*terms, *launching(found, instant)))
    assert widened.launch_tdb == pytest.approx(tdb_seconds(found), abs=1.0 + TERMS_KEPT_S)


def test_a_fixed_arrival_and_a_time_of_flight_that_is_not_right():
    """The flight time the message names is right."""
    error = refusal(flying("4.02 days"))
    assert (error.where, error.remedy) == ("phase[0].tof", "widen tof")
    days = [float(text) for text in re.findall(r"for (\d\.\d\d) days", error.what)]
    widened = choose(mission(flying(f"{min(days) - 0.01} days", "4.02 days")))
    assert widened.flight_days == pytest.approx(min(days), abs=0.02)


def test_launch_dates_that_suit_the_other_node():
    """The descending node of that day is some hours earlier; the launch the message names does it."""
    orbit = parking(azimuth="102.7 deg", node="descending")
    error = refusal(orbit, *launching("2024-05-03T08:30:00Z", "2024-05-03T10:00:00Z"))
    assert "launch outside the dates" in error.what
    (found, *_) = re.findall(r"(2024-05-03T\S+) for", error.what)
    assert choose(mission(orbit, *launching(found, "2024-05-03T10:00:00Z")))


# ---------------------------------------------------------------- planes


@pytest.mark.parametrize("hour", [12, 16, 17])
def test_both_nodes_close_to_where_they_meet(hour):
    """Some hours before the Moon stands too high the two planes lie close, and both are found, each as asked for."""
    by = {}
    for node in ("ascending", "descending", "best"):
        orbit = parking(azimuth="102.7 deg", node=node)
        by[node] = choose(mission(orbit, arriving(f"2024-05-08T{hour}:20:00Z")))
    cheaper = min(by["ascending"].cost_km_s, by["descending"].cost_km_s)
    assert by["best"].cost_km_s == pytest.approx(cheaper, abs=1e-9)
    launches = by["ascending"].launch_tdb - by["descending"].launch_tdb
    assert 2400.0 < launches < 7200.0


@pytest.mark.parametrize("node", ["ascending", "descending"])
def test_the_node_close_to_where_they_meet_is_the_one_asked_for(node):
    """Half way out, where the Moon does not yet bend it, the path still climbs, or has turned back to the equator."""
    orbit = parking(azimuth="102.7 deg", node=node)
    solution = solve(mission(IMPULSIVE, orbit, arriving("2024-05-08T16:20:00Z")))
    start = solution.burn("TLI").ignition_tdb
    place = solution.trajectory.at(start + np.linspace(0.5, 0.8, 40) * (solution.values["perilune_epoch"] - start))[
        :, :3
    ]
    latitude = place[:, 2] / np.linalg.norm(place, axis=1)
    assert (latitude.argmax() == 39) == (node == "ascending")


@pytest.mark.parametrize(
    ("changes", "stands"),
    [
        ([arriving("2024-05-08T18:20:00Z")], (23.13, 24.0)),  # just out of reach: one of 26 transfers is not
        ([arriving("2024-05-08T21:20:00Z")], (23.4, 24.5)),
        ([(("launch", "site"), EQUATOR), parking(inclination="5 deg")], (19.6, 21.0)),
    ],
)
def test_when_the_moon_stands_too_high_a_steeper_parking_orbit_helps(changes, stands):
    """Its declination when the path is aimed at it, some hours after arrival: that much inclination is enough."""
    error = refusal(*changes)
    assert "launch.parking_orbit" in error.where
    (degrees,) = re.findall(r"stands (\d+\.\d) deg off the equator", error.what)
    assert stands[0] < float(degrees) < stands[1]
    assert error.allowed == f"inclinations from {degrees} to {180.0 - float(degrees):.1f} deg"
    for inclination in (float(degrees) + 0.1, 180.0 - float(degrees) - 0.1):
        assert choose(mission(*changes, parking(inclination=f"{inclination:.1f} deg")))


def test_when_the_moon_stands_too_high_on_all_days():
    error = refusal(FREE_ARRIVAL, *launching("2024-05-05", "2024-05-06"))
    assert "launch.parking_orbit" in error.where


@pytest.mark.parametrize(("inclination", "away"), [("0 deg", 3.0), ("178 deg", -3.0)])
def test_some_degrees_farther_from_the_moons_equator_help(inclination, away):
    free = ("phase", 1, "arrival"), DROP
    error = refusal((("phase", 1, "inclination"), inclination), free)
    assert error.where == "phase[1].inclination"
    (off,) = re.findall(r"comes from (\d+\.\d) deg off", error.what)
    enough = f"{(float(off) if away > 0.0 else 180.0 - float(off)) + away:.1f} deg"
    assert choose(mission((("phase", 1, "inclination"), enough), free))


# ---------------------------------------------------------------- long windows


def test_a_long_search_says_how_far_it_is(monkeypatch):
    monkeypatch.setattr(search, "_ROWS_AT_ONCE", 100)
    lines = []
    choose(mission(FREE_ARRIVAL), progress=lines.append)
    shares = [int(share) for line in lines for share in re.findall(r"^looking for transfers, (\d+) %$", line)]
    assert len(shares) >= 5
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] < 100
    assert "choosing the arrival" in lines


def test_parts_of_a_search_find_what_the_whole_finds(monkeypatch):
    whole = choose(mission(FREE_ARRIVAL, *A_DAY))
    monkeypatch.setattr(search, "_ROWS_AT_ONCE", 100)
    parts = choose(mission(FREE_ARRIVAL, *A_DAY))
    assert parts.launch_tdb == pytest.approx(whole.launch_tdb, abs=TERMS_KEPT_S)
    assert parts.cost_km_s == pytest.approx(whole.cost_km_s, abs=1e-7)


# ---------------------------------------------------------------- pieces


@pytest.mark.parametrize(
    ("azimuth", "southbound"), [("80 deg", False), ("90 deg", False), ("100 deg", True), ("102.7 deg", True)]
)
def test_launch_tie(azimuth, southbound):
    tie = launch_tie(mission(parking(azimuth=azimuth)))
    assert tie.southbound is southbound
    x, y, z = erfa.gd2gc(1, math.radians(110.9511), math.radians(19.6145), 0.0)
    assert tie.latitude == pytest.approx(math.atan2(z, math.hypot(x, y)), abs=1e-12)
    assert math.degrees(tie.longitude) == pytest.approx(110.9511, abs=1e-9)
    assert tie.ascent_s == 600.0
    period = 2 * math.pi * math.sqrt((RADIUS_KM["earth"] + 200.0) ** 3 / GM_KM3_S2["earth"])
    assert tie.ascent_angle == pytest.approx(math.pi * 600.0 / period, rel=1e-6)
    assert tie.revolutions == 0
