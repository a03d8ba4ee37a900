"""Bad input at every door: one line saying where and what to do; no traceback, silent NaN or wrong answer."""

import copy
import datetime as dt
import os
import pickle
import re
import struct
import subprocess
import sys
import tomllib
from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.time import Time
from numba.core.event import trigger_event

import lunarplan
from lunarplan import (
    DataError,
    Ephemeris,
    ForceModel,
    InfeasibleError,
    InputError,
    Mission,
    State,
    Trajectory,
    direct_transfers,
    lambert,
    propagate,
    transfer_problem,
)
from lunarplan.cli import NOBODY_READS, UNWRITABLE, main
from lunarplan.io.files import output_folder, write_atomic
from lunarplan.model import data, events
from lunarplan.model.cr3bp import jacobi, propagate_cr3bp
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import SolarPressure
from lunarplan.model.propagation import Thrust
from lunarplan.model.trajectory import fly
from lunarplan.plan.solvers import direct as solve_direct
from tests.tolerances import CLOSURE_M, EPOCH_RESOLUTION_KM

EPOCH, LATER = "2024-05-03T09:27:00", "2024-05-03T10:00:00"
ORBIT = [7000.0, 0.0, 0.0, 0.0, 7.5, 1.0]  # km, km/s, about the Earth
MU_EARTH_KM3_S2 = 398600.4418

NOT_NUMBERS = {
    "text": "hello",
    "text of numbers": ["7000", "0", "0", "0", "7.5", "1"],
    "a table": {},
    "rows of unequal length": [ORBIT, ORBIT[:5]],
    "imaginary": np.array(ORBIT) + 1j,
    "metres": np.array(ORBIT) * u.m,
    "a list of metres": [7000.0 * u.km, *ORBIT[1:]],
    "masked": np.ma.array(ORBIT, mask=[1, 0, 0, 0, 0, 0]),
    "records": np.zeros(1, dtype=[("x", float), ("y", float)]),
}


def one_line(caught: pytest.ExceptionInfo[lunarplan.LunarplanError]) -> str:
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 600
    return text


@pytest.mark.parametrize("states", NOT_NUMBERS.values(), ids=NOT_NUMBERS)
def test_states_that_are_no_plain_numbers(states):
    for taker in (
        lambda: propagate(states, EPOCH, LATER),
        lambda: propagate_cr3bp(states, 1.0),
        lambda: State(states, EPOCH),
        lambda: lambert(states, [0.0, 4e5, 0.0], 3e5, MU_EARTH_KM3_S2),
        lambda: jacobi(states),
    ):
        with pytest.raises(InputError) as caught:
            taker()
        one_line(caught)


def test_a_state_is_not_taken_for_its_numbers():
    """Its axes and centre would be lost."""
    with pytest.raises(InputError, match=r"icrf.*\.rv"):
        propagate(State(ORBIT, EPOCH), EPOCH, LATER)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("center", "mars"),
        ("center", []),
        ("center", None),
        ("tolerance", "1e-12"),
        ("tolerance", None),
        ("tolerance", np.array([1e-12, 1e-12])),
        ("workers", "two"),
        ("workers", 0),
        ("workers", 2.5),
        ("forces", "full"),
        ("forces", ForceModel),
        ("thrust", "on"),
    ],
)
def test_options_of_the_propagation(name, value):
    with pytest.raises(InputError, match=name) as caught:
        propagate(ORBIT, EPOCH, LATER, **{name: value})
    one_line(caught)


def test_the_moon_alone_is_two_bodies():
    """Without the Earth the Moon does not fall towards it: a point-mass orbit closes after one revolution."""
    alone = ForceModel(bodies=("moon",), moon_degree=0)
    orbit = [1837.4, 0.0, 0.0, 0.0, 1.6, 0.3]
    axis = 1.0 / (2.0 / 1837.4 - (1.6**2 + 0.3**2) / alone.gm("moon"))
    period = 2.0 * np.pi * np.sqrt(axis**3 / alone.gm("moon"))
    start = tdb_seconds(EPOCH)
    run = propagate(orbit, start, start + period, center="moon", forces=alone, tolerance=1e-13)
    # the end epoch resolves 0.12 microseconds, at 1.6 km/s
    assert np.abs(run.states[0] - orbit).max() < 1e-6


def test_the_centre_in_any_letter_case():
    run = propagate(ORBIT, EPOCH, LATER, center="Earth")
    assert run.center == "earth"


@pytest.mark.parametrize(
    "thrust",
    [
        Thrust("a", 10.0, 300.0),
        Thrust([1.0, 0.0], 10.0, 300.0),
        Thrust(np.ones((3, 3)), 10.0, 300.0),
        Thrust([1.0, 0.0, 0.0], [10.0, 10.0], 300.0),
        Thrust([1.0, 0.0, 0.0] * u.kN, 10.0, 300.0),
        Thrust([1.0, 0.0, 0.0], 10.0, 300.0, "vnb", np.nan),
    ],
)
def test_thrust_that_does_not_fit(thrust):
    with pytest.raises(InputError, match=r"Thrust\.") as caught:
        propagate(ORBIT, EPOCH, LATER, thrust=thrust)
    one_line(caught)


@pytest.mark.parametrize(
    "epoch", [8880.0 * u.day, Time(np.ma.array([2460433.5], mask=[True]), format="jd"), True, None, "", b"2024-05-03"]
)
def test_epochs_that_are_none(epoch):
    with pytest.raises(InputError, match="epoch"):
        tdb_seconds(epoch)


@pytest.mark.parametrize("size", [1e160, 1e300])
def test_states_beyond_all_measure_fail_in_their_row(size):
    run = propagate([ORBIT, [size, 0.0, 0.0, 0.0, 0.0, 0.0]], EPOCH, LATER)
    assert run.status.tolist() == [0, 1]
    assert np.isnan(run.states[1]).all()


@pytest.mark.parametrize(
    "changes",
    [
        {"bodies": "earth"},
        {"bodies": None},
        {"bodies": ("earth", "venus", "venus")},
        {"bodies": ("earth", "moon", "emb")},
        {"bodies": ("ssb",)},
        {"bodies": (399, 301)},
        {"moon_degree": 8.0},
        {"moon_degree": "8"},
        {"moon_field": "GRGM900C"},
        {"sunlight": 1.0},
        {"sunlight": SolarPressure},
        {"ephemeris": "de440.bsp"},
        {"gm_km3_s2": [1.0]},
        {"gm_km3_s2": {"moon": "4902.8"}},
        {"gm_km3_s2": {"moon": -1.0}},
        {"gm_km3_s2": {"mooon": 1.0}},
    ],
)
def test_force_models_that_make_no_sense(changes):
    with pytest.raises(InputError) as caught:
        ForceModel(**changes)
    one_line(caught)


@pytest.mark.parametrize("values", [("1", 100.0), (-1.0, 100.0), (np.nan, 100.0), (1.0, 0.0), (1.0, 100.0, 3.0)])
def test_sunlight_that_makes_no_sense(values):
    with pytest.raises(InputError, match=r"SolarPressure\."):
        SolarPressure(*values)


def test_force_models_travel_to_other_processes():
    forces = ForceModel(gm_km3_s2={"moon": 4902.8})
    for other in (pickle.loads(pickle.dumps(forces)), copy.deepcopy(forces)):
        assert other == forces
        with pytest.raises(TypeError):
            other.gm_km3_s2["moon"] = 1.0


@pytest.mark.parametrize(
    "make",
    [
        lambda: events.impact("mars"),
        lambda: events.impact("mun"),
        lambda: events.altitude_crossing("moon", np.nan),
        lambda: events.altitude_crossing("moon", "100 km"),
        lambda: events.altitude_crossing("moon", -2000.0),
        lambda: events.radius_crossing("mun", 2000.0),
        lambda: events.radius_crossing("moon", 0.0),
        lambda: events.radius_crossing("moon", 2000.0, "up"),
        lambda: events.shadow("venus"),
        lambda: events.shadow("earth", fraction=2.0),
        lambda: events.shadow("earth", fraction=np.nan),
        lambda: events.find("a trajectory", events.impact("moon")),
    ],
)
def test_events_that_make_no_sense(make):
    with pytest.raises(InputError) as caught:
        make()
    one_line(caught)


@pytest.mark.parametrize(
    ("path", "kind"), [("nope.bsp", DataError), ("a" * 5000, DataError), ("a\0b", DataError), (None, InputError)]
)
def test_kernels_that_are_not_there(path, kind):
    for files in ((path,), (data.packaged(data.EPHEMERIS), path)):
        if files[-1] is None and len(files) == 2:
            continue  # means: the packaged orientation
        with pytest.raises(kind) as caught:
            Ephemeris.from_files(*files)
        one_line(caught)


@pytest.mark.parametrize("word", [b"DAF/SPK ", b"NAIF/DAF"])
def test_a_damaged_count_does_not_fill_the_memory(tmp_path: Path, word: bytes):
    """jplephem makes a format of as many doubles as the header says: 2 with its last byte damaged is 1.7e9."""
    damaged = bytearray(data.packaged(data.EPHEMERIS).read_bytes())
    damaged[:8] = word
    damaged[15] ^= 0x69
    path = tmp_path / "damaged.bsp"
    path.write_bytes(damaged)
    with pytest.raises(DataError, match=str(struct.unpack("<I", damaged[12:16])[0])):
        Ephemeris.from_files(path)


# ---------------------------------------------------------------- flights


SMOOTH = ForceModel(moon_degree=0)


@pytest.fixture(scope="module")
def flight() -> Trajectory:
    return Trajectory([fly(ORBIT, EPOCH, LATER, SMOOTH)])


@pytest.mark.parametrize("state", NOT_NUMBERS.values(), ids=NOT_NUMBERS)
def test_flights_of_no_plain_numbers(state):
    with pytest.raises(InputError):
        fly(state, EPOCH, LATER)


@pytest.mark.parametrize(
    "options",
    [
        {"state": [ORBIT, ORBIT]},
        {"epoch": [EPOCH, EPOCH]},
        {"until": "tomorrow"},
        {"center": "mars"},
        {"tolerance": -1.0},
        {"tolerance": 0.0},
        {"forces": "full"},
        {"thrust": "on"},
    ],
)
def test_flights_that_make_no_sense(options):
    arguments = {"state": ORBIT, "epoch": EPOCH, "until": LATER, "forces": SMOOTH} | options
    with pytest.raises(InputError) as caught:
        fly(**arguments)
    one_line(caught)


def test_a_flight_into_the_ground_is_infeasible():
    with pytest.raises(InfeasibleError, match=r"coast, 2024.*impact.*; "):
        fly([7000.0, 0.0, 0.0, 0.0, 1.0, 0.0], EPOCH, LATER, SMOOTH)


@pytest.mark.parametrize("arcs", [[], "abc", None, [1.0]])
def test_trajectories_of_no_arcs(arcs):
    with pytest.raises(InputError, match="Trajectory"):
        Trajectory(arcs)


def test_trajectories_have_no_gaps_and_no_overlaps(flight):
    """Between two arcs there would be no state to return, and none is made up."""
    (arc,) = flight.arcs
    later = fly(ORBIT, "2024-05-03T10:00:01", "2024-05-03T11:00:00", SMOOTH)
    for arcs in ([arc, later], [later, arc], [arc, arc]):
        with pytest.raises(InputError, match=r"ends at .* starts at"):
            Trajectory(arcs)


def test_a_flight_backwards_can_be_asked_like_any_other(flight):
    end = flight.at(LATER)[0]
    back = Trajectory([fly(end, LATER, EPOCH, SMOOTH)])
    assert (back.start_tdb, back.end_tdb) == (flight.start_tdb, flight.end_tdb)
    middle = np.linspace(flight.start_tdb, flight.end_tdb, 7)
    assert np.abs(back.at(middle) - flight.at(middle))[:, :3].max() < EPOCH_RESOLUTION_KM
    climb = events.radius_crossing("earth", 7020.0)
    assert events.find(back, climb) == pytest.approx(events.find(flight, climb), abs=EPOCH_RESOLUTION_KM / 1e-3)
    assert len(events.find(back, climb)) == 1
    assert back.until(middle[3]).end_tdb == middle[3]


def test_epochs_of_a_flight_in_any_form(flight):
    noon = "2024-05-03T09:45:00"
    tdb = tdb_seconds(noon)
    for epoch in (noon, Time(noon, scale="utc"), [noon], dt.datetime(2024, 5, 3, 9, 45, tzinfo=dt.UTC)):
        assert np.allclose(flight.at(epoch), flight.at(tdb), rtol=0.0, atol=EPOCH_RESOLUTION_KM)
    assert flight.until(noon).end_tdb == tdb
    assert flight.at([]).shape == (0, 6)


@pytest.mark.parametrize(
    "ask",
    [
        lambda flight: flight.at("2024-05-04"),
        lambda flight: flight.at(np.nan),
        lambda flight: flight.at([[flight.start_tdb, flight.end_tdb]]),
        lambda flight: flight.at(flight.start_tdb, "mun"),
        lambda flight: flight.at(flight.start_tdb, "mars"),
        lambda flight: flight.until(flight.start_tdb),
        lambda flight: flight.until("2025-01-01"),
        lambda flight: flight.until(np.nan),
        lambda flight: flight.sample(0),
        lambda flight: flight.sample(2.5),
        lambda flight: events.find(flight, "perigee"),
        lambda flight: events.find(flight, events.perigee_passage(), np.nan),
    ],
)
def test_questions_a_flight_cannot_answer(flight, ask):
    with pytest.raises(InputError) as caught:
        ask(flight)
    one_line(caught)


# ---------------------------------------------------------------- transfers


TRANSFER = {
    "perilune_tdb": "2028-03-08T00:00:00Z",
    "tof_s": 4 * 86_400.0,
    "parking_altitude_km": 200.0,
    "parking_inclination_deg": 28.5,
    "perilune_altitude_km": 100.0,
    "lunar_inclination_deg": 90.0,
}


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"perilune_tdb": "someday"}, "perilune_tdb"),
        ({"tof_s": "4 d"}, "tof_s"),
        ({"tof_s": 4.0}, "tof_s"),
        ({"tof_s": 4.0 * u.day}, "tof_s"),
        ({"parking_altitude_km": 200e3 * u.m}, "parking_altitude_km"),
        ({"parking_altitude_km": 200e3}, "parking_altitude_km"),
        ({"northbound_departure": 0.5}, "northbound_departure"),
        ({"northbound_arrival": "yes"}, "northbound_arrival"),
        ({"tof_s": [3e5, 4e5], "parking_altitude_km": [200.0, 300.0, 400.0]}, "tof_s.*parking_altitude_km"),
        ({"tof_s": [[3e5, 4e5]]}, "tof_s"),
    ],
)
def test_transfers_that_make_no_sense(changes, where):
    with pytest.raises(InputError, match=where) as caught:
        transfer_problem(**(TRANSFER | changes))
    one_line(caught)


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"forces": "full"}, "forces"),
        ({"forces": ForceModel(bodies=("moon",))}, "the earth does not attract"),
        ({"forces": ForceModel(bodies=("earth", "sun"))}, "the moon does not attract"),
        ({"launch": "ksc"}, "launch"),
        ({"guess": [[1.0] * 6]}, "guess"),
        ({"guess": [[1.0] * 7] * 2}, "guess"),
        ({"guess": [[np.nan] * 7]}, "guess"),
        ({"tolerance": -1.0}, "tolerance"),
        ({"workers": 0}, "workers"),
    ],
)
def test_options_of_transfers(options, where):
    with pytest.raises(InputError, match=where) as caught:
        direct_transfers(transfer_problem(**TRANSFER), **options)
    one_line(caught)


def test_a_table_is_no_batch_of_transfers():
    with pytest.raises(InputError, match="batch"):
        direct_transfers(TRANSFER)


def test_north_in_either_spelling():
    for one, other in ((True, 1), (False, -1)):
        assert transfer_problem(**TRANSFER, northbound_arrival=one).northbound_arrival == other


# ---------------------------------------------------------------- missions


MISSION = """
[mission]
name = "Made up"
[vehicle]
dry_mass = "1000 kg"
propellant = "1500 kg"
engines = [{ name = "main", thrust = "3000 N", isp = "310 s" }]
[launch]
site = "ksc"
earliest = 2028-03-01
latest = 2028-03-10
parking_orbit = { altitude = "200 km", inclination = "28.5 deg" }
[[phase]]
type = "translunar"
tof = ["3.5 days", "5 days"]
[[phase]]
type = "insertion"
epoch = 2028-03-08T00:00:00Z
perilune = "100 km"
inclination = "90 deg"
engine = "main"
finite = false
burns = [{ apolune = "100 km" }]
[[phase]]
type = "lunar_orbit"
duration = "1 days"
"""


def plan(*changes: tuple[str, str]) -> lunarplan.Plan:
    text = MISSION
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return Mission.from_dict(tomllib.loads(text)).plan()


def test_the_mission_that_is_spoilt_below_can_be_flown():
    assert plan().closure_m < CLOSURE_M


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("2028-", "1969-", "launch.earliest"),
        ("2028-", "2019-", "launch.earliest"),
        ("2028-", "2055-", "launch.latest"),
        ("2028-", "9998-", "launch.latest"),
        ('"1 days"', '"60 days"', None),
        ("2028-03-01", "2019-12-20", None),
    ],
)
def test_dates_the_ephemeris_does_not_cover(old, new, says):
    changes = [(old, new)]
    if new == '"60 days"':
        changes += [("2028-03-01", "2050-12-01"), ("2028-03-10", "2050-12-10"), ("2028-03-08", "2050-12-08")]
    if new == "2019-12-20":
        changes += [("2028-03-10", "2020-01-05"), ("2028-03-08", "2020-01-03")]
    with pytest.raises(InputError, match=says or "beyond DE440") as caught:
        plan(*changes)
    assert "change the dates" in one_line(caught)


def test_a_window_of_decades_is_not_searched():
    with pytest.raises(InputError, match=r"launch\.latest.*days.*phase\[1\]"):
        plan(("epoch = 2028-03-08T00:00:00Z\n", ""), ("latest = 2028-03-10", "latest = 2048-03-10"))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('["3.5 days", "5 days"]', '"1.5 days"', "widen tof"),
        ('inclination = "90 deg"', 'inclination = "0 deg"', "lunar inclination"),
        ("latest = 2028-03-10", "latest = 2028-03-02T23:00:00Z", "outside the dates"),
        ('"1500 kg"', '"1 kg"', "short by"),
        ('3000 N", isp', '1 N", isp', "more thrust"),
        ('3000 N", isp', '1e8 N", isp', "impulsive"),
        ('{ apolune = "100 km" }', '{ apolune = "60000 km" }, { apolune = "100 km" }', "above the apolune"),
        ('"1 days"', '"60 days"', "impact"),
    ],
)
def test_missions_that_cannot_be_flown(old, new, says):
    changes = [(old, new)]
    if "thrust" in says or says == "impulsive":
        changes.append(("finite = false", "finite = true"))
    if says == "impact":
        changes.append(('"100 km"', '"1 km"'))
    with pytest.raises(InfeasibleError, match=says) as caught:
        plan(*changes)
    one_line(caught)


def test_one_line_says_that_kernels_are_compiled(monkeypatch):
    """However many functions that takes."""

    def compile_much(mission, forces, say):
        for _ in range(100):
            with trigger_event("numba:compile"):
                pass
        raise InfeasibleError("far enough")

    monkeypatch.setattr(solve_direct, "cheapest", compile_much)
    heard: list[str] = []
    with pytest.raises(InfeasibleError, match="far enough"):
        Mission.from_dict(tomllib.loads(MISSION)).plan(progress=heard.append)
    assert len([line for line in heard if "compiling" in line]) == 1


# ---------------------------------------------------------------- files and the terminal


@pytest.mark.parametrize("path", [None, 3, b"mission.toml"])
def test_paths_that_are_none(path):
    for taker in (Mission.from_toml, output_folder, lambda path: write_atomic(path, "")):
        with pytest.raises(InputError, match="path") as caught:
            taker(path)
        one_line(caught)


def test_an_empty_list_is_called_too_short():
    with pytest.raises(InputError, match=r"burns: \[\] is too short \(allowed: at least 1 item\)"):
        plan(('burns = [{ apolune = "100 km" }]', "burns = []"))


LAUNCH = MISSION[MISSION.index("site = ") : MISSION.index("[[phase]]")]
FROM_THE_EQUATOR = LAUNCH.replace('"ksc"', '{ latitude = "0 deg", longitude = "0 deg" }').replace("28.5", "5")
SPOILT = [
    # unknown or misspelt keys, sites, bodies, engines
    ("[vehicle]", "[vehicel]", 2, r"vehicel: unknown key .* did you mean \"vehicle\""),
    ("altitude", "altitud", 2, r"parking_orbit\.altitud: unknown key .* did you mean \"altitude\""),
    ("propellant", "fuel", 2, r"vehicle\.fuel: unknown key"),
    ('"ksc"', '"kcs"', 2, r"launch\.site: unknown launch site .* did you mean"),
    ('"ksc"', '"moon"', 2, r"launch\.site: unknown launch site"),
    ('engine = "main"', 'engine = "mian"', 2, r"phase\[1\]\.engine: unknown engine .* did you mean"),
    ('type = "lunar_orbit"', 'type = "mars_orbit"', 2, r"phase\[2\]\.type: unknown type"),
    # units and dimensions
    ('perilune = "100 km"', "perilune = 100", 2, r"phase\[1\]\.perilune: 100 has no unit .*km, m"),
    ('perilune = "100 km"', 'perilune = "100"', 2, r"phase\[1\]\.perilune: .* has no unit"),
    ('perilune = "100 km"', 'perilune = "100 kg"', 2, r"phase\[1\]\.perilune: .* is not a length"),
    ('"310 s"', '"310 km"', 2, r"engines\[0\]\.isp: .* is not a specific impulse"),
    # numbers that are none
    ('"100 km"\ninc', '"nan km"\ninc', 2, r"phase\[1\]\.perilune: .* is not a number"),
    ('"100 km"\ninc', "nan\ninc", 2, r"phase\[1\]\.perilune: nan has no unit"),
    ('"100 km"\ninc', '"1e999 km"\ninc', 2, r"phase\[1\]\.perilune: .* is not a finite length"),
    ('"1500 kg"', "inf", 2, r"vehicle\.propellant: inf has no unit"),
    # epochs
    ("2028-03-08T00:00:00Z", "2028-03-08T00:00:00", 2, r"phase\[1\]\.epoch: .* no time scale; add Z"),
    ("2028-03-08T00:00:00Z", '"2028-02-30T00:00:00Z"', 2, r"phase\[1\]\.epoch: .* is not a date"),
    ("2028-", "2055-", 2, r"launch\.latest.*beyond DE440"),
    ("2028-03-08T00:00:00Z", "2028-02-20T00:00:00Z", 2, r"phase\[1\]\.epoch: arrival .* before the earliest launch"),
    ("2028-03-08T00:00:00Z", "2028-04-20T00:00:00Z", 2, r"phase\[1\]\.epoch: arrival .* is out of reach"),
    ("latest = 2028-03-10", "latest = 2028-02-10", 2, r"launch\.latest: .* before the earliest"),
    # sizes
    ('"1500 kg"', '"-1500 kg"', 2, r"vehicle\.propellant: .* is negative"),
    ('"1000 kg"', '"0 kg"', 2, r"vehicle\.dry_mass: .* is not a mass"),
    ('perilune = "100 km"', 'perilune = "-20 km"', 2, r"phase\[1\]\.perilune: .* below the surface"),
    ('apolune = "100 km"', 'apolune = "-20 km"', 2, r"burns\[0\]\.apolune: .* below the surface"),
    ('apolune = "100 km"', 'apolune = "50 km"', 2, r"burns\[0\]: perilune 100 km is above apolune 50 km"),
    ('altitude = "200 km"', 'altitude = "80 km"', 2, r"parking_orbit\.altitude: .* inside the atmosphere"),
    ('"3000 N"', '"0 N"', 2, r"engines\[0\]\.thrust: .* is not a thrust"),
    ('["3.5 days", "5 days"]', '["5 days", "3.5 days"]', 2, r"phase\[0\]\.tof: .* runs backwards"),
    ('duration = "1 days"', 'duration = "-1 days"', 2, r"phase\[2\]\.duration: .* is too small"),
    ('"28.5 deg"', '"5 deg"', 2, r"parking_orbit\.inclination: .* out of reach from geocentric latitude"),
    # shape
    ("burns = [{", "burns = [[{", 2, r"spoilt\.toml: not valid TOML: .*line"),
    ("finite = false", 'finite = "no"', 2, r"phase\[1\]\.finite: .* neither true nor false"),
    ('type = "lunar_orbit"\n', "", 2, r"phase\[2\]\.type: required key is missing"),
    # what cannot be reached
    (LAUNCH, FROM_THE_EQUATOR, 3, r"parking_orbit, .* too high for the parking plane"),
    ('inclination = "90 deg"', 'inclination = "0 deg"', 3, r"phase\[1\]\.inclination: .* deg off the Moon's equator"),
    ("latest = 2028-03-10", "latest = 2028-03-02T23:00:00Z", 3, r"launch: none of .* outside the dates"),
    ('"3.5 days", "5 days"', '"1.5 days", "1.6 days"', 3, r"phase\[0\]\.tof: none of .* outside the range"),
    ('"1500 kg"', '"10 kg"', 3, r"LOI-1: needs .* short by"),
    ('tof = [', 'engine = "main"\ntof = [', 3, r"TLI: needs .* short by"),
    ('finite = false\nburns = [{ apolune = "100 km" }]', 'burns = [{ apolune = "100 km" }]', 0, ""),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "says"), SPOILT)
def test_spoilt_mission_files(old, new, code, says, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the command line: one line with file or key, what is allowed or what to do, and the exit code of its kind."""
    assert old in MISSION
    path = tmp_path / "spoilt.toml"
    path.write_text(MISSION.replace(old, new))
    assert main(["plan", str(path), "--json"]) == code
    out, heard = capsys.readouterr()
    if not code:
        return
    assert out == ""
    assert heard.startswith("lunarplan: error: ")
    assert heard.count("\n") == 1
    assert re.search(says, heard)
    assert ";" in heard, "what to do"


def test_a_folder_to_write_to_has_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "change-6", "--out", ""]) == 2
    assert "--out: no folder is named" in capsys.readouterr().err


def shell(command: str) -> tuple[int, str]:
    """Exit code and standard error of a command line, `lunarplan` being this one."""
    program = command.replace("lunarplan", f"{sys.executable} -m lunarplan.cli")
    run = subprocess.run(["sh", "-c", program], stderr=subprocess.PIPE, text=True, check=False)
    return run.returncode, run.stderr


@pytest.mark.parametrize("json", ["", " --json"])
def test_output_that_is_closed(json):
    code, heard = shell(f"lunarplan missions{json} >&-")
    assert code == NOBODY_READS
    assert heard.count("\n") == 1
    assert "standard output is closed" in heard


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("json", ["", " --json"])
def test_a_full_disk(json):
    code, heard = shell(f"lunarplan missions{json} > /dev/full")
    assert code == UNWRITABLE
    assert heard == "lunarplan: error: standard output: cannot be written: No space left on device\n"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
@pytest.mark.parametrize("json", [[], ["--json"]])
def test_a_pipe_nobody_reads(json):
    reader, writer = os.pipe()
    os.close(reader)
    program = [sys.executable, "-m", "lunarplan.cli", "missions", *json]
    run = subprocess.run(program, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (run.returncode, run.stderr) == (NOBODY_READS, "")
