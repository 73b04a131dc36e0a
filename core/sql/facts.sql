-- What Piccolo cannot express about the fact tables: composite and partial indexes.
create index if not exists core_fact_subject on core_fact (subject_kind, subject_id, at, id);
create index if not exists core_fact_kind on core_fact (kind, id);
create index if not exists core_delivery_pending on core_delivery (due_at, id)
  where state = 'pending';
-- How often somebody had full personal data shown, counted for the limit per hour.
create index if not exists core_fact_revealed on core_fact (actor, recorded_at)
  where kind like '%revealed';
