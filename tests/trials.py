"""Small trials for tests: the bundled study on a record in memory, run by real commands, with a clock of its own.

>>> trial = start()
>>> trial.open_cohort("sad", "SAD-1")
'sad-c01'
>>> code = trial.treat(trial.enrol("02", "sad-c01"))
>>> trial.complete_window(code)
>>> trial.review("sad").made.action
'escalate'
"""

import re
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec

import firstdose.protocol
from firstdose.adapters.store_memory import MemoryStore
from firstdose.conduct import commands as c
from firstdose.conduct.form_values import check_values
from firstdose.conduct.infusion import find_infusion_visit
from firstdose.conduct.review import compute_decision_digest
from firstdose.protocol.resolve import build_protocol
from firstdose.protocol.resolved import Form, Item, Protocol
from firstdose.record import events as e
from firstdose.record.log import encode_event
from firstdose.record.state import Decision, Participant, State
from firstdose.simulate import cast
from firstdose.study.rehearse import write_definition
from firstdose.study.trial import Recorded, Trial
from firstdose.terms.calendar import site_date
from firstdose.terms.outcomes import Refused
from firstdose.terms.scales import ASTCT_2019, CTCAE_5

STUDY_FOLDER = Path(firstdose.protocol.__file__).parent / "studies" / "kn5501"
MORNING = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)
"""Monday, 09:00 at the sites: when a trial of the tests starts."""
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
COMMITTEE = (cast.CHAIR, cast.CLINICIAN, cast.STATISTICIAN)
E = TypeVar("E", bound=e.Event)


@cache
def bundled_texts() -> dict[str, str]:
    """The YAML texts of the bundled study by file name."""
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(STUDY_FOLDER.glob("*.yaml"))}


@cache
def bundled_protocol() -> Protocol:
    """The bundled study, checked and resolved."""
    built = build_protocol(bundled_texts())
    assert isinstance(built, Protocol), built
    return built


def coordinator(site: str) -> c.Actor:
    return cast.at_site("coordinator", site)


def investigator(site: str) -> c.Actor:
    return cast.at_site("investigator", site)


def pharmacist(site: str) -> c.Actor:
    return cast.at_site("pharmacist", site)


class SmallTrial:
    """A trial that a test runs step by step; what must be allowed is asserted to be allowed."""

    def __init__(self, protocol: Protocol | None = None, store: MemoryStore | None = None) -> None:
        self.protocol = protocol or bundled_protocol()
        self.store = store or MemoryStore()
        self.trial = Trial(self.store)
        self.now = MORNING
        self._n_commands = 0

    @property
    def state(self) -> State:
        with self.trial.reading() as state:
            return state

    def participant(self, code: str) -> Participant:
        return self.state.participants[code]

    def fork(self) -> "SmallTrial":
        """The same trial, to be carried on in another way."""
        other = SmallTrial(self.protocol)
        other.store._rows = list(self.store._rows)
        other.store._commands = set(self.store._commands)
        definition = self.trial._state.definition
        other.trial._state = deepcopy(self.trial._state, {id(definition): definition})
        other.now, other._n_commands = self.now, self._n_commands
        return other

    # --- asking

    def ask(self, command: c.AnyCommand, actor: c.Actor) -> Recorded | Refused:
        self._n_commands += 1
        return self.trial.ask(command, actor, now=self.now, command_id=f"test-{self._n_commands:05d}")

    def do(self, command: c.AnyCommand, actor: c.Actor) -> tuple[e.AnyEvent, ...]:
        """What must be allowed; its events."""
        answer = self.ask(command, actor)
        assert isinstance(answer, Recorded), f"{command}: {answer}"
        return tuple(entry.event for entry in answer.entries)

    def refused(self, command: c.AnyCommand, actor: c.Actor) -> Refused:
        """What must not be allowed: the refusal says so in two languages and nothing is recorded."""
        head = self.store.head()
        answer = self.ask(command, actor)
        assert isinstance(answer, Refused), f"{command} was allowed: {answer}"
        assert self.store.head() == head, "a refusal added to the record"
        for text in (answer.what, answer.allowed_when):
            assert text.en.strip()
            assert text.zh.strip()
        return answer

    # --- time

    def wait(self, days: float = 0, *, hours: float = 0) -> "SmallTrial":
        self.now += timedelta(days=days, hours=hours)
        return self

    def wait_until_day(self, code: str, day: int) -> "SmallTrial":
        """Until a protocol day of a participant, at the hour of the first infusion."""
        first = self.participant(code).first_infusion_at
        assert first is not None
        self.now = max(self.now, first + day * DAY)
        return self

    # --- enrolment

    def screen(self, site: str = "01") -> str:
        command = c.ScreenParticipant(site=site, happened_at=self.now, sex="female", year_of_birth=1990)
        return only(self.do(command, coordinator(site)), e.ParticipantScreened).participant

    def consent(self, code: str) -> str:
        self.do(
            c.GiveConsent(participant=code, version="1.0", language="zh", happened_at=self.now),
            coordinator(self.site(code)),
        )
        return code

    def answers(self) -> dict[str, bool]:
        """The answers of a person who is eligible."""
        return {found.key: found.kind == "inclusion" for found in self.protocol.eligibility.criteria}

    def confirm(self, code: str) -> str:
        self.do(
            c.ConfirmEligibility(participant=code, happened_at=self.now, answers=self.answers()),
            investigator(self.site(code)),
        )
        return code

    def reserve(self, code: str, cohort: str) -> str:
        self.do(c.ReserveSlot(participant=code, cohort=cohort), coordinator(self.site(code)))
        return code

    def enrol(self, site: str = "01", cohort: str | None = None) -> str:
        """A new participant with consent and eligibility, and with a place where a cohort is given."""
        code = self.confirm(self.consent(self.screen(site)))
        return self.reserve(code, cohort) if cohort else code

    def site(self, code: str) -> str:
        return self.state.participants[code].site

    # --- cohorts

    def open_cohort(self, part: str, regimen: str) -> str:
        return only(self.do(c.OpenCohort(part=part, regimen=regimen), cast.MONITOR), e.CohortOpened).cohort

    def close_cohort(self, cohort: str) -> None:
        self.do(c.CloseCohort(cohort=cohort, reason="enough participants"), cast.MONITOR)

    # --- treatment

    def deplete(self, code: str, n_days: int = 3) -> str:
        """Lymphodepletion from today on, a day each; the clock stands on the last of them."""
        for place, planned_day in enumerate(self.protocol.lymphodepletion.days[:n_days]):
            self.wait(1 if place else 0)
            self.do(self.lymphodepletion(code, planned_day), coordinator(self.site(code)))
        return code

    def lymphodepletion(self, code: str, planned_day: int) -> c.GiveLymphodepletion:
        doses = {drug.key: "40" for drug in self.protocol.lymphodepletion.drugs}
        return c.GiveLymphodepletion(
            participant=code, planned_day=planned_day, happened_at=self.now, doses_mg=doses
        )

    def product(self, code: str, infusion: int = 1, lot: str | None = None) -> c.ReleaseProduct:
        regimen = self.state.regimen_of(self.participant(code))
        return c.ReleaseProduct(
            participant=code,
            infusion=infusion,
            lot=lot or f"LOT-{code}-{infusion}",
            cells_1e9=str(regimen.cells_1e9 if regimen else Decimal("0.75")),
            viability_percent="88.5",
            happened_at=self.now,
        )

    def release(self, code: str, infusion: int = 1) -> str:
        self.do(self.product(code, infusion), pharmacist(self.site(code)))
        return code

    def infusion(self, code: str, infusion: int = 1) -> c.StartInfusion:
        return c.StartInfusion(
            participant=code, infusion=infusion, lot=f"LOT-{code}-{infusion}", happened_at=self.now
        )

    def infuse(self, code: str, infusion: int = 1, *, share: str = "1", held: bool = True) -> str:
        """Release the lot, infuse this share of the cells, and hold the visit."""
        self.release(code, infusion)
        actor = coordinator(self.site(code))
        self.do(self.infusion(code, infusion), actor)
        regimen = self.state.regimen_of(self.participant(code))
        assert regimen is not None
        if held:
            self.hold(code, find_infusion_visit(self.state, regimen, infusion).key)
        self.now += HOUR / 2
        cells = regimen.cells_1e9 * Decimal(share)
        self.do(
            c.CompleteInfusion(
                participant=code, infusion=infusion, cells_1e9=str(cells), happened_at=self.now
            ),
            actor,
        )
        return code

    def make_ready(self, code: str) -> str:
        """Everything before the first infusion, up to the earliest day that lymphodepletion allows."""
        self.deplete(code)
        self.wait(3)
        return self.release(code)

    def treat(self, code: str, *, share: str = "1") -> str:
        """Lymphodepletion, and the first infusion as soon as the stagger of the cohort allows."""
        participant = self.participant(code)
        assert participant.cohort is not None
        cohort = self.state.cohorts[participant.cohort]
        first = [self.participant(other).first_infusion_at for other in cohort.participants]
        latest = max((at for at in first if at is not None), default=None)
        if latest is not None:
            self.now = max(self.now, latest + 7 * DAY - 5 * DAY)
        self.deplete(code)
        self.wait(3)
        return self.infuse(code, share=share)

    def complete_infusions(self, code: str) -> str:
        """The further infusions of a regimen on their days."""
        regimen = self.state.regimen_of(self.participant(code))
        assert regimen is not None
        for number, day in enumerate(regimen.infusion_days[1:], start=2):
            self.wait_until_day(code, day)
            self.infuse(code, number)
        return code

    def hold(self, code: str, visit: str, on: date | None = None) -> None:
        command = c.HoldVisit(participant=code, visit=visit, happened_on=on or site_date(self.now))
        self.do(command, coordinator(self.site(code)))

    def complete_window(self, code: str) -> None:
        """The visit that ends the DLT window is held and the participant determined."""
        part = self.protocol.part_by_key[self.state.part_of(self.participant(code)) or ""]
        self.wait_until_day(code, part.dlt_window.last)
        self.hold(code, f"D{part.dlt_window.last}")
        self.do(c.DetermineEvaluability(participant=code), cast.MONITOR)

    # --- safety

    def adverse_event(self, code: str, **changes: Any) -> c.ReportAdverseEvent:
        """A cytokine release syndrome of grade 2 now, or what is changed of it."""
        said: dict[str, Any] = {
            "verbatim": "发热、低血压",
            "preferred_term": "Cytokine release syndrome",
            "system_organ_class": "Immune system disorders",
            "category": "crs",
            "onset": self.now,
            "grade": 2,
            "scale": "ASTCT",
            "scale_version": ASTCT_2019.version,
            "is_serious": False,
            "causality": {"product": "probable", "lymphodepletion": "unlikely"},
        }
        if changes.get("category", "crs") not in ("crs", "icans"):
            said |= {"scale": "CTCAE", "scale_version": CTCAE_5.version}
        return c.ReportAdverseEvent(participant=code, **(said | changes))

    def report(self, code: str, **changes: Any) -> str:
        """Report an adverse event; its key."""
        events = self.do(self.adverse_event(code, **changes), investigator(self.site(code)))
        return only(events, e.AdverseEventReported).adverse_event

    def dlt(self, code: str) -> str:
        """A serious liver injury of grade 4, adjudicated to be dose-limiting."""
        key = self.report(
            code,
            preferred_term="Hepatic failure",
            system_organ_class="Hepatobiliary disorders",
            category="other",
            grade=4,
        )
        self.do(c.AdjudicateDlt(participant=code, adverse_event=key, is_dlt=True), cast.MONITOR)
        return key

    def withdraw(self, code: str) -> None:
        command = c.WithdrawParticipant(
            participant=code, happened_at=self.now, reason="withdrawal_by_participant"
        )
        self.do(command, coordinator(self.site(code)))

    # --- forms

    def form(self, code: str, form: str, visit: str = "SCR", **changes: e.Value) -> c.SubmitForm:
        """A form with ordinary values, or what is changed of them."""
        values = ordinary_values(self.protocol.form_by_key[form]) | changes
        return c.SubmitForm(
            participant=code, visit=visit, form=form, collected_at=self.now, values=values, not_done={}
        )

    def submit(self, code: str, form: str, visit: str = "SCR", **changes: e.Value) -> tuple[e.AnyEvent, ...]:
        return self.do(self.form(code, form, visit, **changes), coordinator(self.site(code)))

    # --- the review

    def snapshot(self, part: str, cutoff: datetime | None = None) -> e.RecommendationComputed:
        events = self.do(c.TakeSnapshot(part=part, cutoff=cutoff or self.now), cast.STATISTICIAN)
        return only(events, e.RecommendationComputed)

    def decide(self, command: c.MakeDecision) -> str:
        return only(self.do(command, cast.CHAIR), e.DoseDecisionMade).decision

    def signature(self, decision: str) -> c.SignDecision:
        digest = compute_decision_digest(self.state, decision)
        return c.SignDecision(decision=decision, meaning="I agree.", digest=digest)

    def sign(self, decision: str, *actors: c.Actor) -> Decision:
        for actor in actors or COMMITTEE[: self.protocol.review.signatures_required]:
            self.do(self.signature(decision), actor)
        return self.state.decisions[decision]

    def review(self, part: str, action: str | None = None, **changes: Any) -> Decision:
        """Snapshot, decision and signatures; what the rule recommends, or an action with a reason."""
        found = self.snapshot(part)
        chosen: dict[str, Any] = {"action": action or found.action}
        if action not in (None, found.action):
            chosen["reason"] = "The committee has its reasons."
        command = c.MakeDecision(snapshot=found.snapshot, **(chosen | changes))
        return self.sign(self.decide(command))

    # --- longer ways

    def complete_cohort(self, part: str, regimen: str) -> list[str]:
        """A whole cohort whose participants complete the window without a DLT."""
        cohort = self.open_cohort(part, regimen)
        sites = ("01", "02", "03")[: self.state.cohorts[cohort].capacity]
        codes = [self.complete_infusions(self.treat(self.enrol(site, cohort))) for site in sites]
        for code in codes:
            self.complete_window(code)
        return codes

    def complete_single(self, part: str, regimen: str, site: str = "01") -> str:
        """A cohort of one participant who completes the window without a DLT; further places are closed."""
        cohort = self.open_cohort(part, regimen)
        code = self.complete_infusions(self.treat(self.enrol(site, cohort)))
        self.complete_window(code)
        if len(self.state.cohorts[cohort].participants) < self.state.cohorts[cohort].capacity:
            self.close_cohort(cohort)
        return code

    def reach_mtd(self, level: int = 3) -> "SmallTrial":
        """The single-dose part up to a level that is decided to be the MTD, one participant a level."""
        part = self.protocol.part_by_key["sad"]
        for step in range(1, level + 1):
            self.complete_single("sad", part.regimens[step - 1])
            if step < level:
                self.review("sad", "escalate", level=step + 1)
        self.review("sad", "select_mtd", level=level)
        return self


def start(protocol: Protocol | None = None) -> SmallTrial:
    """A trial with its definition in force, its people and six active sites."""
    if protocol is None:
        return _started().fork()
    return _start(protocol)


def _start(protocol: Protocol) -> SmallTrial:
    trial = SmallTrial(protocol)
    definition, digest = write_definition(protocol)
    for command, actor in cast.start_trial(protocol, definition, digest):
        trial.do(command, actor)
    return trial


@cache
def _started() -> SmallTrial:
    return _start(bundled_protocol())


def start_part_two(level: int = 5) -> SmallTrial:
    """A trial whose single-dose part ended with this level as its MTD."""
    return _with_mtd(level).fork()


@cache
def _with_mtd(level: int) -> SmallTrial:
    return start().reach_mtd(level)


def only(events: tuple[e.AnyEvent, ...], kind: type[E]) -> E:
    """The one event of a kind."""
    (found,) = (event for event in events if isinstance(event, kind))
    return found


def kinds(events: tuple[e.AnyEvent, ...]) -> list[str]:
    return [type(event).__name__ for event in events]


def write_log(trial: SmallTrial) -> list[bytes]:
    """The payloads of a record, to compare two of them."""
    return [encode_event(entry.event) for entry in trial.store.read()]


def all_event_types() -> tuple[type[e.Event], ...]:
    return get_args(e.AnyEvent)


def ordinary_values(form: Form) -> dict[str, e.Value]:
    """Values that a form accepts without a question."""
    values = {item.key: _ordinary(item) for item in form.items if item.required}
    asked_for = {problem.item for problem in check_values(form, values, {})}  # by a value of another item
    values |= {key: _ordinary(form.by_key[key]) for key in asked_for if key not in values}
    problems = check_values(form, values, {})
    assert not problems, problems
    return values


def _ordinary(item: Item) -> e.Value:
    if item.type == "boolean":
        return False
    if item.type == "choice":
        keys = [choice.key for choice in item.choices]
        plain = ("absent", "none", "normal", "negative", "no")
        return next((key for key in keys if key in plain), keys[0])
    if item.type == "date":
        return "2020-01-15"
    if item.type == "datetime":
        return "2025-03-03T09:00:00+08:00"
    if item.type == "text":
        return "nothing to add"
    low, high = item.soft or item.hard or (Decimal(1), Decimal(1))
    return str(((low + high) / 2).quantize(Decimal(1).scaleb(-(item.decimals or 0))))


def replaced(command: Any, **changes: Any) -> Any:
    """A command with some of its words changed."""
    return msgspec.structs.replace(command, **changes)


UTILITIES = (
    "boin12: {min_efficacy_rate: 0.5, u2: 40, u3: 60, response: "
    "{form: lymphocyte_subsets, item: cd19_b_cells_per_ul, below: 1, last_day: 14}}"
)
MODELS = {
    "crm": ("crm: {indifference: {half_width: 0.05, prior_mtd: 3}}",) * 2,
    "boin12": (UTILITIES,) * 2,
    "tite_crm": ("crm: {indifference: {half_width: 0.05, prior_mtd: 3}}",) * 2,
    "blrm": tuple(
        f"blrm: {{{doses}reference_dose_1e9: 6, mean_log_alpha: -1.1, mean_log_beta: 0, sd_log_alpha: 2, "
        "sd_log_beta: 1}"
        # regimens of the same infusion differ in their number: the model is told the cells of all infusions
        for doses in ("", "doses_1e9: [9, 12, 18, 24], ")
    ),
}
"""What SAD and MAD say of a rule that has a model."""


def with_rule(rule: str) -> dict[str, str]:
    """The bundled study with another dose rule in both of its parts."""
    texts = dict(bundled_texts())
    pieces = texts["parts.yaml"].split("rule: boin")
    models = [f"rule: {rule}\n        {model}" for model in MODELS.get(rule, ())] or [f"rule: {rule}"] * 2
    written = pieces[0] + "".join(model + piece for model, piece in zip(models, pieces[1:], strict=True))
    if rule == "boin12":  # it has no titration
        written = re.sub(r"\n *titration: .*", "", written)
    return texts | {"parts.yaml": written}
