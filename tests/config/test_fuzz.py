"""Whatever is done to a mission file: it is a mission, or an InputError that says where. Never anything else."""

import copy
import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunarplan import Mission
from lunarplan.config import library
from lunarplan.errors import InputError

FILES = [library.read(library.find(name)) for name in ("change-5", "change-6", "luna-25", "im-1", "luna-26")]

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from([10**400, -0.0, "nan km", "1e400 kg", "-1 km", "0 s", "200 km", "12 h", "launcher", "\0", "a\nb"]),
    st.datetimes(),
    st.datetimes(timezones=st.just(dt.UTC)),
    st.dates(),
    st.times(),
    st.builds(
        lambda number, unit: f"{number!r} {unit}",
        st.floats(allow_nan=False),
        st.sampled_from(["km", "m", "s", "h", "days", "deg", "rad", "kg", "N", "km2/s2", "m/s", "parsec"]),
    ),
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


def places(node: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every key and item of a nested table."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [found for key, child in items for found in ((*way, key), *places(child, (*way, key)))]


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """A shipped mission with one to three things replaced, removed, renamed or swapped."""
    data = copy.deepcopy(draw(st.sampled_from(FILES)))
    for _ in range(draw(st.integers(1, 3))):
        if ways := places(data):
            _damage(data, draw(st.sampled_from(ways)), draw)
    return data


def _damage(data: Any, way: tuple[Any, ...], draw: st.DrawFn) -> None:
    table = data
    for key in way[:-1]:
        table = table[key]
    last = way[-1]
    match draw(st.sampled_from(["replace", "remove", "rename", "graft"])):
        case "replace":
            table[last] = draw(VALUES)
        case "remove":
            del table[last]
        case "rename" if isinstance(table, dict):
            table[draw(st.text(max_size=12) | st.sampled_from(["type", last + "s", last[:-1]]))] = table.pop(last)
        case _:
            source: Any = draw(st.sampled_from(FILES))
            for key in draw(st.sampled_from(places(source))):
                source = source[key]
            table[last] = copy.deepcopy(source)


def outcome(data: Any) -> Mission | InputError:
    try:
        return Mission.from_dict(data)
    except InputError as error:
        return error


def check(found: Mission | InputError) -> None:
    if isinstance(found, InputError):
        assert found.exit_code == 2
        assert "\n" not in str(found)
        assert len(str(found)) < 1500
    else:
        assert len(found.sha256) == 64
        assert found.vehicle.build().mass_kg > 0.0
        assert "insertion" not in found.parts or found.insertion.orbits
        assert found.launch_terms is None or 0.0 <= found.launch.azimuth_rad < 6.2832
        assert repr(found)


@settings(max_examples=400, deadline=None)
@given(damaged())
def test_a_damaged_mission_is_a_mission_or_an_input_error(data: dict[str, Any]) -> None:
    found = outcome(data)
    check(found)
    assert not isinstance(found, InputError) or found.where, "an error without a place helps nobody"


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_anything_at_all_is_a_mission_or_an_input_error(data: Any) -> None:
    check(outcome(data))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_file_with_damaged_bytes_is_a_mission_or_an_input_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = library.find(data.draw(st.sampled_from(library.names()))).read_bytes()
    where, length = data.draw(st.integers(0, len(content))), data.draw(st.integers(0, 5))
    path = tmp_path_factory.mktemp("damaged") / "mission.toml"
    path.write_bytes(content[:where] + data.draw(st.binary(max_size=5)) + content[where + length :])
    try:
        found: Mission | InputError = Mission.from_toml(path)
    except InputError as error:
        found = error
    check(found)
    assert not isinstance(found, InputError) or "mission.toml" in found.where
