-- The home page asks for open turns only, by person and by unit; most turns are closed ones.
create index if not exists core_turn_person_open on core_turn (person) where closed_at is null;
create index if not exists core_turn_unit_open on core_turn (org_lo, region_lo)
  where closed_at is null;
