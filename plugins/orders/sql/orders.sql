-- Numbers are never reused, and an alarm stands on one open order of the first tier at most.
create unique index if not exists orders_order_number on orders_order (organ, year, serial);
create unique index if not exists orders_item_open on orders_item (alarm)
  where tier = 1 and state in ('open', 'explained');
create unique index if not exists orders_item_once on orders_item ("order", alarm);
