-- What runs and may lapse, found without touching what is over; the clocks of one subject.
create index if not exists core_clock_running on core_clock (due_at, region_lo)
  where state = 'running';
create index if not exists core_clock_provisional on core_clock (id)
  where provisional and state in ('running', 'paused', 'lapsed');
create index if not exists core_clock_subject on core_clock (subject_kind, subject_id, id);
create unique index if not exists core_clock_open on core_clock (subject_kind, subject_id, key)
  where state in ('running', 'paused');
