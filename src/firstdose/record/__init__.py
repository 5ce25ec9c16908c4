"""The record: events, the log that chains them, and the state that they fold to.

House rules: an event is a fact in the words of the trial, in the past tense; nothing is ever updated, a
correction is an event that cites another; the log is ordered, free of gaps and hash-chained, and it *is*
the audit trail; the state is a fold of a prefix of it, so the state as of any position is one more fold.
"""
