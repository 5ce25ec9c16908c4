"""What the cells do: B cells, subsets, cytokines, immunoglobulins and complement after the infusion.

House rules: times count from the first infusion in days, negative before it; the baseline is the last value
before lymphodepletion, which itself depletes B cells, and the value before the infusion is a second baseline
with its own name; a result below quantification is known to lie under its limit and nothing more, except for
cytokines, where half the limit stands for it; thresholds are the study's and are arguments.
"""
