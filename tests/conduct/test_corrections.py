"""A correction keeps the old value, the new one and the reason."""

from typing import Any

import pytest
from tests.trials import HOUR, SmallTrial, coordinator, investigator, only, replaced, start

from firstdose.conduct import commands as c
from firstdose.record import events as e


def submitted() -> tuple[SmallTrial, str, int]:
    trial = start()
    code = trial.consent(trial.screen("01"))
    trial.submit(code, "vital_signs", sbp="120")
    return trial, code, trial.participant(code).forms["SCR", "vital_signs", ""].position


def correction(code: str, **changes: Any) -> c.CorrectValue:
    said = {"participant": code, "visit": "SCR", "form": "vital_signs", "item": "sbp", "new": "130"}
    return c.CorrectValue(**(said | {"reason": "misread the monitor"} | changes))


@pytest.mark.covers("A5")
def test_a_correction_keeps_the_old_value_the_new_one_the_reason_and_what_it_corrects() -> None:
    trial, code, position = submitted()
    made = only(trial.do(correction(code), coordinator("01")), e.ValueCorrected)
    assert (made.old, made.new, made.reason, made.corrects) == ("120", "130", "misread the monitor", position)
    trial.wait(hours=1)
    again = only(trial.do(correction(code, new="128"), investigator("01")), e.ValueCorrected)
    assert (again.old, again.corrects) == ("130", trial.state.position - 1)
    form = trial.participant(code).forms["SCR", "vital_signs", ""]
    assert form.values["sbp"] == "128"
    assert [(one.old, one.new, one.actor) for one in form.corrections] == [
        ("120", "130", "coordinator01"),
        ("130", "128", "investigator01"),
    ]


CORRECTIONS: dict[str, tuple[dict[str, Any], str]] = {
    # --- why, and to what
    "no reason": ({"reason": ""}, "record.corrections"),
    "a reason of spaces": ({"reason": "  "}, "record.corrections"),
    "the same value": ({"new": "120"}, "record.corrections"),
    # --- a value that the item may hold
    "a word for a number": ({"new": "high"}, "forms.vital_signs.sbp"),
    "outside the hard range": ({"new": "301"}, "forms.vital_signs.sbp"),
    "too many decimals": ({"new": "120.5"}, "forms.vital_signs.sbp"),
    # --- something that was submitted
    "another visit": ({"visit": "D3"}, "record.corrections"),
    "another form": ({"form": "haematology", "item": "wbc"}, "record.corrections"),
    "a form that does not exist": ({"form": "diary"}, "record.corrections"),
    "another item": ({"item": "weight"}, "record.corrections"),
    "another time point": ({"timepoint": "t1h"}, "record.corrections"),
}


@pytest.mark.covers("A5")
@pytest.mark.parametrize(("changes", "clause"), CORRECTIONS.values(), ids=CORRECTIONS.keys())
def test_a_correction_is_refused_without_reason_change_or_place(changes: dict[str, Any], clause: str) -> None:
    trial, code, _ = submitted()
    assert trial.refused(correction(code, **changes), coordinator("01")).clause == clause


@pytest.mark.covers("A5")
def test_nothing_to_a_value_and_a_value_to_nothing_are_corrections() -> None:
    trial, code, _ = submitted()
    trial.do(correction(code, new=None), coordinator("01"))
    assert trial.participant(code).forms["SCR", "vital_signs", ""].values["sbp"] is None
    made = only(trial.do(correction(code, new="118"), coordinator("01")), e.ValueCorrected)
    assert (made.old, made.new) == (None, "118")


def test_a_correction_of_what_the_person_did_not_see_is_refused_and_the_difference_told() -> None:
    trial, code, position = submitted()
    seen = correction(code, seen_position=position)
    trial.do(replaced(seen, new="131"), coordinator("01"))
    trial.wait(hours=1)
    refused = trial.refused(replaced(seen, new="132"), investigator("01"))
    assert refused.clause == "record.corrections"
    for word in ("coordinator01", "120", "131"):
        assert word in refused.what.en
    latest = trial.participant(code).forms["SCR", "vital_signs", ""].position_of("sbp")
    trial.do(replaced(seen, new="132", seen_position=latest), investigator("01"))


def test_a_correction_of_another_item_also_changes_what_was_seen() -> None:
    trial, code, position = submitted()
    trial.do(correction(code, item="pulse", new="90", seen_position=position), coordinator("01"))
    trial.wait(hours=1)
    stale = correction(code, seen_position=position)
    assert "pulse" in trial.refused(stale, coordinator("01")).what.en


def test_yes_is_corrected_to_no() -> None:
    trial, code, _ = submitted()
    made = only(
        trial.do(correction(code, item="oxygen_given", new=True), coordinator("01")), e.ValueCorrected
    )
    assert (made.old, made.new) == (False, True)
    assert trial.now.hour == HOUR.seconds // 3600
