"""What a place is worth by a set of criteria: each value beside its limit, the margin, and what follows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from lunarplan.sites.criterion import Criterion

if TYPE_CHECKING:
    from lunarplan.sites.criteria import Criteria
    from lunarplan.sites.evidence import Evidence

Status = Literal["pass", "fail", "unknown"]
Overall = Literal["feasible", "not feasible", "not decided by this terrain"]

FEASIBLE: Overall = "feasible"
INFEASIBLE: Overall = "not feasible"
UNDECIDED: Overall = "not decided by this terrain"


@dataclass(frozen=True)
class Judgement:
    """One criterion and what was found.

    value, margin : in the criterion's unit; NaN where it is not known
    why           : why it is not known; empty where it is
    """

    criterion: Criterion
    value: float
    why: str = ""

    @property
    def margin(self) -> float:
        return float(self.criterion.margin(self.value))

    @property
    def status(self) -> Status:
        if math.isnan(self.value):
            return "unknown"
        return "pass" if self.margin >= 0.0 else "fail"

    def to_dict(self) -> dict[str, Any]:
        one, known = self.criterion, not math.isnan(self.value)
        return {
            "criterion": one.name,
            "status": self.status,
            "value": self.value if known else None,
            "at_least": one.at_least if math.isfinite(one.at_least) else None,
            "at_most": one.at_most if math.isfinite(one.at_most) else None,
            "margin": self.margin if known else None,
            "unit": one.unit,
            "basis": one.basis,
            "source": one.source,
            "why": self.why,
        }


@dataclass(frozen=True)
class Verdict:
    """The judgements of a place.

    place      : name, coordinates, source and confidence of the place
    title      : of the criteria
    judgements : in the order of the criteria
    provenance : terrain, span, ephemeris and settings it was reached with

    One criterion that fails makes a place not feasible; one that is not known leaves what passes elsewhere undecided.
    """

    place: dict[str, Any]
    title: str
    judgements: tuple[Judgement, ...]
    note: str = ""
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def overall(self) -> Overall:
        found = {judgement.status for judgement in self.judgements}
        if "fail" in found:
            return INFEASIBLE
        return UNDECIDED if "unknown" in found else FEASIBLE

    @property
    def ok(self) -> bool:
        """True if every criterion is known to pass."""
        return self.overall == FEASIBLE

    def __getitem__(self, name: str) -> Judgement:
        """The judgement of a criterion; raises KeyError for one that was not asked."""
        for judgement in self.judgements:
            if judgement.criterion.name == name:
                return judgement
        raise KeyError(name)

    def __iter__(self) -> Iterator[Judgement]:
        return iter(self.judgements)

    def __str__(self) -> str:
        return "\n".join(_lines(self))

    def to_dict(self) -> dict[str, Any]:
        """Everything as one object for JSON; what is not known is null."""
        return {
            "place": self.place,
            "criteria": self.title,
            "note": self.note,
            "overall": self.overall,
            "judgements": [judgement.to_dict() for judgement in self.judgements],
            "provenance": self.provenance,
        }

    def to_xarray(self) -> Any:
        """The judgements as a Dataset over `criterion`."""
        import xarray as xr

        rows = [judgement.to_dict() for judgement in self.judgements]
        numbers = ("value", "at_least", "at_most", "margin")
        texts = ("status", "unit", "basis", "source", "why")
        data = {key: ("criterion", [math.nan if row[key] is None else row[key] for row in rows]) for key in numbers}
        data |= {key: ("criterion", [row[key] for row in rows]) for key in texts}
        names = {"criterion": [row["criterion"] for row in rows]}
        return xr.Dataset(data, names, {"place": self.place["name"], "criteria": self.title, "overall": self.overall})


def judged(criteria: Criteria | Sequence[Criterion], evidence: Evidence) -> tuple[Judgement, ...]:
    """Judge one place by each criterion; raises InputError, naming the criterion, for one that cannot be evaluated."""
    found = [(one, *one.value(evidence)) for one in criteria]
    return tuple(Judgement(one, float(value), why) for one, value, why in found)


def _lines(verdict: Verdict) -> Iterator[str]:
    place = verdict.place
    yield f"{place['name']} ({place['latitude_deg']:.4f}, {place['longitude_deg']:.4f}), {verdict.title}"
    width = max(len(judgement.criterion.name) for judgement in verdict.judgements)
    for judgement in verdict.judgements:
        one = judgement.criterion
        found = judgement.why if judgement.why else f"{judgement.value:.4g} {one.unit}, margin {judgement.margin:+.4g}"
        yield f"  {judgement.status:7} {one.name.ljust(width)}  {one.limit}: {found} ({one.basis})"
    yield f"  {verdict.overall}"
