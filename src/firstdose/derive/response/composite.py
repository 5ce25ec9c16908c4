"""Three-valued composites: how an endpoint follows from its required components."""

from collections.abc import Mapping

from firstdose.terms.outcomes import NotDerived


def derive_all_of(components: Mapping[str, bool | NotDerived]) -> bool | NotDerived:
    """Whether all required components hold.

    Parameters
    ----------
    components : mapping of name to bool or NotDerived
        The required components by name.

    Returns
    -------
    bool
        False if any component is known to be false, even when others are missing; true only if all are
        known to be true.
    NotDerived
        Otherwise, with the missing components and their reasons in the detail.

    Examples
    --------
    >>> derive_all_of({"a": NotDerived("not_assessed"), "b": False})
    False
    >>> derive_all_of({"a": NotDerived("not_assessed"), "b": True})
    NotDerived(reason='component_missing', detail='a: not_assessed')
    """
    if any(value is False for value in components.values()):
        return False
    missing = {name: value for name, value in components.items() if isinstance(value, NotDerived)}
    if missing:
        told = "; ".join(f"{name}: {value.detail or value.reason}" for name, value in missing.items())
        return NotDerived("component_missing", told)
    return True


def derive_answer(recorded: bool | None, name: str) -> bool | NotDerived:  # noqa: FBT001 - the answer is what is read
    """A recorded yes or no, or the reason why there is none."""
    return NotDerived("not_assessed", f"{name} was not recorded") if recorded is None else recorded
