"""The definition, the sites, the people, and the study-level pause."""

from firstdose.conduct import commands as c
from firstdose.conduct.access import SYSTEM
from firstdose.conduct.dose_rules import freeze_tables
from firstdose.conduct.refusals import Decided, refuse
from firstdose.protocol.resolved import Protocol
from firstdose.record import events as e
from firstdose.record.state import State


def decide_definition(state: State, command: c.ReleaseStudyDefinition) -> Decided:
    """A trial starts with one resolved definition."""
    if state.definition is not None:
        return refuse(
            "study.definition",
            "The trial already has a definition.",
            "试验已有方案定义。",
            "Start a new record for another protocol.",
            "另一方案请新建记录。",
        )
    protocol = Protocol.model_validate_json(command.definition)
    tables = freeze_tables(protocol)
    if isinstance(tables, list):
        said = "; ".join(str(fault) for fault in tables)
        return refuse(
            "study.definition",
            f"A dose rule of the definition cannot work: {said}.",
            f"方案定义中的剂量规则不可行：{said}。",
            "Correct the study file.",
            "请修正研究文件。",
        )
    return [
        e.StudyDefinitionReleased(
            study=protocol.study.key,
            version=protocol.study.version,
            digest=command.digest,
            definition=command.definition,
            tables=tables,
        )
    ]


def decide_activation(state: State, command: c.ActivateSite) -> Decided:
    """A site of the protocol starts under the definition in force."""
    if command.site not in state.protocol.site_by_key:
        return refuse(
            "sites",
            f"The protocol has no site {command.site!r}.",
            f"方案中没有中心 {command.site!r}。",
            "Name one of: " + ", ".join(state.protocol.site_by_key) + ".",
            "可选中心：" + "、".join(state.protocol.site_by_key) + "。",
        )
    if command.site in state.active_sites:
        return refuse(
            "sites.activation",
            f"Site {command.site} is active already.",
            f"中心 {command.site} 已启动。",
            "Nothing is needed.",
            "无需操作。",
        )
    return [e.SiteActivated(site=command.site, version=state.protocol.study.version)]


def decide_account(state: State, command: c.CreateAccount) -> Decided:
    """A login is given once and never again to another person."""
    if command.login in state.accounts or command.login == SYSTEM.login:
        return refuse(
            "access.account",
            f"The login {command.login!r} exists.",
            f"登录名 {command.login!r} 已存在。",
            "Choose another login; a login is never given to another person.",
            "请选用其他登录名；登录名不得转给他人。",
        )
    return [e.AccountCreated(login=command.login, name=command.name)]


def decide_role(state: State, command: c.GrantRole | c.RevokeRole) -> Decided:
    """A role is granted to, or taken from, a known login."""
    account = state.accounts.get(command.login)
    if account is None:
        return refuse(
            "access.account",
            f"There is no login {command.login!r}.",
            f"没有登录名 {command.login!r}。",
            "Create the account first.",
            "请先创建账户。",
        )
    if isinstance(command, c.GrantRole):
        return [e.RoleGranted(login=command.login, role=command.role, site=command.site)]
    if (command.role, command.site) not in account.roles:
        return refuse(
            "access.role",
            f"{command.login} does not hold {command.role}.",
            f"{command.login} 没有角色 {command.role}。",
            "Nothing is needed.",
            "无需操作。",
        )
    return [e.RoleRevoked(login=command.login, role=command.role, site=command.site)]


def decide_login_note(_: State, command: c.NoteLogin) -> Decided:
    """Signing in and out is kept in the trail."""
    noted: dict[str, e.AnyEvent] = {
        "signed_in": e.LoggedIn(login=command.login),
        "failed": e.LoginFailed(login=command.login),
        "failed_signature": e.LoginFailed(login=command.login, purpose="signature"),
        "signed_out": e.LoggedOut(login=command.login),
    }
    return [noted[command.what]]


def decide_pause(state: State, command: c.PauseTrial) -> Decided:
    """A pause stops new infusions at once at all sites."""
    if state.paused_because:
        return refuse(
            "stopping.pause",
            f"The trial is paused already: {state.paused_because}",
            f"试验已暂停：{state.paused_because}",
            "The committee resumes it.",
            "由委员会决定恢复。",
        )
    return [e.TrialPaused(reason=command.reason)]


def decide_resumption(state: State, command: c.ResumeTrial) -> Decided:
    """The committee ends a pause, with its reason."""
    if not state.paused_because:
        return refuse(
            "stopping.pause",
            "There is no pause to end.",
            "试验未暂停。",
            "Nothing is needed.",
            "无需操作。",
        )
    return [e.TrialResumed(reason=command.reason)]
