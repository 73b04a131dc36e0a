-- Whether migrations are current is asked by /readyz, as the web role.
grant select on migration to jiandu_web, jiandu_worker;
