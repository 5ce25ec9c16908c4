"""What a site writes into the forms of a virtual participant.

Every form of the study file is filled: an item that the physiology knows by its key gets its value, a few
forms are filled as a person would fill them, and an item that nothing here knows gets an ordinary answer of
its type, so that another study's forms are filled too.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from firstdose.protocol.resolved import Form, Item
from firstdose.record.events import Value
from firstdose.simulate.people import Person
from firstdose.simulate.scenario import Scenario
from firstdose.simulate.virtual_participants import READINGS, Trajectory
from firstdose.terms.measures import round_half_up

SLEDAI_WINDOW_D = 30.0
"""A descriptor counts when present in the 30 days before the visit (P-SLEDAI-1). [d]."""
RENAMED = {"rbc_hpf": "urine_rbc_hpf", "wbc_hpf": "urine_wbc_hpf", "cd3_t_cells_per_ul": "t_cells_per_ul"}
"""Items whose key differs from the key of the physiology."""
NO, NONE, NORMAL = "absent", "none", "normal"


class Assessment(msgspec.Struct, frozen=True):
    """Who is seen, when, and in what state."""

    person: Person
    trajectory: Trajectory
    scenario: Scenario
    day: float
    on: date
    slot: int
    """A number of the form instance, to address its chance."""

    def chance(self, name: str) -> float:
        """A uniform number of this assessment."""
        return self.trajectory.body.stream.uniform(f"form:{name}", self.slot)


def fill_form(form: Form, seen: Assessment) -> tuple[dict[str, Value], dict[str, str]]:
    """The values of a form, and why an item was not done."""
    values: dict[str, Value] = {}
    for item in form.items:
        value = _own_answer(form.key, item.key, seen)
        if value is None:
            value = _reading(item, seen)
        if value is None and item.required:
            value = _ordinary_answer(item)
        if value is not None:
            values[item.key] = value
    _WHOLE_FORM.get(form.key, _leave)(values, seen)
    known = {item.key for item in form.items}
    return {key: value for key, value in values.items() if key in known and value is not None}, {}


def _leave(_: dict[str, Value], __: Assessment) -> None:
    """A form whose items stand for themselves."""


def _reading(item: Item, seen: Assessment) -> Value:
    key = RENAMED.get(item.key, item.key)
    if key not in READINGS or item.type not in ("decimal", "integer"):
        return None
    value = seen.trajectory.value(key, seen.day)
    return None if value is None else write_number(item, value)


def write_number(item: Item, value: Decimal) -> str:
    """A number with the decimals of its item, held inside the range that the item accepts."""
    if item.hard is not None:
        value = min(max(value, item.hard[0]), item.hard[1])
    return str(round_half_up(value, item.decimals or 0))


def _ordinary_answer(item: Item) -> Value:
    if item.type == "boolean":
        return False
    if item.type == "choice":
        plain = ("absent", "none", "normal", "negative", "no", "E")
        keys = [choice.key for choice in item.choices]
        return next((key for key in keys if key in plain), keys[0])
    if item.type in ("decimal", "integer"):
        low, high = item.soft or item.hard or (Decimal(0), Decimal(0))
        return write_number(item, low if low == 0 else (low + high) / 2)
    return "not recorded"


def _own_answer(form: str, item: str, seen: Assessment) -> Value:
    answer = _ITEMS.get((form, item))
    return answer(seen) if answer else None


def _demographics(values: dict[str, Value], seen: Assessment) -> None:
    values |= {
        "age": str(seen.person.age_y),
        "sex": seen.person.sex,
        "race": "asian",
        "ethnic_group": "han",
        "height": f"{seen.person.height_cm}.0",
        "childbearing_potential": seen.person.sex == "female" and seen.person.age_y < 52,  # noqa: PLR2004
    }


def _medical_history(values: dict[str, Value], seen: Assessment) -> None:
    person = seen.person
    diagnosed = seen.on - timedelta(days=int(person.disease_duration_y * 365))
    nephritis = "proteinuria" in person.descriptors
    values |= {
        "diagnosis_date": diagnosed.isoformat(),
        "ana_ever_positive": True,
        "eular_acr_score": str(person.eular_acr_score),
        "lupus_nephritis": nephritis,
        "nephritis_class": ("IV", "III", "V", "unknown")[int(4 * seen.chance("class"))]
        if nephritis
        else None,
        "antiphospholipid_antibodies": person.has_antiphospholipid,
        "anti_sm": "positive" if person.has_anti_sm else "negative",
        "prior_glucocorticoids": True,
        "n_prior_treatments": str(max(len(person.prior_drugs), 2)),
        "prior_antimalarial": person.hydroxychloroquine_mg_per_day > 0,
        "prior_calcineurin_inhibitor": "tacrolimus" in person.prior_drugs,
        "prior_mycophenolate": "mycophenolate_mofetil" in person.prior_drugs,
    }
    for drug in (
        "cyclophosphamide",
        "azathioprine",
        "methotrexate",
        "belimumab",
        "telitacicept",
        "rituximab",
    ):
        values[f"prior_{drug}"] = drug in person.prior_drugs


def _physical_examination(values: dict[str, Value], seen: Assessment) -> None:
    active = seen.trajectory.sledai_descriptors(seen.day)
    systems = {
        "skin": ({"rash", "alopecia", "vasculitis", "mucosal_ulcers"}, "inflammatory rash of lupus"),
        "musculoskeletal": ({"arthritis", "myositis"}, "tender and swollen joints"),
        "lungs": ({"pleurisy"}, "pleural rub"),
        "heart": ({"pericarditis"}, "pericardial rub"),
    }
    findings = []
    for system, (signs, words) in systems.items():
        if signs & active:
            values[system] = "abnormal_significant"
            findings.append(words)
        elif seen.chance(system) < 0.02:  # noqa: PLR2004 - an incidental finding
            values[system] = "abnormal_not_significant"
    if findings:
        values["findings"] = "; ".join(findings)


def _ecg(values: dict[str, Value], seen: Assessment) -> None:
    minute = 1 / 1440
    for tracing in (1, 2, 3):
        at = seen.day + 2 * tracing * minute
        for item, key in ((f"heart_rate_{tracing}", "ecg_heart_rate"), (f"qt_{tracing}", "qt")):
            value = seen.trajectory.value(key, at)
            if value is not None:
                values[item] = str(round_half_up(value))
    values["interpretation"] = NORMAL
    if seen.chance("interpretation") < 0.06:  # noqa: PLR2004 - unspecific changes are common in lupus
        values["interpretation"] = "abnormal_not_significant"
        values["findings"] = "unspecific ST-T changes"


def _ice(values: dict[str, Value], seen: Assessment) -> None:
    total = int(seen.trajectory.value("ice_score", seen.day) or 10)
    lost = 10 - total
    for item, most in (("attention", 1), ("writing", 1), ("orientation", 4), ("naming", 3), ("commands", 1)):
        taken = min(lost, most)
        values[item] = str(most - taken)
        lost -= taken
    values["total"] = str(total)


def _cellular_kinetics(values: dict[str, Value], seen: Assessment) -> None:
    level = seen.trajectory.transgene_level(seen.day)
    low_dna = seen.chance("dna") < 0.05  # noqa: PLR2004 - a sample that gave little DNA
    values["dna_ng"] = "50.0" if low_dna else "200.0"
    values["lloq"] = f"{seen.scenario.transgene_lloq.typical:.1f}"
    values["state"] = level.state
    values["transgene_copies_per_ug"] = (
        f"{level.copies_per_ug}.0" if level.copies_per_ug is not None else None
    )


def _sledai(values: dict[str, Value], seen: Assessment) -> None:
    active = set(seen.trajectory.sledai_descriptors(seen.day, window_d=SLEDAI_WINDOW_D))
    values |= {key: "present_sle" for key, value in values.items() if value == NO and key in active}
    _serology(values, seen)
    counts = {
        "leukopenia": ("wbc", Decimal(3)),
        "thrombocytopenia": ("platelets", Decimal(100)),
    }
    for descriptor, (analyte, limit) in counts.items():
        value = seen.trajectory.value(analyte, seen.day)
        if value is not None and value < limit and descriptor not in active:
            values[descriptor] = "present_other_cause"


def _serology(values: dict[str, Value], seen: Assessment) -> None:
    s = seen.scenario
    c3, c4, dna = (seen.trajectory.value(key, seen.day) for key in ("c3", "c4", "anti_dsdna"))
    if c3 is not None and c4 is not None:
        low = c3 < Decimal(str(s.c3_lower_limit.typical)) or c4 < Decimal(str(s.c4_lower_limit.typical))
        values["low_complement"] = "present_sle" if low else NO
    if dna is not None:
        high = dna > Decimal(str(s.anti_dsdna_upper_limit.typical))
        values["increased_dna_binding"] = "present_sle" if high else NO


def _bilag(values: dict[str, Value], seen: Assessment) -> None:
    active = seen.trajectory.sledai_descriptors(seen.day, window_d=28.0)
    at_start = seen.person.descriptors
    systems = {
        "mucocutaneous": {"rash", "alopecia", "mucosal_ulcers", "vasculitis"},
        "musculoskeletal": {"arthritis", "myositis"},
        "cardiorespiratory": {"pleurisy", "pericarditis"},
        "renal": {"proteinuria", "hematuria", "pyuria", "urinary_casts"},
        "haematological": {"leukopenia", "thrombocytopenia"},
    }
    for system, signs in systems.items():
        was, now = signs & at_start, signs & active
        severe = bool(now & {"vasculitis", "myositis", "proteinuria"})
        values[system] = ("A" if severe else "B") if now else "D" if was else "E"
    values["constitutional"] = "D"


def _drugs(values: dict[str, Value], seen: Assessment) -> None:
    days = [seen.trajectory.value("prednisone_mg_per_day", seen.day - back) for back in range(7)]
    doses = [dose if dose is not None else Decimal(0) for dose in days]
    values["glucocorticoid"] = "prednisone" if any(doses) else NONE
    constant = len(set(doses)) == 1
    values["constant_last_7_days"] = constant
    if any(doses):
        values["glucocorticoid_mg_per_day"] = str(doses[0])
        if not constant:
            for back in range(1, 7):
                name = f"glucocorticoid_mg_{back}_day{'s' if back > 1 else ''}_before"
                values[name] = str(doses[back])
    dose = seen.person.hydroxychloroquine_mg_per_day
    values["antimalarial"] = "hydroxychloroquine" if dose else NONE
    if dose:
        values["antimalarial_mg_per_day"] = str(round_half_up(dose))
    # immunosuppressants are stopped before lymphodepletion
    stopped = seen.day >= -14  # noqa: PLR2004 - washout of the protocol [d]
    prior = [drug for drug in seen.person.prior_drugs if drug in ("mycophenolate_mofetil", "azathioprine")]
    values["immunosuppressant"] = NONE if stopped or not prior else prior[0]
    if values["immunosuppressant"] != NONE:
        values["immunosuppressant_mg"] = "1500" if prior[0] == "mycophenolate_mofetil" else "100"
    earlier = seen.trajectory.value("prednisone_mg_per_day", seen.day - 28)
    values["rescue_given"] = earlier is not None and doses[0] > earlier + 5 and seen.day > 0
    values["tolerated"] = True


def _pregnancy(values: dict[str, Value], seen: Assessment) -> None:
    able = seen.person.sex == "female" and seen.person.age_y < 52  # noqa: PLR2004
    values["result"] = "negative" if able else "not_applicable"


def _urinalysis(values: dict[str, Value], seen: Assessment) -> None:
    casts = seen.trajectory.value("urine_casts", seen.day)
    values["casts"] = "red_cell" if casts else NONE


def _viral_load(values: dict[str, Value], seen: Assessment) -> None:
    values |= {"ebv": str(int(400 * seen.chance("ebv"))) if seen.chance("has_ebv") < 0.2 else "0"}  # noqa: PLR2004
    values |= {"cmv": "0", "hbv_dna": "0"}


def _anti_drug(values: dict[str, Value], seen: Assessment) -> None:
    positive = seen.day > 0 and seen.chance("ada") < 0.12  # noqa: PLR2004 - assumed share
    values |= {"ada": "positive" if positive else "negative"}


def _hla(values: dict[str, Value], _: Assessment) -> None:
    values |= {"typing_done": True, "dsa": "negative"}


def _echocardiography(values: dict[str, Value], seen: Assessment) -> None:
    values["lvef"] = str(seen.person.lvef_percent)


def _coagulation(values: dict[str, Value], _: Assessment) -> None:
    values["on_anticoagulation"] = False


_ITEMS: dict[tuple[str, str], Callable[[Assessment], Value]] = {
    ("chemistry", "glucose_fasting"): lambda _: True,
    ("chest_ct", "result"): lambda _: NORMAL,
}
_WHOLE_FORM: dict[str, Callable[[dict[str, Value], Assessment], None]] = {
    "demographics": _demographics,
    "medical_history": _medical_history,
    "physical_examination": _physical_examination,
    "ecg": _ecg,
    "ice": _ice,
    "cellular_kinetics": _cellular_kinetics,
    "sledai": _sledai,
    "bilag": _bilag,
    "drugs": _drugs,
    "pregnancy_test": _pregnancy,
    "urinalysis": _urinalysis,
    "viral_load": _viral_load,
    "anti_drug_antibodies": _anti_drug,
    "hla": _hla,
    "echocardiography": _echocardiography,
    "coagulation": _coagulation,
}
