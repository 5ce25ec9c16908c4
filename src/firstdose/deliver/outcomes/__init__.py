"""One module an outcome of the registry: what was measured, tabulated and drawn as a section of the report.

House rules: a section starts with the registry's words and our definition; every cell knows its participants
and the positions behind it; a section can be made from any prefix of the record.
"""
