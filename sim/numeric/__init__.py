"""Numerics that know nothing of users: draws, sums, entropies, a cache."""
