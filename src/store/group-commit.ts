import { endOfTurn } from './end-of-turn.ts'

interface Waiting<Item, Answer> {
  readonly item: Item
  readonly resolve: (answer: Answer) => void
  readonly reject: (reason: unknown) => void
}

export interface GroupCommit<Item, Answer> {
  /** Resolves when the item is durable; rejects with the reason it was refused. */
  add(item: Item): Promise<Answer>
}

/**
 * Lets writers share commits: what arrives while one commit is on its way goes out with the next.
 *
 * Nobody is made to wait for company longer than this turn of the event loop. 500 runs that each wait for
 * their own disk flush would be 500 flushes in a row; this way they are two or three.
 *
 * @param keyOf at most one item of a key is in one commit, and they keep their order
 * @param write one commit; returns per item its answer, or why it was refused. Throws when nothing is known
 */
export function createGroupCommit<Item, Answer>(
  keyOf: (item: Item) => string,
  write: (items: readonly Item[]) => Promise<readonly (Answer | Error)[]>,
  largest: number,
): GroupCommit<Item, Answer> {
  let queue: Waiting<Item, Answer>[] = []
  let busy = false

  const next = () => {
    const batch = new Map<string, Waiting<Item, Answer>>()
    const later: Waiting<Item, Answer>[] = []
    for (const waiting of queue) {
      const key = keyOf(waiting.item)
      if (batch.size >= largest || batch.has(key)) later.push(waiting)
      else batch.set(key, waiting)
    }
    queue = later
    return [...batch.values()]
  }
  const drain = async () => {
    busy = true
    for (await endOfTurn(); queue.length > 0; await endOfTurn()) await commit(next(), write)
    busy = false
  }

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        queue.push({ item, resolve, reject })
        if (!busy) void drain()
      }),
  }
}

async function commit<Item, Answer>(
  batch: readonly Waiting<Item, Answer>[],
  write: (items: readonly Item[]) => Promise<readonly (Answer | Error)[]>,
): Promise<void> {
  try {
    const answers = await write(batch.map((waiting) => waiting.item))
    if (answers.length !== batch.length)
      throw new TypeError(`${batch.length} items brought ${answers.length} answers`)
    answers.forEach((answer, index) => {
      if (answer instanceof Error) batch[index]?.reject(answer)
      else batch[index]?.resolve(answer)
    })
  } catch (error) {
    for (const waiting of batch) waiting.reject(error)
  }
}
