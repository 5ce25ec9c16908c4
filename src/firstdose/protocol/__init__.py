"""The protocol as data: text → written → resolved → checked.

House rules: the written form is what a trialist reads and reviews (YAML, shorthand, every value labelled
with where it came from); the resolved form says everything explicitly and is what runs. A checker returns
every fault at once, each with its file, line and clause. Nothing here knows a single study.
"""
