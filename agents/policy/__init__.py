"""A learned policy: which question of a shortlist, and when to guess.  Served in numpy, trained with torch."""
