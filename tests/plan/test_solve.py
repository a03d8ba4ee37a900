"""The solver of missions: what it chooses, what ties it to the launch site, and how it says that there is no way."""

import copy
import math

import numpy as np
import pytest

from lunarplan import Ephemeris, Mission
from lunarplan.errors import ConvergenceError, InfeasibleError, InputError
from lunarplan.model import data
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.epochs import tdb_seconds
from lunarplan.plan.solve import solve
from tests import naive
from tests.plan.changed import BASE, DROP, FREE_ARRIVAL, IMPULSIVE, arriving, cost, launching, mission, parking
from tests.tolerances import CLOSURE_M, EVENT_S, SAME_PLAN_S

EQUATOR = {"latitude": "0 deg", "longitude": "110 deg"}


@pytest.fixture(scope="module")
def flown():
    return solve(mission(IMPULSIVE))


# ---------------------------------------------------------------- choices


def test_the_better_of_two_nodes_and_of_two_sides():
    """Left the choice, the plan takes the cheapest; asked for one, that one."""
    by_node = {n: solve(mission(IMPULSIVE, parking(azimuth="102.7 deg", node=n))) for n in ("ascending", "descending")}
    best = solve(mission(IMPULSIVE, parking(azimuth="102.7 deg", node="best")))
    assert cost(best) == pytest.approx(min(cost(s) for s in by_node.values()), abs=1e-7)
    assert abs(by_node["ascending"].values["launch_epoch"] - by_node["descending"].values["launch_epoch"]) > 3600.0
    by_side = {side: solve(mission(IMPULSIVE, (("phase", 1, "approach"), side))) for side in ("north", "south")}
    assert cost(solve(mission(IMPULSIVE))) == pytest.approx(min(cost(s) for s in by_side.values()), abs=1e-7)


@pytest.mark.parametrize(("side", "sign"), [("north", 1), ("south", -1)])
def test_the_side_of_the_moon(side, sign):
    """North of it, the incoming asymptote passes above the centre: B.R is negative, R points south."""
    solution = solve(mission(IMPULSIVE, (("phase", 1, "approach"), side)))
    before = solution.trajectory.at(solution.values["perilune_epoch"] - 3600.0, "moon")[0]
    b_r, _ = naive.b_plane(before, GM_KM3_S2["moon"])
    assert -b_r * sign > 1000.0


@pytest.mark.parametrize("node", ["ascending", "descending"])
def test_the_node_is_how_the_moon_is_met(node):
    """On the way out its latitude grows, or shrinks, as far as the plane turns at all."""
    solution = solve(mission(IMPULSIVE, parking(azimuth="102.7 deg", node=node)))
    hours = solution.burn("TLI").ignition_tdb + np.array([24.0, 48.0, 72.0]) * 3600.0
    place = solution.trajectory.at(hours)[:, :3]
    latitude = np.arcsin(place[:, 2] / np.linalg.norm(place, axis=1))
    assert (np.diff(latitude) > 0.0).all() == (node == "ascending")
    assert (np.diff(latitude) < 0.0).all() == (node == "descending")


def test_a_free_arrival():
    """The launch dates are kept, and the plan is no dearer than that of the arrival flown."""
    day = (("launch", "earliest"), "2024-05-03"), (("launch", "latest"), "2024-05-03")
    free = solve(mission(FREE_ARRIVAL, IMPULSIVE, *day))
    assert tdb_seconds("2024-05-03T00:00:00") <= free.values["launch_epoch"] <= tdb_seconds("2024-05-04T00:00:00")
    shortest, longest = 4.0 * SECONDS_PER_DAY, 5.5 * SECONDS_PER_DAY
    assert shortest <= free.values["perilune_epoch"] - free.burn("TLI").cutoff_tdb <= longest
    assert cost(free) < cost(solve(mission(IMPULSIVE))) + 5e-3


@pytest.mark.parametrize(("latest", "minutes"), [("09:35", 20), ("10:15", 60)])
def test_a_free_arrival_in_a_narrow_window(latest, minutes):
    """An arrival is found for which the site turns under the plane within minutes of choice."""
    begin = tdb_seconds("2024-05-03T09:15:00")
    dates = (("launch", "earliest"), "2024-05-03T09:15:00Z"), (("launch", "latest"), f"2024-05-03T{latest}:00Z")
    solution = solve(mission(FREE_ARRIVAL, IMPULSIVE, *dates))
    assert begin <= solution.values["launch_epoch"] <= begin + 60.0 * minutes


def test_revolutions_in_the_parking_orbit(flown):
    """Three more of them: TLI comes three revolutions later after lift-off, and arrives on the same second."""
    orbit = parking(azimuth="102.7 deg", node="ascending", coast_revolutions=3)
    later = solve(mission(IMPULSIVE, orbit))
    period = 2 * math.pi * math.sqrt((RADIUS_KM["earth"] + 200.0) ** 3 / GM_KM3_S2["earth"])
    coasts = [s.burn("TLI").ignition_tdb - s.values["launch_epoch"] for s in (flown, later)]
    assert coasts[1] - coasts[0] == pytest.approx(3 * period, abs=60.0)
    assert later.values["perilune_epoch"] == flown.values["perilune_epoch"]


def test_impulses_and_thrust_arrive_alike(flown):
    """The transfer does not know how the orbit is entered; thrust costs more."""
    finite = solve(mission())
    assert finite.values["launch_epoch"] == pytest.approx(flown.values["launch_epoch"], abs=SAME_PLAN_S)
    assert finite.burn("TLI").delta_v_km_s == pytest.approx(flown.burn("TLI").delta_v_km_s, abs=1e-9)
    for burn, impulse in zip(finite.leg("insertion").burns, flown.leg("insertion").burns, strict=True):
        assert impulse.delta_v_km_s < burn.delta_v_km_s < 1.05 * impulse.delta_v_km_s
        assert impulse.duration_s == 0.0 < burn.duration_s


def test_a_departure_burn_of_the_vehicle_lightens_it():
    """With TLI by its own engine, the mass that brakes at the Moon is what TLI leaves."""
    tank = (("vehicle", "propellant"), "12000 kg")
    own = solve(mission(tank, (("phase", 0, "engine"), "main")))
    carried = solve(mission(tank))
    exhaust = 310.0 * 9.80665e-3
    arcs = {arc.name: arc for arc in own.trajectory.arcs}
    left = 15850.0 * math.exp(-own.burn("TLI").delta_v_km_s / exhaust)
    assert arcs["LOI-1"].rows[0, 4] == pytest.approx(left, rel=1e-9)
    assert own.burn("LOI-1").duration_s < 0.5 * carried.burn("LOI-1").duration_s


def test_a_stay_of_no_time():
    table = copy.deepcopy(BASE)
    table["phase"] = table["phase"][:2]
    solution = solve(Mission.from_dict(table))
    assert solution.trajectory.end_tdb == pytest.approx(solution.leg("insertion").burns[-1].cutoff_tdb, abs=EVENT_S)
    assert solution.orbits[-1].apolune_altitude_km == pytest.approx(200.0, abs=1e-5)


def test_later_arrivals_of_one_launch_day():
    """Six hours later at the Moon, a quarter of an hour's difference on the pad: the rest is time of flight."""
    arrivals = [f"2024-05-08T{hour:02d}:20:00Z" for hour in (0, 2, 4, 6)]
    found = [solve(mission(IMPULSIVE, (("phase", 1, "epoch"), arrival))) for arrival in arrivals]
    launches = np.array([s.values["launch_epoch"] for s in found])
    assert launches.max() - launches.min() < 900.0
    assert (np.diff([s.values["perilune_epoch"] - s.burn("TLI").ignition_tdb for s in found]) > 6000.0).all()


# ---------------------------------------------------------------- progress, provenance, ephemeris


def test_progress_is_told():
    lines = []
    solve(mission(IMPULSIVE), progress=lines.append)
    told = [line for line in lines if "compiling" not in line]
    assert told == [
        "looking for transfers",
        "tying them to the launch site",
        "flying the transfer and the insertion",
        "proving the stay",
    ]


def test_the_same_answer_twice(flown):
    again = solve(mission(IMPULSIVE))
    assert again.values["launch_epoch"] == flown.values["launch_epoch"]
    assert again.closure_m == flown.closure_m
    assert again.burn("TLI") == flown.burn("TLI")
    assert again.leg("insertion").burns == flown.leg("insertion").burns


def test_provenance(flown):
    assert flown.provenance["ephemeris_sha256"] == Ephemeris.packaged().sha256
    assert flown.provenance["tolerance"] == 1e-13
    assert "check" in flown.provenance


def test_an_ephemeris_by_its_files(flown):
    """The packaged files, given as a user would give their own."""
    theirs = Ephemeris.from_files(data.packaged(data.EPHEMERIS), data.packaged(data.ORIENTATION))
    solution = solve(mission(IMPULSIVE), ephemeris=theirs)
    assert solution.values["launch_epoch"] == flown.values["launch_epoch"]
    assert solution.values["approach_perilune_altitude"] == flown.values["approach_perilune_altitude"]


# ---------------------------------------------------------------- no way


@pytest.mark.parametrize(
    ("changes", "where", "says"),
    [
        pytest.param(
            [(("launch", "earliest"), "2024-05-03T12:00:00Z"), (("launch", "latest"), "2024-05-03T22:00:00Z")],
            "launch",
            ["outside the dates", "launches found: 2024-05-03T", "widen the launch dates"],
            id="launch dates some hours late",
        ),
        pytest.param(
            [(("launch", "earliest"), "2024-05-02T12:00:00Z"), (("launch", "latest"), "2024-05-03T06:00:00Z")],
            "launch",
            ["outside the dates", "widen the launch dates"],
            id="launch dates some hours early",
        ),
        pytest.param(
            [(("phase", 0, "tof"), ["4.0 days", "4.05 days"])],
            "phase[0].tof",
            ["time of flight outside the range", "launches found: 2024-05-04T", "widen tof"],
            id="tof too narrow",
        ),
        pytest.param(
            [(("phase", 1, "inclination"), "178 deg")],
            "phase[1].inclination",
            ["lunar inclination some degrees farther from the equator"],
            id="lunar inclination below the asymptote's declination",
        ),
        pytest.param(
            [(("launch", "site"), EQUATOR), parking(inclination="5 deg")],
            "launch.parking_orbit",
            ["too high for the parking plane", "bring the parking inclination closer to 90 deg"],
            id="parking inclination below the Moon's declination",
        ),
        pytest.param(
            [(("phase", 0, "engine"), "main")],
            "TLI",
            ["short by", "carry more propellant"],
            id="tank too small for TLI",
        ),
    ],
)
def test_no_way(changes, where, says):
    with pytest.raises(InfeasibleError) as caught:
        solve(mission(*changes))
    assert caught.value.exit_code == 3
    assert where in caught.value.where
    assert caught.value.remedy
    for text in says:
        assert text in str(caught.value)


@pytest.mark.parametrize("changes", [(), (IMPULSIVE,)], ids=["thrust", "impulses"])
def test_a_tank_too_small_for_the_braking(changes):
    """Which burn, what it needs, what is left, and by how much it is short."""
    tank = ("vehicle", "propellant"), "1000 kg"
    with pytest.raises(InfeasibleError, match=r"needs .* kg are left: short by .* kg.*carry more propellant") as caught:
        solve(mission(tank, *changes))
    assert caught.value.where.startswith("LOI-3")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("inclination", ["21 deg", "28.5 deg", "50 deg"])
def test_a_parking_inclination_above_the_declination_is_enough(inclination):
    """The Moon stands at 19.6 deg on that arrival."""
    terms = (("launch", "site"), EQUATOR), parking(inclination=inclination)
    assert solve(mission(IMPULSIVE, *terms)).closure_m < CLOSURE_M


@pytest.mark.parametrize("inclination", ["10 deg", "45 deg", "90 deg", "135 deg", "170 deg"])
def test_lunar_inclinations_above_the_asymptotes_declination(inclination):
    terms = (("phase", 1, "inclination"), inclination), (("phase", 1, "arrival"), DROP)
    solution = solve(mission(IMPULSIVE, *terms))
    assert math.degrees(solution.orbits[0].inclination_rad) == pytest.approx(float(inclination.split()[0]), abs=1e-6)


def test_dates_that_cannot_belong_together_are_bad_input():
    with pytest.raises(InputError, match=r"phase\[1\]\.epoch.*before the earliest launch"):
        mission((("launch", "earliest"), "2024-05-09"), (("launch", "latest"), "2024-05-10"))


def test_too_little_thrust_says_so_and_for_which_burn():
    with pytest.raises((InfeasibleError, ConvergenceError), match="more thrust, or split the burn") as caught:
        solve(mission((("vehicle", "engines", 0, "thrust"), "100 N")))
    assert caught.value.where.startswith("LOI-2, burn at perilune, 2024-05-09")


def test_an_orbit_that_comes_down_before_the_next_burn():
    """The Earth brings the perilune of an orbit of twelve hours down to the ground within a year."""
    with pytest.raises(InfeasibleError, match=r"^LOI-2, coasting to perilune, .*: impact"):
        solve(mission((("phase", 1, "burns", 1, "passage"), 1000)))


def test_the_coasts_between_burns_count_among_the_dates():
    """Arrival on the 30th, and then up to three and a half days of coasts: beyond the end of the ephemeris."""
    site = (("launch", "site"), {"latitude": "10 deg", "longitude": "0 deg"}), parking(inclination="35 deg")
    changes = (
        *launching("2050-12-22", "2050-12-27"),
        arriving("2050-12-30T00:00:00Z"),
        (("phase", 2, "duration"), "0 s"),
    )
    with pytest.raises(InputError, match="to 2051-01-01T00:00:00Z, beyond DE440"):
        solve(mission(*site, *changes))
    assert solve(mission(*site, *changes, (("phase", 1, "burns"), [{"apolune": "200 km"}]))).closure_m < CLOSURE_M


def test_an_arrival_too_soon_after_the_ephemeris_begins():
    """No launch of those hours reaches it; flights begun in the year before are not known, no plane is at fault."""
    site = (("launch", "site"), {"latitude": "10 deg", "longitude": "0 deg"}), parking(inclination="35 deg")
    with pytest.raises(InfeasibleError, match="no launch meets the arrival") as caught:
        solve(mission(*site, *launching("2020-01-01", "2020-01-02"), arriving("2020-01-05T04:00:00Z")))
    assert "arrive some hours later" in caught.value.remedy


def test_rows_that_fail_do_not_end_the_search():
    """Some of the transfers of a window of ten days reach nothing; the others are still looked at."""
    assert solve(mission(FREE_ARRIVAL, IMPULSIVE)).closure_m < CLOSURE_M
