"""Texts of the comparison of designs."""

from firstdose.terms.words import Text

DESIGN: dict[str, Text] = {
    "nav_design": Text("Compare designs", "设计比较"),
    "studio_title": Text("Compare designs", "设计比较"),
    "studio_intro": Text(
        "Draw the true DLT curve; every design below is computed exactly for it, with no simulation.",
        "拖动真实 DLT 发生率曲线；以下各设计均按该曲线精确计算，无需模拟。",
    ),
    "studio_part": Text("Part of the trial", "试验部分"),
    "studio_curve": Text("True DLT rates", "真实 DLT 发生率"),
    "studio_hint": Text(
        "Drag a point, or move it with the arrow keys (Page Up and Page Down for larger steps).",
        "拖动圆点，或用方向键移动（翻页键步幅更大）。",
    ),
    "studio_chart": Text("True DLT rate of each dose level", "各剂量水平的真实 DLT 发生率"),
    "studio_rate_of": Text("True DLT rate of level {n}, {name}", "剂量水平 {n}（{name}）的真实 DLT 发生率"),
    "studio_target": Text("target {rate}", "目标 {rate}"),
    "studio_overdose": Text("overdose above {rate}", "高于 {rate} 为过量"),
    "studio_infusions": Text("{n} infusions", "输注 {n} 次"),
    "studio_increasing": Text("Keep the curve increasing", "保持曲线单调递增"),
    "studio_presets": Text("Begin with", "预设曲线"),
    "studio_designs": Text(
        "Designs beside the protocol's (at most {n})", "与方案设计并列比较的设计（最多 {n} 个）"
    ),
    "studio_compute": Text("Compute", "计算"),
    "studio_own": Text("protocol", "方案设计"),
    "studio_guards": Text(
        "Same guards in every design: target rate {target}, cohorts of {cohort}, at most {n} participants and "
        "{n_level} per level, at least {mtd} at the MTD, elimination above {elimination}.",
        "各设计的限定条件相同：目标发生率 {target}，每队列 {cohort} 例，最多 {n} 例、每水平最多 {n_level} 例，"
        "MTD 水平至少 {mtd} 例，剔除概率界值 {elimination}。",
    ),
    "studio_titration_until": Text(
        "Single participants until the first DLT, at most up to level {n}.",
        "首例 DLT 前逐例滴定，最高至剂量水平 {n}。",
    ),
    "studio_titration_top": Text("Single participants until the first DLT.", "首例 DLT 前逐例滴定。"),
    "studio_exact": Text("Exact", "精确"),
    "studio_computed": Text("computed in {ms} ms on the server", "服务器计算用时 {ms} 毫秒"),
    "studio_exact_why": Text(
        "Exact: every way in which the part may end is enumerated once and weighed with the true rates; "
        "there is no Monte Carlo error.",
        "精确：一次性枚举该部分所有可能的结局，再按真实发生率加权；无蒙特卡罗误差。",
    ),
    "studio_tite": Text(
        "The protocol's rule also reads windows that are still open; its numbers here are those of complete windows.",
        "方案规则还会读取尚未结束的观察窗；此处数字按观察窗均已完成计算。",
    ),
    "studio_skeleton": Text("prior DLT rates {rates}", "先验 DLT 发生率 {rates}"),
    "studio_n_states": Text("{n} final states", "{n} 个终末状态"),
    "studio_correct": Text("correct selection", "正确选择"),
    "studio_is_correct": Text("correct", "正确"),
    "studio_is_overdose": Text("overdose", "过量"),
    "studio_none": Text("none", "无"),
    "studio_bars": Text("Selection probability, %", "选择概率（%）"),
    "studio_bars_of": Text("Selection probability of each level, {design}", "各水平的选择概率，{design}"),
    "studio_table": Text("Exact operating characteristics", "精确操作特征"),
    "studio_caption": Text(
        "The best of a row is in bold on green. Correct is the level whose true rate is closest to the target; none, "
        "where every true rate exceeds {rate}.",
        "每行最优者以绿底粗体标示。真实发生率最接近目标的水平为正确选择；"
        "所有真实发生率均超过 {rate} 时，不选任何水平为正确。",
    ),
    "studio_measure": Text("Measure", "指标"),
    "studio_whole": Text("Design as a whole", "总体"),
    "row_p_correct": Text("Correct selection, %", "正确选择（%）"),
    "row_p_selected_overdose": Text("Overdose selected, %", "选出过量水平（%）"),
    "row_p_stop_too_toxic": Text("Stopped, too toxic, %", "因毒性过高停止（%）"),
    "row_mean_n": Text("Mean participants", "平均受试者数"),
    "row_mean_n_dlt": Text("Mean participants with a DLT", "平均 DLT 例数"),
    "row_mean_n_overdose": Text("Mean participants above {rate}", "真实发生率高于 {rate} 的平均受试者数"),
    "studio_p_selected": Text("Selected as MTD, %", "选为 MTD（%）"),
    "studio_mean_n": Text("Mean participants by level", "各水平平均受试者数"),
    "studio_mean_n_dlt": Text("Mean participants with a DLT by level", "各水平平均 DLT 例数"),
    "studio_all": Text("all", "合计"),
    "studio_said": Text("Correct selection: {shares}.", "正确选择：{shares}。"),
    "studio_tables": Text("Decision tables compared", "所比较的决策表"),
    "studio_unreached": Text(
        "The server could not be reached; the numbers are of an earlier curve.",
        "无法连接服务器；所示数字属于先前的曲线。",
    ),
    "studio_begin_again": Text("Begin again with the first curve", "用初始曲线重新开始"),
    # --- the whole trial
    "trial_title": Text("The whole trial", "全试验"),
    "trial_intro": Text(
        "Single doses, multiple doses and expansion as one design, before the first participant. Every probability and "
        "number of participants is exact; only the dates are simulated.",
        "在首例受试者入组前，将单次给药、多次给药与扩展作为一个整体设计。所有概率与例数均为精确计算，仅日期为模拟结果。",
    ),
    "trial_bridge": Text("From single doses to regimens", "由单次给药推至多次给药方案"),
    "trial_bridge_why": Text(
        "Each infusion changes the log hazard of the next by g; 0: every infusion is as risky as the first.",
        "每次输注使下一次输注的对数风险改变 g；g 为 0 时各次输注风险相同。",
    ),
    "trial_growth": Text("Change of the log hazard, g", "对数风险变化 g"),
    "trial_tolerance": Text("tolerance", "耐受"),
    "trial_accumulation": Text("accumulation", "蓄积"),
    "trial_regimen_rates": Text("True DLT rates of the regimens", "各方案的真实 DLT 发生率"),
    "trial_accrual": Text("Accrual (for the dates only)", "入组（仅用于日期）"),
    "trial_days": Text("Days between candidates at a site", "每家中心候选者间隔（天）"),
    "trial_sites": Text("Sites", "中心数"),
    "trial_opens": Text("Days between openings of sites", "各中心启动间隔（天）"),
    "trial_seed": Text("Seed of the simulation", "模拟的随机种子"),
    "trial_outcome": Text("What may come of it", "可能的结果"),
    "trial_right_mtd": Text("right MTD selected: {name}", "选对 MTD：{name}"),
    "trial_right_regimen": Text("right regimen selected: {name}", "选对方案：{name}"),
    "trial_toxic": Text("ends early for toxicity", "因毒性提前结束"),
    "trial_of": Text("of {n}", "例，共 {n} 例"),
    "trial_short": Text("{n} participants are not enough", "{n} 例受试者不足"),
    "trial_mtd": Text("MTD selected, %", "选出的 MTD（%）"),
    "trial_regimen": Text("Regimen selected, %", "选出的方案（%）"),
    "trial_people": Text("Participants and DLTs", "受试者与 DLT"),
    "trial_spread": Text("Participants, 0 to {n}", "例数，0 至 {n}"),
    "trial_mean": Text("Mean", "均值"),
    "trial_span": Text("5–95 %", "5–95 % 范围"),
    "trial_dlt": Text("DLTs, mean", "DLT 均值"),
    "trial_dlt_span": Text("DLTs, 5–95 %", "DLT 5–95 % 范围"),
    "trial_above": Text("Above {rate}", "高于 {rate}"),
    "trial_p_short": Text("Not enough, %", "不足（%）"),
    "trial_endings": Text("How the trial ends", "试验如何结束"),
    "trial_expanded": Text("Regimens expanded", "进入扩展的方案"),
    "trial_dates": Text("Dates, in months from the start", "日期（自试验开始的月数）"),
    "trial_simulated": Text("Simulated, {n} trials, seed {seed}", "模拟，{n} 次试验，种子 {seed}"),
    "trial_earlier": Text(
        "Of the earlier question; computed anew when the hand rests.", "属于先前的设定；停手后重新计算。"
    ),
    "trial_computing": Text("Being computed…", "正在计算……"),
    "trial_bands": Text("Spread of every date; the numbers are in the table", "各日期的分布；数值见表"),
    "trial_wide": Text("5 to 95 %", "5 至 95 %"),
    "trial_narrow": Text("25 to 75 %", "25 至 75 %"),
    "trial_median": Text("median", "中位数"),
    "trial_date": Text("Date", "日期"),
    "trial_errors": Text("in parentheses, the Monte Carlo standard error", "括号内为蒙特卡罗标准误"),
    "trial_opening": Text("A further site opens every {days} days.", "每 {days} 天新启动一家中心。"),
    "trial_figure": Text("Keep this as a figure (SVG)", "保存为图（SVG）"),
    "trial_statement": Text(
        "Sample-size statement and decision tables for the protocol", "供方案使用的样本量说明与决策表"
    ),
    "trial_tables": Text("Decision tables", "决策表"),
    "trial_times_only": Text("(the times, and nothing else)", "（仅限时间）"),
    "trial_drawn": Text("as drawn", "（所绘曲线）"),
    "trial_right_why": Text(
        "Right is the true rate nearest to the target, the higher of two as near; none, where even the lowest exceeds "
        "{rate}. Above {rate}: mean participants at levels with such a true rate.",
        "真实发生率最接近目标者为正确选择，同样接近时取较高者；最低水平即超过 {rate} 时，不选为正确。"
        "高于 {rate}：在真实发生率高于此值的水平接受治疗的平均例数。",
    ),
    "trial_exact_why": Text(
        "Exact numbers list every end of the trial and weigh it; they hold for a committee that follows the rule and for "
        "evaluable participants. Not enough: a rule asks for one more participant when no place is left, or the regimens "
        "chosen for expansion find fewer places than planned.",
        "精确数值枚举试验的所有结局并加权，前提为委员会遵循规则且受试者均可评估。不足：规则仍需入组而无名额，"
        "或选定的扩展方案所余名额少于计划。",
    ),
    "trial_said": Text(
        "Right MTD {mtd} %, right regimen {regimen} %, {mean} participants on average; {enrolment} are not enough in "
        "{short} %.",
        "选对 MTD {mtd} %，选对方案 {regimen} %，平均 {mean} 例；{enrolment} 例不足的概率为 {short} %。",
    ),
    # --- what is wrong with a question
    "wrong_trial": Text("There is no such trial, or none that you may see.", "试验不存在，或您无权查看。"),
    "wrong_signed_out": Text("You are signed out; sign in again.", "您已退出登录；请重新登录。"),
    "wrong_part": Text(
        "“{value}” is not a part with a dose rule; there are: {known}.",
        "“{value}”不是有剂量规则的试验部分；可选：{known}。",
    ),
    "wrong_no_rates": Text(
        "The true DLT rates are missing; give {n}, one for each level.",
        "缺少真实 DLT 发生率；请填写 {n} 个，每个剂量水平一个。",
    ),
    "wrong_not_a_rate": Text(
        "The true DLT rate of level {level}, “{value}”, is not a number; write one between 0 and 1.",
        "剂量水平 {level} 的真实 DLT 发生率“{value}”不是数值；请填写 0 至 1 之间的数。",
    ),
    "wrong_outside": Text(
        "The true DLT rate of level {level}, {value}, is not between 0 and 1.",
        "剂量水平 {level} 的真实 DLT 发生率 {value} 不在 0 与 1 之间。",
    ),
    "wrong_n_rates": Text(
        "There are {n} true DLT rates for {levels} levels; give one for each.",
        "{levels} 个剂量水平却有 {n} 个真实 DLT 发生率；请每个水平填写一个。",
    ),
    "wrong_design": Text(
        "“{value}” is not a design that can be compared here; there are: {known}.",
        "“{value}”不是此处可比较的设计；可选：{known}。",
    ),
    "wrong_n_designs": Text(
        "{n} designs were asked for beside the protocol's; at most {most} fit.",
        "请求了 {n} 个并列设计；最多可并列 {most} 个。",
    ),
    "wrong_too_large": Text(
        "The design “{value}” has too many final states to be computed exactly on a page.",
        "设计“{value}”的终末状态过多，无法在页面上精确计算。",
    ),
    "wrong_no_plan": Text(
        "The whole trial is computed for single doses, then multiple doses, then an expansion; this protocol has other "
        "parts.",
        "全试验计算适用于依次为单次给药、多次给药、扩展的方案；本方案的各部分与此不同。",
    ),
    "wrong_not_exact": Text(
        "The whole trial of this protocol cannot be computed exactly on a page.",
        "本方案的全试验无法在页面上精确计算。",
    ),
    "wrong_growth": Text(
        "The change of the log hazard, “{value}”, is not a number from {low} to {high}.",
        "对数风险变化“{value}”不是 {low} 至 {high} 之间的数。",
    ),
    "wrong_days": Text(
        "The days between candidates, “{value}”, are not a number from {low} to {high}.",
        "候选者间隔天数“{value}”不是 {low} 至 {high} 之间的数。",
    ),
    "wrong_sites": Text(
        "The number of sites, “{value}”, is not a whole number from {low} to {high}.",
        "中心数“{value}”不是 {low} 至 {high} 之间的整数。",
    ),
    "wrong_opens": Text(
        "The days between openings of sites, “{value}”, are not a number from {low} to {high}.",
        "中心启动间隔天数“{value}”不是 {low} 至 {high} 之间的数。",
    ),
    "wrong_seed": Text(
        "The seed, “{value}”, is not a whole number from {low} to {high}.",
        "随机种子“{value}”不是 {low} 至 {high} 之间的整数。",
    ),
}
