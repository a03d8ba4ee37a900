"""(result, ax) -> ax; the only importer of matplotlib."""
