"""The reference range of a laboratory value: the site's own before the study's, of the sex before of both."""

from firstdose.protocol.resolved import Protocol, ReferenceRange


def find_range(protocol: Protocol, form: str, item: str, sex: str, site: str) -> ReferenceRange | None:
    """The range that a value of an item is read against, or None where the study file gives none.

    Parameters
    ----------
    protocol : Protocol
    form, item : str
        Keys of the form and of its item.
    sex, site : str
        Of the participant; a range without a sex or a site holds for all.
    """
    return list_ranges(protocol, sex, site).get((form, item))


def list_ranges(protocol: Protocol, sex: str, site: str) -> dict[tuple[str, str], ReferenceRange]:
    """The ranges that hold for a participant, by form and item."""
    chosen: dict[tuple[str, str], ReferenceRange] = {}
    for written in protocol.reference_ranges:
        if written.sex not in (None, sex) or written.site not in (None, site):
            continue
        key = (written.form, written.item)
        if key not in chosen or _is_nearer(written, chosen[key]):
            chosen[key] = written
    return chosen


def _is_nearer(one: ReferenceRange, other: ReferenceRange) -> bool:
    return (one.site is not None, one.sex is not None) > (other.site is not None, other.sex is not None)
