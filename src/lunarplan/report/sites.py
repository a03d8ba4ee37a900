"""Verdicts of landing sites and surveys as tables for a terminal of a hundred columns, and as files."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from lunarplan.io.files import write_atomic
from lunarplan.model.epochs import utc_iso
from lunarplan.report.tables import right, table
from lunarplan.sites import catalogue
from lunarplan.sites.criteria import criteria, names
from lunarplan.terrain.nested import Terrain

if TYPE_CHECKING:
    from lunarplan.sites.access import Passes
    from lunarplan.sites.evidence import SiteEvidence
    from lunarplan.sites.survey import Survey
    from lunarplan.sites.verdict import Judgement, Verdict

_DPI = 200
_STYLE = {"pass": "green", "fail": "bold red", "unknown": "yellow"}
_OVERALL = {"feasible": "bold green", "not feasible": "bold red", "not decided by this terrain": "bold yellow"}
_MAP_KM, _MAP_PIXELS = 15.0, 10  # from the site to the edge of its map
_PASSES = 5  # rows shown of an orbit's passes


def show_verdict(verdict: Verdict, over: Passes, console: Console) -> None:
    """Print a verdict: the place, each criterion, what it was judged with, and when an orbit passes over."""
    console.print(_headline(verdict))
    console.print(_judgements(verdict))
    console.print(Padding(_sources([j.criterion for j in verdict], verdict.note), (0, 1, 1, 1)))
    console.print(Padding(_basis(verdict.provenance), (0, 1, 1, 1)))
    console.print(_passes(over))


def show_survey(survey: Survey, console: Console) -> None:
    """Print a survey: how much of a region passes what, and its best sites."""
    console.print(_survey_headline(survey))
    console.print(_shares(survey))
    console.print(Padding(_sources(survey.criteria, survey.criteria.note), (0, 1, 1, 1)))
    console.print(_ranked(survey))
    console.print(Padding(_basis(survey.provenance), (0, 1, 1, 1)))


def show_places(console: Console) -> None:
    """Print the catalogue of places and the sets of criteria."""
    for group, members in groupby(catalogue.entries(), key=lambda entry: entry.group):
        figures = (Column(name, justify="right", width=10) for name in ("latitude", "longitude"))
        texts = (Column(name, width=10) for name in ("", "confidence"))
        places = table(catalogue.title(group), Column("name", width=26), *figures, *texts, "judged by")
        for entry in members:
            places.add_row(
                Text(entry.name, "bold"), f"{entry.latitude_deg:.4f}", f"{entry.longitude_deg:.4f}",
                "region" if entry.is_region else "", entry.confidence, Text(entry.criteria, "dim"),
            )  # fmt: skip
        console.print(places)
    sets = table("Criteria", "name", "", right("published"), right("assumed"))
    for name in names():
        known = criteria(name)
        published = sum(one.basis == "published" for one in known)
        sets.add_row(Text(name, "bold"), known.title, str(published), str(len(known) - published))
    console.print(sets)


def places_json() -> dict[str, Any]:
    """Return the catalogue and the names of the sets of criteria as one object."""
    return {"places": [asdict(entry) for entry in catalogue.entries()], "criteria": list(names())}


def ground(files: Sequence[str]) -> Terrain:
    """Return the terrain of files, the finest first, over what comes with lunarplan; raises as `read_dem`."""
    own = Terrain.packaged()
    if not files:
        return own
    from lunarplan.io.dem import read_dem  # rasterio is an extra

    return Terrain(sorted([*(read_dem(file) for file in files), *own.dems], key=lambda dem: dem.pixel_m))


def site_json(verdict: Verdict, over: Passes) -> dict[str, Any]:
    """Return a verdict and the passes of an orbit as one object."""
    return {**verdict.to_dict(), "access": over.to_dict()}


def write_site(
    content: dict[str, Any], evidence: SiteEvidence, folder: Path, say: Callable[[str], object]
) -> Iterator[Path]:
    """Write the verdict of a site, its horizon, its calendar of light and a map; yields the paths."""
    # Here and not above: who writes no picture does without matplotlib.
    from lunarplan.plot.site_calendar import light_calendar
    from lunarplan.plot.site_horizon import horizon_panorama
    from lunarplan.plot.terrain_map import site_map

    say("writing the verdict")
    yield _json(folder / "verdict.json", content)
    say("drawing the pictures")
    title = content["place"]["name"]
    yield _picture(horizon_panorama(evidence, title=title).figure, folder / "horizon.png")
    yield _picture(light_calendar(evidence, title=title).figure, folder / "calendar.png")
    at = evidence.latitude_deg, evidence.longitude_deg
    half_width_m = max(_MAP_KM * 1000.0, _MAP_PIXELS * evidence.dem.pixel_m)
    about = evidence.setting.terrain.stereographic(*at, half_width_m, max(evidence.dem.pixel_m, half_width_m / 400.0))
    yield _picture(site_map(about, *at, title).figure, folder / "map.png")


def write_survey(survey: Survey, folder: Path, say: Callable[[str], object]) -> Iterator[Path]:
    """Write the dataset, the ranked list and the maps of a survey; yields the paths."""
    say("writing the survey")
    yield survey.to_netcdf(folder / "survey.nc")
    yield _json(folder / "survey.json", survey.to_dict())
    say("drawing the pictures")
    yield _picture(survey.plot(), folder / "survey.png")
    yield _picture(survey.plot_margins(), folder / "margins.png")


def _json(path: Path, content: dict[str, Any]) -> Path:
    return write_atomic(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _picture(figure: Any, path: Path) -> Path:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=_DPI)
    return write_atomic(path, content.getvalue())


# ---------------------------------------------------------------- a site


def _headline(verdict: Verdict) -> Text:
    place = verdict.place
    text = Text("\n ").append(f"{place['name']} · {verdict.title}", "bold")
    text.append(f"\n {_where(place['latitude_deg'], place['longitude_deg'])}, ").append(
        verdict.overall, _OVERALL[verdict.overall]
    )
    for more in (place["note"], f"{place['source']} ({place['confidence']})" if place["confidence"] else ""):
        if more:
            text.append(f"\n {more}", "dim")
    return text


def _judgements(verdict: Verdict) -> Table:
    found = table(
        "Criteria", Column("", no_wrap=True), "criterion", right("value"), right("limit"), right("margin"),
        Column("", no_wrap=True), Column("basis", no_wrap=True), "",
    )  # fmt: skip
    for number, judgement in enumerate(verdict, start=1):
        found.add_row(*_cells(judgement, number))
    return found


def _cells(judgement: Judgement, number: int) -> tuple[Any, ...]:
    one, known = judgement.criterion, judgement.status != "unknown"
    return (
        Text(judgement.status, _STYLE[judgement.status]),
        Text(one.name) if known else Text(f"{one.name}\n").append(judgement.why, "dim"),
        _figure(judgement.value),
        limits(one),
        f"{judgement.margin:+.4g}" if known else "",
        Text(one.unit, "dim"),
        one.basis,
        f"[{number}]",
    )


def limits(one: Any) -> str:
    """The limits of a criterion, short: "<= 8"."""
    signs = ((">= ", one.at_least), ("<= ", one.at_most))
    return ", ".join(f"{sign}{bound:g}" for sign, bound in signs if math.isfinite(bound))


def _sources(criteria: Iterable[Any], note: str) -> Text:
    text = Text(note, "dim")
    for number, one in enumerate(criteria, start=1):
        text.append(f"{chr(10) if text.plain else ''}[{number}] {one.source}", "dim")
    return text


def _basis(provenance: dict[str, Any]) -> Text:
    caution = f"\n{provenance['caution']}" if provenance["caution"] else ""
    return Text(
        f"{provenance['start_utc']} to {provenance['end_utc']} every {provenance['step_h']:g} h; "
        f"terrain {provenance['terrain']}, pixels of {provenance['pixel_m']:g} m; "
        f"seen from {provenance['observer_height_m']:g} m over the ground{caution}",
        "dim",
    )


def _passes(over: Passes) -> Table:
    orbit = over.orbit
    title = f"Orbit of {orbit.altitude_km:g} km, {orbit.inclination_deg:g} deg: passes over the site"
    found = table(title, "UTC", right("cross-range deg"), right("plane change m/s"), right("Sun deg"), right("azimuth"))
    for k, epoch in enumerate(over.epochs_tdb[:_PASSES]):
        found.add_row(
            utc_iso(float(epoch), 0).replace("T", " ").removesuffix("Z"), f"{over.cross_range_deg[k]:.2f}",
            f"{over.plane_change_m_s[k]:.0f}", f"{over.sun_elevation_deg[k]:+.1f}", f"{over.sun_azimuth_deg[k]:.0f}",
        )  # fmt: skip
    more = max(0, len(over.epochs_tdb) - _PASSES)
    found.caption = (
        f"{f'and {more} more; ' if more else ''}longest wait {over.longest_wait_days:.1f} days, "
        f"{over.worst_plane_change_m_s:.0f} m/s to land at any time; "
        f"node over {orbit.node_deg:g} deg E at the start, an assumption"
    )
    found.caption_justify = "left"
    return found


# ---------------------------------------------------------------- a survey


def _survey_headline(survey: Survey) -> Text:
    text = Text("\n ").append(f"{survey.region.name} · {survey.criteria.title}", "bold")
    counts = survey.counts
    text.append(f"\n {sum(counts.values())} pixels of {survey.pixel_m:g} m: ")
    for k, (overall, count) in enumerate(counts.items()):
        text.append(", " if k else "").append(f"{count} {overall}", _OVERALL[overall] if count else "dim")
    if survey.region.note:
        text.append(f"\n {survey.region.note}", "dim")
    return text


def _shares(survey: Survey) -> Table:
    found = table(
        "Criteria", "criterion", right("limit"), Column("", no_wrap=True), right("pass %"), right("best"),
        right("median"), Column("basis", no_wrap=True), "",
    )  # fmt: skip
    for number, row in enumerate(survey.shares(), start=1):
        one = row["criterion"]
        name = Text(one.name) if not row["why"] else Text(f"{one.name}\n").append(row["why"], "dim")
        passing = "" if row["why"] else f"{row['percent']:.1f}"
        found.add_row(
            name, limits(one), Text(one.unit, "dim"), passing, _figure(row["best"]), _figure(row["median"]),
            one.basis, f"[{number}]",
        )  # fmt: skip
    return found


def _ranked(survey: Survey) -> Table:
    found = table(
        f"Best sites, {survey.apart_km:g} km apart", right(""), "", right("latitude"), right("longitude"),
        right("height m"), right("overall"), *(right(f"[{k}] {one.unit}") for k, one in enumerate(survey.criteria, 1)),
    )  # fmt: skip
    for spot in survey.best:
        found.add_row(
            str(spot.rank), Text(_SHORT[spot.status], _STYLE[_SHORT[spot.status]]), f"{spot.latitude_deg:.4f}",
            f"{spot.longitude_deg:.4f}", f"{spot.height_m:.0f}", f"{spot.overall:+.2f}",
            *(_figure(value) for value in spot.values),
        )  # fmt: skip
    return found


_SHORT = {"feasible": "pass", "not feasible": "fail", "not decided by this terrain": "unknown"}


def _where(latitude_deg: float, longitude_deg: float) -> str:
    north, east = "S" if latitude_deg < 0.0 else "N", "W" if longitude_deg < 0.0 else "E"
    return f"{abs(latitude_deg):.4f} {north}, {abs(longitude_deg):.4f} {east}"


def _figure(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.4g}"
