"""Screening, consent, eligibility, and how a participant leaves."""

from firstdose.conduct import commands as c
from firstdose.conduct.refusals import Decided, find_participant, refuse, refuse_leaver
from firstdose.record import events as e
from firstdose.record.state import Participant, State
from firstdose.terms.outcomes import Refused


def decide_screening(state: State, command: c.ScreenParticipant) -> Decided:
    """A new participant gets the next code of the site."""
    if command.site not in state.active_sites:
        return refuse(
            "sites.activation",
            f"Site {command.site} is not active.",
            f"中心 {command.site} 尚未启动。",
            "The sponsor activates the site after its approval.",
            "中心获得批准后由申办方启动。",
        )
    number = 1 + sum(participant.site == command.site for participant in state.participants.values())
    return [
        e.ParticipantScreened(
            participant=f"{command.site}-{number:03d}",
            site=command.site,
            happened_at=command.happened_at,
            sex=command.sex,
            year_of_birth=command.year_of_birth,
        )
    ]


def decide_consent(state: State, command: c.GiveConsent) -> Decided:
    """Consent to the version in force, in one of its languages."""
    participant = find_participant(state, command.participant)
    if isinstance(participant, Refused):
        return participant
    consent = state.protocol.eligibility.consent
    if command.version != consent.version or command.language not in consent.languages:
        return refuse(
            "eligibility.consent",
            f"Consent version {command.version} ({command.language}) is not in force.",
            f"知情同意书版本 {command.version}（{command.language}）无效。",
            f"Use version {consent.version} in {', '.join(consent.languages)}.",
            f"请使用 {consent.version} 版，语言：{'、'.join(consent.languages)}。",
        )
    return [
        e.ConsentGiven(
            participant=command.participant,
            version=command.version,
            language=command.language,
            happened_at=command.happened_at,
        )
    ]


def refuse_without_consent(participant: Participant) -> Refused | None:
    """A refusal where there is no consent."""
    if participant.consented_at is not None:
        return None
    return refuse(
        "eligibility.consent",
        f"{participant.code} has not consented.",
        f"{participant.code} 尚未签署知情同意书。",
        "Record the informed consent first.",
        "请先记录知情同意。",
    )


def decide_consent_withdrawal(state: State, command: c.WithdrawConsent) -> Decided:
    """Consent can be taken back at any time; a place that was not used is given back."""
    participant = find_participant(state, command.participant)
    if isinstance(participant, Refused):
        return participant
    refused = refuse_without_consent(participant) or refuse_leaver(participant)
    if refused:
        return refused
    withdrawn = e.ConsentWithdrawn(
        participant=participant.code, happened_at=command.happened_at, reason=command.reason
    )
    return [withdrawn, *_give_place_back(participant, "consent withdrawn")]


def decide_eligibility(state: State, command: c.ConfirmEligibility) -> Decided:
    """Every inclusion criterion is met and no exclusion criterion."""
    participant = find_participant(state, command.participant)
    if isinstance(participant, Refused):
        return participant
    refused = refuse_without_consent(participant) or refuse_leaver(participant)
    if refused:
        return refused
    criteria = state.protocol.eligibility.criteria
    unanswered = [found.key for found in criteria if found.key not in command.answers]
    if unanswered:
        listed = ", ".join(unanswered)
        return refuse(
            "eligibility.criteria",
            f"{len(unanswered)} criteria are not answered: {listed}.",
            f"有 {len(unanswered)} 条标准未回答：{listed}。",
            "Answer every criterion.",
            "请回答每一条标准。",
        )
    unmet = [found.key for found in criteria if command.answers[found.key] != (found.kind == "inclusion")]
    if unmet:
        listed = ", ".join(unmet)
        return refuse(
            "eligibility.criteria",
            f"{participant.code} does not meet: {listed}.",
            f"{participant.code} 不符合：{listed}。",
            "End the screening with these criteria, or correct the answers.",
            "请以这些标准结束筛选，或更正回答。",
        )
    return [
        e.EligibilityConfirmed(
            participant=participant.code, happened_at=command.happened_at, answers=command.answers
        )
    ]


def decide_screen_failure(state: State, command: c.FailScreening) -> Decided:
    """Screening ends for a participant without a place."""
    participant = find_participant(state, command.participant)
    if isinstance(participant, Refused):
        return participant
    if participant.infusions or participant.has_left:
        return refuse(
            "eligibility.screen_failure",
            f"{participant.code} is past screening.",
            f"{participant.code} 已完成筛选。",
            "Record a withdrawal instead.",
            "请改为记录退出。",
        )
    failed = e.ScreenFailed(
        participant=participant.code,
        happened_at=command.happened_at,
        criteria=command.criteria,
        reason=command.reason,
    )
    return [*_give_place_back(participant, "screen failure"), failed]


def decide_withdrawal(state: State, command: c.WithdrawParticipant) -> Decided:
    """A participant leaves; a place that was not used is given back."""
    participant = find_participant(state, command.participant)
    if isinstance(participant, Refused):
        return participant
    refused = refuse_leaver(participant) or _refuse_completed(participant)
    if refused:
        return refused
    withdrawn = e.ParticipantWithdrawn(
        participant=participant.code,
        happened_at=command.happened_at,
        reason=command.reason,
        detail=command.detail,
    )
    return [withdrawn, *_give_place_back(participant, command.reason)]


def decide_completion(state: State, command: c.CompleteParticipant) -> Decided:
    """A treated participant finished the follow-up when the last visit was held or missed."""
    participant = find_participant(state, command.participant)
    if isinstance(participant, Refused):
        return participant
    refused = refuse_leaver(participant) or _refuse_completed(participant)
    if refused:
        return refused
    regimen = state.regimen_of(participant)
    last = state.protocol.schedule_by_key[regimen.schedule].visits[-1] if regimen else None
    if last is None or last.key not in participant.visits:
        return refuse(
            "schedules.end",
            f"The last visit of {participant.code} is not recorded.",
            f"{participant.code} 的末次访视尚未记录。",
            "Record the last visit as held or missed.",
            "请记录末次访视（已完成或缺失）。",
        )
    return [e.ParticipantCompleted(participant=participant.code, happened_at=command.happened_at)]


def _refuse_completed(participant: Participant) -> Refused | None:
    if participant.completed_at is None:
        return None
    return refuse(
        "schedules.end",
        f"{participant.code} has completed the follow-up.",
        f"{participant.code} 已完成随访。",
        "Nothing is needed.",
        "无需操作。",
    )


def _give_place_back(participant: Participant, reason: str) -> list[e.AnyEvent]:
    if participant.cohort is None or participant.infusions:
        return []
    return [e.SlotReleased(participant=participant.code, cohort=participant.cohort, reason=reason)]
