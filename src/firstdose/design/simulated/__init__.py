"""Simulated operating characteristics, for what cannot be exact: time, pending participants, two outcomes."""
