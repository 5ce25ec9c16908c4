"""Measures of what is there: BILAG-2004 score, damage, classification."""

from firstdose.derive.response.bilag import POINTS, compute_bilag_score
from firstdose.derive.response.classification import CRITERIA, derive_ana_entry, derive_classification
from firstdose.derive.response.damage_index import DAMAGE_DOMAINS, compute_damage_index
from firstdose.derive.scores.columns import Cells
from firstdose.derive.scores.measure import Measure, Scored
from firstdose.derive.scores.shared_columns import (
    FINDING_CHOICES,
    FINDING_SPELLINGS,
    join,
    list_letters,
    make_choice,
    make_whole,
    make_yes_no,
    read_finding,
    read_letters,
    whole,
    word,
    yes_no,
)
from firstdose.terms.words import Text

_ASSESSMENT = Text("one assessment of one participant", "一名受试者的一次评估")


def _score_bilag(cells: Cells) -> Scored:
    found = compute_bilag_score(read_letters(cells))
    return Scored(
        found.total,
        {"lower_bound": found.lower_bound, "upper_bound": found.upper_bound, "missing": join(found.missing)},
    )


def _score_damage(cells: Cells) -> Scored:
    return Scored(
        compute_damage_index({one.key: cells.whole(f"sdi_{one.key}") for one in DAMAGE_DOMAINS}), {}
    )


def _score_classification(cells: Cells) -> Scored:
    findings = {one.key: read_finding(cells, one.key) for one in CRITERIA}
    found = derive_classification(
        is_ana_positive=derive_ana_entry(
            cells.whole("ana_reciprocal_titre"),
            is_equivalent_positive=cells.answer("ana_equivalent_positive"),
        ),
        findings={key: finding for key, finding in findings.items() if finding is not None},
    )
    return Scored(
        found.classified,
        {
            "lower_bound": found.lower_bound,
            "upper_bound": found.upper_bound,
            "has_clinical": found.has_clinical,
            "counted": join(found.counted),
            "open_criteria": join(found.open_criteria),
        },
    )


_BOUNDS = (
    whole("lower_bound", "least possible total", "总分下界"),
    whole("upper_bound", "greatest possible total", "总分上界"),
)

LUPUS_INDEX_MEASURES: tuple[Measure, ...] = (
    Measure(
        key="bilag_score",
        title=Text("BILAG-2004 numeric score", "BILAG-2004数值评分"),
        row=_ASSESSMENT,
        columns=list_letters(),
        value=whole("total", f"total, 0 to {9 * POINTS['A']}", f"总分，0至{9 * POINTS['A']}"),
        components=(*_BOUNDS, word("missing", "systems without a letter", "未评级的系统")),
        source="Yee C-S et al. Rheumatology 2010;49:1665-1669",
        derive=_score_bilag,
    ),
    Measure(
        key="sdi",
        title=Text("SLICC/ACR damage index", "SLICC/ACR损伤指数"),
        row=_ASSESSMENT,
        columns=tuple(
            make_whole(
                f"sdi_{one.key}",
                Text(f"damage score, {one.label.en}", f"损伤评分，{one.label.zh}"),
                at_most=one.maximum,
            )
            for one in DAMAGE_DOMAINS
        ),
        value=whole("total", "total, 0 to 47", "总分，0至47"),
        components=(),
        source="Gladman D et al. Arthritis Rheum 1996;39:363-369",
        derive=_score_damage,
    ),
    Measure(
        key="eular_acr_2019",
        title=Text("2019 EULAR/ACR classification of SLE", "2019 EULAR/ACR SLE分类标准"),
        row=Text("one participant, everything ever found", "一名受试者的全部既往发现"),
        columns=(
            make_whole(
                "ana_reciprocal_titre",
                Text("highest ANA titre, 80 for 1:80", "ANA最高滴度，1:80填80"),
                example="320",
            ),
            make_yes_no(
                "ana_equivalent_positive",
                Text("an equivalent ANA test ever positive", "等效ANA检测曾阳性"),
                is_required=False,
                example="",
            ),
            *(
                make_choice(
                    one.key,
                    Text(
                        f"{one.label.en}, ever; counts only with SLE as the cause: present_sle",
                        f"{one.label.zh}，曾出现；仅归因于SLE时计分：present_sle",
                    ),
                    FINDING_CHOICES,
                    also=FINDING_SPELLINGS,
                    example="absent",
                )
                for one in CRITERIA
            ),
        ),
        value=yes_no("classified", "classified as SLE", "符合SLE分类"),
        components=(
            *_BOUNDS,
            yes_no("has_clinical", "a clinical criterion counts", "有临床标准计分"),
            word("counted", "criteria that count", "计分标准"),
            word("open_criteria", "criteria that are open and would add points", "未定且可能加分的标准"),
        ),
        source="Aringer M et al. Ann Rheum Dis 2019;78:1151-1159",
        derive=_score_classification,
    ),
)
