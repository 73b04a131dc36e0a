-- The inbox is read by person, newest first; the bell counts the unread.
create index if not exists core_message_person on core_message (person, id desc);
create index if not exists core_message_unread on core_message (person) where read_at is null;
