# SPDX-License-Identifier: Apache-2.0
"""Keeping accounts, by three people.

The system administrator opens and closes them, the security administrator grants roles, the
audit administrator reads. Nobody does two of these.
"""

from datetime import timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from core import clock, db
from core.auth import approvals, queries, rules, separation, services
from core.auth.access import requires, visitor
from core.auth.forms import AccountForm, GrantForm, ReasonForm, RightsForm
from core.auth.identity import people_behind
from core.errors import Invalid, NotFound, Refused
from core.forms import Bound, unbound
from core.totp.services import state_of
from core.web.responses import bind, export, page, redirect, wants_xlsx
from core.web.state import held

Req = Request[Any, Any, Any]


@get("/accounts", guards=[requires("core.account.read")])
async def accounts(request: Req) -> Response[Any]:
    """All accounts."""
    who = visitor(request)
    async with db.transaction(who.scope):
        if wants_xlsx(request):
            rows = await queries.ACCOUNTS.export(request, who.scope)
            return await export(request, queries.ACCOUNTS, rows)
        found = await queries.ACCOUNTS.page(request, who.scope, tab_counts=True)
    for row in found.rows:
        row["href"] = f"/accounts/{row['id']}"
    new_url = "/accounts/new" if who.may("core.account.manage") else ""
    return page(request, "pages/users.html", p=found, new_url=new_url)


def _new_page(request: Req, form: Bound[AccountForm], *, status: int = 200) -> Response[Any]:
    return page(request, "pages/account_new.html", status=status, form=form)


@get("/accounts/new", guards=[requires("core.account.manage")])
async def new_account(request: Req) -> Response[Any]:
    """An empty form."""
    return _new_page(request, unbound(AccountForm))


@post("/accounts", guards=[requires("core.account.manage")], status_code=200)
async def create_account(request: Req) -> Response[Any]:
    """Open an account; the password comes on a slip, printed next."""
    who = visitor(request)
    form = await bind(request, AccountForm)
    if not form.ok:
        return _new_page(request, form, status=422)
    legacy = held(request).platform.settings.security.legacy_default_password
    try:
        user_id = await services.create_account(
            form.value.login,
            form.value.name,
            person=form.value.person,
            by=who.user_id,
            legacy=legacy,
        )
    except Invalid as error:
        form.errors.update(error.errors)
        return _new_page(request, form, status=422)
    words = "账号已开立。下一步打印临时密码单，并由安全管理员授予角色。"
    return redirect(request, f"/accounts/{user_id}", message=words)


async def account_page(
    request: Req,
    user_id: int,
    *,
    status: int = 200,
    form: Bound[GrantForm] | None = None,
    closing: Bound[Any] | None = None,
    resetting: Bound[Any] | None = None,
    asking: Bound[Any] | None = None,
    deciding: Bound[Any] | None = None,
) -> Response[Any]:
    """The page of an account, with the form or the sheet that was refused."""
    who = visitor(request)
    idle = timedelta(minutes=held(request).platform.settings.session.idle_minutes)
    async with db.transaction(who.scope):
        user = await queries.user(user_id)
        if user is None:
            raise NotFound
        held_roles = await queries.assignments(user_id, clock.today(), only_valid=False)
        slips = await queries.slips(user_id)
        open_sessions = await queries.sessions(user_id, idle, clock.now())
        second = await state_of(user_id)
        two = await approvals.needs_two(user_id)
        asked = await approvals.waiting(user_id) if two else None
        behind = await people_behind({user_id, who.user_id, asked["asked_by"] if asked else 0})
        own = behind[user_id] == behind[who.user_id]
        grantable = who.may("core.role.grant") and not own
        role_options = await queries.role_options() if grantable else []
        regions = await queries.regions() if grantable else []
        organisations = await queries.organisations() if grantable else []
    return page(
        request,
        "pages/account.html",
        status=status,
        user=user,
        assignments=held_roles,
        slips=slips,
        sessions=open_sessions,
        form=form or unbound(GrantForm),
        closing=closing,
        resetting=resetting,
        role_options=role_options,
        regions=regions,
        organisations=organisations,
        may_grant=grantable,
        may_manage=who.may("core.account.manage") and not own,
        now_at=clock.now(),
        second=second,
        may_reset=who.may("core.totp.reset") and not own,
        two=two,
        asked=asked,
        may_print=asked is not None and asked["approved"] and asked["asked_by"] == who.user_id,
        may_decide=asked is not None
        and asked["decided_at"] is None
        and who.may("core.slip.approve")
        and not own
        and behind[asked["asked_by"]] != behind[who.user_id],
        asking=asking,
        deciding=deciding,
    )


@get("/accounts/{user_id:int}", guards=[requires("core.account.read")])
async def account(request: Req, user_id: FromPath[int]) -> Response[Any]:
    """One account: roles, slips, sessions."""
    return await account_page(request, user_id)


@post("/accounts/{user_id:int}/slip", guards=[requires("core.account.manage")], status_code=200)
async def issue_slip(request: Req, user_id: FromPath[int]) -> Response[Any]:
    """A one-time password on paper; shown this once and kept nowhere."""
    who = visitor(request)
    code = await services.issue_slip(user_id, who.user_id)
    async with db.transaction(who.scope):
        user = await queries.user(user_id)
        held_roles = await queries.assignments(user_id, clock.today())
    assert user is not None
    return page(
        request,
        "pages/slip.html",
        headers={"Cache-Control": "private, no-store"},
        person=user["name"],
        login=user["login"],
        password=code,
        organisation=held_roles[0]["place_name"] if held_roles else "",
        valid_until=clock.now() + timedelta(days=rules.SLIP_DAYS),
        back=f"/accounts/{user_id}",
    )


@post(
    "/accounts/{user_id:int}/slips/{slip_id:int}/revoke",
    guards=[requires("core.account.manage")],
    status_code=200,
)
async def revoke_slip(
    request: Req, user_id: FromPath[int], slip_id: FromPath[int]
) -> Response[Any]:
    """Make a lost slip void."""
    await services.revoke_slip(user_id, slip_id, visitor(request).user_id)
    return redirect(request, f"/accounts/{user_id}", message="临时密码单已作废。")


@post("/accounts/{user_id:int}/roles", guards=[requires("core.role.grant")], status_code=200)
async def grant_role(request: Req, user_id: FromPath[int]) -> Response[Any]:
    """Give a role for a place."""
    form = await bind(request, GrantForm)
    if not form.ok:
        return await account_page(request, user_id, status=422, form=form)
    try:
        await services.grant_role(
            user_id,
            form.value.role,
            region=form.value.region,
            organisation=form.value.organisation,
            valid_to=form.value.valid_to,
            by=visitor(request).user_id,
        )
    except Invalid as error:
        form.errors.update(error.errors)
        return await account_page(request, user_id, status=422, form=form)
    except Refused as error:
        return await account_page(request, user_id, status=409, form=form.error("", str(error)))
    return redirect(request, f"/accounts/{user_id}", message="角色已授予。")


@post(
    "/accounts/{user_id:int}/roles/{assignment_id:int}/withdraw",
    guards=[requires("core.role.grant")],
    status_code=200,
)
async def withdraw_role(
    request: Req, user_id: FromPath[int], assignment_id: FromPath[int]
) -> Response[Any]:
    """Take a role away, at once."""
    async with db.transaction(visitor(request).scope):
        found = await queries.assignment(assignment_id, clock.today())
    if found is None or found["user"] != user_id:
        raise NotFound
    await services.withdraw_role(assignment_id, visitor(request))
    return redirect(request, f"/accounts/{user_id}", message="角色已收回，立即生效。")


@post("/accounts/{user_id:int}/close", guards=[requires("core.account.manage")], status_code=200)
async def close_account(request: Req, user_id: FromPath[int]) -> Response[Any]:
    """Deactivate, with a reason."""
    form = await bind(request, ReasonForm)
    if not form.ok:
        return await account_page(request, user_id, status=422, closing=form)
    await services.close_account(user_id, visitor(request), form.value.reason)
    return redirect(request, f"/accounts/{user_id}", message="账号已停用，登录已全部结束。")


@post("/accounts/{user_id:int}/reopen", guards=[requires("core.account.manage")], status_code=200)
async def reopen_account(request: Req, user_id: FromPath[int]) -> Response[Any]:
    """Let somebody in again."""
    await services.reopen_account(user_id, visitor(request))
    return redirect(request, f"/accounts/{user_id}", message="账号已恢复，请打印新的临时密码单。")


@post("/accounts/{user_id:int}/sign-out", guards=[requires("core.account.manage")], status_code=200)
async def sign_out_everywhere(request: Req, user_id: FromPath[int]) -> Response[Any]:
    """End every session of a user."""
    ended = await services.end_sessions_of(user_id, visitor(request), "管理员让其下线")
    return redirect(request, f"/accounts/{user_id}", message=f"已结束 {ended} 处登录。")


# --- roles and their rights ------------------------------------------------------------------


@get("/rights", guards=[requires("core.account.read")])
async def rights(request: Req) -> Response[Any]:
    """What every role may do."""
    who = visitor(request)
    registry = held(request).platform.registry
    async with db.transaction(who.scope):
        roles = await queries.roles()
    chosen = request.query_params.get("role", "")
    current = next((row for row in roles if row["key"] == chosen), roles[0] if roles else None)
    groups: list[dict[str, Any]] = [
        {
            "title": manifest.title,
            "permissions": [
                {
                    "key": key,
                    "title": each.title,
                    "sensitive": each.sensitive,
                    "locked": separation.fault(current["key"], each) if current else "",
                }
                for key, each in registry.permissions.items()
                if registry.plugin_of(each) == name
            ],
        }
        for name, manifest in registry.plugins.items()
    ]
    # What the role may never hold is told in one line; forty locked boxes would hide the others.
    have = set(current["permissions"]) if current else set()
    withheld = 0
    for group in groups:
        shown = [p for p in group["permissions"] if not p["locked"] or p["key"] in have]
        withheld += len(group["permissions"]) - len(shown)
        group["permissions"] = shown
    return page(
        request,
        "pages/rights.html",
        roles=roles,
        current=current,
        withheld=withheld,
        groups=[group for group in groups if group["permissions"]],
        may_change=who.may("core.role.grant")
        and current is not None
        and current["key"] != who.role,
    )


@post("/rights", guards=[requires("core.role.grant")], status_code=200)
async def change_rights(request: Req) -> Response[Any]:
    """Set the permissions of a role; holds for the very next request of everybody."""
    who = visitor(request)
    form = await bind(request, RightsForm)
    if not form.ok:
        raise Invalid(form.errors)
    if form.value.role == who.role:
        raise Refused("不能修改自己正在使用的角色的权限。")
    known = set(held(request).platform.registry.permissions)
    await services.set_rights(form.value.role, set(form.value.permission), who.user_id, known)
    return redirect(request, f"/rights?role={form.value.role}", message="权限已保存，立即生效。")


HANDLERS: list[Any] = [
    accounts,
    new_account,
    create_account,
    account,
    issue_slip,
    revoke_slip,
    grant_role,
    withdraw_role,
    close_account,
    reopen_account,
    sign_out_everywhere,
    rights,
    change_rights,
]
