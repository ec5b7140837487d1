import { endOfTurn } from './end-of-turn.ts'

interface Waiting<Question, Answer> {
  readonly question: Question
  readonly resolve: (answer: Answer) => void
  readonly reject: (reason: unknown) => void
}

export interface GroupRead<Question, Answer> {
  /** The answer to a read that was begun after this call, never to an older one. */
  ask(question: Question): Promise<Answer>
}

/**
 * Lets readers share queries: what is asked while one query is on its way goes out with the next.
 *
 * Nobody waits for company longer than this turn of the event loop, and nobody is given what was read before they asked: a lease confirmed here
 * was looked at after the question, as if it had been asked alone.
 *
 * @param read one query; returns the answers in the order of the questions. Throws when nothing is known
 */
export function createGroupRead<Question, Answer>(
  read: (questions: readonly Question[]) => Promise<readonly Answer[]>,
  largest: number,
): GroupRead<Question, Answer> {
  const queue: Waiting<Question, Answer>[] = []
  let busy = false

  const drain = async () => {
    busy = true
    for (await endOfTurn(); queue.length > 0; await endOfTurn())
      await answer(queue.splice(0, largest), read)
    busy = false
  }

  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        queue.push({ question, resolve, reject })
        if (!busy) void drain()
      }),
  }
}

async function answer<Question, Answer>(
  group: readonly Waiting<Question, Answer>[],
  read: (questions: readonly Question[]) => Promise<readonly Answer[]>,
): Promise<void> {
  try {
    const answers = await read(group.map(({ question }) => question))
    if (answers.length !== group.length) {
      throw new TypeError(`${group.length} questions brought ${answers.length} answers`)
    }
    answers.forEach((found, index) => {
      group[index]?.resolve(found)
    })
  } catch (error) {
    for (const waiting of group) waiting.reject(error)
  }
}
