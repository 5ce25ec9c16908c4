"""Words that every room shares: texts in two languages, kinds of "no", days and windows, measures, grades.

House rules: nothing here knows a trial; every type is frozen; a number that is compared is a decimal.
"""
