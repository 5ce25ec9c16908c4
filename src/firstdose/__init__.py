"""firstdose runs a first-in-human dose-escalation trial of a cell therapy, from the protocol to the report.

The folders say the sentence: the **protocol** fixes the **design**; sites **record** what happened; we
**derive** what follows; **conduct** says what may happen next; we can **simulate** all of it; we
**deliver** the results.
"""

__version__ = "0.1.0"
