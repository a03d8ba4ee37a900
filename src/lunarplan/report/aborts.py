"""Aborts as a table for a terminal, as JSON and as a picture."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.text import Text

from lunarplan.io.files import write_atomic
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.epochs import utc_iso
from lunarplan.report.tables import clock, elapsed, number, right, table

if TYPE_CHECKING:
    from rich.console import Console

    from lunarplan.plan.plan import Plan
    from lunarplan.transfers.aborts.aborts import Aborts
    from lunarplan.transfers.aborts.search import Way

_NUMBERS = (
    "delta_v_m_s", "duration_s", "wait_s", "speed_km_s", "latitude_deg", "longitude_deg", "inclination_deg",
    "closure_km",
)  # fmt: skip
_VECTORS = ("burn_km_s", "arrival_burn_km_s")


def show_aborts(found: Aborts, plan: Plan, to: str | None, console: Console) -> None:
    """Print the fastest and the cheapest way from every moment."""
    goal = to or "home"
    shown = table(
        f"{plan.mission.name}: ways {'to ' if to else ''}{goal}", "UTC", right("elapsed"),
        right("fastest\ndays"), right("delta-v\nm/s"), right("cheapest\ndays"), right("delta-v\nm/s"),
        right("closes to\nm"),
    )  # fmt: skip
    start = plan.timeline[0].epoch_tdb
    for row, tdb in enumerate(found.epochs_tdb):
        ways = [cell for way in (found.fastest, found.cheapest) for cell in _cells(way, row)]
        miss = np.nanmax([way.closure_km[row] for way in (found.fastest, found.cheapest)] + [0.0])
        closes = f"{1e3 * miss:.2g}" if found.ok[row] or found.fastest.ok[row] else ""
        shown.add_row(clock(float(tdb)), elapsed(float(tdb) - start), *ways, Text(closes, "dim"))
    console.print(shown)
    console.print(f" a way from {int(found.ok.sum())} of {len(found.ok)} moments", style="dim")


def _cells(way: Way, row: int) -> tuple[str, str]:
    if not way.ok[row]:
        return "none", ""
    return number(way.duration_s[row] / SECONDS_PER_DAY, 2), number(way.delta_v_m_s[row], 1)


def aborts_json(found: Aborts, plan: Plan, to: str | None) -> dict[str, Any]:
    """Return the table as JSON has it; null where there is no way."""
    rows = []
    for row, tdb in enumerate(found.epochs_tdb):
        ways = {name: _way(getattr(found, name), row) for name in ("fastest", "cheapest")}
        counts = {"tried": int(found.tried[row]), "converged": int(found.converged[row])}
        rows.append({"epoch_utc": utc_iso(float(tdb)), **ways, **counts})
    return {"mission": plan.mission.name, "to": to or "earth", "moments": rows, "provenance": plan.provenance}


def _way(way: Way, row: int) -> dict[str, Any] | None:
    if not way.ok[row]:
        return None
    numbers = {name: _number(getattr(way, name)[row]) for name in _NUMBERS}
    return numbers | {name: [float(x) for x in getattr(way, name)[row]] for name in _VECTORS}


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def write_aborts(found: Aborts, plan: Plan, folder: Path) -> Iterator[Path]:
    """Write the picture of the table, and yield its path."""
    from lunarplan.plot import aborts

    picture = io.BytesIO()
    upper, _ = aborts(found, plan=plan)
    figure = upper.get_figure(root=True)
    assert figure is not None  # it was drawn on one of its own
    figure.savefig(picture, format="png", dpi=200)
    yield write_atomic(folder / "aborts.png", picture.getvalue())
