import { describe, expect, it } from 'vitest'
import type { Run } from '../../http/contract/run.ts'
import { stepMeant } from './step-meant.ts'

const step = (key: string, heldBecause?: string): Run['steps'][number] => ({
  ...{ key, kind: 'k', title: `the ${key}`, visited: 'forward', phase: 'acting' },
  ...(heldBecause === undefined ? {} : { heldBecause }),
})
const steps = [step('agents', 'the API says 500'), step('select'), step('gate')]
const shown = (...open: string[]) => ({ steps, open, entries: 40 })

function shell(types?: string) {
  const lines: string[] = []
  const printer = { line: (text = '') => void lines.push(text) }
  return types === undefined
    ? { lines, printer }
    : { lines, printer, ask: () => Promise.resolve(types) }
}

describe('which step a retry or a skip is of', () => {
  it('X12 a retry is of the open one, which is shown, and of the run as it was seen', async () => {
    const at = shell()

    expect(await stepMeant(at, 'retry', shown('agents'), undefined)).toEqual({
      step: 'agents',
      asOf: 40,
    })
    expect(at.lines).toEqual(['retry agents  (the agents: the API says 500)'])
  })

  it('a skip is of a step that a person has named, at the prompt or before', async () => {
    const meant = { step: 'gate', asOf: 40 }

    expect(await stepMeant(shell('gate'), 'skip', shown('gate'), undefined)).toEqual(meant)
    expect(await stepMeant(shell(), 'skip', shown('select'), 'gate')).toEqual(meant)
    await expect(stepMeant(shell('agents'), 'skip', shown('gate'), undefined)).rejects.toThrow(
      'another step was typed; nothing is asked',
    )
    await expect(stepMeant(shell(), 'skip', shown('gate'), undefined)).rejects.toThrow(
      'there is no terminal to ask at; give --step gate',
    )
  })

  it.each(['retry', 'skip'] as const)('%s: of several open ones none is guessed', async (verb) => {
    const guessed = stepMeant(shell(), verb, shown('select', 'agents'), undefined)

    await expect(guessed).rejects.toThrow(
      /say which:\n {2}--step agents {2}.*500.*\n {2}--step select /,
    )
  })

  it('of a run that has ended none is', async () => {
    expect(await stepMeant(shell(), 'skip', shown(), undefined)).toEqual({ asOf: 40 })
  })
})
