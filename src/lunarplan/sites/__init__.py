"""What a place on the Moon is worth: the catalogue, criteria with signed margins, verdicts and surveys."""
