"""Who may ask for what: denied by default, allowed by role and site."""

from firstdose.conduct import commands as c
from firstdose.record.events import Role
from firstdose.record.state import State
from firstdose.terms.outcomes import Refused
from firstdose.terms.words import Text

SITE_STAFF: frozenset[Role] = frozenset({"coordinator", "investigator"})
INVESTIGATOR: frozenset[Role] = frozenset({"investigator"})
MONITOR: frozenset[Role] = frozenset({"medical_monitor"})
COMMITTEE: frozenset[Role] = frozenset({"committee_chair", "committee_clinician", "committee_statistician"})
DATA: frozenset[Role] = frozenset({"data_manager", "medical_monitor"})
SPONSOR: frozenset[Role] = frozenset({"sponsor"})
ADMINISTRATOR: frozenset[Role] = frozenset({"administrator"})
PHARMACIST: frozenset[Role] = frozenset({"pharmacist"})

MAY_ASK: dict[type[c.Command], frozenset[Role]] = {
    c.ReleaseStudyDefinition: SPONSOR,
    c.ActivateSite: SPONSOR,
    c.CreateAccount: ADMINISTRATOR,
    c.GrantRole: ADMINISTRATOR,
    c.RevokeRole: ADMINISTRATOR,
    c.NoteLogin: ADMINISTRATOR,
    c.PauseTrial: MONITOR | COMMITTEE | INVESTIGATOR | SPONSOR,
    c.ResumeTrial: frozenset({"committee_chair"}),
    c.ScreenParticipant: SITE_STAFF,
    c.GiveConsent: SITE_STAFF,
    c.WithdrawConsent: SITE_STAFF,
    c.ConfirmEligibility: INVESTIGATOR,
    c.FailScreening: SITE_STAFF,
    c.OpenCohort: MONITOR,
    c.CloseCohort: MONITOR,
    c.ReserveSlot: SITE_STAFF,
    c.ReleaseSlot: SITE_STAFF | MONITOR,
    c.GiveLymphodepletion: SITE_STAFF,
    c.ReleaseProduct: PHARMACIST,
    c.StartInfusion: SITE_STAFF,
    c.CompleteInfusion: SITE_STAFF,
    c.WithholdInfusion: INVESTIGATOR,
    c.HoldVisit: SITE_STAFF,
    c.MissVisit: SITE_STAFF,
    c.SubmitForm: SITE_STAFF,
    c.CorrectValue: SITE_STAFF,
    c.RaiseQuery: DATA,
    c.AnswerQuery: SITE_STAFF,
    c.CloseQuery: DATA,
    c.ReportAdverseEvent: INVESTIGATOR,
    c.GradeAdverseEvent: INVESTIGATOR,
    c.EndAdverseEvent: INVESTIGATOR,
    c.AdjudicateDlt: MONITOR,
    c.DetermineEvaluability: MONITOR,
    c.WithdrawParticipant: SITE_STAFF,
    c.CompleteParticipant: SITE_STAFF,
    c.TakeSnapshot: MONITOR | frozenset({"committee_chair", "committee_statistician"}),
    c.MakeDecision: frozenset({"committee_chair"}),
    c.SignDecision: COMMITTEE,
    c.ReportDeviation: SITE_STAFF | DATA,
}
"""The roles that may ask for a command; who is not listed may not."""

SYSTEM = c.Actor("system", "administrator")
"""The software itself: it notes who signed in, failed to, and signed out, and may do nothing else."""

BEFORE_ACCOUNTS = (c.ReleaseStudyDefinition, c.CreateAccount, c.GrantRole)
"""What may be asked before the first role was granted: somebody has to be the first."""


def refuse_actor(state: State, command: c.AnyCommand, actor: c.Actor) -> Refused | None:
    """Why the actor may not ask for this, or nothing where they may."""
    allowed = MAY_ASK[type(command)]
    name = type(command).__name__
    if actor.role not in allowed:
        roles = ", ".join(sorted(allowed))
        return Refused(
            what=Text(f"A {actor.role} may not ask for {name}.", f"角色 {actor.role} 无权执行 {name}。"),
            clause="access.role",
            allowed_when=Text(f"It may be asked by: {roles}.", f"有权执行的角色：{roles}。"),
        )
    if actor == SYSTEM and isinstance(command, c.NoteLogin):
        return None
    account = state.accounts.get(actor.login)
    nobody_yet = not any(known.roles for known in state.accounts.values())
    if nobody_yet and isinstance(command, BEFORE_ACCOUNTS):
        return None
    if account is None or not {(actor.role, actor.site), (actor.role, None)} & account.roles:
        return Refused(
            what=Text(
                f"{actor.login} does not hold the role {actor.role} at site {actor.site or 'all'}.",
                f"{actor.login} 在中心 {actor.site or '全部'} 没有角色 {actor.role}。",
            ),
            clause="access.role",
            allowed_when=Text("An administrator grants the role.", "由管理员授予该角色后方可执行。"),
        )
    site = _site_of(state, command)
    if actor.site is not None and site is not None and site != actor.site:
        return Refused(
            what=Text(f"Site {actor.site} has no such participant.", f"中心 {actor.site} 没有该受试者。"),
            clause="access.site",
            allowed_when=Text(
                "Staff act for participants of their own site.", "研究者只能操作本中心的受试者。"
            ),
        )
    return None


def _site_of(state: State, command: c.AnyCommand) -> str | None:
    if isinstance(command, c.ScreenParticipant):
        return command.site
    if isinstance(command, c.ParticipantCommand):
        participant = state.participants.get(command.participant)
        return participant.site if participant else None
    return None
