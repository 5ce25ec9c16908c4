"""Dose rules and their guards a second time, from the published definitions, for whole walks over all states."""
