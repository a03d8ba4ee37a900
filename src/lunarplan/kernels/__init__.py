"""Numbers in, numbers out: compiled, no units, no constants, no exceptions, no files."""
