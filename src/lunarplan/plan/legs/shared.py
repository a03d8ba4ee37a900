"""Parts that the legs of several phases share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model import events
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.frames import rotation
from lunarplan.orbits.eclipses import eclipses
from lunarplan.plan.solution import Leg, Milestone, OrbitReached

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel
    from lunarplan.model.trajectory import Arc, Trajectory

    Floats = NDArray[np.float64]

_LONG_ECLIPSE_S = 3600.0


def orbit_reached(state: Floats, tdb: float, forces: ForceModel) -> OrbitReached:
    """The osculating orbit of a state about the Moon, its inclination to the equator of date."""
    r, v, gm = state[:3], state[3:], forces.gm("moon")
    h = np.cross(r, v)
    size = float(np.linalg.norm(np.cross(v, h) / gm - r / np.linalg.norm(r)))
    a = float(1.0 / (2.0 / np.linalg.norm(r) - v @ v / gm))
    pole = rotation("moon_me", tdb, forces.source).reshape(3, 3)[2]
    tilt = float(np.arccos(np.clip(pole @ h / np.linalg.norm(h), -1.0, 1.0)))
    moon = RADIUS_KM["moon"]
    return OrbitReached(tdb, a * (1.0 - size) - moon, a * (1.0 + size) - moon, tilt)


def launch_leg(launch_tdb: float, parking_tdb: float, inclination_rad: float) -> Leg:
    """Lift-off and the parking orbit."""
    note = f"inclination {math.degrees(inclination_rad):.2f} deg"
    return Leg(
        "launch",
        milestones=(Milestone("launch", launch_tdb), Milestone("parking orbit", parking_tdb, note)),
        values={"launch_epoch": launch_tdb, "parking_epoch": parking_tdb, "parking_inclination": inclination_rad},
    )


def c3_note(c3_km2_s2: float) -> str:
    """What the timeline says of an injection."""
    return f"C3 {c3_km2_s2:.3f} km2/s2"


def v_infinity_km_s(state: Floats, gm_km3_s2: float) -> float:
    """Speed far from a body of a state about it that escapes."""
    return float(np.sqrt(state[3:] @ state[3:] - 2.0 * gm_km3_s2 / np.linalg.norm(state[:3])))


def soi_entry(coast: Arc) -> tuple[Milestone, ...]:
    """The first entry into the Moon's sphere of influence, if there is one."""
    found = events.find(coast, events.sphere_of_influence(events.FALLING))
    return tuple(Milestone("lunar SOI entry", float(tdb)) for tdb in found[:1])


def long_eclipses(path: Trajectory) -> tuple[Milestone, ...]:
    """Eclipses longer than an hour, in the order of time."""
    found = []
    for body in ("earth", "moon"):
        dark = eclipses(path, body)
        for start, span, umbra in zip(dark.start_tdb, dark.duration_s, dark.umbra_s, strict=True):
            if span > _LONG_ECLIPSE_S:
                note = f"{span / 60.0:.0f} min, {umbra / 60.0:.0f} of them without any Sun"
                found.append(Milestone(f"eclipse by the {body.capitalize()}", float(start), note))
    return tuple(sorted(found, key=lambda stone: stone.epoch_tdb))
