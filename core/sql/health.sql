-- Whether migrations are current is asked by /readyz, as the web role.
-- Databases of tests are made from the table classes and have no list of migrations.
do $$ begin
  if to_regclass('migration') is not null then
    grant select on migration to jiandu_web, jiandu_worker;
  end if;
end $$;
