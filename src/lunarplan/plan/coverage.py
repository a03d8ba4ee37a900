"""Whether the ephemeris covers a mission."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lunarplan.errors import InputError
from lunarplan.model.epochs import utc_iso

if TYPE_CHECKING:
    from lunarplan.model.ephemeris import Ephemeris


def check_covered(start: float, end: float, known: Ephemeris, where: str, *, margin_s: float = 0.0) -> None:
    """Raise InputError unless all of a mission, from the first epoch to the last it may see, lies in an ephemeris.

    margin_s : beyond its start, for solvers that look about
    """
    first = max(known.start_tdb, known.orientation.start_tdb) + margin_s
    last = min(known.end_tdb, known.orientation.end_tdb)
    if start < first or end > last:
        raise InputError(
            f"the mission may take from {utc_iso(start, 0)} to {utc_iso(end, 0)}, beyond {known.name}",
            where=where,
            allowed=f"{utc_iso(first, 0)} to {utc_iso(last, 0)}",
            remedy="change the dates, or give plan() in Python an Ephemeris.from_files(spk, orientation) of them",
        )
