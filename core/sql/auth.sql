-- SPDX-License-Identifier: Apache-2.0
-- The one function sessions are opened through. It runs as the owner, so the web role needs no
-- right to read hashes or tokens: a faulty handler can neither list sessions nor make one up.
-- h: hash of the cookie; idle, absolute: seconds. One row or none. The row is touched at most
-- once a minute, since reading a page must not become writing.
-- Every step is by primary key, so the plan never depends on the values: it is made once per
-- connection, although connections otherwise plan every statement anew.
drop function if exists core_open(bytea, timestamptz, int, int);
drop function if exists core_open(bytea, timestamptz, int, int, boolean);
create or replace function core_open(
  h bytea, moment timestamptz, idle int, absolute int, awake boolean
)
returns table (
  session_id bigint, user_id bigint, login text, name text, person_id bigint, must_change boolean,
  demo boolean, text_size text, density text, csrf text, version bigint,
  assignment_id bigint, role text, role_title text, reach text, valid_to date,
  delegated boolean, principal text,
  region_id bigint, region_name text, region_level int, region_lo bigint, region_hi bigint,
  org_id bigint, org_name text, org_short text, org_lo bigint, org_hi bigint
)
language plpgsql security definer
set search_path = public, pg_temp set plan_cache_mode = force_generic_plan as $$
declare s core_session%rowtype; today date := (moment at time zone 'Asia/Shanghai')::date;
begin
  select * into s from core_session c where c.hash = h and c.ended_at is null
    and c.seen_at > moment - make_interval(secs => idle)
    and c.opened_at > moment - make_interval(secs => absolute);
  if not found then return; end if;
  if awake and s.seen_at < moment - interval '60 seconds' then
    update core_session set seen_at = moment where core_session.id = s.id;
    update core_user set last_seen = moment where core_user.id = s."user";
  end if;
  return query
  select s.id, u.id, u.login::text, u.name::text, u.person, u.must_change, u.demo,
    u.text_size::text, u.density::text, s.csrf::text, (select v.number from core_version v limit 1),
    a.id, r.key::text, r.title::text, r.reach::text, a.valid_to,
    a.delegated_by is not null, pu.name::text,
    g.id, g.name::text, g.level::int, g.lo, g.hi,
    o.id, o.name::text, o.short_name::text, o.lo, o.hi
  from core_user u
  left join core_assignment a on a.id = s.assignment and a."user" = u.id
    and a.revoked_at is null and a.valid_from <= today
    and (a.valid_to is null or a.valid_to >= today)
    and (a.delegated_by is null or exists (
      select 1 from core_assignment p join core_user q on q.id = p."user" and q.active
      where p.id = a.delegated_by and p.revoked_at is null and p.valid_from <= today
        and (p.valid_to is null or p.valid_to >= today)))
  left join core_role r on r.id = a.role
  left join core_assignment pa on pa.id = a.delegated_by
  left join core_user pu on pu.id = pa."user"
  left join core_region g on g.id = a.region
  left join core_organisation o on o.id = a.organisation
  where u.id = s."user" and u.active;
end $$;

revoke all on function core_open(bytea, timestamptz, int, int, boolean) from public;
grant execute on function core_open(bytea, timestamptz, int, int, boolean) to jiandu_web, jiandu_worker;

insert into core_version (number) select 1 where not exists (select 1 from core_version);

-- Whose a cookie was, also after its session ended: a form typed under it is given back to the
-- same user only.
create or replace function core_session_user(h bytea) returns bigint
language sql stable security definer set search_path = public, pg_temp as $$
  select "user" from core_session where hash = h
$$;
revoke all on function core_session_user(bytea) from public;
grant execute on function core_session_user(bytea) to jiandu_web, jiandu_worker;
