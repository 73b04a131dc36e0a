-- One region's total, or its organisations one by one: an index-only read of a few hundred rows.
create index if not exists dashboards_figure_read
  on dashboards_figure (region_lo, whole, measure, power_class, month) include (org_lo, n, amount);
-- The rows behind a number, newest first.
create index if not exists dashboards_entry_rows
  on dashboards_entry (measure, region_lo, day, id) include (org_lo, power_class);
create index if not exists dashboards_entry_newest
  on dashboards_entry (measure, day, id) include (region_lo, org_lo, power_class);
