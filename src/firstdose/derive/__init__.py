"""What follows from the record: findings on safety, kinetics, pharmacodynamics and response.

House rules: a derivation takes plain values and answers with a value or with the reason why there is none,
never with an exception for bad data; the four topics never import each other; thresholds and measured values
are decimals and compared exactly, thresholds of the study are arguments; every result names the positions of
the record that it came from, and nothing is imputed without a mark.
"""
