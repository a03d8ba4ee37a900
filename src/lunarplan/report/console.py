"""Plans and missions as tables for a terminal of a hundred columns."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from lunarplan.config.quantities import Quantity
from lunarplan.model.epochs import utc_iso
from lunarplan.plan.budget import Budget, BudgetRow
from lunarplan.plan.compare import Comparison, in_unit
from lunarplan.plan.mission import Mission
from lunarplan.plan.plan import Plan
from lunarplan.plan.solution import VEHICLE
from lunarplan.plan.timeline import Event
from lunarplan.report.tables import clock, elapsed, number, right, table

_DECIMALS = {"km": 1, "km/s": 3, "km2/s2": 3, "m/s": 1, "h": 2, "min": 1, "s": 1, "deg": 2, "kg": 1}
_STATUS_STYLE = {"flown": "green", "planned": "cyan", "cancelled": "red"}


def show_plan(plan: Plan, console: Console) -> None:
    """Print a plan: headline, timeline, budget, published beside computed values and their sources."""
    console.print(_headline(plan))
    console.print(_timeline(plan))
    console.print(_budget(plan.budget))
    if plan.expectations:
        console.print(_comparison(plan.expectations))
        console.print(Padding(_sources(plan.expectations), (0, 1, 1, 1)))


def show_missions(missions: Mapping[str, Mission], console: Console) -> None:
    """Print the missions that come with lunarplan."""
    shown = table("Missions", "name", "mission", "programme", "status", "begins")
    for name, mission in missions.items():
        listed = facts(name, mission)
        status = Text(listed["status"], _STATUS_STYLE.get(listed["status"], ""))
        dates = " to ".join(dict.fromkeys(listed[f"{end}_utc"][:10] for end in ("earliest", "latest")))
        shown.add_row(Text(name, "bold"), Text(mission.name), Text(listed["programme"]), status, dates)
    console.print(shown)


def facts(name: str, mission: Mission) -> dict[str, Any]:
    """Return what a list of missions says of one; where it begins without a launch, there are no launch dates."""
    earliest, latest = mission.begins_tdb
    launched = mission.launch_terms is not None
    # the end of a day is midnight after it
    begins = {"earliest_utc": utc_iso(earliest, 0), "latest_utc": utc_iso(latest - float(launched), 0)}
    return {
        "name": name,
        "mission": mission.name,
        "programme": mission.about.programme,
        "status": mission.about.status,
        **begins,
        **{f"launch_{end}": epoch if launched else None for end, epoch in begins.items()},
        "note": mission.about.note,
        "sources": list(mission.about.sources),
    }


def _headline(plan: Plan) -> RenderableType:
    about = plan.mission.about
    text = Text("\n ")
    text.append(" · ".join(part for part in (about.name, about.programme, about.status) if part), "bold")
    text.append("\n ").append("converged", "green")
    text.append(f", closes to {plan.closure_m:.2g} m against an independent propagation")
    if about.note:
        text.append(f"\n {about.note}", "dim")
    return text


def _timeline(plan: Plan) -> Table:
    shown = table(
        "Timeline",
        Column("UTC", no_wrap=True),
        right("elapsed"),
        Column("event", max_width=19),
        right("delta-v\nm/s"),
        right("burn\ns"),
        right("mass\nkg"),
        "",
    )
    start = plan.timeline[0].epoch_tdb
    for event in plan.timeline:
        shown.add_row(*_event_cells(event, start))
    return shown


def _event_cells(event: Event, start: float) -> tuple[RenderableType, ...]:
    burn = "-" if event.duration_s == 0.0 else number(event.duration_s, 0)
    return (
        clock(event.epoch_tdb),
        elapsed(event.epoch_tdb - start),
        Text(event.name, "bold" if event.engine else ""),
        number(event.delta_v_m_s, 1),
        burn,
        number(event.mass_after_kg, 1),
        Text(event.note, "dim"),
    )


def _budget(budget: Budget) -> Table:
    shown = table("Budget", "", "engine", right("delta-v m/s"), right("propellant kg"), right("mass after kg"))
    groups = {"": [row for row in budget.rows if row.is_launcher]}
    for row in budget.rows:
        if not row.is_launcher:
            groups.setdefault(row.craft, []).append(row)
    for craft, rows in groups.items():
        for row in rows:
            shown.add_row(*_budget_cells(row), style="" if craft else "dim")
        shown.add_section()
    vehicle, used = budget.vehicle_delta_v_km_s * 1e3, budget.propellant_used_kg
    shown.add_row("vehicle, in all", "", number(vehicle, 1), number(used, 1), "", style="bold")
    spare, left = budget.delta_v_left_km_s * 1e3, budget.propellant_left_kg
    shown.add_row("left in the tanks", "", number(spare, 1), number(left, 1), "")
    return shown


def _budget_cells(row: BudgetRow) -> tuple[RenderableType, ...]:
    return (
        Text(row.name if row.craft == VEHICLE else f"{row.craft}: {row.name}"),
        Text(row.engine),
        number(row.delta_v_m_s, 1),
        number(row.propellant_kg, 1),
        number(row.mass_after_kg, 1),
    )


def _comparison(comparisons: tuple[Comparison, ...]) -> Table:
    shown = table(
        "Published beside computed",
        Column("", no_wrap=True),
        *(right(header) for header in ("published", "computed", "off by", "within")),
        *(Column("", no_wrap=True) for _ in ("unit", "verdict", "source")),
    )
    numbers = _source_numbers(comparisons)
    for comparison in comparisons:
        shown.add_row(*_comparison_cells(comparison, numbers))
    return shown


def _comparison_cells(comparison: Comparison, numbers: Mapping[str, int]) -> tuple[RenderableType, ...]:
    expected, what = comparison.expectation, comparison.expectation.what
    published = _value(expected.low, what)
    if expected.high != expected.low:
        published += f" to {_value(expected.high, what)}"
    decimals = _DECIMALS[what.unit]
    return (
        what.label,
        f"~{published}" if expected.kind == "estimate" else published,
        _value(comparison.computed, what),
        f"{in_unit(comparison.difference, what):+.{decimals}f}",
        f"{in_unit(expected.tolerance, what):.{decimals}f}",
        Text(what.unit, "dim"),
        Text("ok", "green") if comparison.ok else Text("MISS", "bold red"),
        f"[{numbers[expected.source]}]",
    )


def _sources(comparisons: tuple[Comparison, ...]) -> Text:
    text = Text("~ marks an estimate; the rest is as published.", "dim")
    for source, mark in _source_numbers(comparisons).items():
        text.append(f"\n[{mark}] {source}", "dim")
    return text


def _source_numbers(comparisons: tuple[Comparison, ...]) -> dict[str, int]:
    sources = dict.fromkeys(comparison.expectation.source for comparison in comparisons)
    return {source: mark for mark, source in enumerate(sources, start=1)}


def _value(value: float, what: Quantity) -> str:
    return clock(value) if what.dimension is None else f"{in_unit(value, what):.{_DECIMALS[what.unit]}f}"
