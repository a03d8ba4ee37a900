import tracemalloc
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunarplan.errors import ConvergenceError, InfeasibleError, InputError
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import Thrust, propagate
from lunarplan.model.trajectory import Trajectory, fly, fly_many
from tests.tolerances import (
    EPOCH_RESOLUTION_S,
    FLIGHT_BYTES,
    JOINT_ROUNDING,
    NODE_BYTES,
    ORIGIN_CHANGE_KM,
    RETAKEN_STEP_KM,
)

DAY = 86400.0
START = tdb_seconds("2024-05-04T00:00:00")
FORCES = ForceModel(moon_degree=8)
EPHEMERIS = FORCES.source
COAST = np.array([-151526.684725604, -31223.551503472, -1920.022122909, -1.585849002, -0.727688446, -0.254024889])
LUNAR = np.array([1837.4, 0.0, 0.0, 0.0, 0.3, 1.6])
WHOLE_FLYBY = 7 * DAY


@pytest.fixture(scope="module")
def flyby():
    """Past the Moon at 2000 km and away again: the origin moves there and back."""
    perilune = START + 3.5 * DAY
    about_moon = np.array([3700.0, 0.0, 0.0, 0.0, 2.0, 0.5])
    start = propagate(about_moon, perilune, START, forces=FORCES, center="moon").states
    start = start + EPHEMERIS.state("moon", "earth", np.array([START]))
    return Trajectory([fly(start, START, START + WHOLE_FLYBY, FORCES, name="flyby")])


def direct(trajectory, tdb, center="earth"):
    """States at epochs, each propagated from the start of the trajectory in one go."""
    first = trajectory.arcs[0]
    states = np.tile(first.nodes[0], (len(tdb), 1))
    run = propagate(states, first.start_tdb, tdb, forces=FORCES, tolerance=1e-13, stop_at_impact=False).require()
    return run.states - (EPHEMERIS.state("moon", "earth", tdb) if center == "moon" else 0.0)


def test_states_between_the_nodes(flyby):
    """Samples are integration steps cut short: as good as propagating to each epoch.

    Until a day after the passage; from there on rounding grows tenfold in three days.
    """
    tdb = np.linspace(flyby.start_tdb, flyby.start_tdb + 4.5 * DAY, 301)
    assert np.abs(flyby.at(tdb) - direct(flyby, tdb))[:, :3].max() < RETAKEN_STEP_KM


def test_states_about_the_moon(flyby):
    tdb = np.linspace(flyby.start_tdb, flyby.end_tdb, 101)
    about_moon = flyby.at(tdb, "moon")
    assert np.abs(about_moon + EPHEMERIS.state("moon", "earth", tdb) - flyby.at(tdb))[:, :3].max() < 1e-9
    assert np.linalg.norm(about_moon[:, :3], axis=1).min() < 4000.0


def test_states_about_the_sun(flyby):
    tdb = np.array([flyby.start_tdb, flyby.end_tdb])
    expected = flyby.at(tdb) - EPHEMERIS.state("sun", "earth", tdb)
    assert flyby.at(tdb, "sun") == pytest.approx(expected, rel=1e-12)


def test_nodes_are_met_exactly(flyby):
    """At the epoch a node rounds to, up to 0.06 us away from the node itself."""
    arc = flyby.arcs[0]
    states, origins = arc.states(arc.nodes_tdb)
    assert set(arc.origins) == {0, 1}
    same = origins == arc.origins
    late = (arc.nodes_tdb - START) - arc.elapsed_s
    assert 0.0 < np.abs(late).max() < EPOCH_RESOLUTION_S
    there = arc.nodes[:, :3] + late[:, np.newaxis] * arc.nodes[:, 3:]
    assert np.abs(states[same][:, :3] - there[same]).max() < RETAKEN_STEP_KM
    assert arc.nodes_tdb[0] == START
    assert arc.nodes_tdb[-1] == START + WHOLE_FLYBY
    assert (np.diff(arc.nodes_tdb) > 0).all()


def test_velocity_is_the_derivative_of_position(flyby):
    tdb = np.linspace(flyby.start_tdb + 400.0, flyby.end_tdb - 400.0, 50)
    step = 100.0
    near, far = (flyby.at(tdb + k * step)[:, :3] - flyby.at(tdb - k * step)[:, :3] for k in (1, 2))
    rate = (8 * near - far) / (12 * step)
    assert np.abs(rate - flyby.at(tdb)[:, 3:]).max() < 1e-7


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=40))
def test_any_order_of_epochs(fractions):
    trajectory = _one_day()
    tdb = START + DAY * np.array(fractions)
    states = trajectory.at(tdb)
    assert np.array_equal(states[np.argsort(tdb)], trajectory.at(np.sort(tdb)))


_KEPT = []


def _one_day():
    if not _KEPT:
        _KEPT.append(Trajectory([fly(COAST, START, START + DAY, FORCES.only(moon_degree=0))]))
    return _KEPT[0]


def test_one_epoch_and_none():
    trajectory = _one_day()
    assert trajectory.at(START).shape == (1, 6)
    assert np.array_equal(trajectory.at(START)[0], COAST)
    assert trajectory.at([]).shape == (0, 6)


@pytest.mark.parametrize("epoch", [START - 1e-3, START + DAY + 1e-3])
def test_epochs_outside(epoch):
    with pytest.raises(InputError, match=r"outside the trajectory.*2024-05-04"):
        _one_day().at([START + 10.0, epoch])


@pytest.mark.parametrize("epoch", [np.nan, np.inf])
def test_epochs_that_are_not_finite(epoch):
    with pytest.raises(InputError, match="epoch"):
        _one_day().at([START + 10.0, epoch])


def test_unknown_center():
    with pytest.raises(InputError, match="vulcan"):
        _one_day().at(START, "vulcan")


def test_arcs_in_sequence():
    """A coast, a burn and a coast: states are continuous, the later arc speaks at a joint."""
    burn_start, burn_end, end = START + 0.3 * DAY, START + 0.3 * DAY + 600.0, START + DAY
    thrust = Thrust([0.0, 400.0, 0.0], 1500.0, 310.0)
    first = fly(COAST, START, burn_start, FORCES, name="coast")
    burn = fly(first.states(np.array([burn_start]))[0], burn_start, burn_end, FORCES, name="burn", thrust=thrust)
    last = fly(burn.states(np.array([burn_end]))[0], burn_end, end, FORCES, name="coast again")
    trajectory = Trajectory([first, burn, last])
    assert (trajectory.start_tdb, trajectory.end_tdb) == (START, end)
    assert repr(trajectory).count("coast") == 2
    assert np.array_equal(trajectory.at(burn_end)[0], last.nodes[0])
    around = trajectory.at([burn_start - 1e-3, burn_start, burn_start + 1e-3])
    assert np.abs(np.diff(around[:, 3:], axis=0)).max() < 1e-6
    inside = np.linspace(burn_start, burn_end, 20)
    whole = propagate(np.tile(burn.nodes[0], (20, 1)), burn_start, inside, forces=FORCES, thrust=thrust)
    assert np.abs(trajectory.at(inside) - whole.states)[:, :3].max() < RETAKEN_STEP_KM
    assert (np.diff(trajectory.nodes_tdb) > 0).all()


@pytest.mark.parametrize("pitch_rate", [0.0, 3e-4])
def test_inside_a_steered_burn(pitch_rate):
    """The thrust has turned and the mass has shrunk by the time of a node."""
    thrust = Thrust([400.0, 20.0, -50.0], 1000.0, 310.0, axes="vnb", pitch_rate_rad_s=pitch_rate)
    forces = FORCES.only(moon_degree=0)
    arc = fly(LUNAR, START, START + 900.0, forces, center="moon", thrust=thrust)
    assert len(arc.nodes_tdb) > 4
    tdb = START + np.linspace(0.0, 900.0, 40)
    whole = propagate(np.tile(LUNAR, (40, 1)), START, tdb, forces=forces, center="moon", thrust=thrust, tolerance=1e-13)
    assert np.abs(arc.states(tdb)[0] - whole.states)[:, :3].max() < RETAKEN_STEP_KM


def test_an_arc_flown_backwards():
    arc = fly(COAST, START, START - 0.4 * DAY, FORCES)
    assert arc.end_tdb < arc.start_tdb
    tdb = START - DAY * np.linspace(0.0, 0.4, 30)
    states, origins = arc.states(tdb)
    run = propagate(np.tile(COAST, (30, 1)), START, tdb, forces=FORCES, tolerance=1e-13)
    assert not origins.any()
    assert np.abs(states - run.states)[:, :3].max() < RETAKEN_STEP_KM


@pytest.mark.parametrize("hours", [12.0, -9.0])
def test_an_arc_by_itself_is_a_trajectory(hours):
    """Whichever way it was flown."""
    arc = fly(COAST, START, START + hours * 3600.0, FORCES)
    whole = Trajectory([arc])
    tdb = np.linspace(whole.start_tdb, whole.end_tdb, 20)
    for center in ("earth", "moon"):
        assert np.array_equal(arc.at(tdb, center), whole.at(tdb, center))
    assert np.abs(arc.at("2024-05-04")[0] - COAST).max() < RETAKEN_STEP_KM
    assert np.array_equal(arc.trajectory.nodes_tdb, whole.nodes_tdb)
    with pytest.raises(InputError, match="outside the trajectory"):
        arc.at(whole.end_tdb + 1.0)


def test_an_arc_of_no_time():
    arc = fly(COAST, START, START, FORCES)
    assert np.array_equal(arc.states(np.array([START, START]))[0], np.stack([COAST, COAST]))


@pytest.mark.parametrize("backwards", [False, True])
def test_a_duration_is_kept_to_the_last_digit(backwards):
    """A burn of some seconds at three g, cut off between two epochs; its end is where it ended, not where it rounds to.

    Within the 0.06 us between the two the speed changes by 2e-9 km/s.
    """
    duration = -12.902977664423654 if backwards else 12.902977664423654
    thrust = Thrust([-6e4, 0.0, 0.0], 2000.0, np.inf, axes="vnb")
    arc = fly(LUNAR, START, None, FORCES, duration_s=duration, center="moon", thrust=thrust)
    assert (START + duration) - START != duration
    assert arc.elapsed_s[-1] == duration
    assert arc.end_tdb == START + duration
    states, _ = arc.states(np.array([START, arc.end_tdb]))
    assert np.array_equal(states[0], LUNAR)
    assert np.abs(states[1] - arc.nodes[-1]).max() < JOINT_ROUNDING
    trajectory = Trajectory([arc])
    for epoch, node in ((START, 0), (arc.end_tdb, -1)):
        about_moon = trajectory.at(epoch, "moon")[0]
        assert np.abs(about_moon - arc.nodes[node]).max() < JOINT_ROUNDING


def test_a_duration_and_an_end_are_the_same_flight():
    by_end = fly(COAST, START, START + DAY, FORCES)
    by_duration = fly(COAST, START, forces=FORCES, duration_s=DAY)
    assert np.array_equal(by_end.nodes, by_duration.nodes)
    assert np.array_equal(by_end.elapsed_s, by_duration.elapsed_s)
    assert np.array_equal(fly(COAST, "2024-05-04", None, FORCES, duration_s=DAY).nodes, by_end.nodes)


def test_more_steps_than_the_first_room():
    """Sixty hours in low lunar orbit take more than five hundred steps."""
    arc = fly(LUNAR, START, START + 2.5 * DAY, FORCES, center="moon", tolerance=1e-14)
    assert len(arc.nodes_tdb) > 513
    assert np.isfinite(arc.nodes).all()
    run = propagate(LUNAR, START, START + 2.5 * DAY, forces=FORCES, center="moon", tolerance=1e-14)
    assert np.abs(arc.nodes[-1] - run.states[0])[:3].max() < ORIGIN_CHANGE_KM


def test_sample_is_dense_where_steps_are_short(flyby):
    epochs = flyby.sample(400)
    assert len(epochs) == 400
    assert (epochs[0], epochs[-1]) == (flyby.start_tdb, flyby.end_tdb)
    gaps = np.diff(epochs)
    nearest = np.linalg.norm(flyby.at(epochs, "moon")[:, :3], axis=1).argmin()
    assert gaps[nearest] < 0.2 * gaps.max()


def test_ended_by_an_event(flyby):
    cut = START + 3.4 * DAY
    part = flyby.until(cut)
    assert part.end_tdb == cut
    tdb = np.linspace(START, cut, 50)
    assert np.abs(part.at(tdb) - flyby.at(tdb))[:, :3].max() < RETAKEN_STEP_KM
    for outside in (START, START + WHOLE_FLYBY + 1.0):
        with pytest.raises(InputError, match="until"):
            flyby.until(outside)


# ---------------------------------------------------------------- what they say of themselves


def test_an_arc_and_a_trajectory_in_words():
    arc = fly(COAST, "2024-05-04", "2024-05-05", FORCES, name="home")
    span, nodes = "2024-05-04T00:00:00.000Z to 2024-05-05T00:00:00.000Z", len(arc.elapsed_s)
    assert repr(arc) == f"<Arc 'home' {span}: {nodes} nodes>"
    assert repr(Trajectory([arc])) == f"<Trajectory {span}: home; {nodes} nodes>"
    back = fly(COAST, "2024-05-04T09:00:00", "2024-05-04", FORCES)
    span = "2024-05-04T00:00:00.000Z to 2024-05-04T09:00:00.000Z"
    assert repr(back) == f"<Arc 'coast' {span}: {len(back.elapsed_s)} nodes, flown backwards>"


def test_before_there_was_utc():
    old = replace(fly(COAST, START, START + DAY, FORCES), epoch_tdb=tdb_seconds("1955-01-01T00:00:00 TDB"))
    assert "1955-01-01T00:00:00.000 TDB to 1955-01-02T00:00:00.000 TDB" in repr(old)


def test_a_propagation_in_words():
    whole = propagate(np.tile(COAST, (3, 1)), START, "2024-05-05", forces=FORCES)
    assert repr(whole) == "<Propagation ending 2024-05-05T00:00:00.000Z about the earth: 3 of 3 rows ok>"
    states = np.stack([COAST, np.full(6, np.nan), [9000.0, 0.0, 0.0, 0.1, 0.2, 0.0]])
    ends = ["2024-05-05", "2024-05-06", "2024-05-07"]
    assert repr(propagate(states, START, ends, forces=FORCES)) == (
        "<Propagation ending 2024-05-05T00:00:00.000Z to 2024-05-07T00:00:00.000Z about the earth: 1 of 3 rows ok; "
        "row 1: the state is not finite, or met a singularity>"
    )
    assert repr(propagate(np.empty((0, 6)), START, START, forces=FORCES)) == (
        "<Propagation about the earth: 0 of 0 rows ok>"
    )


# ---------------------------------------------------------------- many at once


def test_flights_of_a_batch_equal_flights_alone():
    """Each row has its own end, and its own steps recorded."""
    rng = np.random.default_rng(12)
    states = COAST + rng.normal(size=(9, 6)) * [50.0, 50.0, 50.0, 1e-3, 1e-3, 1e-3]
    ends = START + np.linspace(0.2, 3.0, 9) * DAY
    for trajectory, state, end in zip(fly_many(states, START, ends, FORCES), states, ends, strict=True):
        alone = Trajectory([fly(state, START, end, FORCES)])
        assert trajectory.end_tdb == end
        assert np.array_equal(trajectory.arcs[0].nodes_tdb, np.unique(trajectory.arcs[0].nodes_tdb))
        tdb = np.linspace(START, end, 15)
        assert np.abs(trajectory.at(tdb) - alone.at(tdb))[:, :3].max() < RETAKEN_STEP_KM


def test_flights_that_share_a_clock():
    states = COAST + np.linspace(-1.0, 1.0, 20)[:, np.newaxis] * [50.0, 50.0, 50.0, 1e-3, 1e-3, 1e-3]
    flights = fly_many(states, START, START + 2 * DAY, FORCES)
    tdb = np.linspace(START, START + 2 * DAY, 15)
    for state, flight in list(zip(states, flights, strict=True))[::5]:
        run = propagate(np.tile(state, (15, 1)), START, tdb, forces=FORCES, tolerance=1e-13)
        assert np.abs(flight.at(tdb) - run.states)[:, :3].max() < RETAKEN_STEP_KM


def _same(one, other):
    a, b = one.arcs[0], other.arcs[0]
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ("elapsed_s", "nodes", "origins", "rows"))


@pytest.mark.parametrize("hours", [30.0, 96.0])
def test_flights_of_a_batch_equal_those_of_its_parts_to_the_bit(hours):
    """Around the Moon, some with more steps than the record holds at first, some with less; in parts of any size."""
    rng = np.random.default_rng(5)
    states = LUNAR + rng.normal(size=(75, 6)) * [5.0, 5.0, 5.0, 1e-3, 1e-3, 1e-3]
    ends = START + rng.uniform(0.2, 1.0, 75) * hours * 3600.0
    forces = FORCES.only(moon_degree=0)
    together = fly_many(states, START, ends, forces, center="moon", workers=2)
    lengths = [len(flight.nodes_tdb) for flight in together]
    assert (min(lengths) < 512 < max(lengths)) == (hours == 96.0)
    edges = [0, 4, 11, 40, 75]
    for first, last in pairwise(edges):
        part = fly_many(states[first:last], START, ends[first:last], forces, center="moon", workers=1)
        assert all(_same(a, b) for a, b in zip(part, together[first:last], strict=True))


def test_a_flight_takes_the_room_of_its_steps():
    """A record is as long as the flight, not as what is set aside to fly it."""
    states = COAST + np.linspace(-1.0, 1.0, 1000)[:, np.newaxis] * [50.0, 50.0, 50.0, 1e-3, 1e-3, 1e-3]
    fly_many(states[:20], START, START + DAY, FORCES)
    tracemalloc.start()
    try:
        flights = fly_many(states, START, START + DAY, FORCES)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    nodes = np.mean([len(flight.nodes_tdb) for flight in flights])
    assert nodes < 30
    assert peak / len(states) < FLIGHT_BYTES + NODE_BYTES * nodes


def test_a_row_that_fails_is_none():
    states = np.tile(COAST, (6, 1))
    states[2] = np.nan
    states[4] = [9000.0, 0.0, 0.0, 0.1, 0.2, 0.0]
    flights = fly_many(states, START, START + DAY, FORCES)
    assert [f is None for f in flights] == [False, False, True, False, True, False]
    assert fly_many(np.empty((0, 6)), START, START + DAY, FORCES) == []


# ---------------------------------------------------------------- misuse


def test_an_impact_is_told_with_the_arc():
    with pytest.raises(InfeasibleError, match=r"descent, 2024-05-04.*impact"):
        fly([9000.0, 0.0, 0.0, 0.1, 0.2, 0.0], START, START + DAY, FORCES, name="descent")


def test_a_state_that_is_not_finite():
    with pytest.raises(ConvergenceError, match="not finite"):
        fly([np.nan, 0.0, 0.0, 0.1, 0.2, 0.0], START, START + DAY, FORCES)


def test_no_arcs():
    with pytest.raises(InputError, match=r"Trajectory: .*one or more arcs"):
        Trajectory([])


@pytest.mark.parametrize(
    "arguments",
    [
        ([1.0, 2.0, 3.0], START, START + DAY),
        (np.zeros((2, 6)), START, START + DAY),
        (COAST, [START, START], START + DAY),
        (COAST, START, np.nan),
        (COAST, START, "soon"),
    ],
)
def test_misuse_of_fly(arguments):
    with pytest.raises(InputError):
        fly(*arguments, FORCES)


@pytest.mark.parametrize("duration", ["a day", np.nan, np.inf, None, [DAY], 1e300, 1e11])
def test_unusable_durations(duration):
    with pytest.raises(InputError):
        fly(COAST, START, forces=FORCES, duration_s=duration)


def test_an_end_told_twice():
    with pytest.raises(InputError, match="one of until and duration_s"):
        fly(COAST, START, START + DAY, FORCES, duration_s=DAY)


@pytest.mark.parametrize("options", [{"center": "sun"}, {"tolerance": 0.0}, {"tolerance": np.nan}])
def test_unusable_options_of_fly(options):
    with pytest.raises(InputError):
        fly(COAST, START, START + DAY, FORCES, **options)


def test_arcs_with_a_gap_are_no_trajectory():
    first = fly(COAST, START, START + 0.2 * DAY, FORCES)
    second = fly(COAST, START + 0.5 * DAY, START + DAY, FORCES)
    with pytest.raises(InputError, match="Trajectory"):
        Trajectory([first, second])
    with pytest.raises(InputError, match="Trajectory"):
        Trajectory([second, first])


def test_text_is_no_epoch_inside_a_trajectory():
    with pytest.raises(InputError):
        _one_day().at("noon")
