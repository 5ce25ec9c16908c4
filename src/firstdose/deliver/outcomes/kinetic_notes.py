"""Footnotes that the tables of kinetics share."""

from collections import Counter

from firstdose.deliver.formatting import format_list
from firstdose.deliver.outcomes.absences import explain
from firstdose.deliver.outcomes.kinetic_levels import KineticsSet
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text


def describe_windows(kinetics: KineticsSet) -> tuple[Text, ...]:
    """Who is still followed, in whom sampling ended early, and in whom nothing was quantifiable."""
    notes = []
    if kinetics.open_windows:
        named = format_list(kinetics.open_windows)
        notes.append(
            Text(
                f"Window not over, peaks are those so far and areas are left out: {named.en}.",
                f"观察窗尚未结束，峰值为截至目前的数值，面积不纳入：{named.zh}。",
            )
        )
    early = [found.participant for found in kinetics.findings if found.is_window_covered.value is False]
    if early:
        named = format_list(early)
        notes.append(
            Text(
                f"Sampling ended early with quantifiable cells: {named.en}.",
                f"采样提前结束且末次样本仍可定量：{named.zh}。",
            )
        )
    never = [found.participant for found in kinetics.findings if found.was_never_quantifiable]
    if never:
        named = format_list(never)
        notes.append(
            Text(
                f"Every sample below quantification, in no summary of levels: {named.en}.",
                f"全部样本低于定量下限，不纳入水平汇总：{named.zh}。",
            )
        )
    set_aside = Counter(
        (found.participant, one.reason) for found in kinetics.findings for one in found.set_aside
    )
    if set_aside:
        said = [(code, n, explain(NotDerived(reason))) for (code, reason), n in set_aside.items()]
        en = ", ".join(f"{code} ({n}, {reason.en})" for code, n, reason in said)
        zh = "、".join(f"{code}（{n}份，{reason.zh}）" for code, n, reason in said)
        notes.append(Text(f"Samples not used: {en}.", f"未使用的样本：{zh}。"))
    return tuple(notes)
