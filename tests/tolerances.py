"""Every tolerance a test may use: a physical quantity with its reason.

Import as ``from tests.tolerances import EPOCH_RESOLUTION_S``. Units are in the name.
"""

# Epochs
EPOCH_RESOLUTION_S = 1.2e-7  # one float64 step of TDB seconds between 2017 and 2034
TDB_SERIES_INTERPOLATION_S = 2e-10  # cubic between daily sums of the TDB - TT series
TDB_TWO_TERM_FORMULA_S = (
    3.5e-5  # what the two-term TDB - TT formulas (CSPICE, Orekit) leave out of the series
)
