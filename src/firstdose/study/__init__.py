"""Use cases: one use case is one transaction, load → decide → append.

House rules: the store is an argument, so is the time; a refusal changes nothing; an act is acknowledged
after it is in the record, never before.
"""
