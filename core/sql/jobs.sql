-- Work that is due, found without touching what is done; and one waiting row per key.
create index if not exists core_due_open on core_due (due_at, id)
  where state in ('due', 'running');
create unique index if not exists core_due_key on core_due (key)
  where state = 'due' and key <> '';
create index if not exists core_failure_open on core_failure (at desc, id desc)
  where resolved_at is null;
