"""Low circular orbits over a place of the Moon, and flights with kept steering by an integrator of scipy's."""

import numpy as np
from scipy.integrate import solve_ivp

from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.frames import rotation
from lunarplan.model.propagation import accelerations


def over(place, tdb, altitude_km, inclination_deg, forces, *, northbound=True, left_km=0.0):
    """State[6], ICRF, of a circular orbit above a place at an epoch, or so far to its right."""
    axes = place.axes
    sine = np.cos(np.radians(inclination_deg)) / np.hypot(*axes.up[:2])
    cosine = np.sqrt(1.0 - sine**2) * (1.0 if northbound else -1.0)
    heading = sine * axes.east + cosine * axes.north
    normal, radius = np.cross(axes.up, heading), RADIUS_KM["moon"] + altitude_km
    angle = left_km / RADIUS_KM["moon"]
    up = np.cos(angle) * axes.up - np.sin(angle) * normal
    turn = rotation("moon_me", np.array([tdb]), forces.source)[0]
    return np.concatenate([radius * up @ turn, np.sqrt(forces.gm("moon") / radius) * heading @ turn])


def flown_again(state, begin_tdb, phases, row, forces):
    """Where the phases of a powered flight lead, by scipy's DOP853 in the full field."""

    def rate(t, y, phase):
        pull = accelerations(y, t, forces, "moon")[0]
        return np.concatenate([y[3:], pull + phase.thrust_per_mass((t - begin_tdb) / duration)[0]])

    for phase in (p.rows(np.array([row])) for p in phases):
        duration = phase.duration_s[0]
        state = state + np.concatenate([np.zeros(3), phase.jump[0]])
        span = begin_tdb, begin_tdb + duration
        state = solve_ivp(rate, span, state, "DOP853", args=(phase,), rtol=1e-11, atol=1e-10, max_step=20.0).y[:, -1]
        begin_tdb += duration
    return state, begin_tdb


def coasted(state, begin_tdb, end_tdb, forces):
    """Without thrust."""

    def rate(t, y):
        return np.concatenate([y[3:], accelerations(y, t, forces, "moon")[0]])

    return solve_ivp(rate, (begin_tdb, end_tdb), state, "DOP853", rtol=1e-12, atol=1e-11).y[:, -1]
