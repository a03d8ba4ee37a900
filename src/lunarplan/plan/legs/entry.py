"""The last leg of a mission that comes home: entry interface and splashdown, asked for and described."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InfeasibleError
from lunarplan.model import events
from lunarplan.plan.solution import Leg, Milestone
from lunarplan.transfers.ground_range import SplashdownPlace, geodetic_deg, landings
from lunarplan.transfers.home.entry import entries

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.entry import Entry
    from lunarplan.plan.flown import Flown


def splashdown_place(terms: Entry) -> SplashdownPlace | None:
    """Where a mission is to come down; None if it takes what comes."""
    if terms.target is None:
        return None
    latitude, longitude = np.degrees(terms.target).tolist()
    return SplashdownPlace(latitude, longitude, terms.downrange_km)


def with_separation(flown: Flown, terms: Entry) -> Flown:
    """A mission that has come home, with the moment its capsule is let go; who is left behind is not followed.

    Raises InfeasibleError if the way home does not come down through that altitude.
    """
    altitude = terms.separation_altitude_km
    if altitude is None:
        return flown
    passed = events.find(flown.arcs[-1], events.altitude_crossing("earth", altitude, events.FALLING))
    if not len(passed):
        raise InfeasibleError(
            f"the way home does not come down through {altitude:g} km", where="entry.separation",
            remedy="give an altitude between the last burn and the interface",
        )  # fmt: skip
    when, last = float(passed[-1]), flown.legs[-1]
    stone = Milestone("capsule separation", when, f"at {altitude:.0f} km")
    parted = replace(last, milestones=(stone, *last.milestones), values={**last.values, "separation_epoch": when})
    return replace(flown, legs=(*flown.legs[:-1], parted))


def entry_leg(state: NDArray[np.float64], tdb: float, terms: Entry, started_tdb: float) -> Leg:
    """Describe a state at the entry interface, float64[6], Earth-centred ICRF.

    started_tdb : of the mission: lift-off
    """
    met = entries(state[None], np.array([tdb]))
    place = landings(state[None], np.array([tdb]), np.array([terms.downrange_km]))
    latitude, longitude = (float(value[0]) for value in geodetic_deg(place))
    angle, speed = float(met.flight_path_deg[0]), float(met.speed_km_s[0])
    north, east = "NS"[latitude < 0.0], "EW"[longitude < 0.0]
    down = f"down at {abs(latitude):.1f} {north}, {abs(longitude):.1f} {east}"
    return Leg(
        "entry",
        milestones=(Milestone("entry interface", tdb, f"{speed:.3f} km/s, {angle:.2f} deg, {down}"),),
        values={
            "entry_epoch": tdb,
            "entry_speed": speed,
            "entry_flight_path_angle": float(np.radians(angle)),
            "splashdown_latitude": float(np.radians(latitude)),
            "splashdown_longitude": float(np.radians(longitude)),
            "mission_duration": tdb - started_tdb,
        },
    )
