"""The registry against the protocol: every statement of the registry with the clause that meets it.

What the protocol has and the registry does not state stands as a row of its own, and is not met.
"""

from collections.abc import Iterator
from typing import Literal, TypedDict, get_args

import msgspec

from firstdose.protocol.registry_design import LABELS, check_fact, clause_for
from firstdose.protocol.registry_outcome import check_outcome, endpoint_clause
from firstdose.protocol.registry_record import DesignKey, RegistryRecord, RegistrySite
from firstdose.protocol.resolved import Protocol, Site

NOT_STATED = "not stated"
ONLY_IN_PROTOCOL = "in the protocol, not in the registry"


class RegistryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A statement of the registry, the clause of the protocol that meets it, and whether it does."""

    kind: Literal["design", "site", "outcome"]
    statement: str
    stated: str
    where: str
    met_by: str
    is_met: bool
    reason: str = ""


def check_registry(protocol: Protocol, record: RegistryRecord) -> tuple[RegistryRow, ...]:
    """Every statement of the registry against the protocol, and what only the protocol has.

    Parameters
    ----------
    protocol : Protocol
        The resolved protocol.
    record : RegistryRecord
        The registry's record of the same trial.

    Returns
    -------
    tuple of RegistryRow
        Design facts, then sites, then outcomes, each in the order of the record; rows of the protocol alone
        stand at the end of their kind.
    """
    return (
        *_design_rows(protocol, record),
        *_site_rows(protocol, record),
        *_outcome_rows(protocol, record),
    )


def _design_rows(protocol: Protocol, record: RegistryRecord) -> Iterator[RegistryRow]:
    for key in get_args(DesignKey):
        clause, value = clause_for(protocol, key)
        met_by = f"{clause} = {value}" if value is not None else ""
        for fact in record.stated(key):
            yield RegistryRow(
                kind="design",
                statement=LABELS[key],
                stated=fact.said,
                where=fact.where,
                met_by=met_by,
                **_verdict(check_fact(fact, value)),
            )
        if not record.stated(key):
            yield RegistryRow(
                kind="design",
                statement=LABELS[key],
                stated=NOT_STATED,
                where="",
                met_by=met_by,
                **_verdict("the registry does not state it"),
            )


def _site_rows(protocol: Protocol, record: RegistryRecord) -> Iterator[RegistryRow]:
    by_name = {_fold(site.name.en): site for site in protocol.sites}
    for stated in record.sites:
        site = by_name.get(_fold(stated.facility))
        yield RegistryRow(
            kind="site",
            statement=stated.facility,
            stated=_joined(stated.city, stated.province, stated.country),
            where=stated.where,
            met_by=_site_clause(site) if site else "",
            **_verdict(_site_reason(stated, site)),
        )
    stated_names = {_fold(stated.facility) for stated in record.sites}
    for name, site in by_name.items():
        if name not in stated_names:
            yield RegistryRow(
                kind="site",
                statement=site.name.en,
                stated=NOT_STATED,
                where="",
                met_by=_site_clause(site),
                **_verdict(ONLY_IN_PROTOCOL),
            )


def _site_reason(stated: RegistrySite, site: Site | None) -> str:
    """Why a site is not met; nothing if it is."""
    if site is None:
        return "no site of the protocol has this name"
    there = (site.city.en, site.province.en, site.country.en)
    here = (stated.city, stated.province, stated.country)
    return "" if [*map(_fold, there)] == [*map(_fold, here)] else f"the protocol has it in {_joined(*there)}"


def _site_clause(site: Site) -> str:
    return f"sites.{site.key} = {site.name.en}, {_joined(site.city.en, site.province.en, site.country.en)}"


def _outcome_rows(protocol: Protocol, record: RegistryRecord) -> Iterator[RegistryRow]:
    for outcome in record.outcomes:
        endpoints = [
            endpoint for endpoint in protocol.endpoints if _fold(endpoint.outcome) == _fold(outcome.title)
        ]
        reasons = [reason for endpoint in endpoints for reason in check_outcome(protocol, outcome, endpoint)]
        if not endpoints:
            reasons = ["no endpoint of the protocol has these words"]
        yield RegistryRow(
            kind="outcome",
            statement=outcome.title,
            stated=outcome.frame_text or NOT_STATED,
            where=outcome.where,
            met_by="; ".join(map(endpoint_clause, endpoints)),
            **_verdict("; ".join(reasons)),
        )
    titles = {_fold(outcome.title) for outcome in record.outcomes}
    for endpoint in protocol.endpoints:
        if _fold(endpoint.outcome) not in titles:
            yield RegistryRow(
                kind="outcome",
                statement=endpoint.outcome,
                stated=NOT_STATED,
                where="",
                met_by=endpoint_clause(endpoint),
                **_verdict(ONLY_IN_PROTOCOL),
            )


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _fold(name: str) -> str:
    """A name with case and white space folded."""
    return " ".join(name.split()).casefold()


class _Verdict(TypedDict):
    is_met: bool
    reason: str


def _verdict(reason: str) -> _Verdict:
    return {"is_met": not reason, "reason": reason}
