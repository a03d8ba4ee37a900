"""What `import lunarplan` promises: the public names, and no cost before they are used."""

import subprocess
import sys

import pytest

import lunarplan

HEAVY = ["numpy", "numba", "pydantic", "matplotlib", "astropy", "erfa", "scipy", "rich"]


@pytest.mark.parametrize("name", [*lunarplan.__all__, "__version__"])
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(lunarplan, name) == getattr(lunarplan, name)
    assert name in dir(lunarplan)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Missoin'"):
        _ = lunarplan.Missoin


def test_errors_are_one_family_with_exit_codes() -> None:
    family = {
        lunarplan.InputError: 2,
        lunarplan.InfeasibleError: 3,
        lunarplan.ConvergenceError: 4,
        lunarplan.DataError: 5,
    }
    for kind, code in family.items():
        assert issubclass(kind, lunarplan.LunarplanError)
        assert kind.exit_code == code


def _loaded_by(statement: str) -> set[str]:
    program = f"{statement}; import sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_importing_lunarplan_loads_nothing_heavy() -> None:
    assert _loaded_by("import lunarplan").isdisjoint(HEAVY)


def test_reading_a_mission_needs_neither_compiler_nor_plots() -> None:
    loaded = _loaded_by("import lunarplan; lunarplan.Mission.from_toml('change-6')")
    assert loaded.isdisjoint({"numba", "matplotlib", "scipy", "astropy"})
