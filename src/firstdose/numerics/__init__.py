"""Arithmetic that more than one room needs: isotonic regression, beta tails, intervals, curves and areas.

House rules: a number goes in and a number comes out; nothing here knows a dose, a participant or a visit.
Where a decision hangs on the result, an exact version on fractions stands beside the floating-point one.
"""
