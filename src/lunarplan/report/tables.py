"""Tables for a terminal, and how their cells are written."""

from rich import box
from rich.table import Column, Table

from lunarplan.model.epochs import utc_iso


def table(title: str, *columns: Column | str) -> Table:
    """A table with a title and a line under its header."""
    return Table(
        *columns,
        title=f" {title}",
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )


def right(header: str) -> Column:
    """A column of numbers."""
    return Column(header, justify="right", no_wrap=True)


def clock(tdb: float) -> str:
    """UTC to the second."""
    return utc_iso(tdb, 0).replace("T", " ").removesuffix("Z")


def elapsed(seconds: float) -> str:
    """Days, hours and minutes."""
    minutes = round(seconds / 60.0)
    return f"{minutes // 1440}d {minutes // 60 % 24:02d}:{minutes % 60:02d}"


def number(value: float | None, decimals: int) -> str:
    """Nothing for what there is none of."""
    return "" if value is None else f"{value:.{decimals}f}"
