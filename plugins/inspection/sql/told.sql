-- Whom was told last, and who still waits: asked with every alarm of everybody who is told of it.
create index if not exists inspection_told_last on inspection_told (person, told_at desc);
