"""Hand-made records: a participant of the bundled study with the forms that a test writes down, hour by hour."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from firstdose.record.events import Value
from firstdose.record.state import (
    Cohort,
    Correction,
    FormRecord,
    InfusionRecord,
    LymphodepletionRecord,
    Participant,
    State,
)
from tests.trials import bundled_protocol

INFUSED_AT = datetime(2025, 3, 10, 2, tzinfo=UTC)
"""10:00 at the sites: Day 0."""
LONG_AFTER_D = 400


class SmallRecord:
    """A state that a test fills by hand; positions are given in the order of writing."""

    def __init__(self, *, today_d: float = LONG_AFTER_D) -> None:
        self.state = State(definition=bundled_protocol())
        self.state.recorded_at = INFUSED_AT + timedelta(days=today_d)
        self._position = 0

    def next_position(self) -> int:
        self._position += 1
        self.state.position = self._position
        return self._position

    def participant(self, code: str = "P-01", regimen: str = "SAD-3", sex: str = "female") -> Participant:
        """Somebody with a place in a cohort, lymphodepletion on days -5 to -3, and nothing infused."""
        part = bundled_protocol().regimen_by_key[regimen].part
        if regimen not in self.state.cohorts:
            self.state.cohorts[regimen] = Cohort(
                key=regimen,
                part=part,
                regimen=regimen,
                capacity=9,
                purpose="escalation",
                decision=None,
                opened_at=INFUSED_AT,
                position=self.next_position(),
            )
        made = Participant(
            code=code,
            site="01",
            sex=sex,
            year_of_birth=1990,
            screened_at=INFUSED_AT,
            screened_position=self.next_position(),
            cohort=regimen,
        )
        made.lymphodepletion = [
            LymphodepletionRecord(
                day, INFUSED_AT + timedelta(days=day, hours=1), {"fludarabine": "40"}, self.next_position()
            )
            for day in (-5, -4, -3)
        ]
        self.state.participants[code] = made
        return made

    def infuse(self, participant: Participant, number: int = 1, *, day: float = 0, cells: str = "3") -> None:
        at = INFUSED_AT + timedelta(days=day)
        participant.infusions[number] = InfusionRecord(
            number=number,
            lot=f"LOT-{number}",
            planned_cells_1e9=Decimal(cells),
            started_at=at,
            position=self.next_position(),
            completed_at=at,
            cells_1e9=Decimal(cells),
            completed_position=self.next_position(),
        )

    def treated(self, code: str = "P-01", regimen: str = "SAD-3", cells: str = "3") -> Participant:
        made = self.participant(code, regimen)
        self.infuse(made, cells=cells)
        return made

    def form(
        self,
        participant: Participant,
        form: str,
        visit: str,
        day: Decimal | float,
        timepoint: str = "",
        **values: Value,
    ) -> FormRecord:
        """A form collected this many days after the first infusion."""
        at = INFUSED_AT + timedelta(seconds=round(float(day) * 86400))
        filled = FormRecord(
            visit=visit,
            form=form,
            timepoint=timepoint,
            collected_at=at,
            recorded_at=at,
            actor="chen",
            position=self.next_position(),
            values=values,
            not_done={},
        )
        participant.forms[visit, form, timepoint] = filled
        participant.forms_by_name.setdefault(form, []).append(filled)
        return filled

    def sample(
        self, participant: Participant, visit: str, day: Decimal | float, level: str, timepoint: str = ""
    ) -> FormRecord:
        """A sample for the transgene level with a limit of 50; "nd" is not detected, "blq" below the limit."""
        values: dict[str, Value] = {"lloq": "50.0"}
        if level in ("nd", "blq"):
            values["state"] = "not_detected" if level == "nd" else "detected_below_quantification"
        elif level:
            values |= {"state": "quantifiable", "transgene_copies_per_ug": level}
        return self.form(participant, "cellular_kinetics", visit, day, timepoint, **values)

    def correct(self, filled: FormRecord, item: str, new: Value) -> int:
        """A correction of a value; its position."""
        made = Correction(
            item, filled.values[item], new, "wrong column", filled.recorded_at, "chen", self.next_position()
        )
        filled.corrections.append(made)
        filled.values[item] = new
        return made.position
