-- The pairs of neighbouring characters of a text, each as one number: what an exact search is made
-- of. The same as plugins.library.rules.searching.grams_of; dear on purpose, so that no plan
-- computes it for every row.
create or replace function library_grams(words text) returns int4[]
language sql immutable parallel safe cost 100 as $$
  select coalesce(array_agg(distinct (a << 16) | b), '{}'::int4[])
  from (
    select ascii(x) as a, ascii(y) as b
    from (select string_to_array(lower(words), null) as c) s,
         unnest(c[1:cardinality(c) - 1], c[2:]) as u(x, y)
  ) p
  where a between 33 and 65535 and b between 33 and 65535
$$;
-- Without a list of pending entries: a search after an import is as quick as any other.
create index if not exists library_article_grams on library_article
  using gin (library_grams(text)) with (fastupdate = off);
create index if not exists library_use_article on library_use (name, key);
create index if not exists library_use_subject on library_use (subject_kind, subject);
create index if not exists library_task_subject on library_task (subject_kind, subject);
-- A search is asked by many at once: workers of its own cost it a core more and a few milliseconds
-- to start, and on the measured machine brought nothing back.
alter table library_article set (parallel_workers = 0);
