"""Disease activity and response: scores, states and rates, one measure a module.

House rules: three-valued logic first, imputation after and apart; a limit is compared exactly, and each
module says whether the limit itself passes; what a laboratory value means for lupus is proposed here and
decided by a person.
"""
