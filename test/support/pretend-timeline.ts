import { Client } from 'pg'

/**
 * Makes a database say that it is on this timeline, as it would after a promotion; null: that it does not
 * tell. Two real servers are in test/system/store-promotion.test.ts.
 */
export async function pretendTimeline(url: string, timeline: string | null): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const says = timeline === null ? 'null' : client.escapeLiteral(timeline)
    await client.query(`create or replace function database_timeline() returns text
      language sql stable as $$ select ${says}::text $$`)
  } finally {
    await client.end()
  }
}
