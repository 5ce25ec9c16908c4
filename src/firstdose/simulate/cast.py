"""The people who conduct a rehearsed trial: accounts, roles, and the study's start."""

from collections.abc import Iterator

from firstdose.conduct import commands as c
from firstdose.protocol.resolved import Protocol
from firstdose.record.events import Role

SPONSOR = c.Actor("sponsor", "sponsor")
ADMINISTRATOR = c.Actor("administrator", "administrator")
MONITOR = c.Actor("okafor", "medical_monitor")
DATA_MANAGER = c.Actor("lind", "data_manager")
CHAIR = c.Actor("park", "committee_chair")
CLINICIAN = c.Actor("weiss", "committee_clinician")
STATISTICIAN = c.Actor("moreau", "committee_statistician")

NAMES: dict[str, tuple[str, Role]] = {
    "administrator": ("System administrator", "administrator"),
    "sponsor": ("Sponsor representative", "sponsor"),
    "okafor": ("Dr. Adaeze Okafor", "medical_monitor"),
    "lind": ("Karin Lind", "data_manager"),
    "park": ("Prof. Ji-woo Park", "committee_chair"),
    "weiss": ("Dr. Johanna Weiss", "committee_clinician"),
    "moreau": ("Dr. Camille Moreau", "committee_statistician"),
    "auditor": ("Independent auditor", "auditor"),
}
"""The people who act for the whole trial, by login."""

STAFF: tuple[tuple[Role, str], ...] = (
    ("coordinator", "Coordinator"),
    ("investigator", "Investigator"),
    ("pharmacist", "Pharmacist"),
)
"""The people of each site."""


def at_site(role: Role, site: str) -> c.Actor:
    """The person of a role at a site."""
    return c.Actor(f"{role}{site}", role, site)


def start_trial(protocol: Protocol, definition: str, digest: str) -> Iterator[tuple[c.AnyCommand, c.Actor]]:
    """The commands that put a definition in force, make the accounts and activate the sites."""
    yield c.ReleaseStudyDefinition(definition=definition, digest=digest), SPONSOR
    for login, (name, role) in NAMES.items():
        yield c.CreateAccount(login=login, name=name), ADMINISTRATOR
        yield c.GrantRole(login=login, role=role), ADMINISTRATOR
    for site in protocol.sites:
        for role, title in STAFF:
            actor = at_site(role, site.key)
            yield c.CreateAccount(login=actor.login, name=f"{title}, {site.city.en}"), ADMINISTRATOR
            yield c.GrantRole(login=actor.login, role=role, site=site.key), ADMINISTRATOR
        yield c.ActivateSite(site=site.key), SPONSOR
