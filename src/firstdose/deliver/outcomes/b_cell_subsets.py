"""B cell subsets in peripheral blood: shares of the CD19+ cells and numbers by visit."""

from collections.abc import Sequence
from statistics import fmean

from firstdose.deliver.document import (
    Block,
    Definition,
    Details,
    Illustration,
    Paragraph,
    Section,
    illustrate,
)
from firstdose.deliver.figures import Figure, LineGroup, LinePoint, VisitTick, render_lines
from firstdose.deliver.formatting import format_as_written
from firstdose.deliver.groups import Group, list_groups
from firstdose.deliver.outcomes.listings import list_measure, list_words, tabulate_listing
from firstdose.deliver.outcomes.marker_courses import BASELINE, BASELINE_NOTE, NO_VALUES, say_visit
from firstdose.deliver.outcomes.observed import Observed, by_participant
from firstdose.deliver.outcomes.section_head import introduce
from firstdose.deliver.outcomes.summaries import Measure, VisitRow, list_parts, tabulate_by_visit
from firstdose.derive.analysis_sets import derive_analysis_set
from firstdose.derive.pharmacodynamics.of_participant import (
    BCellSubsets,
    SubsetAtVisit,
    derive_b_cell_subsets_of_participant,
)
from firstdose.derive.pharmacodynamics.subsets import Subset, SubsetShares, derive_immune_reset
from firstdose.protocol.resolved import Endpoint
from firstdose.record.state import State
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Language, Text

Found = dict[str, BCellSubsets]
_NAMES: dict[str, Subset] = {subset.name.lower(): subset for subset in Subset}
_SHARE = Text("Share of CD19+ B cells (%)", "占CD19+ B细胞百分比（%）")
_DAYS_PER_WEEK = 7
_SPARSE = Paragraph(
    Text(
        "Means are drawn where at least half of the participants have shares; the rest of the time B cells are too few.",
        "仅在至少半数受试者有百分比数据时绘制均数；其余时间B细胞过少。",
    )
)


def tabulate_b_cell_subsets(state: State, endpoint: Endpoint) -> Section:
    """Shares and numbers of six subsets by visit, and whether naive cells dominate at the end."""
    members = derive_analysis_set(state, endpoint.analysis_set)
    parts, groups = list_parts(state, members), list_groups(state, members)
    found = {one.code: derive_b_cell_subsets_of_participant(state, one) for one in members}
    least = format_as_written(state.protocol.definitions.subset_min_parent_per_ul)
    first_day = min(state.protocol.lymphodepletion.days, default=-1)
    return Section(
        key="b-cell-subsets",
        title=endpoint.title.text,
        summary=Text(
            "Which B cells were there before treatment, and which came back.",
            "治疗前有哪些B细胞，恢复的又是哪些。",
        ),
        blocks=(
            *introduce(state, endpoint),
            Definition(
                term=Text("Shares and numbers", "百分比与计数"),
                rule=Text(
                    f"Shares are of the CD19+ gate; with fewer than {least} CD19+ cell per microlitre none is "
                    "given. The number is the share times the CD19+ count. The four gates of CD27 and IgD do not "
                    "overlap; "
                    "transitional cells and plasmablasts lie inside them.",
                    f"百分比以CD19+细胞为分母；CD19+细胞少于{least}个/µL时不报告。计数为百分比乘以CD19+计数。CD27与IgD的四个象限互不重叠；"
                    "过渡型B细胞和浆母细胞包含于其中。",
                ),
                clause="definitions.subset_min_parent_per_ul",
            ),
            *_draw_parts(found, parts, first_day),
            tabulate_by_visit(
                "subsets-shares",
                Text(
                    "Share of CD19+ B cells (%) by visit, mean (SD)",
                    "各访视占CD19+ B细胞百分比，均数（标准差）",
                ),
                parts,
                _rows(found, is_share=True),
                footnotes=(BASELINE_NOTE, *_list_markers()),
            ),
            Details(
                Text("Numbers per microlitre by visit", "各访视每微升计数"),
                (
                    tabulate_by_visit(
                        "subsets-numbers",
                        Text(
                            "Cells per microlitre by visit, median [range]",
                            "各访视每微升细胞数，中位数[范围]",
                        ),
                        parts,
                        _rows(found, is_share=False),
                        footnotes=(BASELINE_NOTE,),
                    ),
                ),
            ),
            tabulate_listing(
                "subsets-listing",
                Text(
                    "Subsets of each participant: share at baseline and at the last visit with shares (%)",
                    "各受试者亚群：基线及末次有百分比访视的占比（%）",
                ),
                groups,
                (
                    list_words(
                        "last", Text("Last visit", "末次访视"), {c: _last_visit(e) for c, e in found.items()}
                    ),
                    *(
                        list_measure(
                            f"{item}_{key}",
                            Text(en, zh),
                            _measure(found, item, is_last=key == "last"),
                            spanner=subset.text,
                        )
                        for item, subset in _NAMES.items()
                        if subset in (Subset.NAIVE, Subset.SWITCHED_MEMORY, Subset.PLASMABLAST)
                        for key, en, zh in (("baseline", "baseline", "基线"), ("last", "last", "末次"))
                    ),
                    list_words(
                        "reset",
                        Text("More naive, less memory", "初始增多且记忆减少"),
                        {c: _reset(e) for c, e in found.items()},
                    ),
                ),
                footnotes=(
                    Text(
                        "More naive, less memory: the share of naive cells rose and those of switched memory cells and "
                        "plasmablasts fell, from baseline to the last visit with shares.",
                        "初始增多且记忆减少：自基线至末次有百分比的访视，初始B细胞占比上升，类别转换记忆B细胞和浆母细胞占比下降。",
                    ),
                ),
            ),
        ),
    )


def _draw_parts(found: Found, parts: Sequence[Group], first_day: int) -> tuple[Block, ...]:
    """Everyone together, and each part in a fold."""
    *separate, everyone = parts
    folded = tuple(_draw(found, part, first_day) for part in separate)
    fold = Details(Text("Shares over time by part", "各部分占比变化"), folded)
    return (_draw(found, everyone, first_day), _SPARSE, *([fold] if folded else []))


def _draw(found: Found, part: Group, first_day: int) -> Illustration:
    """Mean shares over time, a line for each subset."""
    shown = []
    for item, subset in _NAMES.items():
        points = []
        inside = [found[code].by_subset[item] for code in part.participants if code in found]
        for i in range(len(inside[0]) if inside else 0):
            shares = [
                float(share) for each in inside if not isinstance(share := each[i].share_percent, NotDerived)
            ]
            visit = inside[0][i].visit
            if 2 * len(shares) >= max(len(inside), 1):
                points.append(
                    LinePoint(time_d=first_day if visit is None else visit.day, level=fmean(shares))
                )
        if points:
            shown.append(LineGroup(label=subset.text, summary=tuple(points)))
    visits = next(iter(found.values())).by_subset["naive"] if found else ()
    ticks = [
        VisitTick(day=day, label=Text(str(day // _DAYS_PER_WEEK), str(day // _DAYS_PER_WEEK)))
        for day in (0, *(at.visit.day for at in visits if at.visit is not None))
        if day % _DAYS_PER_WEEK == 0
    ]

    def draw(language: Language) -> Figure:
        return render_lines(
            f"subsets-{part.key}",
            Text(
                f"Mean share of B cell subsets: {part.title.en.lower()}",
                f"B细胞亚群平均占比：{part.title.zh}",
            ),
            shown,
            language=language,
            y_title=_SHARE,
            time_unit="week",
            visits=ticks if shown else (),
            when_empty=NO_VALUES,
        )

    return illustrate(draw)


def _rows(found: Found, *, is_share: bool) -> list[VisitRow]:
    rows = []
    for item, subset in _NAMES.items():
        places = next(iter(found.values())).by_subset[item] if found else ()
        for i, at in enumerate(places):
            observed = [
                _observe(code, each.by_subset[item][i], is_share=is_share) for code, each in found.items()
            ]
            rows.append(
                VisitRow(
                    block=subset.text,
                    visit=BASELINE if at.visit is None else say_visit(at.visit),
                    measure=Measure(
                        label=subset.text,
                        values=by_participant(observed),
                        kind="normal" if is_share else "time",
                        places=1,
                    ),
                )
            )
    return rows


def _observe(code: str, at: SubsetAtVisit, *, is_share: bool) -> Observed:
    return Observed(code, at.share_percent if is_share else at.cells_per_ul, at.sources)


def _list_markers() -> tuple[Text, ...]:
    en = "; ".join(f"{subset.text.en}: {subset.markers}" for subset in Subset)
    zh = "；".join(f"{subset.text.zh}：{subset.markers}" for subset in Subset)
    return (Text(f"{en}.", f"{zh}。"),)


def _last(each: BCellSubsets) -> int | None:
    """The place of the last visit at which shares stand; not the baseline."""
    places = each.by_subset["naive"]
    known = [i for i, at in enumerate(places) if i > 0 and not isinstance(at.share_percent, NotDerived)]
    return known[-1] if known else None


def _last_visit(each: BCellSubsets) -> tuple[Text | NotDerived, tuple[int, ...]]:
    place = _last(each)
    if place is None:
        return NotDerived("not_measured"), ()
    at = each.by_subset["naive"][place]
    assert at.visit is not None
    return say_visit(at.visit), at.sources


def _measure(found: Found, item: str, *, is_last: bool) -> Measure:
    observed = []
    for code, each in found.items():
        place = _last(each) if is_last else 0
        if place is None:
            observed.append(Observed(code, NotDerived("not_measured")))
        else:
            observed.append(_observe(code, each.by_subset[item][place], is_share=True))
    return Measure(label=_SHARE, values=by_participant(observed), kind="normal", places=1)


def _reset(each: BCellSubsets) -> tuple[Text | NotDerived, tuple[int, ...]]:
    place = _last(each)
    if place is None:
        return NotDerived("not_measured"), ()
    shares = [
        SubsetShares(
            naive_percent=each.by_subset["naive"][i].share_percent,
            switched_memory_percent=each.by_subset["switched_memory"][i].share_percent,
            plasmablast_percent=each.by_subset["plasmablast"][i].share_percent,
        )
        for i in (0, place)
    ]
    is_reset = derive_immune_reset(*shares)
    sources = tuple(
        dict.fromkeys(position for i in (0, place) for position in each.by_subset["naive"][i].sources)
    )
    if isinstance(is_reset, NotDerived):
        return is_reset, sources
    return (Text("yes", "是") if is_reset else Text("no", "否")), sources
