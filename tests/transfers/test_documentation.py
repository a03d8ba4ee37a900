"""The Python of the page about transfers runs, and gives what the page says."""

import re
from pathlib import Path

import numpy as np

PAGE = Path(__file__).resolve().parents[2] / "docs" / "transfers.md"


def test_the_page_runs(capsys):
    names = {}
    for block in re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        exec(compile(block, PAGE.name, "exec"), names)
    assert "28 of 28 rows ok" in capsys.readouterr().out
    assert names["found"].ok.all()
    assert names["home"].ok.all()
    assert -1.73 < names["artemis"].c3_km2_s2[0] < -1.70
    assert names["late"].ok.all()
    assert names["hybrid"].ok.all()
    medians = [np.median(burns.delta_v_m_s) for burns in names["put_right"].values()]
    assert f"less than, m/s | {' | '.join(f'{m:.1f}' for m in medians)} |" in PAGE.read_text(encoding="utf-8")
    assert names["ways"].ok.all()
    assert 690.0 < 1e3 * names["down"].delta_v_km_s[0] < 760.0
    assert names["week"].ok.all()
    assert names["landed"].ok.all()
    assert names["lands"].ok.all()
    assert len(names["lands"].ok) > 3
    assert names["rises"].ok.all()
    assert len(names["rises"].ok) == len(names["windows"].best_tdb) > 0
    assert names["trade"].ok.all()
    assert 690.0 < 1e3 * names["trip"].delta_v_km_s[1:].sum() < 730.0
    assert names["chances"].best.ok.all()
    assert [loiter.revolutions for loiter in names["caught_up"]] == [0.5, 1.5]
