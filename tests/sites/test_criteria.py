"""Criteria: files with strict keys, values with units, and nothing passed off as published."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.sites.criteria import Criteria, criteria, from_table, names
from lunarplan.sites.criterion import AtLeast, AtMost, Criterion, Unknown, criterion
from lunarplan.sites.quantities import QUANTITIES

GOOD = {"quantity": "illumination", "at_least": "40 %", "basis": "assumption", "source": "a guess"}


class Made:
    """Evidence with nothing in it."""

    shape: tuple[int, ...] = ()


def _set(**changes: Any) -> dict[str, Any]:
    return {"title": "made", "criterion": [{**GOOD, **changes}]}


@pytest.mark.parametrize("name", names())
def test_sets_that_come_along(name: str) -> None:
    found = criteria(name)
    assert len(found) >= 3
    for one in found:
        assert one.source
        if one.basis == "published":  # says who and when
            assert any(mark in one.source for mark in ("2018", "2022", "2024"))


def test_what_is_published_and_what_is_not() -> None:
    published = {name: sum(one.basis == "published" for one in criteria(name)) for name in names()}
    assert published == {
        "nasa-human-landing": 1, "luna-27": 3, "luna-25": 2, "change-7": 0, "change-8": 0, "clps": 0,
    }  # fmt: skip


def test_figures_of_luna_27_are_those_published() -> None:
    slope, light, earth = criteria("luna-27")
    assert (slope.at_most, slope.unit, light.at_least, earth.at_least) == (pytest.approx(10.0), "deg", 35.0, 50.0)


def test_names_are_found_however_they_are_written() -> None:
    assert criteria("Luna 27").title == criteria("luna_27").title == "Luna-27"
    assert criteria("chang'e-7") == criteria("change-7") or criteria("chang'e-7").title == criteria("change-7").title


def test_limits_come_in_any_unit() -> None:
    table = _set(quantity="longest_light", at_least="156 h")
    assert from_table(table).criteria[0].at_least == pytest.approx(6.5)
    table = _set(quantity="slope", at_least=None, at_most="0.1 rad", baseline="0.05 km")
    del table["criterion"][0]["at_least"]
    one = from_table(table).criteria[0]
    assert one.at_most == pytest.approx(np.degrees(0.1))
    assert one.options == {"baseline_m": pytest.approx(50.0)}


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({}, "title: required key is missing"),
        ({"title": "x"}, "criterion: required key is missing"),
        ({"title": "x", "criterion": []}, r"criterion: \[\] is too short \(allowed: at least 1 item\)|too short"),
        ({"title": "x", "criteria": []}, 'criteria: unknown key "criteria".*did you mean "criterion"'),
        (_set(at_leest="3 %"), 'at_leest: unknown key.*did you mean "at_least"'),
        (_set(quantity="ilumination"), 'unknown quantity "ilumination".*did you mean "illumination"'),
        (_set(at_least="40"), "has no unit"),
        (_set(at_least=40), "has no unit"),
        (_set(at_least="40 deg"), "is not a share"),
        (_set(at_least="nan %"), "is not a number with a unit"),
        (_set(at_least="140 %"), r"at_least: .140 %. is too large \(allowed: 0 % to 100 %\)"),
        (_set(at_least="-1 %"), "too small"),
        (_set(at_most="30 %"), "at_least is above at_most"),
        (_set(basis="rumour"), 'basis: unknown value "rumour"'),
        (_set(source=""), "source: .* is too short"),
        (_set(baseline="20 m"), "baseline: means nothing to illumination"),
        (_set(quantity="slope", at_least="1 deg"), "baseline: required key is missing"),
        (_set(quantity="relay_visibility", relay="queqiao-9"), 'unknown relay.*did you mean "queqiao-2"'),
        ({"title": "x", "criterion": [GOOD, GOOD]}, "is there twice"),
        ({"title": "x", "criterion": [3]}, "is not a table"),
    ],
)
def test_a_wrong_file_says_what_and_where_on_one_line(table: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        from_table(table, "mine.toml")
    assert "\n" not in str(caught.value)


def test_one_mistake_is_told_as_one() -> None:
    with pytest.raises(InputError) as caught:
        from_table(_set(at_leest="3 %"), "mine.toml")
    assert "more problem" not in str(caught.value)


def test_a_criterion_without_a_limit() -> None:
    table = _set()
    del table["criterion"][0]["at_least"]
    with pytest.raises(InputError, match=r"criterion\[0\]: no limit"):
        from_table(table)


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('title = "mine"\n[[criterion]]\nquantity = "illumination"\nat_least = "40 %"\n'
                    'basis = "assumption"\nsource = "me"\n')  # fmt: skip
    found = criteria(path)
    assert (found.title, found.criteria[0].name) == ("mine", QUANTITIES["illumination"].label)
    assert criteria(str(path)).title == "mine"
    for bad, says in [("nowhere.toml", "no such file"), (str(tmp_path) + "/", "is a folder"), ("lunar-27", "luna-27")]:
        with pytest.raises(InputError, match=says):
            criteria(bad)
    path.write_text("title = [")
    with pytest.raises(InputError, match="not valid TOML"):
        criteria(path)


def test_lists_of_ones_own() -> None:
    one = criterion("five", lambda _: 5.0, at_least=3.0)
    assert criteria([one]).criteria == (one,)
    assert criteria(Criteria("mine", (one,))).title == "mine"
    for bad in (3, [3], None):
        with pytest.raises(InputError, match="a list of Criterion"):
            criteria(bad)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no criteria"):
        criteria([])
    with pytest.raises(InputError, match="is there twice"):
        criteria([one, one])


# ---------------------------------------------------------------- one criterion


def test_margins_are_signed_and_zero_passes() -> None:
    one = Criterion("x", "m", lambda e, o: 0.0, at_least=2.0, at_most=5.0)
    assert one.margin(np.array([1.0, 2.0, 3.0, 5.0, 7.0, np.nan])).tolist()[:5] == [-1.0, 0.0, 1.0, 0.0, -2.0]
    assert np.isnan(one.margin(np.nan))
    assert one.limit == "2 to 5 m"


def test_a_function_of_ones_own_may_not_know() -> None:
    one = criterion("height", lambda _: Unknown("nobody looked"), at_most=3.0)
    value, why = one.value(Made())  # type: ignore[arg-type]
    assert np.isnan(value)
    assert why == "nobody looked"


@pytest.mark.parametrize(
    ("bound", "limits", "known"),
    [
        (1.0, {"at_most": 2.0}, True),  # whatever is below passes too
        (3.0, {"at_most": 2.0}, False),
        (3.0, {"at_least": 4.0}, True),  # whatever is below fails too
        (5.0, {"at_least": 4.0}, False),
        (1.5, {"at_least": 1.0, "at_most": 2.0}, False),
    ],
)
def test_an_upper_bound_decides_only_what_all_below_it_would(bound: float, limits: Any, known: bool) -> None:
    value, why = criterion("far", lambda _: AtMost(bound, "coarse"), **limits).value(Made())  # type: ignore[arg-type]
    assert np.isnan(value) != known
    assert why == ("" if known else "coarse")


@pytest.mark.parametrize(
    ("bound", "cut", "limits", "known"),
    [
        (1.0, True, {"at_least": 0.5}, True),  # whatever is above passes too
        (1.0, True, {"at_least": 2.0}, False),
        (3.0, True, {"at_most": 2.0}, True),  # whatever is above fails too
        (1.0, True, {"at_most": 2.0}, False),
        (1.5, True, {"at_least": 1.0, "at_most": 2.0}, False),
        (1.0, False, {"at_most": 2.0}, True),
    ],
)
def test_a_lower_bound_decides_only_what_all_above_it_would(bound: float, cut: bool, limits: Any, known: bool) -> None:
    one = criterion("long", lambda _: AtLeast(bound, cut, "cut off"), **limits)
    value, why = one.value(Made())  # type: ignore[arg-type]
    assert np.isnan(value) != known
    assert why == ("" if known else "cut off")


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda _: True, "returned True or False"),
        (lambda _: np.nan, "returned NaN"),
        (lambda _: [1.0, 2.0], "returned the shape"),
        (lambda _: "high", "not an array of numbers"),
        (lambda _: 1 / 0, "raised ZeroDivisionError"),
    ],
)
def test_mistakes_of_a_function_are_told_by_its_name(function: Any, says: str) -> None:
    with pytest.raises(InputError, match=f"criterion 'mine'.*{says}"):
        criterion("mine", function, at_most=1.0).value(Made())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""}, {"measure": 3}, {"at_least": np.nan}, {"at_least": 3.0, "at_most": 2.0}, {"at_least": -np.inf},
        {"basis": "hearsay"}, {"scale": 0.0}, {"scale": np.inf},
    ],
)  # fmt: skip
def test_criteria_that_cannot_be(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Criterion(**({"name": "x", "unit": "m", "measure": lambda e, o: 1.0, "at_least": 0.0} | changes))
