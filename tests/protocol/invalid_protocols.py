"""Badly written protocols: each is the bundled study with one thing changed, and the fault that it must give."""

from typing import NamedTuple

from tests.trials import bundled_texts


class Invalid(NamedTuple):
    """In ``file``, ``old`` became ``new``; the fault says ``what`` of ``clause`` at the line that has ``line``."""

    file: str
    old: str
    new: str
    what: str
    clause: str
    line: str

    def files(self) -> dict[str, str]:
        texts = bundled_texts()
        assert texts[self.file].count(self.old) >= 1, f"{self.old!r} does not stand in {self.file}"
        return texts | {self.file: texts[self.file].replace(self.old, self.new, 1)}

    def line_number(self) -> int:
        lines = self.files()[self.file].splitlines()
        return next(number for number, text in enumerate(lines, start=1) if self.line in text)


# fmt: off
TEXT: dict[str, Invalid] = {
    # --- the text is not YAML, or not keys and values
    "a bracket that is not closed": Invalid("study.yaml",
        "infusions: [3, 5]", "infusions: [3, 5", "not YAML", "", "indication:"),
    "a key twice in a mapping": Invalid("study.yaml",
        "  enrolment: 36", "  enrolment: 36\n  enrolment: 40", "'enrolment' stands twice", "study", "enrolment: 40"),
    "an anchor inside its own value": Invalid("study.yaml",
        "infusions: [3, 5]", "infusions: &loop [3, *loop]", "an anchor stands inside the value", "", ""),
}
FORM: dict[str, Invalid] = {
    # --- the form of the text
    "an unknown key": Invalid("parts.yaml",
        "        target_rate: 0.25", "        target_rate: 0.25\n        target: 0.25", "Extra inputs are not permitted",
        "parts.sad.design.target", "        target: 0.25"),
    "a missing key": Invalid("parts.yaml",
        "        target_rate: 0.25\n", "", "Field required", "parts.sad.design.target_rate", "design:"),
    "a word for a number": Invalid("study.yaml",
        "enrolment: 36", "enrolment: many", "valid integer", "study.enrolment", "enrolment: many"),
    "a number with a fraction for a whole one": Invalid("study.yaml",
        "enrolment: 36", "enrolment: 36.5", "valid integer", "study.enrolment", "enrolment: 36.5"),
    "nobody to enrol": Invalid("study.yaml",
        "enrolment: 36", "enrolment: 0", "greater than or equal to 1", "study.enrolment", "enrolment: 0"),
    "a word that is not in the list": Invalid("parts.yaml",
        "rule: boin", "rule: o_quigley", "'three_plus_three', 'boin'", "parts.sad.design.rule", "rule: o_quigley"),
    "a dose that is not a number": Invalid("parts.yaml",
        "key: SAD-2, cells_1e9: 1.5", "key: SAD-2, cells_1e9: .nan", "finite number", "parts.sad.levels.SAD-2.cells_1e9",
        "cells_1e9: .nan"),
    "a dose without end": Invalid("parts.yaml",
        "key: SAD-2, cells_1e9: 1.5", "key: SAD-2, cells_1e9: .inf", "finite number", "parts.sad.levels.SAD-2.cells_1e9",
        "cells_1e9: .inf"),
    "a target rate that is not a number": Invalid("parts.yaml",
        "target_rate: 0.25", "target_rate: .nan", "finite number", "parts.sad.design.target_rate", "target_rate: .nan"),
    "a dose of nothing": Invalid("parts.yaml",
        "key: SAD-1, cells_1e9: 0.75", "key: SAD-1, cells_1e9: 0", "greater than 0", "parts.sad.levels.SAD-1.cells_1e9",
        "cells_1e9: 0}"),
    "a text in one language": Invalid("study.yaml",
        "indication: {en: Refractory systemic lupus erythematosus, zh: 难治性系统性红斑狼疮}",
        "indication: {en: Refractory systemic lupus erythematosus}", "Field required", "study.indication.zh", "indication:"),
    "an empty text": Invalid("study.yaml",
        "zh: 难治性系统性红斑狼疮}", 'zh: ""}', "at least 1 character", "study.indication.zh", 'zh: ""'),
    "no top-level mapping of its name": Invalid("study.yaml",
        "study:\n", "studies:\n", "Extra inputs are not permitted", "studies", "studies:"),
}
LABELS: dict[str, Invalid] = {
    # --- where a value comes from
    "a value without a label": Invalid("study.yaml",
        '  source: "registry: registry text of the trial"\n', "", "this value has no label", "study.enrolment", "enrolment: 36"),
    "a label that does not exist": Invalid("study.yaml",
        '"registry: registry text of the trial"', '"literature: registry text of the trial"', "is not a label", "study", "study:"),
    "a label without a basis": Invalid("study.yaml",
        '"registry: registry text of the trial"', '"assumed: "', "is not a label", "study", "study:"),
    "a label for a value that is not there": Invalid("study.yaml",
        '    phase: "registry-mirror', '    stage: "registry-mirror', "there is no 'stage' to label", "study.sources.stage",
        "    stage:"),
}
PARTS: dict[str, Invalid] = {
    # --- doses
    "levels that do not rise": Invalid("parts.yaml",
        "key: SAD-3, cells_1e9: 3.0", "key: SAD-3, cells_1e9: 1.5", "level SAD-3 (1.5) is not above SAD-2 (1.5)",
        "parts.sad.levels.SAD-3.cells_1e9", "SAD-3, cells_1e9: 1.5"),
    "a level twice": Invalid("parts.yaml",
        "key: SAD-3,", "key: SAD-2,", "'SAD-2' stands 2 times", "parts", "parts:"),
    "a regimen above the highest single dose": Invalid("parts.yaml",
        "          cells_1e9: 6.0\n          infusion_days: [0, 7, 14, 21]", "          cells_1e9: 9.5\n          infusion_days: [0, 7, 14, 21]",
        "above the highest single-dose level", "parts.mad.regimens.M3.cells_1e9", "cells_1e9: 9.5"),
    # --- the last infusion is watched for 7 days inside the window of 28
    "five weekly infusions": Invalid("parts.yaml",
        "infusion_days: [0, 7, 14, 21]", "infusion_days: [0, 7, 14, 21, 28]", "the last infusion of M3 on Day 28 cannot be observed",
        "parts.mad.regimens.M3.infusion_days", "[0, 7, 14, 21, 28]"),
    "a last infusion a day too late": Invalid("parts.yaml",
        "infusion_days: [0, 7, 14, 21]", "infusion_days: [0, 7, 14, 22]", "the last infusion of M3 on Day 22 cannot be observed",
        "parts.mad.regimens.M3.infusion_days", "[0, 7, 14, 22]"),
    "infusions on two days running": Invalid("parts.yaml",
        "infusion_days: [0, 3, 7]", "infusion_days: [0, 3, 4]", "at least 2 days apart", "parts.mad.regimens.M2.infusion_days",
        "[0, 3, 4]"),
    "a first infusion that is not Day 0": Invalid("parts.yaml",
        "infusion_days: [0, 3, 7]", "infusion_days: [1, 3, 7]", "do not rise from 0", "parts.mad.regimens.M2.infusion_days", "[1, 3, 7]"),
    # --- the dose rule
    "a target rate of 1": Invalid("parts.yaml",
        "target_rate: 0.25", "target_rate: 1.0", "not between 0 and 1", "parts.sad.design.target_rate", "target_rate: 1.0"),
    "a target rate of 0": Invalid("parts.yaml",
        "target_rate: 0.25", "target_rate: 0", "not between 0 and 1", "parts.sad.design.target_rate", "target_rate: 0"),
    "a cohort larger than the sample": Invalid("parts.yaml",
        "        cohort_size: 3", "        cohort_size: 19", "cohort size 19 is not between 1 and max_n 18",
        "parts.sad.design.cohort_size", "cohort_size: 19"),
    "titration above the highest level": Invalid("parts.yaml",
        "until_level: 3", "until_level: 7", "titration runs until level 7 of 6", "parts.sad.design.titration.until_level",
        "until_level: 7"),
    "an MTD that no level could reach": Invalid("parts.yaml",
        "mtd_min_n: 6", "mtd_min_n: 7", "no level could be the MTD", "parts.sad.design.mtd_min_n", "mtd_min_n: 7"),
    "an MTD without participants": Invalid("parts.yaml",
        "mtd_min_n: 6", "mtd_min_n: 0", "at least one participant", "parts.sad.design.mtd_min_n", "mtd_min_n: 0"),
    "a certain elimination": Invalid("parts.yaml",
        "mtd_min_n: 6", "mtd_min_n: 6\n        elimination_probability: 1.0", "a probability lies between 0 and 1",
        "parts.sad.design.elimination_probability", "elimination_probability: 1.0"),
    "an offset above the elimination": Invalid("parts.yaml",
        "mtd_min_n: 6", "mtd_min_n: 6\n        extra_safe_offset: 0.96", "between 0 and elimination_probability",
        "parts.sad.design.extra_safe_offset", "extra_safe_offset: 0.96"),
    "a level that cannot take a cohort": Invalid("parts.yaml",
        "max_n_per_level: 6\n        mtd_min_n: 6", "max_n_per_level: 2\n        mtd_min_n: 2", "lies between cohort_size and max_n",
        "parts.sad.design.max_n_per_level", "max_n_per_level: 2"),
    "a 3+3 with cohorts of two": Invalid("parts.yaml",
        "        rule: boin\n        target_rate: 0.25\n        cohort_size: 3", "        rule: three_plus_three\n        target_rate: 0.25\n        cohort_size: 2",
        "the 3+3 treats cohorts of 3", "parts.sad.design.cohort_size", "cohort_size: 2"),
    "a 3+3 that may not treat six": Invalid("parts.yaml",
        "        rule: boin\n        target_rate: 0.25\n        cohort_size: 3\n        titration: {until_level: 3, trigger_grade: 2} # single participants on levels 1 and 2\n        max_n: 18\n        max_n_per_level: 6\n        mtd_min_n: 6",
        "        rule: three_plus_three\n        target_rate: 0.25\n        cohort_size: 3\n        max_n: 18\n        max_n_per_level: 3\n        mtd_min_n: 3",
        "up to 6 participants at a level", "parts.sad.design.max_n_per_level", "max_n_per_level: 3"),
    "a start at a level that does not exist": Invalid("parts.yaml",
        "        max_n: 18", "        start_level: 7\n        max_n: 18", "start level 7 is not one of 6", "parts.sad.design.start_level",
        "start_level: 7"),
    "a prior that is no distribution": Invalid("parts.yaml",
        "      capped_by: sad\n", "      capped_by: sad\n      monitoring: {prior: [0, 1], limit_rate: 1.3, probability: 0.90}\n",
        "the shapes of a beta prior are above 0", "parts.mad.monitoring.prior", "prior: [0, 1]"),
    # --- parts that name each other
    "a cap by a part that comes later": Invalid("parts.yaml",
        "capped_by: sad", "capped_by: expansion", "there is no earlier part 'expansion'", "parts.mad.capped_by", "capped_by: expansion"),
    "a schedule that does not exist": Invalid("parts.yaml",
        "schedule: sad", "schedule: weekly", "there is no schedule 'weekly'", "parts.sad.schedule", "schedule: weekly"),
    "an expansion of no regimen": Invalid("parts.yaml",
        "min_regimens: 1", "min_regimens: 0", "at least 1", "parts.expansion.min_regimens", "min_regimens: 0"),
    "an expansion with levels of its own": Invalid("parts.yaml",
        "      regimens_from: mad\n", "      regimens_from: mad\n      levels: [{key: X, cells_1e9: 1.0}]\n", "may not have levels",
        "parts.expansion.levels", "levels: [{key: X"),
    "a window that ends before it starts": Invalid("parts.yaml",
        "dlt_window: {first: 0, last: 14, closed: both}", "dlt_window: {first: 0, last: 0, closed: both}",
        "the DLT window ends before it starts", "parts.sad.dlt_window", "last: 0, closed"),
    "a part larger than the study": Invalid("parts.yaml",
        "max_participants: 18\n", "max_participants: 40\n", "40 participants of one part are more than the 36",
        "parts.sad.max_participants", "max_participants: 40"),
    "a rule for more participants than the part": Invalid("parts.yaml",
        "        max_n: 12", "        max_n: 13", "max_n is above max_participants", "parts.mad.design.max_n", "max_n: 13"),
}
SCHEDULES: dict[str, Invalid] = {
    "windows that overlap": Invalid("schedules.yaml",
        "day: 21, window: [2, 2]", "day: 21, window: [5, 2]", "the windows of D14 (to Day 16) and D21 (from Day 16) overlap",
        "schedules.sad.visits.D21", "day: 21, window: [5, 2]"),
    "a window that is reversed": Invalid("schedules.yaml",
        "day: 7, window: [1, 1]", "day: 7, window: [1, -2]", "the window of D7 is reversed", "schedules.sad.visits.D7", "window: [1, -2]"),
    "an activity at a visit that does not exist": Invalid("schedules.yaml",
        "{form: sdi, at: [SCR, W24, W52]}", "{form: sdi, at: [SCR, W99, W52]}", "there is no visit 'W99'", "schedules.sad.activities.22.at",
        "W99"),
    "an activity at no number of days after the infusion": Invalid("schedules.yaml",
        "{form: sdi, at: [SCR, W24, W52]}", "{form: sdi, at: [SCR, infusion+two]}", "there is no visit 'infusion+two'",
        "schedules.sad.activities.22.at", "infusion+two"),
    "an activity without its form": Invalid("schedules.yaml",
        "{form: sdi, at: [SCR, W24, W52]}", "{form: diary, at: [SCR, W24, W52]}", "there is no form 'diary'",
        "schedules.sad.activities.22.form", "form: diary"),
    "a time point without hours": Invalid("schedules.yaml",
        "{at: D0, timepoints: [pre, t1h]}", "{at: D0, timepoints: [pre, t3h]}", "time point 't3h' has no hours",
        "schedules.sad.activities.9.at", "t3h"),
    "a visit twice": Invalid("schedules.yaml",
        "{key: D3, label", "{key: D1, label", "'D1' stands 2 times", "schedules.sad", "    sad:"),
}
FORMS: dict[str, Invalid] = {
    "a check of an item that is not in the form": Invalid("forms.yaml",
        "left: dbp, relation", "left: map, relation", "vital_signs has no item 'map'", "forms.vital_signs.checks.pressure_order",
        "key: pressure_order"),
    "a comparison without its relation": Invalid("forms.yaml",
        'left: dbp, relation: "<", right: sbp', "left: dbp, right: sbp", "a check of kind compare lacks one of its parts",
        "forms.vital_signs.checks.pressure_order", "key: pressure_order"),
    "a choice without choices": Invalid("forms.yaml",
        "type: choice, choices: [{key: female, label: {en: Female, zh: 女}}, {key: male, label: {en: Male, zh: 男}}]", "type: choice",
        "sex: choices belong to items of type choice", "forms.demographics.items.sex", "key: sex"),
    "choices of a list that does not exist": Invalid("forms.yaml",
        "choices_from: test_result", "choices_from: results", "there is no choice list 'results'",
        "forms.medical_history.items.anti_sm.choices_from", "choices_from: results"),
    "a decimal without decimals": Invalid("forms.yaml",
        "type: decimal, unit: cm, decimals: 1,", "type: decimal, unit: cm,", "height: a decimal item says its decimals",
        "forms.demographics.items.height", "key: height"),
    "a hard range that is reversed": Invalid("forms.yaml",
        "hard: [100, 230], soft: [140, 200]", "hard: [230, 100]", "height: the hard range is reversed",
        "forms.demographics.items.height.hard", "hard: [230, 100]"),
    "a soft range outside the hard one": Invalid("forms.yaml",
        "hard: [100, 230], soft: [140, 200]", "hard: [100, 230], soft: [90, 200]", "the soft range lies inside the hard range",
        "forms.demographics.items.height.soft", "soft: [90, 200]"),
    "a range of a date": Invalid("forms.yaml",
        "zh: 系统性红斑狼疮诊断日期}, type: date", "zh: 系统性红斑狼疮诊断日期}, type: date, hard: [1, 2]", "ranges belong to numbers",
        "forms.medical_history.items.diagnosis_date", "type: date, hard"),
    "an item twice": Invalid("forms.yaml",
        "{key: race, label", "{key: sex, label", "'sex' stands 2 times", "forms.demographics", "- key: demographics"),
}
REFERENCES: dict[str, Invalid] = {
    "a reference range that is reversed": Invalid("reference_ranges.yaml",
        "item: wbc, low: 3.5, high: 9.5", "item: wbc, low: 9.5, high: 3.5", "the reference range of wbc is reversed",
        "reference_ranges.0", "item: wbc"),
    "a reference range without ends": Invalid("reference_ranges.yaml",
        "item: wbc, low: 3.5, high: 9.5", "item: wbc", "at least one end", "reference_ranges.0", "item: wbc"),
    "a range of an item that does not exist": Invalid("reference_ranges.yaml",
        "item: wbc,", "item: wbcs,", "there is no item haematology.wbcs", "reference_ranges.0", "item: wbcs"),
    "a range of a site that does not exist": Invalid("reference_ranges.yaml",
        "item: wbc,", 'item: wbc, site: "88",', "there is no site '88'", "reference_ranges.0", "item: wbc"),
    "more signatures than members": Invalid("safety.yaml",
        "signatures_required: 2", "signatures_required: 4", "4 signatures of 3 members", "review.signatures_required",
        "signatures_required: 4"),
    "no signature": Invalid("safety.yaml",
        "signatures_required: 2", "signatures_required: 0", "0 signatures of 3 members", "review.signatures_required",
        "signatures_required: 0"),
    "a chair who must sign and is no member": Invalid("safety.yaml",
        "members: [committee_chair, ", "members: [", "the chair must sign", "review.members", "members: ["),
    "a criterion of a part that does not exist": Invalid("safety.yaml",
        "parts: [mad, expansion]", "parts: [mad, phase2]", "there is no part 'phase2'", "dlt.criteria.haematological_grade_4",
        "key: haematological_grade_4"),
    "a grade to improve to without hours": Invalid("safety.yaml",
        "      within_h: 72\n", "", "improves_to and within_h stand together", "dlt.criteria.crs_grade_3", "key: crs_grade_3"),
    "a fraction of cells above all": Invalid("safety.yaml",
        "min_cells_fraction: 0.8", "min_cells_fraction: 80", "a fraction of the planned cells", "dlt.evaluable.min_cells_fraction",
        "min_cells_fraction: 80"),
    "a trigger without its grade": Invalid("safety.yaml",
        "      categories: [gvhd]\n      grade: 3\n    - key: two", "      categories: [gvhd]\n    - key: two", "names categories and a grade",
        "stopping.gvhd_grade_3", "key: gvhd_grade_3\n"),
    "a trigger without its number": Invalid("safety.yaml",
        "      n_dlt: 2\n", "", "names n_dlt", "stopping.two_dlts_at_a_level", "key: two_dlts_at_a_level"),
    "lymphodepletion on the day of the infusion": Invalid("treatment.yaml",
        "days: [-5, -4, -3]", "days: [-5, -4, 0]", "lie before Day 0", "lymphodepletion.days", "days: [-5, -4, 0]"),
    "a latest day before the earliest": Invalid("treatment.yaml",
        "latest_infusion_after_last_d: 7", "latest_infusion_after_last_d: 1", "the latest day comes before the earliest",
        "lymphodepletion.latest_infusion_after_last_d", "latest_infusion_after_last_d: 1"),
    "an endpoint on a set that does not exist": Invalid("endpoints.yaml",
        "analysis_set: dlt_evaluable_set", "analysis_set: everyone", "there is no analysis set 'everyone'", "", ""),
}
RESOLVED: dict[str, Invalid] = {
    # --- only the schedule laid out day by day shows it
    "a visit that may come before the window ends": Invalid("schedules.yaml",
        "day: 14, window: [0, 2]", "day: 14, window: [1, 2]", "may be held on Day 13, before the DLT window ends on Day 14",
        "parts.sad.dlt_window", "dlt_window: {first: 0, last: 14"),
    "no visit where the window ends": Invalid("schedules.yaml",
        "day: 14, window: [0, 2]", "day: 15, window: [0, 2]", "no visit of sad is planned on Day 14", "parts.sad.dlt_window",
        "dlt_window: {first: 0, last: 14"),
    "parts that leave the expansion no room": Invalid("study.yaml",
        "enrolment: 36", "enrolment: 30", "leave it no room", "study.enrolment", "enrolment: 30"),
    "more participants than the parts take": Invalid("study.yaml",
        "enrolment: 36", "enrolment: 49", "the parts take 48 participants, the study enrols 49", "study.enrolment", "enrolment: 49"),
}
# fmt: on
ALL = TEXT | FORM | LABELS | PARTS | SCHEDULES | FORMS | REFERENCES | RESOLVED
