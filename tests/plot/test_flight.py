"""Flights: samples, legs, marks, arrival."""

import numpy as np
import pytest

from lunarplan import Ephemeris
from lunarplan.model.events import LUNAR_SPHERE_OF_INFLUENCE_KM
from lunarplan.plan.timeline import Event
from lunarplan.plot.flight import Flight
from tests.plot import made
from tests.tolerances import CENTRE_CHANGE_ROUNDING_KM


def test_samples_are_the_trajectory(flight: Flight) -> None:
    trajectory = made.MadeTrajectory()
    assert (np.diff(flight.tdb) > 0.0).all()
    assert flight.tdb[0] == trajectory.start_tdb
    assert flight.tdb[-1] == trajectory.end_tdb
    assert np.isin(trajectory.nodes_tdb, flight.tdb).all()
    np.testing.assert_array_equal(flight.from_earth, trajectory.at(flight.tdb, "earth"))
    np.testing.assert_array_equal(flight.from_moon, trajectory.at(flight.tdb, "moon"))


def test_the_moon_is_where_the_ephemeris_has_it(flight: Flight) -> None:
    expected = Ephemeris.packaged().state("moon", "earth", flight.tdb)
    np.testing.assert_allclose(flight.moon, expected, rtol=0.0, atol=CENTRE_CHANGE_ROUNDING_KM)


def test_every_mark_on_the_path_has_its_sample(flight: Flight) -> None:
    marks = flight.flown_marks
    assert [mark.name for mark in marks] == [event.name for event in made.EVENTS[2:]]
    assert flight.tdb[flight.rows(marks)].tolist() == [mark.tdb for mark in marks]


def test_legs_are_cut_at_ignition_and_cut_off(flight: Flight) -> None:
    kinds = [(leg.thrusting, leg.after) for leg in flight.legs]
    assert kinds == [(False, ""), (True, ""), (False, "LOI-1"), (False, "LOI-2")]
    edges = [(flight.tdb[leg.rows][0], flight.tdb[leg.rows][-1]) for leg in flight.legs]
    burn = (made.LOI_TDB, made.LOI_TDB + made.LOI1_S)
    assert edges[0] == (made.START_TDB, burn[0])
    assert edges[1] == burn
    assert edges[2] == (burn[1], made.LOI2_TDB - 1e-3)
    assert edges[3] == (made.LOI2_TDB, made.END_TDB)


def test_an_impulse_is_a_step_in_speed(flight: Flight) -> None:
    before, after = flight.from_moon[flight.legs[2].rows][-1], flight.from_moon[flight.legs[3].rows][0]
    assert np.linalg.norm(after[3:]) / np.linalg.norm(before[3:]) == pytest.approx(0.9, rel=1e-6)


def test_arrival_is_the_first_perilune(flight: Flight) -> None:
    assert flight.tdb[flight.arrival] == made.LOI_TDB
    assert flight.comes
    assert flight.meeting == "arrival"
    assert flight.journey == slice(flight.arrival + 1)


def test_days_count_from_launch(flight: Flight) -> None:
    assert flight.zero_name == "launch"
    assert flight.days(made.START_TDB) == pytest.approx(2400.0 / 86400.0)


def test_a_trajectory_has_no_events() -> None:
    flight = Flight.of(made.MadeTrajectory())
    assert flight.marks == ()
    assert flight.zero_name == "start"
    assert flight.zero_tdb == made.START_TDB
    assert [leg.thrusting for leg in flight.legs] == [False]


def test_a_flight_away_from_the_moon_meets_it_where_it_is_nearest() -> None:
    flight = Flight.of(made.MadeTrajectory(end_tdb=made.START_TDB + 2.0 * made.DAY_S))
    assert flight.moon_range_km.min() > LUNAR_SPHERE_OF_INFLUENCE_KM
    assert flight.arrival == len(flight.tdb) - 1
    assert flight.meeting == "closest approach"
    assert flight.journey == slice(len(flight.tdb))


def test_a_visit_to_a_low_orbit_arrives_where_it_first_brakes() -> None:
    """The made-up flight, and backwards after it: its path touches its perilune many times between the two ends."""
    back = Event("TEI", made.END_TDB, "", 0.4, 0.0, "main")
    flight = Flight.of(made.plan((*made.EVENTS[:-1], back), made.ThereAndBack()))
    assert flight.visits
    assert not flight.comes
    assert flight.tdb[flight.arrival] == made.LOI_TDB
    assert flight.meeting == "arrival"
    assert flight.journey == slice(len(flight.tdb))


def test_events_may_come_in_any_order_and_burn_to_the_end() -> None:
    last = Event("LOI-3", made.END_TDB - 100.0, "", 0.1, 200.0, "main")
    flight = Flight.of(made.plan((last, *reversed(made.EVENTS))))
    assert [mark.tdb for mark in flight.marks] == sorted(mark.tdb for mark in flight.marks)
    assert flight.legs[-1].thrusting
    assert flight.tdb[flight.legs[-1].rows][-1] == made.END_TDB


def test_a_flight_is_a_flight(flight: Flight) -> None:
    assert Flight.of(flight) is flight


def test_many_steps_are_not_sampled_to_death() -> None:
    class Long(made.MadeTrajectory):
        nodes_tdb = np.linspace(made.START_TDB, made.END_TDB, 5001)

    assert len(Flight.of(Long()).tdb) == 4 * 5000 + 1
