"""The safety review: snapshot, recommendation, decision, signatures."""

from datetime import datetime
from hashlib import sha256

import msgspec
from msgspec import UNSET, UnsetType

from firstdose.conduct import commands as c
from firstdose.conduct.cohorts import ACTION_WORDS, NEXT_COHORT, find_cap_level, find_room, refuse_full
from firstdose.conduct.counts import count_part, recommend_for
from firstdose.conduct.refusals import Decided, refuse
from firstdose.design import Action, Tallies
from firstdose.protocol.resolved import Part
from firstdose.record import events as e
from firstdose.record.state import State
from firstdose.terms.outcomes import Refused

ACTION_OF = {
    Action.ESCALATE: "escalate",
    Action.STAY: "stay",
    Action.DE_ESCALATE: "de_escalate",
    Action.STOP_AND_SELECT_MTD: "select_mtd",
    Action.STOP_TOO_TOXIC: "stop_too_toxic",
    Action.WAIT: "wait",
}
"""The rule's actions in the words of decisions; a recommendation to wait is no decision."""
WITHOUT_COMPLETE_COHORT = ("stop_too_toxic",)
"""What the committee may decide before every participant of the cohort is determined; to wait, it pauses."""


def decide_snapshot(state: State, command: c.TakeSnapshot, now: datetime, head: str) -> Decided:
    """A snapshot fixes what is looked at; the rule's recommendation on just that stands beside it."""
    part = state.protocol.part_by_key.get(command.part)
    if part is None or part.design is None or command.cutoff > now:
        return refuse(
            "review.snapshot",
            f"There is nothing to review of part {command.part!r} up to {command.cutoff:%Y-%m-%d %H:%M}.",
            f"{command.part!r} 部分截至 {command.cutoff:%Y-%m-%d %H:%M} 没有可审查的内容。",
            "Name a part with a dose rule and a cutoff that has passed.",
            "请选择有剂量规则的部分以及已过去的截止时间。",
        )
    key = f"{command.part}-s{1 + sum(found.part == command.part for found in state.snapshots.values()):02d}"
    counts, found, digest = recommend_for(state, part, command.cutoff)
    return [
        e.SnapshotTaken(snapshot=key, part=part.key, cutoff=command.cutoff, as_of=state.position, head=head),
        e.RecommendationComputed(
            snapshot=key,
            part=part.key,
            table_digest=digest,
            current_level=counts.current_level,
            n_evaluable=counts.tallies.n_evaluable,
            n_dlt=counts.tallies.n_dlt,
            n_pending=counts.tallies.n_pending,
            titration_ended=counts.titration_ended,
            follow_up=_write_follow_up(counts.tallies),
            n_efficacy=_given(counts.tallies.n_efficacy),
            n_both=_given(counts.tallies.n_both),
            action=ACTION_OF[found.action],
            level=found.level,
            cohort_size=found.cohort_size,
            reasons=found.reasons,
            reason_en=found.reason_text.en,
            reason_zh=found.reason_text.zh,
        ),
    ]


def decide_decision(state: State, command: c.MakeDecision) -> Decided:
    """The committee decides on the latest snapshot; where it departs from the rule it says why."""
    found = state.recommendations.get(command.snapshot)
    if found is None:
        return refuse(
            "review.snapshot",
            f"There is no snapshot {command.snapshot!r}.",
            f"没有快照 {command.snapshot!r}。",
            "Take a snapshot of the part first.",
            "请先为该部分建立快照。",
        )
    recommended = found[0]
    part = state.protocol.part_by_key[recommended.part]
    refused = _refuse_outdated(state, command.snapshot, part)
    if refused:
        return refused
    if recommended.action == "wait" and command.action not in WITHOUT_COMPLETE_COHORT:
        return refuse(
            f"parts.{part.key}.design",
            f"{recommended.reason_en}",
            f"{recommended.reason_zh}",
            "Decide when every participant of the cohort is determined; until then pause the trial or stop the part.",
            "队列中每名受试者均已判定后方可决定；在此之前可暂停试验或停止该部分。",
        )
    level = _level_of(command, recommended)
    refused = _refuse_level(state, command, part, level)
    if refused:
        return refused
    follows = _follows(command, recommended, level)
    if not follows and not command.reason.strip():
        return refuse(
            "review.departure",
            f"The rule recommends to {ACTION_WORDS[recommended.action].en}{_at(recommended.level)}; the decision is to "
            f"{ACTION_WORDS[command.action].en}{_at(level)}.",
            f"规则建议{ACTION_WORDS[recommended.action].zh}{_at_zh(recommended.level)}；"
            f"决定为{ACTION_WORDS[command.action].zh}{_at_zh(level)}。",
            "Give the committee's reason for departing from the rule.",
            "与规则不一致时须说明委员会的理由。",
        )
    number = 1 + sum(decision.made.part == part.key for decision in state.decisions.values())
    made = e.DoseDecisionMade(
        decision=f"{part.key}-d{number:02d}",
        snapshot=command.snapshot,
        part=part.key,
        action=command.action,
        level=level,
        cohort_size=_cohort_size(command, recommended, part, level, follows=follows),
        regimens=command.regimens,
        follows_recommendation=follows,
        reason=command.reason,
        signatures_required=state.protocol.review.signatures_required,
    )
    closed = [
        e.CohortClosed(cohort=key, reason=f"decision {made.decision}")
        for key, cohort in state.cohorts.items()
        if cohort.part == part.key and cohort.is_open
    ]
    voided = [
        e.DecisionVoided(decision=key, reason=f"{made.decision} is decided on a later snapshot")
        for key in _list_waiting(state, part)
    ]
    return [*voided, made, *closed]


def _list_waiting(state: State, part: Part) -> list[str]:
    """The decisions of a part that wait for signatures."""
    return [key for key, found in state.decisions.items() if found.made.part == part.key and found.is_waiting]


def _refuse_outdated(state: State, snapshot: str, part: Part) -> Refused | None:
    """A decision stands on the latest snapshot, and nothing that it reads has changed since."""
    same = [key for key in _list_waiting(state, part) if state.decisions[key].made.snapshot == snapshot]
    if same:
        return refuse(
            "review.signatures",
            f"Decision {same[0]} on this snapshot waits for signatures.",
            f"该快照的决定 {same[0]} 正等待签名。",
            "Sign it, or take a new snapshot and decide on that.",
            "请签署该决定，或建立新的快照后再作决定。",
        )
    latest = [key for key, found in state.snapshots.items() if found.part == part.key][-1]
    taken = state.recommendations[snapshot][1]
    decided = max((d.position for d in state.decisions.values() if d.made.part == part.key), default=0)
    since = [
        cohort.key for cohort in state.cohorts.values() if cohort.part == part.key and cohort.position > taken
    ]
    changed = _list_changed(state, part, taken)
    is_same = _knows_all(state, state.recommendations[snapshot][0], part)
    if snapshot == latest and decided < taken and not changed and not since and is_same:
        return None
    why = ", ".join([*changed, *since]) or (
        "a later snapshot or decision" if is_same else "what counts for the rule has changed"
    )
    return refuse(
        "review.snapshot",
        f"Snapshot {snapshot} is not what is known now: {why}.",
        f"快照 {snapshot} 已不是当前所知：{why}。",
        "Take a new snapshot.",
        "请建立新的快照。",
    )


def _list_changed(state: State, part: Part, since: int) -> list[str]:
    """The participants of a part who were infused, determined or adjudicated after a position."""
    return [
        participant.code
        for participant in state.treated()
        if state.part_of(participant) == part.key
        and max(
            participant.evaluability_position or 0,
            *(record.dlt_position or 0 for record in participant.adverse_events.values()),
            participant.infusions[1].position,
        )
        > since
    ]


def _given(counts: tuple[int, ...] | UnsetType) -> tuple[int, ...]:
    return () if counts is UNSET else counts


def _write_follow_up(tallies: Tallies) -> tuple[tuple[str, ...], ...]:
    """The shares of the DLT window that a time-to-event rule read, as fractions; none for other rules."""
    if tallies.follow_up is UNSET:
        return ()
    return tuple(tuple(str(share) for share in shares) for shares in tallies.follow_up)


def _knows_all(state: State, stored: e.RecommendationComputed, part: Part) -> bool:
    """Whether what is recorded now leads to the counts of a recommendation, whatever its cutoff was."""
    assert state.recorded_at is not None
    counts = count_part(state, part, state.recorded_at)
    now = counts.tallies
    # the follow-up of the pending grows by itself, and is nothing that was recorded since
    return (now.n_evaluable, now.n_dlt, now.n_pending, counts.titration_ended) == (
        stored.n_evaluable,
        stored.n_dlt,
        stored.n_pending,
        stored.titration_ended,
    )


def _level_of(command: c.MakeDecision, recommended: e.RecommendationComputed) -> int | None:
    if command.action in ("stop_too_toxic", "expand"):
        return None
    if command.level is not None:
        return command.level
    step = {"escalate": 1, "stay": 0, "de_escalate": -1}.get(command.action)
    return recommended.level if step is None else recommended.current_level + step


def _refuse_level(state: State, command: c.MakeDecision, part: Part, level: int | None) -> Refused | None:
    """A decision names a level or regimens that exist, skips none, and stays at or below every cap."""
    recommended = state.recommendations[command.snapshot][0]
    clause = f"parts.{part.key}.design"
    if command.action == "expand":
        return _refuse_expansion(state, command, part, recommended)
    if command.regimens:
        return refuse(
            clause,
            "Only an expansion names regimens.",
            "只有扩展决定可指定方案。",
            "Leave the regimens out.",
            "请勿填写方案。",
        )
    if level is None and command.action in WITHOUT_COMPLETE_COHORT:
        return None
    if level is None:
        return refuse(
            clause,
            f"{command.action} names no level, and the rule recommends none.",
            f"{command.action} 未指定剂量水平，规则也未建议任何水平。",
            "Name a level, or stop the part as too toxic.",
            "请指定剂量水平，或以毒性过大终止该部分。",
        )
    if command.action in NEXT_COHORT and find_room(state, part, closing_open_cohorts=True) < 1:
        return refuse_full(state, part)
    cap = find_cap_level(state, part)
    highest = len(part.regimens) if cap is None else cap
    current = recommended.current_level
    within = {
        "escalate": current < level <= current + 1,
        "stay": level == current,
        "de_escalate": 1 <= level < current,
        "select_mtd": 1 <= level <= len(part.regimens) and recommended.n_evaluable[level - 1] > 0,
    }[command.action]
    if within and level <= highest:
        return None
    return refuse(
        clause,
        f"From level {current} one cannot {ACTION_WORDS[command.action].en}{_at(level)} (highest allowed: {highest}).",
        f"在水平 {current} 时不能{ACTION_WORDS[command.action].zh}{_at_zh(level)}（最高允许水平：{highest}）。",
        "No level is skipped, and none is above what the part allows.",
        "不得跳级，且不得高于该部分允许的水平。",
    )


def _refuse_expansion(
    state: State, command: c.MakeDecision, part: Part, recommended: e.RecommendationComputed
) -> Refused | None:
    expansion = next((found for found in state.protocol.parts if found.regimens_from == part.key), None)
    low, high = (expansion.min_regimens or 1, expansion.max_regimens or 1) if expansion else (0, 0)
    treated = {
        regimen.key
        for participant in state.treated()
        if state.part_of(participant) == part.key and (regimen := state.regimen_of(participant)) is not None
    }
    allowed = [
        key
        for key in part.regimens
        if key in treated and state.protocol.regimen_by_key[key].dose_level <= (recommended.level or 0)
    ]
    chosen = command.regimens
    if expansion and low <= len(set(chosen)) == len(chosen) <= high and set(chosen) <= set(allowed):
        return None
    return refuse(
        f"parts.{expansion.key if expansion else part.key}",
        f"{', '.join(chosen) or 'Nothing'} cannot be expanded.",
        f"不能扩展：{'、'.join(chosen) or '未选择'}。",
        f"Choose {low} to {high} of the regimens that were treated and are not above the recommended level: "
        f"{', '.join(allowed) or 'none'}.",
        f"请在已给药且不高于建议水平的方案中选择 {low} 至 {high} 个：{'、'.join(allowed) or '无'}。",
    )


def _at(level: int | None) -> str:
    return "" if level is None else f" at level {level}"


def _at_zh(level: int | None) -> str:
    return "" if level is None else f"（水平 {level}）"


def _follows(command: c.MakeDecision, recommended: e.RecommendationComputed, level: int | None) -> bool:
    if command.action == "expand":
        return recommended.action == "select_mtd" and recommended.level is not None
    return command.action == recommended.action and level == recommended.level


def _cohort_size(
    command: c.MakeDecision,
    recommended: e.RecommendationComputed,
    part: Part,
    level: int | None,
    *,
    follows: bool,
) -> int:
    if level is None or command.action == "select_mtd" or part.design is None:
        return 0
    if follows:
        return recommended.cohort_size
    titration = part.design.titration
    single = titration is not None and not recommended.titration_ended and level < titration.until_level
    return 1 if single else part.design.cohort_size


def compute_decision_digest(state: State, decision_key: str) -> str:
    """The digest of exactly what a member signs: decision, recommendation, snapshot and their keys."""
    made = state.decisions[decision_key].made
    shown = (
        made,
        state.recommendations[made.snapshot][0],
        state.snapshots[made.snapshot],
        state.definition_digest,
    )
    return sha256(msgspec.json.encode(shown, order="deterministic")).hexdigest()


def decide_signature(state: State, command: c.SignDecision, actor: c.Actor) -> Decided:
    """A member signs what was shown, once; the decision takes effect with the last signature required."""
    decision = state.decisions.get(command.decision)
    review = state.protocol.review
    if decision is None or not decision.is_waiting:
        return refuse(
            "review.signatures",
            f"There is no decision {command.decision!r} that waits for signatures.",
            f"没有等待签名的决定 {command.decision!r}。",
            "Sign a decision that is not in effect yet.",
            "请签署尚未生效的决定。",
        )
    if actor.role not in review.members or any(sign.login == actor.login for sign in decision.signatures):
        return refuse(
            "review.members",
            f"{actor.login} ({actor.role}) may not sign, or has signed already.",
            f"{actor.login}（{actor.role}）无权签署或已签署。",
            "Each member of the committee signs once.",
            "每名委员签署一次。",
        )
    part = state.protocol.part_by_key[decision.made.part]
    changed = _list_changed(state, part, state.recommendations[decision.made.snapshot][1])
    if changed:
        return refuse(
            "review.snapshot",
            f"What {command.decision} was decided on has changed since: {', '.join(changed)}.",
            f"{command.decision} 所依据的情况已发生变化：{'、'.join(changed)}。",
            "Take a new snapshot and decide on that.",
            "请建立新的快照并据此作出决定。",
        )
    if command.digest != compute_decision_digest(state, command.decision):
        return refuse(
            "review.signatures",
            "What was shown for signature is not what is recorded.",
            "签署时所显示的内容与记录不一致。",
            "Open the decision again and sign what it shows.",
            "请重新打开该决定并按其内容签署。",
        )
    is_last = len(decision.signatures) + 1 == decision.made.signatures_required
    chair_signed = actor.role == "committee_chair" or any(
        sign.role == "committee_chair" for sign in decision.signatures
    )
    if review.chair_must_sign and is_last and not chair_signed:
        return refuse(
            "review.chair_must_sign",
            "The last signature required is the chair's.",
            "最后一个必需的签名须由主席签署。",
            "The chair signs.",
            "由主席签署。",
        )
    return [
        e.DecisionSigned(
            decision=command.decision,
            login=actor.login,
            printed_name=state.accounts[actor.login].name,
            meaning=command.meaning,
            digest=command.digest,
        )
    ]
