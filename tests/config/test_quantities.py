import pytest

from lunarplan.config.quantities import NAMES, quantity


@pytest.mark.parametrize("name", NAMES)
def test_every_name_stands_for_something(name: str) -> None:
    what = quantity(name)
    assert what is not None
    assert what.label
    assert what.dimension is None or what.unit in what.dimension.factors


def test_burns_are_numbered_from_one() -> None:
    third = quantity("loi3_delta_v")
    assert third is not None
    assert third.label == "LOI-3 delta-v"
    assert quantity("loi0_delta_v") is quantity("loi10_delta_v") is quantity("loi1_color") is None
