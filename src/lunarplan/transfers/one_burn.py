"""One burn between a given state and an end of given radius, flight-path angle and inclination.

    state near or far --burn, coast--> perilune of a low orbit, or entry interface of the Earth

or, with a negative time of flight, from the low orbit up to the given state, where the burn makes the two meet. Each
row is shot from both ends and made to meet between them; the conditions at the far end hold at every iteration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.transfers import patched_conic as conic
from lunarplan.transfers.batches import taken
from lunarplan.transfers.ends import end_state
from lunarplan.transfers.targeter import Target, Targeted, Variable, target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.transfers.flight import Flight

    Floats = NDArray[np.float64]

_LATEST_MATCH_S = 57_600.0  # after a burn near the Moon: about the edge of its sphere of influence
_MATCH_FRACTION = 0.4
_FELT_KM = 60_000.0
_BEHIND, _MOVING_KM_S = -0.75, 0.5  # cosine; what is slower is in no low orbit
FREE = (
    *(Variable(f"delta-v {axis}", 1e-2, 0.3) for axis in "xyz"),
    Variable("node", 1e-2, 0.3),
    Variable("argument", 1e-2, 0.3),
    Variable("speed", 1e-2, 0.05),
)
TARGETS = (
    *(Target(f"match {axis}", 1e-6, 1e3) for axis in "xyz"),
    *(Target(f"match v{axis}", 1e-10, 1e-2) for axis in "xyz"),
)


@dataclass(frozen=True)
class OneBurn:
    """A batch of legs, float64[N] each unless said otherwise.

    burn_tdb, burn_states : epoch of the burn, and [N, 6] on the other side of it from the leg, about the Moon
    tof_s       : from the burn to the end; negative if the leg ends with the burn
    radius, flight_path, inclination : at the end, km and rad; to the equator whose ``axes`` [N, 3, 3] are given
    northbound  : which of the two planes of that inclination: by the motion at the burn, +1 or -1
    """

    burn_tdb: Floats
    burn_states: Floats
    tof_s: Floats
    radius: Floats
    flight_path: Floats
    inclination: Floats
    northbound: Floats
    axes: Floats

    def rows(self, rows: NDArray[np.intp]) -> OneBurn:
        """Return the legs of some rows."""
        return taken(self, rows)

    @property
    def end_tdb(self) -> Floats:
        return np.asarray(self.burn_tdb + self.tof_s)

    def end(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """State at the end for the variables of `FREE`, and its partials by node, argument and speed."""
        state, partials = end_state(
            x[:, 3], x[:, 4], x[:, 5], self.inclination[rows],
            radius=self.radius[rows], axes=self.axes[rows], flight_path=self.flight_path[rows],
        )  # fmt: skip
        return state, partials[:, :, :3]


def solve(legs: OneBurn, body: str, flight: Flight) -> Targeted:
    """Solve every leg that ends at a body, over the variables of `FREE`.

    The burn is what is to be added to ``burn_states`` for the leg to pass there: at its end, for a negative time of
    flight, that is the opposite of what the craft does.
    """
    shooting = _Shooting(legs, body, flight)
    seed = home_seed(legs, flight) if body == "earth" else low_orbit_seed(legs, flight)
    return target(shooting.evaluate, seed, FREE, TARGETS)


class _Shooting:
    """The equations of a batch."""

    def __init__(self, legs: OneBurn, body: str, flight: Flight) -> None:
        self.legs, self.body, self.flight = legs, body, flight
        early = np.minimum(_LATEST_MATCH_S, _MATCH_FRACTION * np.abs(legs.tof_s))
        self.match_tdb = legs.burn_tdb + np.copysign(early, legs.tof_s)
        self.shift = flight.moon(self.match_tdb) if body == "earth" else np.zeros((len(early), 6))

    def evaluate(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Mismatch of the two arcs where they meet, with the Jacobian."""
        legs, meet = self.legs, self.match_tdb[rows]
        start = legs.burn_states[rows].copy()
        start[:, 3:] += x[:, :3]
        end, end_partials = legs.end(x, rows)
        near, near_stm = self.flight.arc("moon", start, legs.burn_tdb[rows], meet)
        far, far_stm = self.flight.arc(self.body, end, legs.end_tdb[rows], meet)
        jacobian = np.concatenate([near_stm[:, :, 3:], -(far_stm @ end_partials)], axis=2)
        return near + self.shift[rows] - far, jacobian


def home_seed(legs: OneBurn, flight: Flight) -> Floats:
    """Patched conic: the way home is a way out backwards in time, ending with the excess velocity at the Moon."""
    gm_earth, gm_moon = flight.gm("earth"), flight.gm("moon")
    position = legs.burn_states[:, :3]
    perigee = conic.vacuum_perigee(legs.radius, legs.flight_path)
    distance = np.linalg.norm(position, axis=1)
    near = distance < _FELT_KM
    delay = np.zeros(len(distance))
    for _ in range(3):
        moon = flight.moon(legs.burn_tdb - delay)
        aim = np.where(near[:, None], moon[:, :3], moon[:, :3] + position)
        aim = np.einsum("nij,nj->ni", legs.axes, aim)
        back = conic.departure(aim, perigee, np.pi - legs.inclination, -legs.northbound, legs.tof_s + delay, gm_earth)
        excess = -np.einsum("nji,nj->ni", legs.axes, back.arrival_velocity) - moon[:, 3:]
        speed = np.linalg.norm(excess, axis=1)
        late = conic.focusing_delay(speed, np.minimum(distance, _FELT_KM), _FELT_KM, gm_moon)
        delay = np.where(near, late, 0.0)
    burn = _way_round(legs.burn_states, excess, gm_moon) - legs.burn_states[:, 3:]
    return np.column_stack([burn, *conic.entry(back, perigee, legs.radius, gm_earth)])


def _way_round(states: Floats, excess: Floats, gm: float) -> Floats:
    """Velocities after the burn; from behind the Moon, as seen from where it leads, onwards along the craft's own."""
    position, own = states[:, :3], states[:, 3:]
    r, v, w = (np.linalg.norm(a, axis=1) for a in (position, excess, own))
    straight = conic.velocity_to(position, excess, gm)
    with np.errstate(invalid="ignore", divide="ignore"):
        behind = np.einsum("ni,ni->n", position, excess) < _BEHIND * r * v
        onwards = own * (np.sqrt(v**2 + 2.0 * gm / r) / w)[:, None]
        behind &= (r < _FELT_KM) & (w > _MOVING_KM_S)
    return np.where(behind[:, None], onwards, straight)


def low_orbit_seed(legs: OneBurn, flight: Flight) -> Floats:
    """A conic about the Moon between the given place and its own periapsis; inwards it is flown backwards in time."""
    gm, inwards = flight.gm("moon"), legs.tof_s > 0.0
    place = np.einsum("nij,nj->ni", legs.axes, legs.burn_states[:, :3])
    inclination = np.where(inwards, np.pi - legs.inclination, legs.inclination)
    northbound = np.where(inwards, -legs.northbound, legs.northbound)
    way = conic.departure(place, legs.radius, inclination, northbound, np.abs(legs.tof_s), gm)
    velocity = np.einsum("nji,nj->ni", legs.axes, way.arrival_velocity)
    velocity = np.where(inwards[:, None], -velocity, velocity)
    node = np.where(inwards, way.node + np.pi, way.node)
    argument = np.where(inwards, np.pi - way.argument, way.argument)
    return np.column_stack([velocity - legs.burn_states[:, 3:], node, argument, way.speed])
