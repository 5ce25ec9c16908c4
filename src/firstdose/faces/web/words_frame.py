"""Texts around the trial: every page's frame, messages, signing in, home, and people."""

from firstdose.terms.words import Text

FRAME: dict[str, Text] = {
    # --- around every page
    "skip": Text("Skip to the content", "跳至正文"),
    "pages": Text("Pages", "页面"),
    "home": Text("Your trials", "我的试验"),
    "sign_out": Text("Sign out", "退出登录"),
    "nav_board": Text("Cohort board", "队列看板"),
    "nav_participants": Text("Participants", "受试者"),
    "nav_adverse_events": Text("Adverse events", "不良事件"),
    "nav_decisions": Text("Decisions", "剂量决定"),
    "foot_position": Text("Record position {position}", "记录位置 {position}"),
    "foot_time": Text("Trial time {moment} (UTC+8)", "试验时间 {moment}（UTC+8）"),
    "yes": Text("yes", "是"),
    "no": Text("no", "否"),
    "none": Text("None.", "无。"),
    "show": Text("Show", "显示"),
    "refused": Text("Not recorded.", "未记录。"),
    "clause": Text("Clause", "条款"),
    # --- looking back
    "as_of": Text("As known on (date or position)", "回看（日期或记录位置）"),
    "as_of_banner": Text("As it was known on {moment} (UTC+8).", "以下为 {moment}（UTC+8）当时所知的情况。"),
    "as_of_position": Text("Record position {position}.", "记录位置 {position}。"),
    "back_to_now": Text("Back to now", "返回当前"),
    "board_then": Text("The board at that moment", "当时的看板"),
    # --- messages
    "not_found": Text("Not found", "未找到"),
    "not_found_text": Text("There is no such page, or none that you may see.", "页面不存在，或您无权查看。"),
    "not_allowed": Text("Not allowed", "无权访问"),
    "not_allowed_text": Text(
        "None of your roles may open this page. An administrator grants roles.",
        "您的角色无权打开此页面。角色由管理员授予。",
    ),
    "failed": Text("Something went wrong", "出现错误"),
    "failed_text": Text(
        "Nothing was recorded. Try again; if it happens again, tell the people who run this server.",
        "未记录任何内容。请重试；如再次出现，请联系服务器管理人员。",
    ),
    "form_expired": Text("This form has expired", "表单已过期"),
    "form_expired_text": Text(
        "Nothing was recorded. Go back, load the page again and send the form once more.",
        "未记录任何内容。请返回并重新加载页面后再次提交。",
    ),
    "no_such_time": Text("No such time", "时间无效"),
    "no_such_time_text": Text(
        "Write a date (2025-03-01), a moment (2025-03-01T09:30) or a position of the record, not after now "
        "and not before the trial began.",
        "请填写日期（2025-03-01）、时刻（2025-03-01T09:30）或记录位置，不得晚于当前，也不得早于试验开始。",
    ),
    "to_home": Text("To your trials", "返回我的试验"),
    "said_form_recorded": Text("The form is recorded.", "表单已记录。"),
    "said_value_corrected": Text(
        "The correction is recorded; the old value stays in the history.", "更正已记录；原值保留在历史中。"
    ),
    "said_snapshot_taken": Text("The snapshot is taken.", "快照已建立。"),
    "said_decision_made": Text("The decision waits for signatures.", "决定等待签名。"),
    "said_signed": Text("Your signature is recorded.", "您的签名已记录。"),
    "said_cohort_opened": Text("The cohort is open.", "队列已开放。"),
    "said_paused": Text("The trial is paused.", "试验已暂停。"),
    "said_resumed": Text("The pause has ended.", "暂停已结束。"),
    "said_slot_reserved": Text("The place is reserved.", "名额已预留。"),
    "said_determined": Text("The determination is recorded.", "判定已记录。"),
    "said_visit_recorded": Text("The visit is recorded.", "访视已记录。"),
    "said_query_recorded": Text("The query is recorded.", "质疑已记录。"),
    "said_event_recorded": Text("The adverse event is recorded.", "不良事件已记录。"),
    "said_recorded_before": Text(
        "This form was sent before; it was recorded once, as it was sent first.",
        "该表单此前已提交；仅按首次提交的内容记录一次。",
    ),
    # --- signing in
    "sign_in": Text("Sign in", "登录"),
    "sign_in_intro": Text(
        "Every sign-in is kept in the record of the trial.", "每次登录都会保存在试验记录中。"
    ),
    "login": Text("Login", "登录名"),
    "password": Text("Password", "密码"),
    "wrong_password": Text("Login or password is wrong.", "登录名或密码错误。"),
    "locked": Text(
        "This login is locked after too many wrong passwords. An administrator unlocks it.",
        "密码错误次数过多，该登录名已锁定，须由管理员解锁。",
    ),
    # --- home
    "no_trials": Text("No trial on this server grants you a role.", "本服务器上的试验均未授予您角色。"),
    "paused": Text("Paused", "已暂停"),
    "treated": Text("participants treated", "名受试者已给药"),
    "no_decision_yet": Text("no decision yet", "尚无决定"),
    "waits_for_you": Text("Waiting for you", "待办事项"),
    "nothing_waits": Text("Nothing waits for you.", "暂无待办事项。"),
    "and_more": Text("and {n} more", "另有 {n} 项"),
    "waits_sign": Text("Sign the decision", "签署决定"),
    "waits_decide": Text("Decide on the snapshot", "对快照作出决定"),
    "waits_determine": Text("Determine evaluability", "判定可评价性"),
    "waits_visit_due": Text("Visit due now", "访视窗内"),
    "waits_visit_overdue": Text("Visit overdue", "访视逾期"),
    "waits_query_to_answer": Text("Answer the query", "回答质疑"),
    "waits_query_to_close": Text("Settle the query", "处理质疑"),
    # --- people
    "role_sponsor": Text("Sponsor", "申办方"),
    "role_data_manager": Text("Data manager", "数据管理员"),
    "role_medical_monitor": Text("Medical monitor", "医学监查员"),
    "role_coordinator": Text("Coordinator", "研究协调员"),
    "role_investigator": Text("Investigator", "研究者"),
    "role_pharmacist": Text("Pharmacist", "药师"),
    "role_committee_chair": Text("Committee chair", "委员会主席"),
    "role_committee_clinician": Text("Committee clinician", "委员会临床专家"),
    "role_committee_statistician": Text("Committee statistician", "委员会统计师"),
    "role_auditor": Text("Auditor", "稽查员"),
    "role_administrator": Text("Administrator", "管理员"),
    "female": Text("female", "女"),
    "male": Text("male", "男"),
}
