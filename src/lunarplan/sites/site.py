"""A place to land: where it is, and what it is worth by a set of criteria."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from lunarplan.errors import InputError
from lunarplan.model.surface import Place
from lunarplan.sites import catalogue
from lunarplan.sites.access import LowOrbit, Passes, passes
from lunarplan.sites.criteria import Given, criteria
from lunarplan.sites.evidence import SiteEvidence
from lunarplan.sites.region import coordinates
from lunarplan.sites.setting import Say, Setting
from lunarplan.sites.span import span_tdb
from lunarplan.sites.verdict import Verdict, judged
from lunarplan.terrain.projection import checked_coordinates
from lunarplan.transfers.stations.sortie import Lander, Sorties, sorties

if TYPE_CHECKING:
    from lunarplan.model.ephemeris import Ephemeris
    from lunarplan.terrain.nested import Terrain
    from lunarplan.transfers.path import Path


@dataclass(frozen=True)
class Site:
    """A place on the Moon.

    latitude_deg, longitude_deg : planetocentric, mean-Earth axes, east positive
    confidence : "surveyed" (to some 10 m), "published" or "estimate"; empty for one's own

    Raises InputError for coordinates out of range.
    """

    name: str
    latitude_deg: float
    longitude_deg: float
    source: str = "given by the user"
    confidence: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        checked_coordinates(self.latitude_deg, self.longitude_deg, where="site")

    def evidence(
        self, start: Any, end: Any, setting: Setting | None = None, progress: Say | None = None
    ) -> SiteEvidence:
        """What is known of the place over a span: horizon, light, links, ground; worked out when first asked for.

        start, end : dates or epochs; a plain date as `end` stands for all of its day
        """
        setting = setting or Setting()
        first, last = span_tdb(start, end, setting.ephemeris)
        return SiteEvidence(self.latitude_deg, self.longitude_deg, first, last, setting, progress)

    def feasibility(
        self,
        given: Given,
        start: Any,
        end: Any,
        setting: Setting | None = None,
        progress: Say | None = None,
    ) -> Verdict:
        """Judge the place by criteria over a span of days.

        given   : a name such as "luna-27", the path of a TOML file, or a list of `Criterion`
        setting : terrain, time step, height of observer and arrays; default the packaged terrain and an hour

        A criterion the terrain is too coarse for, or knows nothing of, is "unknown" and never passes. Raises
        InputError for criteria, dates and places that cannot be used.
        """
        return self.judged(given, self.evidence(start, end, setting, progress))

    def judged(self, given: Given, evidence: SiteEvidence) -> Verdict:
        """Judge the place by what is known of it already, see `feasibility`."""
        asked = criteria(given)
        return Verdict(self.to_dict(), asked.title, judged(asked, evidence), asked.note, evidence.provenance)

    def passes(self, start: Any, end: Any, orbit: LowOrbit | None = None, ephemeris: Ephemeris | None = None) -> Passes:
        """When the plane of a low orbit passes over the place, see `lunarplan.sites.access`."""
        first, last = span_tdb(start, end, ephemeris)
        return passes(self.latitude_deg, self.longitude_deg, first, last, orbit, ephemeris)

    def sorties(
        self, station: Path, days: Any, lander: Lander, *, terrain: Terrain | None = None, **options: Any
    ) -> Sorties:
        """How the place is reached from a station and left again, for each of N days: `transfers.stations.sortie`.

        The ascents and the ways up are the return opportunities, one for each day a lander came down.
        """
        height_m = (terrain or Setting().terrain).height_m(self.latitude_deg, self.longitude_deg)
        place = Place(self.latitude_deg, self.longitude_deg, 1e-3 * float(height_m))
        return sorties(station, days, place, lander, **options)

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "latitude_deg": float(self.latitude_deg),
            "longitude_deg": float(self.longitude_deg),
            "source": self.source,
            "confidence": self.confidence,
            "note": self.note,
        }


@overload
def site(place: str | Site, /) -> Site: ...
@overload
def site(latitude_deg: float, longitude_deg: float, /) -> Site: ...
def site(place: Any, longitude_deg: Any = None, /) -> Site:
    """Return a place: a name of the catalogue, "LAT,LON", latitude and longitude in degrees, or a site as it is.

    Of a region it is the middle. Raises InputError for a name there is not, with the closest ones, and for coordinates
    that cannot be used.
    """
    if isinstance(place, Site) and longitude_deg is None:
        return place
    if isinstance(place, str) and longitude_deg is None:
        numbers = coordinates(place, 2)
        return _listed(place) if numbers is None else _here(*numbers)
    if longitude_deg is None or isinstance(place, str):
        allowed = 'a name, "LAT,LON", or latitude and longitude in degrees'
        raise InputError(f"{place!r:.60}", where="site", allowed=allowed)
    latitude, longitude = checked_coordinates(place, longitude_deg, where="site")
    if latitude.shape or longitude.shape:
        raise InputError("more than one place", where="site", remedy="call it for each, or use `survey`")
    return _here(float(latitude), float(longitude))


def _here(latitude_deg: float, longitude_deg: float) -> Site:
    return Site(f"{latitude_deg:g}, {longitude_deg:g}", latitude_deg, longitude_deg)


def _listed(name: str) -> Site:
    entry = catalogue.find(name)
    note = "; ".join(part for part in ("middle of the region" if entry.is_region else "", entry.note) if part)
    return Site(entry.name, entry.latitude_deg, entry.longitude_deg, entry.source, entry.confidence, note)
