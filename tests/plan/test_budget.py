import pytest

from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.vehicle import Engine, Vehicle
from lunarplan.plan.budget import budget
from lunarplan.plan.solution import Burn, Separation

MAIN, TRIM = Engine("main", 3000.0, 310.0), Engine("trim", 100.0, 290.0)
FULL = Vehicle(1000.0, 1000.0, (MAIN, TRIM))
BURNS = (
    Burn("TLI", 0.0, 3.1, "launcher"),
    Burn("LOI-1", 1.0, 0.6, "main"),
    Burn("LOI-2", 2.0, 0.2, "trim"),
    Burn("LOI-3", 3.0, 0.1, "main"),
)


def test_the_launcher_pays_for_its_own() -> None:
    spent = budget({"vehicle": FULL}, BURNS)
    assert spent.rows[0].propellant_kg is None
    assert spent.rows[0].mass_after_kg == 2000.0
    assert spent.launcher_delta_v_km_s == 3.1
    assert spent.vehicle_delta_v_km_s == pytest.approx(0.9, rel=1e-15)


def test_propellant_is_conserved() -> None:
    spent = budget({"vehicle": FULL}, BURNS)
    rows = [row.propellant_kg or 0.0 for row in spent.rows]
    assert sum(rows) == pytest.approx(spent.propellant_used_kg, rel=1e-12)
    assert spent.propellant_used_kg + spent.propellant_left_kg == 1000.0
    assert spent.rows[-1].mass_after_kg == pytest.approx(1000.0 + spent.propellant_left_kg, rel=1e-15)


def test_propellant_by_engine() -> None:
    spent = budget({"vehicle": FULL}, BURNS)
    by_engine = spent.propellant_by_engine_kg
    rows = {row.name: row.propellant_kg or 0.0 for row in spent.rows}
    assert by_engine == {"main": pytest.approx(rows["LOI-1"] + rows["LOI-3"]), "trim": pytest.approx(rows["LOI-2"])}


def test_what_is_left_could_still_be_burned() -> None:
    spent = budget({"vehicle": FULL}, BURNS)
    more = Burn("more", 4.0, spent.delta_v_left_km_s * (1.0 - 1e-12), "main")
    assert budget({"vehicle": FULL}, (*BURNS, more)).propellant_left_kg == pytest.approx(0.0, abs=1e-6)


def test_dry_tanks_name_the_burn_and_the_shortfall() -> None:
    too_much = Burn("LOI-4", 4.0, 2.0, "main")
    with pytest.raises(InfeasibleError, match=r"^LOI-4: needs .* short by .* kg"):
        budget({"vehicle": FULL}, (*BURNS, too_much))


def test_an_engine_that_is_not_there() -> None:
    with pytest.raises(InputError, match="no engine 'ion'"):
        budget({"vehicle": FULL}, (Burn("x", 0.0, 0.1, "ion"),))


def test_no_burns_of_its_own() -> None:
    spent = budget({"vehicle": FULL}, BURNS[:1])
    assert spent.propellant_used_kg == 0.0
    assert spent.delta_v_left_km_s == FULL.delta_v_left_km_s("main") > 0.0  # of full tanks


def test_every_craft_has_its_own_tanks() -> None:
    lander = Vehicle(500.0, 500.0, (MAIN,))
    down = Burn("descent", 1.5, 1.7, "main", craft="lander")
    spent = budget({"vehicle": FULL, "lander": lander}, (*BURNS, down))
    assert [row.name for row in spent.rows] == ["TLI", "LOI-1", "descent", "LOI-2", "LOI-3"]
    assert spent.rows[2].mass_after_kg == lander.burn(1.7, "main").mass_kg
    assert spent.vehicle_delta_v_km_s == pytest.approx(0.9, rel=1e-15)
    assert spent.propellant_left_kg == budget({"vehicle": FULL}, BURNS).propellant_left_kg


def test_what_leaves_is_not_pushed_any_more() -> None:
    part = Separation("lander leaves", 1.5, 400.0)
    spent = budget({"vehicle": FULL}, BURNS, (part,))
    before = spent.rows[1].mass_after_kg
    assert spent.rows[2].mass_after_kg == pytest.approx((before - 400.0) - (spent.rows[2].propellant_kg or 0.0))
    assert spent.propellant_left_kg > budget({"vehicle": FULL}, BURNS).propellant_left_kg
    with pytest.raises(InfeasibleError, match=r"lander leaves: .* leave a dry mass"):
        budget({"vehicle": FULL}, BURNS, (Separation("lander leaves", 1.5, 1000.0),))
