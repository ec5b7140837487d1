import { Client } from 'pg'

/**
 * A database's schema as text, from the catalogue: the same from every version of PostgreSQL and every
 * order in which the migrations made it.
 */
export async function describeSchema(url: string): Promise<string> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const lines: string[] = []
    for (const query of [columns, constraints, indexes, triggers, functions]) {
      const { rows } = await client.query<{ line: string }>(query)
      lines.push(...rows.map((row) => row.line), '')
    }
    return lines.join('\n')
  } finally {
    await client.end()
  }
}

const columns = `
  select format('column %s.%s %s%s%s%s;', c.relname, a.attname,
      format_type(a.atttypid, a.atttypmod),
      case when a.attnotnull then ' not null' else '' end,
      coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), ''),
      case a.attidentity when 'a' then ' generated always as identity' else '' end) as line
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p')
  join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attnum > 0 and not a.attisdropped
  order by c.relname collate "C", a.attnum`

// PostgreSQL 18 lists NOT NULL among the constraints, 15 does not; the columns say it already.
const constraints = `
  select format('constraint %s on %s %s;', k.conname, c.relname, pg_get_constraintdef(k.oid)) as line
  from pg_constraint k join pg_class c on c.oid = k.conrelid
  join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
  where k.contype <> 'n'
  order by c.relname collate "C", k.conname collate "C"`

const indexes = `
  select indexdef || ';' as line from pg_indexes
  where schemaname = 'public' order by indexname collate "C"`

const triggers = `
  select pg_get_triggerdef(t.oid) || ';' as line from pg_trigger t
  join pg_class c on c.oid = t.tgrelid
  where not t.tgisinternal order by c.relname collate "C", t.tgname collate "C"`

const functions = `
  select pg_get_functiondef(p.oid) || ';' as line from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace and n.nspname = 'public'
  order by p.proname collate "C"`
