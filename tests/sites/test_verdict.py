"""Verdicts: what fails fails, what is not known is never passed, and all is told."""

import json
from typing import Any

import pytest

from lunarplan.sites.criteria import Criteria
from lunarplan.sites.criterion import Unknown, criterion
from lunarplan.sites.verdict import FEASIBLE, INFEASIBLE, UNDECIDED, Verdict, judged

PLACE = {"name": "here", "latitude_deg": -88.0, "longitude_deg": 1.0, "source": "", "confidence": "", "note": ""}


class Made:
    shape: tuple[int, ...] = ()


def _verdict(*values: Any) -> Verdict:
    """A verdict on values that have to be at least 10."""
    asked = [criterion(f"c{k}", lambda _, v=v: v, unit="m", at_least=10.0) for k, v in enumerate(values)]
    return Verdict(PLACE, "made", judged(Criteria("made", tuple(asked)), Made()))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "overall"),
    [
        ((10.0, 11.0), FEASIBLE),
        ((10.0, 9.999), INFEASIBLE),
        ((10.0, Unknown("dark")), UNDECIDED),
        ((9.0, Unknown("dark")), INFEASIBLE),
        ((Unknown("dark"), Unknown("dark")), UNDECIDED),
    ],
)
def test_overall(values: Any, overall: str) -> None:
    verdict = _verdict(*values)
    assert verdict.overall == overall
    assert verdict.ok == (overall == FEASIBLE)


def test_margins_and_words() -> None:
    verdict = _verdict(12.5, 4.0, Unknown("nobody looked"))
    assert [j.status for j in verdict] == ["pass", "fail", "unknown"]
    assert [verdict[name].margin for name in ("c0", "c1")] == [2.5, -6.0]
    text = str(verdict)
    assert "nobody looked" in text
    assert "margin +2.5" in text
    assert "margin -6" in text
    assert text.splitlines()[-1].strip() == INFEASIBLE
    with pytest.raises(KeyError):
        verdict["c9"]


def test_json_holds_everything_and_nothing_that_is_no_number() -> None:
    told = json.loads(json.dumps(_verdict(12.5, Unknown("nobody looked")).to_dict(), allow_nan=False))
    assert told["overall"] == UNDECIDED
    first, second = told["judgements"]
    assert (first["value"], first["margin"], first["at_least"], first["at_most"]) == (12.5, 2.5, 10.0, None)
    assert (second["value"], second["margin"], second["why"]) == (None, None, "nobody looked")


def test_xarray() -> None:
    data = _verdict(12.5, Unknown("nobody looked")).to_xarray()
    assert data["margin"].sel(criterion="c0") == 2.5
    assert data["margin"].isnull().values.tolist() == [False, True]
    assert data["status"].values.tolist() == ["pass", "unknown"]
    assert data.attrs["overall"] == UNDECIDED
