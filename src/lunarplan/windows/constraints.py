"""The constraints of launch windows: every builder returns a `Constraint` with signed margins.

    constraints = [tli_delta_v(3200.0), eclipse_in_coast(5400.0), sun_at_landing(-88.8, 123.4, at_least_deg=1.0)]
    margins = evaluate(constraints, transfers)

Limits are inclusive. A constraint of one's own is a plain function, see `user`. All can be sent to other processes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.rows import scalar
from lunarplan.model.sites import LaunchSite, launch_site
from lunarplan.model.stations import GroundStation, ground_stations
from lunarplan.model.surface import Place
from lunarplan.windows import burns, lighting
from lunarplan.windows.coast_shadow import LongestStay
from lunarplan.windows.constraint import Constraint as Constraint
from lunarplan.windows.constraint import Within
from lunarplan.windows.constraint import evaluate as evaluate
from lunarplan.windows.constraint import user as user
from lunarplan.windows.lighting import splash_down_lighting as splash_down_lighting
from lunarplan.windows.over_site import CrossRange
from lunarplan.windows.phasing import PhaseMiss, passage_epochs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.transfers.to_moon.direct import Transfers

    Floats = NDArray[np.float64]

_SOURCE = "set by the user"
_LONGEST_WAIT_S = 400.0 * SECONDS_PER_DAY


# ---------------------------------------------------------------- burns and times


def tli_delta_v(at_most_m_s: float, *, source: str = _SOURCE) -> Constraint:
    """The injection burn, tangential and impulsive from the circular parking orbit, costs no more than this."""
    limit = scalar("tli_delta_v.at_most_m_s", at_most_m_s, 0.0, 1e5, "m/s")
    return Constraint("TLI delta-v", "m/s", Within(burns.tli_m_s, at_most=limit), 50.0, source)


def loi_delta_v(
    at_most_m_s: float,
    *,
    apolune_altitude_km: float | None = None,
    period_h: float | None = None,
    source: str = _SOURCE,
) -> Constraint:
    """The insertion burn, an impulse along the velocity at perilune, costs no more than this.

    apolune_altitude_km, period_h : of the orbit it leads to; neither for a circle at the transfer's perilune
    """
    where = "loi_delta_v"
    limit = scalar(f"{where}.at_most_m_s", at_most_m_s, 0.0, 1e5, "m/s")
    if apolune_altitude_km is not None and period_h is not None:
        raise InputError("an apolune and a period", where=where, allowed="one of them", remedy="drop one of them")
    if apolune_altitude_km is not None:
        apolune_altitude_km = scalar(f"{where}.apolune_altitude_km", apolune_altitude_km, 0.0, 1e5, "km")
    if period_h is not None:
        period_h = scalar(f"{where}.period_h", period_h, 1.5, 1000.0, "h")
    value = burns.Insertion(apolune_altitude_km, period_h)
    return Constraint("LOI delta-v", "m/s", Within(value, at_most=limit), 50.0, source)


def c3(
    *, at_most_km2_s2: float | None = None, at_least_km2_s2: float | None = None, source: str = _SOURCE
) -> Constraint:
    """The two-body energy at injection lies between limits; either may be left out."""
    low, high = _limits("c3", at_least_km2_s2, at_most_km2_s2, -100.0, 100.0, "km2_s2")
    return Constraint("C3", "km2/s2", Within(burns.c3_km2_s2, low, high), 0.5, source)


def time_of_flight(
    *, at_least_days: float | None = None, at_most_days: float | None = None, source: str = _SOURCE
) -> Constraint:
    """The coast from injection to perilune takes between these times; either may be left out."""
    low, high = _limits("time_of_flight", at_least_days, at_most_days, 0.0, 1000.0, "days")
    return Constraint("time of flight", "days", Within(burns.tof_days, low, high), 0.5, source)


def parking_coast(*, at_most_s: float, at_least_s: float = 0.0, source: str = _SOURCE) -> Constraint:
    """The coast in the parking orbit, from insertion to the injection, takes between these times.

    Evaluating it raises InputError for transfers that were solved without a launch site.
    """
    low, high = _limits("parking_coast", at_least_s, at_most_s, 0.0, 1e7, "s")
    return Constraint("parking coast", "s", Within(burns.coast_s, low, high), 600.0, source)


# ---------------------------------------------------------------- light and sight


def eclipse_in_coast(at_most_s: float, *, fraction: float = 0.5, source: str = _SOURCE) -> Constraint:
    """No single stay in the shadow of the Earth or the Moon between injection and perilune is longer than this.

    Of powered flybys, between injection and insertion.

    fraction : in shadow is where less than this fraction of the Sun's disc is seen: 1 counts the penumbra in, 0 the
               umbra alone

    To a second; 50 microseconds a transfer. The parking orbit before the injection is left out.
    """
    limit = scalar("eclipse_in_coast.at_most_s", at_most_s, 0.0, 1e7, "s")
    share = scalar("eclipse_in_coast.fraction", fraction, 0.0, 1.0)
    return Constraint("eclipse in coast", "s", Within(LongestStay(share), at_most=limit), 1800.0, source)


def sun_at_landing(
    latitude_deg: float,
    longitude_deg: float,
    *,
    wait_s: float = 0.0,
    at_least_deg: float | None = None,
    at_most_deg: float | None = None,
    direction: str | None = None,
    source: str = _SOURCE,
) -> Constraint:
    """The Sun's centre stands between these elevations over a landing site, some time after perilune.

    latitude_deg, longitude_deg : mean-Earth axes; the horizon is that of a sphere
    wait_s    : from perilune to the landing
    direction : "east" for the lunar morning, "west" for the afternoon: the margin then also counts the degrees by
                which the Sun stands on that side of the meridian
    """
    where = "sun_at_landing"
    low, high = _limits(where, at_least_deg, at_most_deg, -90.0, 90.0, "deg", optional=direction is not None)
    place, wait_s = _landing(where, latitude_deg, longitude_deg, wait_s)
    margin: Any = Within(lighting.Elevation("sun", place, wait_s), low, high)
    if direction is not None:
        if direction not in (lighting.EAST, lighting.WEST):
            raise InputError(f"{direction!r}", where=f"{where}.direction", allowed='"east", "west", None')
        margin = _Least((margin, Within(lighting.SideOfSky("sun", place, wait_s, direction), at_least=0.0)))
    return Constraint("Sun at landing", "deg", margin, 5.0, source)


def earth_at_landing(
    latitude_deg: float,
    longitude_deg: float,
    *,
    wait_s: float = 0.0,
    at_least_deg: float = 0.0,
    source: str = _SOURCE,
) -> Constraint:
    """The Earth's centre stands at least this high over a landing site, some time after perilune."""
    low = scalar("earth_at_landing.at_least_deg", at_least_deg, -90.0, 90.0, "deg")
    place, wait_s = _landing("earth_at_landing", latitude_deg, longitude_deg, wait_s)
    return Constraint("Earth at landing", "deg", Within(lighting.Elevation("earth", place, wait_s), low), 5.0, source)


def orbit_over_site(
    latitude_deg: float,
    longitude_deg: float,
    *,
    within_deg: float,
    wait_s: tuple[float, float],
    altitude_km: float = 100.0,
    source: str = _SOURCE,
) -> Constraint:
    """The lunar orbit passes over a landing site, or no farther beside it than this, during a wait after perilune.

    within_deg  : cross-range the lander makes up for, an angle at the Moon's centre; 1 deg is 30 km
    wait_s      : first and last second after perilune
    altitude_km : of the circular orbit in which it waits
    """
    limit = scalar("orbit_over_site.within_deg", within_deg, 0.0, 90.0, "deg")
    place, first = _landing("orbit_over_site", latitude_deg, longitude_deg, wait_s[0])
    last = scalar("orbit_over_site.wait_s[1]", wait_s[1], first, _LONGEST_WAIT_S, "s")
    altitude = scalar("orbit_over_site.altitude_km", altitude_km, 1.0, 20_000.0, "km")
    value = CrossRange(place, (first, last), altitude)
    return Constraint("orbit over the site", "deg", Within(value, at_most=limit), 5.0, source)


def earth_visible_at_loi(*, at_least_deg: float = 0.0, source: str = _SOURCE) -> Constraint:
    """The perilune is not behind the Moon: from there the Earth's centre stands this far beside the lunar limb."""
    low = scalar("earth_visible_at_loi.at_least_deg", at_least_deg, 0.0, 90.0, "deg")
    return Constraint("Earth visible at LOI", "deg", Within(lighting.earth_over_moon, low), 10.0, source)


def station_contact(
    event: str,
    stations: str | GroundStation | Iterable[str | GroundStation],
    *,
    at_least_deg: float = 5.0,
    source: str = _SOURCE,
) -> Constraint:
    """One of the ground stations has the spacecraft at least this high: at injection or at perilune.

    event    : "tli", or "loi", where the Moon must not stand between
    stations : names, networks such as "DSN", or stations of one's own
    """
    if event not in ("tli", "loi"):
        raise InputError(f"{event!r}", where="station_contact.event", allowed='"tli", "loi"')
    least = scalar("station_contact.at_least_deg", at_least_deg, -5.0, 90.0, "deg")
    contact = lighting.Contact(event, ground_stations(stations), least)
    return Constraint(f"station contact at {event.upper()}", "deg", Within(contact, at_least=0.0), 10.0, source)


def launch_daylight(
    site: str | LaunchSite,
    *,
    at_least_deg: float | None = None,
    at_most_deg: float | None = None,
    source: str = _SOURCE,
) -> Constraint:
    """The Sun's centre stands between these elevations over the launch site at lift-off; daylight if none is given.

    Without refraction: sunrise and sunset, of the upper limb as seen, are at -0.83 deg. Evaluating it raises
    InputError for transfers that were solved without a launch site.
    """
    if at_least_deg is None and at_most_deg is None:
        at_least_deg = 0.0
    low, high = _limits("launch_daylight", at_least_deg, at_most_deg, -90.0, 90.0, "deg")
    pad = launch_site(site) if isinstance(site, str) else site
    if not isinstance(pad, LaunchSite):
        raise InputError(f"{site!r:.60}", where="launch_daylight.site", allowed="a name, or a LaunchSite")
    place = GroundStation(pad.name, pad.latitude_deg, pad.longitude_deg)
    return Constraint("daylight at launch", "deg", Within(lighting.SunOverSite(place), low, high), 5.0, source)


# ---------------------------------------------------------------- a station to arrive at


def arrival_phase(
    within_deg: float,
    *,
    passages: Any,
    period_s: float | None = None,
    phase_deg: float = 0.0,
    wait_s: float = 0.0,
    source: str = _SOURCE,
) -> Constraint:
    """A station in orbit is within so many degrees of a phase when the transfer arrives.

    passages  : epoch of one passage of phase zero, with ``period_s``; or of two and more in a row, as
                `events.find` gives them for the station's own trajectory: the phase grows evenly between them
    phase_deg : wanted, 0 to 360; wait_s : from perilune to the arrival at the station

    Evaluating it raises InputError for arrivals before the first or after the last of several passages.
    """
    where = "arrival_phase"
    within = scalar(f"{where}.within_deg", within_deg, 0.0, 180.0, "deg")
    wanted = scalar(f"{where}.phase_deg", phase_deg, -360.0, 360.0, "deg")
    wait = scalar(f"{where}.wait_s", wait_s, 0.0, _LONGEST_WAIT_S, "s")
    if period_s is not None:
        period_s = scalar(f"{where}.period_s", period_s, 60.0, 1e9, "s")
    miss = PhaseMiss(passage_epochs(f"{where}.passages", passages, period_s), period_s, wanted, wait)
    return Constraint("arrival phase", "deg", Within(miss, at_most=within), 30.0, source)


# ---------------------------------------------------------------- shared


@dataclass(frozen=True)
class _Least:
    """The least of several margins in one unit."""

    margins: tuple[Within, ...]

    def __call__(self, transfers: Transfers) -> Floats:
        return np.asarray(np.min([margin(transfers) for margin in self.margins], axis=0))


def _landing(where: str, latitude_deg: float, longitude_deg: float, wait_s: float) -> tuple[Place, float]:
    latitude = scalar(f"{where}.latitude_deg", latitude_deg, -90.0, 90.0, "deg")
    longitude = scalar(f"{where}.longitude_deg", longitude_deg, -360.0, 360.0, "deg")
    wait = scalar(f"{where}.wait_s", wait_s, 0.0, _LONGEST_WAIT_S, "s")
    return Place(latitude, longitude), wait


def _limits(
    where: str,
    at_least: float | None,
    at_most: float | None,
    low: float,
    high: float,
    unit: str,
    *,
    optional: bool = False,
) -> tuple[float, float]:
    """Two limits in order, the ones left out infinite; raises InputError if there is nothing left between them."""
    if at_least is None and at_most is None and not optional:
        raise InputError("no limit is given", where=where, allowed=f"at_least_{unit}, at_most_{unit}, or both")
    least = -math.inf if at_least is None else scalar(f"{where}.at_least_{unit}", at_least, low, high)
    most = math.inf if at_most is None else scalar(f"{where}.at_most_{unit}", at_most, low, high)
    if least > most:
        raise InputError(f"at least {least:g} and at most {most:g}", where=where, remedy="swap the two limits")
    return least, most
