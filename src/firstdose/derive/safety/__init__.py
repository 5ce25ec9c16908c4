"""Safety: grades on published scales, adverse events, and what limits the dose.

House rules: a grade carries its scale and version; what cannot be graded is not grade 0; a limit is compared
exactly and the value at a boundary goes to the lower grade; lists that a study may change are data.
"""
