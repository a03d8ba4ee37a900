"""What criteria are given: what is known of a place, or of every pixel of a region.

Both kinds have the same names in them, numbers of the one and rasters float64[rows, columns] of the other, and work a
thing out when a criterion first asks for it. Where the ground is too coarse to tell, or nothing is known, both give
`lunarplan.sites.criterion.Unknown` and why.
"""

from __future__ import annotations

from lunarplan.sites.region_evidence import RegionEvidence
from lunarplan.sites.site_evidence import SiteEvidence

__all__ = ["Evidence", "RegionEvidence", "SiteEvidence"]

Evidence = SiteEvidence | RegionEvidence
