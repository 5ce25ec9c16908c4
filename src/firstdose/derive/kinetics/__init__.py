"""Cellular kinetics: how the infused cells rise, fall and last in blood, by transgene copies.

House rules: times count from the first infusion in days and are the actual ones; levels are copies per
microgram of genomic DNA, and each sample has its own limit of quantification; a result below quantification
is a kind of result and not a number, and becomes a zero only where a rule of an area says so; a sample that
cannot be used is set aside with a reason, and the rest of the profile stands. Clearance, volume and an area
to infinity are not derived: they mean nothing for cells that multiply.
"""
