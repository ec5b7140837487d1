import { PgBoss } from 'pg-boss'

export interface Jobs {
  /** Jobs that are there before the clock starts. */
  readonly jobs: number
  /** Workers side by side, each with one job at a time. */
  readonly workers: number
}

export interface Peer {
  /** Jobs per second: each fetched by itself, then completed by itself; both are durable when they return. */
  take(jobs: Jobs): Promise<number>
  close(): Promise<void>
}

/** pg-boss in the same database, with its upkeep off, which only helps it. */
export async function openPeer(url: string): Promise<Peer> {
  const boss = new PgBoss({ connectionString: url, schedule: false, supervise: false })
  const failures: unknown[] = []
  boss.on('error', (error) => failures.push(error))
  await boss.start()
  let queues = 0
  return {
    async take({ jobs, workers }) {
      queues += 1
      const queue = `bench-${queues}`
      await boss.createQueue(queue)
      await boss.insert(
        queue,
        Array.from({ length: jobs }, (_, index) => ({ data: { cell: `cell-${index}`, to: 1 } })),
      )
      const began = performance.now()
      const done = await Promise.all(Array.from({ length: workers }, () => drain(boss, queue)))
      const seconds = (performance.now() - began) / 1000
      if (failures.length > 0) throw new Error('pg-boss failed', { cause: failures[0] })
      const completed = done.reduce((sum, count) => sum + count, 0)
      if (completed !== jobs) throw new Error(`pg-boss completed ${completed} of ${jobs} jobs`)
      await boss.deleteQueue(queue)
      return jobs / seconds
    },
    close: () => boss.stop({ graceful: false }),
  }
}

async function drain(boss: PgBoss, queue: string): Promise<number> {
  for (let completed = 0; ; completed += 1) {
    const [job] = await boss.fetch(queue)
    if (job === undefined) return completed
    await boss.complete(queue, job.id)
  }
}
