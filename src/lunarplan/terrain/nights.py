"""Days and nights of places: when any part of the Sun is over the horizon, to a second.

dark = nights(profiles, "2027-01-01", "2028-01-01")
dark.longest_s / 3600.0, dark.at(0).dataset().to_dataframe()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lunarplan.model.rows import scalar
from lunarplan.terrain.intervals import Intervals, find
from lunarplan.terrain.sight import Watch, profiles_of
from lunarplan.terrain.targets import target
from lunarplan.terrain.times import span

if TYPE_CHECKING:
    from lunarplan.model.ephemeris import Ephemeris
    from lunarplan.model.surface import Place
    from lunarplan.terrain.dem import Dem
    from lunarplan.terrain.nested import Terrain
    from lunarplan.terrain.profile import HorizonProfiles

STEP_MIN = 10.0  # the Sun goes 0.08 deg, a third of its radius


def days(
    ground: HorizonProfiles | Terrain | Dem,
    start: Any,
    end: Any,
    *,
    part: str = "any",
    step_min: float = STEP_MIN,
    places: Place | None = None,
    ephemeris: Ephemeris | None = None,
) -> Intervals:
    """Return when the Sun is over the horizon of places.

    ground   : horizons of `horizon_at`, or a terrain with ``places``
    part     : "any" part of its disc, its "center", or the "whole" of it
    step_min : between samples; rises and sets are refined to a second. See `intervals.find` on what is overlooked

    Raises InputError for a span without length or outside the ephemeris, and for horizons that are not finite.
    """
    watch = Watch(profiles_of(ground, places), target("sun", ephemeris=ephemeris), part)
    step_s = 60.0 * scalar("step_min", step_min, 1e-3, 1e5, "min")
    return find("light", watch, *span(start, end), step_s)


def nights(
    ground: HorizonProfiles | Terrain | Dem,
    start: Any,
    end: Any,
    *,
    part: str = "any",
    step_min: float = STEP_MIN,
    places: Place | None = None,
    ephemeris: Ephemeris | None = None,
) -> Intervals:
    """Return when it is dark: the time between the `days`, of the same arguments."""
    return days(ground, start, end, part=part, step_min=step_min, places=places, ephemeris=ephemeris).gaps("night")
