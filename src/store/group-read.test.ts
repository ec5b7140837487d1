import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createGroupRead } from './group-read.ts'

/** A reader whose answers come when the test says so. */
function slowReader() {
  const asked: (readonly number[])[] = []
  const pending: { give: (answers: readonly number[]) => void; fail: (error: Error) => void }[] = []
  const read = (questions: readonly number[]) => {
    asked.push(questions)
    return new Promise<readonly number[]>((give, fail) => {
      pending.push({ give, fail })
    })
  }
  return { asked, pending, read }
}

/** Two turns of the event loop: an answer is taken in the first, the next question leaves in the second. */
const settled = async () => {
  await nextTurn()
  await nextTurn()
}

describe('group reads', () => {
  it('asks by the end of the turn, for all who asked in it', async () => {
    const { asked, read } = slowReader()
    const reads = createGroupRead(read, 10)
    void reads.ask(1)
    void Promise.resolve().then(() => reads.ask(2))
    await settled()
    expect(asked).toEqual([[1, 2]])
  })

  it('gives nobody what was read before they asked', async () => {
    const { asked, pending, read } = slowReader()
    const reads = createGroupRead(read, 10)
    const early = reads.ask(1)
    await settled()
    const late = [reads.ask(1), reads.ask(2)]
    pending[0]?.give([10])
    expect(await early).toBe(10)
    await settled()
    expect(asked).toEqual([[1], [1, 2]])
    pending[1]?.give([11, 20])
    expect(await Promise.all(late)).toEqual([11, 20])
  })

  it('asks for no more than fits one query', async () => {
    const { asked, pending, read } = slowReader()
    const reads = createGroupRead(read, 2)
    const all = [1, 2, 3].map((question) => reads.ask(question))
    await settled()
    pending[0]?.give([1, 2])
    await settled()
    pending[1]?.give([3])
    expect(await Promise.all(all)).toEqual([1, 2, 3])
    expect(asked).toEqual([[1, 2], [3]])
  })

  it('tells a failure to everybody it concerns, and goes on', async () => {
    const { pending, read } = slowReader()
    const reads = createGroupRead(read, 10)
    const first = reads.ask(1)
    await settled()
    const second = reads.ask(2)
    pending[0]?.fail(new Error('the connection broke'))
    await expect(first).rejects.toThrow('the connection broke')
    await settled()
    pending[1]?.give([20])
    expect(await second).toBe(20)
  })

  it('takes a missing answer for a failure, not for another one’s answer', async () => {
    const { pending, read } = slowReader()
    const only = createGroupRead(read, 10).ask(1)
    await settled()
    pending[0]?.give([])
    await expect(only).rejects.toThrow('1 questions brought 0 answers')
  })
})
