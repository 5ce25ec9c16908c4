"""Who signs a decision, what the signature covers, and when the decision takes effect."""

import msgspec
import pytest
from tests.trials import SmallTrial, bundled_protocol, coordinator, investigator, replaced, start

from firstdose.conduct import commands as c
from firstdose.conduct.review import compute_decision_digest
from firstdose.protocol.resolved import Review
from firstdose.record.events import Role
from firstdose.simulate import cast


def to_be_signed(trial: SmallTrial | None = None) -> SmallTrial:
    trial = trial or start()
    trial.complete_single("sad", "SAD-1")
    trial.decide(c.MakeDecision(snapshot=trial.snapshot("sad").snapshot, action="escalate"))
    return trial


@pytest.mark.covers("S1", "S6")
def test_a_decision_takes_effect_with_the_last_signature_required() -> None:
    trial = to_be_signed()
    trial.do(trial.signature("sad-d01"), cast.CHAIR)
    assert not trial.state.decisions["sad-d01"].is_in_effect
    trial.wait(hours=1)
    trial.do(trial.signature("sad-d01"), cast.STATISTICIAN)
    decision = trial.state.decisions["sad-d01"]
    assert decision.in_effect_position == trial.state.position
    names = [(sign.printed_name, sign.role, sign.meaning) for sign in decision.signatures]
    assert names == [
        ("Prof. Ji-woo Park", "committee_chair", "I agree."),
        ("Dr. Camille Moreau", "committee_statistician", "I agree."),
    ]
    assert [sign.signed_at for sign in decision.signatures] == [trial.now.replace(hour=1), trial.now]


@pytest.mark.covers("S2")
def test_the_signature_covers_exactly_what_is_recorded() -> None:
    trial = to_be_signed()
    good = trial.signature("sad-d01")
    for digest in ("", "0" * 64, good.digest.upper()):
        refused = trial.refused(replaced(good, digest=digest), cast.CHAIR)
        assert refused.clause == "review.signatures"
    trial.do(good, cast.CHAIR)


@pytest.mark.covers("S2", "S3")
def test_the_digest_depends_on_decision_counts_snapshot_and_definition() -> None:
    trial = to_be_signed()
    shown = compute_decision_digest(trial.state, "sad-d01")
    state = trial.fork().state
    decision = state.decisions["sad-d01"]
    decision.made = msgspec.structs.replace(decision.made, level=3)
    assert compute_decision_digest(state, "sad-d01") != shown
    state = trial.fork().state
    found, position = state.recommendations["sad-s01"]
    state.recommendations["sad-s01"] = (msgspec.structs.replace(found, n_dlt=(1, 0, 0, 0, 0, 0)), position)
    assert compute_decision_digest(state, "sad-d01") != shown
    state = trial.fork().state
    state.snapshots["sad-s01"] = msgspec.structs.replace(state.snapshots["sad-s01"], head="0" * 64)
    assert compute_decision_digest(state, "sad-d01") != shown
    state = trial.fork().state
    state.definition_digest = "another"
    assert compute_decision_digest(state, "sad-d01") != shown
    assert compute_decision_digest(trial.fork().state, "sad-d01") == shown


@pytest.mark.covers("S3")
def test_a_signature_of_one_decision_is_not_one_of_another() -> None:
    trial = to_be_signed()
    first = trial.signature("sad-d01")
    trial.sign("sad-d01")
    trial.complete_single("sad", "SAD-2")
    trial.decide(c.MakeDecision(snapshot=trial.snapshot("sad").snapshot, action="escalate"))
    copied = replaced(first, decision="sad-d02")
    assert trial.refused(copied, cast.CHAIR).clause == "review.signatures"


def test_each_member_signs_once() -> None:
    trial = to_be_signed()
    trial.do(trial.signature("sad-d01"), cast.CHAIR)
    assert trial.refused(trial.signature("sad-d01"), cast.CHAIR).clause == "review.members"


@pytest.mark.covers("S6")
@pytest.mark.parametrize(
    "actor",
    [
        cast.MONITOR,
        cast.DATA_MANAGER,
        cast.SPONSOR,
        cast.ADMINISTRATOR,
        investigator("01"),
        coordinator("01"),
    ],
    ids=lambda actor: actor.role,
)
def test_nobody_outside_the_committee_signs(actor: c.Actor) -> None:
    trial = to_be_signed()
    assert trial.refused(trial.signature("sad-d01"), actor).clause == "access.role"


@pytest.mark.covers("S6")
def test_no_decision_takes_effect_without_the_chair() -> None:
    trial = to_be_signed()
    trial.do(trial.signature("sad-d01"), cast.CLINICIAN)
    refused = trial.refused(trial.signature("sad-d01"), cast.STATISTICIAN)
    assert refused.clause == "review.chair_must_sign"
    trial.do(trial.signature("sad-d01"), cast.CHAIR)
    assert trial.state.decisions["sad-d01"].is_in_effect


def with_review(review: Review) -> SmallTrial:
    return to_be_signed(start(bundled_protocol().model_copy(update={"review": review})))


def test_where_the_protocol_does_not_ask_for_the_chair_two_members_are_enough() -> None:
    trial = with_review(bundled_protocol().review.model_copy(update={"chair_must_sign": False}))
    trial.sign("sad-d01", cast.CLINICIAN, cast.STATISTICIAN)
    assert trial.state.decisions["sad-d01"].is_in_effect


def test_who_is_not_a_member_of_this_committee_does_not_sign() -> None:
    members: tuple[Role, ...] = ("committee_chair", "committee_clinician")
    trial = with_review(bundled_protocol().review.model_copy(update={"members": members}))
    assert trial.refused(trial.signature("sad-d01"), cast.STATISTICIAN).clause == "review.members"


@pytest.mark.parametrize("decision", ["sad-d01", "sad-d09"])
def test_a_decision_in_effect_or_unknown_is_not_signed(decision: str) -> None:
    trial = to_be_signed()
    command = replaced(trial.signature("sad-d01"), decision=decision)
    trial.sign("sad-d01")
    assert trial.refused(command, cast.CLINICIAN).clause == "review.signatures"
