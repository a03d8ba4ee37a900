"""Launch windows as tables for a terminal of a hundred columns, and as files."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.columns import Columns
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from lunarplan.io.files import write_atomic
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.epochs import utc_iso
from lunarplan.report.scanning import CHUNKS

if TYPE_CHECKING:
    import datetime as dt

    from matplotlib.figure import Figure

    from lunarplan.plan.mission import Mission
    from lunarplan.windows.answer import Windows
    from lunarplan.windows.day import Day, Launch

MOST_ROWS = 45  # days that are shown one a line; of more, months are
_DPI = 150
_LONGEST_CALENDAR, _SHORTEST_YEARS = 800, 180  # days that make a legible picture
_INSTANT_S = 0.5
_OPEN, _NO_LETTER = "#", "*"
_SIGNS = {-1: ".", -2: "?", -3: "-"}  # no transfer: Moon out of reach, none found, on another day
_HEADS = (
    ("date", "opens", "best", "closes", "azimuth", "way", "flight", "coast"),
    ("", "UTC", "UTC", "UTC", "deg", "", "days", "min"),
)
_WIDTHS = (-10, -10, -8, -10, 7, -10, 6, 6)  # negative: to the left
_BURN_WIDTHS = {"tli_delta_v": 7, "loi_delta_v": 6, "flyby_delta_v": 6, "insertion_delta_v": 6}
_LONGEST_HEAD = 6
_SUM_WIDTH = 7


def show_windows(windows: Windows, mission: Mission, console: Console) -> None:
    """Print launch windows: the calendar, the runs of open days, and what closes the others."""
    console.print(_headline(windows, mission))
    days = windows.calendar
    for line in _rows(windows) if len(days) <= MOST_ROWS else _months(windows):
        console.print(line, soft_wrap=True)
    if windows.runs:
        console.print(_runs(windows))
    console.print(Padding(_summary(windows), (1, 1, 1, 1)))


def as_json(windows: Windows, mission: Mission) -> dict[str, Any]:
    """Return the calendar and its origin as one object."""
    return {**mission.provenance, **windows.to_dict()}


def write_windows(windows: Windows, mission: Mission, folder: Path, say: Callable[[str], object]) -> Iterator[Path]:
    """Write the dataset, the calendar and the pictures its length makes legible; yields the paths."""
    say("writing the windows")
    yield windows.to_netcdf(folder / "windows.nc")
    _remove_chunks(folder / CHUNKS)
    text = json.dumps(as_json(windows, mission), indent=2, ensure_ascii=False, allow_nan=False)
    yield write_atomic(folder / "windows.json", text + "\n")
    say("drawing the pictures")
    days = len(windows.calendar)
    if days <= _LONGEST_CALENDAR:
        yield _picture(windows.plot_calendar(), folder / "calendar.png")
        if windows.upwards is not None:
            yield _picture(windows.plot_porkchop(), folder / "porkchop.png")
    if days >= _SHORTEST_YEARS:
        yield _picture(windows.plot_years(), folder / "years.png")
        yield _picture(windows.plot_phases(), folder / "phases.png")


def _remove_chunks(folder: Path) -> None:
    """Remove what the scan kept to go on from; what else is there stays."""
    for path in (*folder.glob("chunk-*.bin"), folder / "manifest.json"):
        path.unlink(missing_ok=True)
    with suppress(OSError):  # not empty
        folder.rmdir()


def _picture(figure: Figure, path: Path) -> Path:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=_DPI)
    return write_atomic(path, content.getvalue())


# ---------------------------------------------------------------- the calendar


def _headline(windows: Windows, mission: Mission) -> Text:
    first, last = windows.dates[0], windows.dates[-1]
    text = Text("\n ").append(f"{mission.name} · launch windows from {mission.launch.site.name}", "bold")
    found = sum(day.open for day in windows.calendar)
    verdict, style = (f"{found} of {len(windows.dates)} days open", "green") if found else ("no window", "bold red")
    return text.append(f"\n {first} to {last}, ").append(verdict, style).append("\n")


def _rows(windows: Windows) -> Iterator[Text]:
    burns = windows.burns
    widths = (*_WIDTHS, *(_BURN_WIDTHS[burn] for burn in burns), *((_SUM_WIDTH,) if len(burns) > 1 else ()))
    names = [name[:_LONGEST_HEAD] for name in windows.burn_names] + ["sum"]
    for heads, own in zip(_HEADS, (names, ["m/s"] * len(names)), strict=True):
        yield Text(_aligned((*heads, *own)[: len(widths)], widths), "dim")
    for day in windows.calendar:
        yield _row(day, widths)


def _row(day: Day, widths: tuple[int, ...]) -> Text:
    if day.best is None:
        return Text(f" {day.date} ").append("closed     ", "red").append(f"{day.miss}", "dim")
    best, swept = day.best, day.duration_s > _INSTANT_S
    cells = (
        str(day.date),
        _clock(day.opens_tdb, day.date) if swept else "",
        _clock(best.launch_tdb, day.date),
        _clock(day.closes_tdb, day.date) if swept else "",
        f"{best.azimuth_deg:.1f}",
        best.way,
        f"{best.tof_s / SECONDS_PER_DAY:.2f}",
        f"{best.coast_s / 60.0:.1f}",
        *(f"{cost:.1f}" for cost in best.burns.values()),
        f"{best.delta_v_m_s:.1f}",
    )
    return Text(_aligned(cells[: len(widths)], widths))


def _aligned(cells: tuple[str, ...], widths: tuple[int, ...]) -> str:
    padded = (c.ljust(-width) if width < 0 else c.rjust(width) for c, width in zip(cells, widths, strict=True))
    return " " + " ".join(padded).rstrip()


def _clock(tdb: float, date: dt.date) -> str:
    """The time of day, with +1 or -1 where it is of the day after or before."""
    day, clock = utc_iso(tdb, 0).removesuffix("Z").split("T")
    return clock if day == str(date) else clock + ("+1" if day > str(date) else "-1")


def _months(windows: Windows) -> Iterator[Text]:
    """A line for each month, a sign for each day, and what the signs mean."""
    signs = _signs(windows.reasons)
    codes = dict(zip(windows.dates, windows.over("launch_day")["code"].values.tolist(), strict=True))
    yield Text(f" {'':10}1   5   10   15   20   25   30    open  best         m/s", "dim")
    for month, days in groupby(windows.calendar, key=lambda day: f"{day.date:%Y %b}"):
        yield _month(month, list(days), codes, signs)
    used = [code for code in signs if code in set(codes.values())]
    yield Text("\n ").append("   ".join(f"{signs[code]} {windows.reasons[code]}" for code in used), "dim")


def _month(month: str, days: list[Day], codes: dict[dt.date, int], signs: dict[int, str]) -> Text:
    line = Text(f" {month}  " + " " * (days[0].date.day - 1))
    for day in days:
        line.append(signs[codes[day.date]], "bold green" if day.open else "dim")
    line.append(" " * (31 - days[-1].date.day))
    launches = [(day.best.delta_v_m_s, day.date) for day in days if day.best]
    if launches:
        cost, date = min(launches)
        line.append(f"  {len(launches):4d}  {date}  {cost:.1f}")
    return line


def _signs(reasons: Any) -> dict[int, str]:
    """A sign for each code: of constraints a letter of the name that is not taken yet."""
    signs = {0: _OPEN}
    for code in sorted(code for code in reasons if code > 0):
        free = (letter for letter in reasons[code].upper() if letter.isalpha() and letter not in signs.values())
        signs[code] = next(free, _NO_LETTER)
    return signs | _SIGNS


# ---------------------------------------------------------------- runs and reasons


def _runs(windows: Windows) -> RenderableType:
    told = [f"{first} to {last} ({(last - first).days + 1})" for first, last in windows.runs]
    return Padding(Columns([Text("open runs, days:", "bold"), *told], padding=(0, 3)), (1, 1, 0, 1))


def _summary(windows: Windows) -> Text:
    cells, found = windows.open.size, int(windows.open.sum())
    text = Text(f"{cells} launches tried, {found} open")
    closed = [f"{reason}: {count}" for reason, count in windows.closed_by.items() if count]
    if closed:
        text.append(f"; closed by {', '.join(closed)}")
    if ended := _ended(windows):
        text.append(f"\n{ended}")
    if windows.best:
        text.append(f"\ncheapest: {windows.best.delta_v_m_s:.1f} m/s, {_launch(windows.best)}")
    elif windows.nearest_miss and windows.nearest_miss.miss:
        miss = windows.nearest_miss.miss
        text.append(f"\nnearest miss: {miss}, {_launch(miss.launch) if miss.launch else windows.nearest_miss.date}")
    return text


def _ended(windows: Windows) -> str:
    """Where the daily windows end, and how well that is known; nothing where all of them are instants."""
    swept = [day for day in windows.calendar if day.duration_s > _INSTANT_S]
    edges = [edge for day in swept for edge in (day.opens, day.closes) if edge]
    if not edges:
        return ""
    counted = ", ".join(f"{reason}: {count}" for reason, count in Counter(e.reason for e in edges).most_common())
    blunt = sum(not edge.sharp for edge in edges)
    known = (
        [f"to {windows.dataset.attrs['edge_tolerance_s']:g} s"] if "edge_tolerance_s" in windows.dataset.attrs else []
    )
    known += [f"{blunt} of them to a step of the azimuths"] if blunt else []
    return "; ".join([f"daily windows begin and end by {counted}", *known])


def _launch(launch: Launch) -> str:
    when = utc_iso(launch.launch_tdb, 0).replace("T", " ").removesuffix("Z")
    flight = f"{launch.tof_s / SECONDS_PER_DAY:.2f} days"
    return f"lift-off {when} UTC, azimuth {launch.azimuth_deg:.1f} deg, {launch.way}, {flight}"
