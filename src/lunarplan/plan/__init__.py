"""Questions about a mission: its phases, its budget, its timeline."""
