-- Rule sets kept before risks were part of them take theirs from the publication they came from.
update inspection_rule_set r
set definition = r.definition || jsonb_build_object(
  'risks', coalesce(f.told -> 'risks', '[]'::jsonb),
  'power_class', coalesce(f.told -> 'power_class', '""'::jsonb))
from (
  select distinct on ((payload::jsonb ->> 'item'), (payload::jsonb ->> 'version'))
    payload::jsonb as told
  from core_fact where kind = 'powers.version_effective'
  order by (payload::jsonb ->> 'item'), (payload::jsonb ->> 'version'), id desc) f
where not jsonb_exists(r.definition, 'risks')
  and (f.told ->> 'item')::int8 = r.item and (f.told ->> 'version')::int4 = r.version;
