"""Results of dose finding as tables and figures: decision tables, operating characteristics, paths, comparisons.

House rules: nothing is computed here that the design room does not compute; a probability is shown in per cent
with one decimal; every table says whether its numbers are exact or simulated.
"""
