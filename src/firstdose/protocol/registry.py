"""A public registry's record of a trial, read from its plain text or from its JSON."""

from firstdose.protocol.registry_json import parse_registry_json
from firstdose.protocol.registry_record import RegistryRecord
from firstdose.protocol.registry_text import is_registry_text, parse_registry_text
from firstdose.terms.outcomes import Fault


def parse_registry(text: str) -> RegistryRecord | list[Fault]:
    r"""The record of a registry file, or every fault in it.

    Parameters
    ----------
    text : str
        The plain text of a registry's page, or one study in the JSON of the ClinicalTrials.gov API, v2.

    Examples
    --------
    >>> record = parse_registry("Masking\nNONE\nEnrollment\n36\n")
    >>> [(fact.key, str(fact.value), fact.where) for fact in record.facts]
    [('masking', 'NONE', 'line 2'), ('enrolment', '36', 'line 4')]
    >>> print(*parse_registry("a letter"))
    not a registry record; neither a registry's plain text nor a ClinicalTrials.gov study in JSON
    """
    if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        return parse_registry_json(text)
    if "\0" not in text and is_registry_text(text):
        return parse_registry_text(text)
    return [
        Fault(
            what="not a registry record",
            why="neither a registry's plain text nor a ClinicalTrials.gov study in JSON",
        )
    ]
