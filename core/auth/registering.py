# SPDX-License-Identifier: Apache-2.0
"""Accounts of people from the public: applicants register, invited persons wait (S0-4 … S0-10).

D17: an applicant chooses the password himself on the last step; an invited person's account is
opened by staff and gets a printed slip once the invitation is approved. With the switch
``legacy_default_password`` both begin with the password the source documents prescribe.
"""

from core import clock, db, settings
from core.auth import passwords, queries, rules, services
from core.auth.logins import id_login
from core.errors import Invalid, NotFound, Refused
from core.keys.cipher import decrypt
from core.people.services import ID_NUMBER

APPLICANT = "applicant"


def chooses_password() -> bool:
    """Whether an applicant chooses the password himself; without, it is the prescribed one."""
    return not settings.load().security.legacy_default_password


def password_problem(password: str, *, id_number: str = "", name: str = "") -> str:
    """What is wrong with a password somebody chose for himself; empty when it is good (S0-7)."""
    return "".join(
        rules.password_faults(
            password,
            login=id_number,
            name=name,
            min_length=settings.load().security.password_min_length,
        )
    )


async def account_of(person: int) -> int | None:
    """The open account of a person, the oldest when there are several."""
    async with db.transaction(services.office(0)):
        found = await db.value(
            "select id from core_user where person = $1 and active order by id limit 1", person
        )
    return None if found is None else int(found)


async def register(
    person: int, password: str = "", *, region: int, role: str = APPLICANT, demo: bool = False
) -> int:
    """Open the account of an applicant: the ID number with the password he chose (S0-4, D17).

    He may sign in at once and sees 我的 and 消息 only (S0-6). Call it in the transaction that
    takes the application in; the slow hash is made before the first statement of it.
    """
    hashed, legacy = "", not chooses_password()
    async with db.transaction(services.office(0)):
        found = await db.row("select name, id_number from core_person where id = $1", person)
    if found is None:
        raise NotFound
    if found["id_number"] is None:
        raise Invalid({"id_number": "没有登记公民身份号码，不能用它开立账号。"})
    number = decrypt(found["id_number"], ID_NUMBER)
    if not legacy:
        if problem := password_problem(password, id_number=number, name=found["name"]):
            raise Invalid({"password": problem})
        hashed = await passwords.hash_password(password)
    if await account_of(person) is not None:
        raise Refused("这个身份证号已经有账号，请直接登录。忘记密码请联系本级司法局。")
    user_id = await services.create_account(
        id_login(number),
        found["name"],
        person=person,
        password_hash=hashed,
        legacy=legacy,
        demo=demo,
    )
    await services.grant_role(user_id, role, region=region)
    return user_id


async def invite(person: int, login: str, *, by: int, waiting: str = "邀请还没有批准") -> int:
    """Reserve the account of an invited person: nobody signs in to it before ``admit`` (S0-8).

    ``login`` is what ``login_of_pinyin`` proposed, or what the clerk typed instead. The prescribed
    initial password is set only where the operator has chosen that rule.
    """
    async with db.transaction(services.office(by)):
        name = await db.value("select name from core_person where id = $1", person)
        if name is None:
            raise NotFound
        if await account_of(person) is not None:
            raise Refused(f"{name}已经有账号。")
        user_id = await services.create_account(
            login, name, person=person, by=by, legacy=not chooses_password()
        )
        await db.execute(
            "update core_user set waiting = $2 where id = $1", user_id, waiting.rstrip("。")[:200]
        )
    return user_id


async def admit(user_id: int, role: str, *, region: int, by: int) -> str:
    """The invitation is approved: the account opens, with its role.

    Returns the code of the printed slip, shown once; empty where the prescribed initial password
    holds.
    """
    async with db.transaction(services.office(by)):
        user = await queries.user(user_id)
        if user is None:
            raise NotFound
        # The week in which the prescribed password is good begins now, not when it was reserved.
        await db.execute("update core_user set waiting = '' where id = $1", user_id)
        await services.grant_role(user_id, role, region=region, by=by)
        if chooses_password():
            return await services.issue_slip(user_id, by)
        await services.store_password(
            user_id, await passwords.hash_password(services.LEGACY_PASSWORD)
        )
    return ""


async def revoke_role(
    user_id: int, role: str, *, region: int | None = None, by: int = 0, reason: str = ""
) -> int:
    """Take a role from a user (everywhere, or in one region); how many assignments ended.

    For plugins whose role follows from a term: it holds for the very next request.
    """
    ended = 0
    async with db.transaction(services.office(by)):
        for each in await queries.assignments(user_id, clock.today()):
            if each["role"] == role and region in (None, each["region"]):
                await services.end_assignment(each["id"], by, reason)
                ended += 1
    return ended
