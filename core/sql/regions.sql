-- SPDX-License-Identifier: Apache-2.0
-- The one way numbers of regions in rows that exist are changed, facts included: a declared
-- maintenance path of the owner role. It can do nothing but follow the map of a move that was
-- begun and recorded; it touches ``region_lo`` and its companions, which no seal and no hash holds.
-- The tables are those the host names; one that carries no region is refused.
create or replace function core_move_rows(which bigint, tab text, extra text[], most int)
returns bigint language plpgsql security definer set search_path = public, pg_temp as $$
declare
  done bigint; part bigint; has_org boolean; has_audience boolean; col text;
begin
  if not exists (select 1 from core_region_move m where m.id = which) then
    raise exception 'there is no move %', which;
  end if;
  if tab !~ '^[a-z][a-z0-9_]*$' or not exists (
      select 1 from information_schema.columns c where c.table_schema = 'public'
        and c.table_name = tab and c.column_name = 'region_lo') then
    raise exception 'table % carries no region', tab;
  end if;
  select bool_or(c.column_name = 'org_lo'), bool_or(c.column_name = 'aud_lo')
    into has_org, has_audience
    from information_schema.columns c where c.table_schema = 'public' and c.table_name = tab;
  execute format(
    'with portion as (
       select t.id, m.new_lo from core_region_move_map m join %1$I t on t.region_lo = m.old_lo %2$s
       where m.move = $1 and m.old_lo <> m.new_lo limit $2)
     update %1$I t set region_lo = p.new_lo from portion p where t.id = p.id',
    tab,
    case when has_org then 'and t.org_lo between m.org_lo and m.org_hi' else 'and m.whole' end)
    using which, most;
  get diagnostics done = row_count;
  if has_audience and done < most then
    execute format(
      'with portion as (
         select t.id, m.new_lo, m.new_hi from core_region_move_map m
         join %1$I t on t.aud_lo = m.old_lo and t.aud_hi = m.old_hi
         where m.move = $1 and m.old_lo <> m.new_lo
           and (m.whole or t.org_lo between m.org_lo and m.org_hi) limit $2)
       update %1$I t set aud_lo = p.new_lo, aud_hi = p.new_hi from portion p where t.id = p.id',
      tab) using which, most - done;
    get diagnostics part = row_count;
    done := done + part;
  end if;
  foreach col in array extra loop
    exit when done >= most;
    if col !~ '_region_lo$' then
      raise exception 'column % is no number of a region', col;
    end if;
    execute format(
      'with portion as (
         select t.id, m.new_lo from core_region_move_map m join %1$I t on t.%2$I = m.old_lo
         where m.move = $1 and m.old_lo <> m.new_lo and m.whole limit $2)
       update %1$I t set %2$I = p.new_lo from portion p where t.id = p.id',
      tab, col) using which, most - done;
    get diagnostics part = row_count;
    done := done + part;
  end loop;
  return done;
end $$;
revoke all on function core_move_rows(bigint, text, text[], int) from public;
grant execute on function core_move_rows(bigint, text, text[], int) to jiandu_worker;

-- How many rows of a table carry numbers of these regions: a count and nothing else, for the
-- preview and for the sweep that looks for late-comers.
create or replace function core_count_in_regions(
  tab text, numbers bigint[], from_org bigint[], to_org bigint[])
returns bigint language plpgsql stable security definer set search_path = public, pg_temp as $$
declare found bigint; has_org boolean;
begin
  if tab !~ '^[a-z][a-z0-9_]*$' or not exists (
      select 1 from information_schema.columns c where c.table_schema = 'public'
        and c.table_name = tab and c.column_name = 'region_lo') then
    raise exception 'table % carries no region', tab;
  end if;
  select bool_or(c.column_name = 'org_lo') into has_org
    from information_schema.columns c where c.table_schema = 'public' and c.table_name = tab;
  execute format(
    'select count(*) from unnest($1, $2, $3) m(lo, a, b) join %I t on t.region_lo = m.lo %s',
    tab,
    case when has_org then 'and t.org_lo between m.a and m.b' else 'and m.a = 0' end)
    into found using numbers, from_org, to_org;
  return found;
end $$;
revoke all on function core_count_in_regions(text, bigint[], bigint[], bigint[]) from public;
grant execute on function core_count_in_regions(text, bigint[], bigint[], bigint[])
  to jiandu_web, jiandu_worker;
