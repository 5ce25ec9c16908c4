"""Who may ask for what: denied by default, every command by every role."""

from typing import Any, get_args

import msgspec
import pytest
from tests.trials import (
    SmallTrial,
    bundled_protocol,
    coordinator,
    investigator,
    pharmacist,
    replaced,
    start,
)

from firstdose.conduct import commands as c
from firstdose.conduct.access import MAY_ASK, SYSTEM, refuse_actor
from firstdose.record.events import Role
from firstdose.simulate import cast
from firstdose.study.rehearse import write_definition

ROLES: tuple[Role, ...] = get_args(Role)
COMMANDS: dict[str, type[c.Command]] = {kind.__name__: kind for kind in get_args(c.AnyCommand)}
SHORT: dict[str, Role] = {
    "sp": "sponsor",
    "dm": "data_manager",
    "mm": "medical_monitor",
    "co": "coordinator",
    "in": "investigator",
    "ph": "pharmacist",
    "ch": "committee_chair",
    "cl": "committee_clinician",
    "st": "committee_statistician",
    "au": "auditor",
    "ad": "administrator",
}

# fmt: off
# The whole table. Who is not named may not ask; the auditor may ask for nothing.
ALLOWED = {
    # --- the study
    "ReleaseStudyDefinition": "sp",
    "ActivateSite":           "sp",
    "PauseTrial":             "sp mm in ch cl st",
    "ResumeTrial":            "ch",
    # --- people
    "CreateAccount":          "ad",
    "GrantRole":              "ad",
    "RevokeRole":             "ad",
    "NoteLogin":              "ad",
    # --- a participant enters: the site alone
    "ScreenParticipant":      "co in",
    "GiveConsent":            "co in",
    "WithdrawConsent":        "co in",
    "ConfirmEligibility":     "in",
    "FailScreening":          "co in",
    # --- cohorts: the monitor opens, the site takes places
    "OpenCohort":             "mm",
    "CloseCohort":            "mm",
    "ReserveSlot":            "co in",
    "ReleaseSlot":            "co in mm",
    # --- treatment
    "GiveLymphodepletion":    "co in",
    "ReleaseProduct":         "ph",
    "StartInfusion":          "co in",
    "CompleteInfusion":       "co in",
    "WithholdInfusion":       "in",
    # --- values: the sponsor changes none
    "HoldVisit":              "co in",
    "MissVisit":              "co in",
    "SubmitForm":             "co in",
    "CorrectValue":           "co in",
    "RaiseQuery":             "dm mm",
    "AnswerQuery":            "co in",
    "CloseQuery":             "dm mm",
    "ReportDeviation":        "co in dm mm",
    # --- safety
    "ReportAdverseEvent":     "in",
    "GradeAdverseEvent":      "in",
    "EndAdverseEvent":        "in",
    "AdjudicateDlt":          "mm",
    "DetermineEvaluability":  "mm",
    "WithdrawParticipant":    "co in",
    "CompleteParticipant":    "co in",
    # --- the review
    "TakeSnapshot":           "mm ch st",
    "MakeDecision":           "ch",
    "SignDecision":           "ch cl st",
}
# fmt: on
CELLS = [(name, role) for name in COMMANDS for role in ROLES]


def actor_of(role: Role) -> c.Actor:
    if role in ("coordinator", "investigator", "pharmacist"):
        return cast.at_site(role, "01")
    login = next(login for login, (_, known) in cast.NAMES.items() if known == role)
    return c.Actor(login, role)


def example(kind: type[c.Command], participant: str = "01-001") -> Any:
    """A command of a kind with any words; only who asks matters here."""
    words: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT:
            words[field.name] = {"participant": participant, "site": "01"}.get(field.name, "x")
    return kind(**words)


def test_the_table_names_every_command_and_every_role() -> None:
    assert ALLOWED.keys() == COMMANDS.keys()
    assert set(SHORT.values()) == set(ROLES)
    assert {kind.__name__ for kind in MAY_ASK} == COMMANDS.keys()


@pytest.mark.covers("X1", "X9")
@pytest.mark.parametrize(("name", "role"), CELLS, ids=[f"{name}-{role}" for name, role in CELLS])
def test_a_command_is_refused_to_every_role_that_is_not_in_its_row(name: str, role: Role) -> None:
    trial = _shared()
    refused = refuse_actor(trial.state, example(COMMANDS[name]), actor_of(role))
    if role in {SHORT[short] for short in ALLOWED[name].split()}:
        assert refused is None
    else:
        assert refused is not None
        assert refused.clause == "access.role"
        assert refused.what.zh
        assert refused.allowed_when.zh


SITE_COMMANDS = [
    name
    for name, kind in COMMANDS.items()
    if issubclass(kind, c.ParticipantCommand) and {"co", "in", "ph"} & set(ALLOWED[name].split())
]


@pytest.mark.covers("X2")
@pytest.mark.parametrize("name", [*SITE_COMMANDS, "ScreenParticipant"])
def test_staff_of_another_site_find_no_such_participant(name: str) -> None:
    trial = _shared()
    short = next(short for short in ("co", "in", "ph") if short in ALLOWED[name].split())
    command = example(COMMANDS[name])
    there = cast.at_site(SHORT[short], "02")
    refused = refuse_actor(trial.state, command, there)
    assert refused is not None
    assert refused.clause == "access.site"
    assert "01" not in refused.what.en  # it does not say where the participant is
    assert refuse_actor(trial.state, command, cast.at_site(SHORT[short], "01")) is None


def test_a_login_acts_only_in_a_role_that_it_holds_and_at_its_site() -> None:
    trial = _shared()
    command = example(c.HoldVisit)
    for actor in (
        c.Actor("nobody", "coordinator", "01"),
        c.Actor("pharmacist01", "coordinator", "01"),  # another role
        c.Actor("coordinator02", "coordinator", "01"),  # another site
        c.Actor("coordinator01", "coordinator"),  # every site
    ):
        refused = refuse_actor(trial.state, command, actor)
        assert refused is not None
        assert refused.clause == "access.role"


@pytest.mark.covers("X3")
def test_a_role_that_was_taken_back_is_gone_at_the_next_request() -> None:
    trial = start()
    code = trial.screen("01")
    give = c.GiveConsent(participant=code, version="1.0", language="zh", happened_at=trial.now)
    revoke = c.RevokeRole(login="coordinator01", role="coordinator", site="01")
    trial.do(revoke, cast.ADMINISTRATOR)
    assert trial.refused(give, coordinator("01")).clause == "access.role"
    assert trial.refused(revoke, cast.ADMINISTRATOR).clause == "access.role"  # it is not held any more
    trial.do(c.GrantRole(login="coordinator01", role="coordinator", site="01"), cast.ADMINISTRATOR)
    trial.do(give, coordinator("01"))


def test_a_role_for_all_sites_holds_at_each() -> None:
    trial = start()
    trial.do(c.GrantRole(login="coordinator01", role="coordinator"), cast.ADMINISTRATOR)
    for site in ("01", "05"):
        screen = c.ScreenParticipant(site=site, happened_at=trial.now, sex="male", year_of_birth=1980)
        trial.do(screen, c.Actor("coordinator01", "coordinator", site))
        trial.do(screen, c.Actor("coordinator01", "coordinator"))


@pytest.mark.covers("X8")
@pytest.mark.parametrize("login", ["coordinator01", "system"])
def test_a_login_is_never_given_twice(login: str) -> None:
    trial = start()
    command = c.CreateAccount(login=login, name="Somebody Else")
    assert trial.refused(command, cast.ADMINISTRATOR).clause == "access.account"


@pytest.mark.parametrize("kind", [c.GrantRole, c.RevokeRole])
def test_a_role_belongs_to_a_known_login(kind: type[c.GrantRole] | type[c.RevokeRole]) -> None:
    trial = start()
    refused = trial.refused(kind(login="nobody", role="auditor"), cast.ADMINISTRATOR)
    assert refused.clause == "access.account"


@pytest.mark.covers("A8")
@pytest.mark.parametrize("what", ["signed_in", "failed", "failed_signature", "signed_out"])
def test_the_software_notes_who_signed_in_and_may_do_nothing_else(what: Any) -> None:
    trial = start()
    trial.do(c.NoteLogin(login="park", what=what), SYSTEM)
    create = c.CreateAccount(login="new", name="New")
    assert trial.refused(create, SYSTEM).clause == "access.role"


# --- the beginning: somebody has to be the first


def test_before_the_definition_nothing_else_is_recorded() -> None:
    trial = SmallTrial()
    for command, actor in (
        (c.CreateAccount(login="a", name="A"), cast.ADMINISTRATOR),
        (c.GrantRole(login="a", role="auditor"), cast.ADMINISTRATOR),
    ):
        assert trial.refused(command, actor).clause == "study.definition"
    assert trial.refused(c.ActivateSite(site="01"), cast.SPONSOR).clause == "access.role"


def test_the_first_account_and_role_are_made_by_nobody_and_the_next_by_an_administrator() -> None:
    trial = SmallTrial()
    definition, digest = write_definition(bundled_protocol())
    trial.do(c.ReleaseStudyDefinition(definition=definition, digest=digest), cast.SPONSOR)
    trial.do(c.CreateAccount(login="first", name="First"), c.Actor("first", "administrator"))
    trial.do(c.GrantRole(login="first", role="administrator"), c.Actor("first", "administrator"))
    create = c.CreateAccount(login="second", name="Second")
    assert trial.refused(create, c.Actor("second", "administrator")).clause == "access.role"
    trial.do(create, c.Actor("first", "administrator"))


def test_a_trial_has_one_definition_and_its_sites_start_once() -> None:
    trial = start()
    definition, digest = write_definition(bundled_protocol())
    again = c.ReleaseStudyDefinition(definition=definition, digest=digest)
    assert trial.refused(again, cast.SPONSOR).clause == "study.definition"
    assert trial.refused(c.ActivateSite(site="01"), cast.SPONSOR).clause == "sites.activation"
    assert trial.refused(c.ActivateSite(site="77"), cast.SPONSOR).clause == "sites"


def test_the_pharmacist_releases_for_the_own_site() -> None:
    trial = start()
    code = trial.enrol("02", trial.open_cohort("sad", "SAD-1"))
    assert trial.refused(trial.product(code), pharmacist("01")).clause == "access.site"
    trial.do(trial.product(code), pharmacist("02"))


def test_a_code_that_does_not_exist_is_told_as_unknown_to_everybody() -> None:
    trial = start()
    code = trial.screen("01")
    for actor in (investigator("01"), investigator("02")):
        confirm = c.ConfirmEligibility(participant="01-999", happened_at=trial.now, answers={})
        refused = trial.refused(confirm, actor)
        assert refused.clause == "record.participant"
    confirm = replaced(confirm, participant=code)
    assert trial.refused(confirm, investigator("02")).clause == "access.site"


_TRIALS: list[SmallTrial] = []


def _shared() -> SmallTrial:
    """A trial with one participant at site 01, only looked at."""
    if not _TRIALS:
        trial = start()
        trial.screen("01")
        _TRIALS.append(trial)
    return _TRIALS[0]
