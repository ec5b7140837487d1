import { assertNever } from '../../kernel/assert-never.ts'
import { judgeMedia, type MediaVerdict } from './judge-media.ts'
import type { TestCallAnswer } from './ports.ts'

/** Who must answer; every part given must match (X6). */
export interface ExpectedAnswer {
  /** Host of the Contact. */
  readonly host?: string
  /** Part of the Server or User-Agent header, in any case. */
  readonly server?: string
}

/** What one test call proves of its number. */
export interface CallVerdict {
  /** `unproved`: nothing is wrong, and not all that was asked could be seen. */
  readonly verdict: 'right' | 'wrong' | 'unproved'
  readonly because: string
  readonly media?: MediaVerdict
}

/** A test call that is not answered is wrong: there is no caller who would call again. */
export function judgeCall(answer: TestCallAnswer, expected: ExpectedAnswer): CallVerdict {
  switch (answer.kind) {
    case 'silent':
      return { verdict: 'wrong', because: answer.because }
    case 'refused':
      return { verdict: 'wrong', because: `refused: ${answer.status} ${answer.reason}`.trimEnd() }
    case 'answered':
      return judgeAnswered(answer, expected)
    default:
      return assertNever(answer)
  }
}

type Answered = Extract<TestCallAnswer, { kind: 'answered' }>

function judgeAnswered(answer: Answered, expected: ExpectedAnswer): CallVerdict {
  const media = answer.media === undefined ? {} : { media: judgeMedia(answer.media) }
  const stranger = strangerIn(answer, expected)
  if (stranger !== undefined) return { verdict: 'wrong', because: stranger, ...media }
  const { media: heard } = media
  if (heard === undefined) return { verdict: 'right', because: 'answered' }
  if (heard.verdict === 'both-ways')
    return { verdict: 'right', because: 'answered, both hear each other', ...media }
  const verdict = heard.verdict === 'unproved' ? 'unproved' : 'wrong'
  return { verdict, because: `answered, but ${heard.because}`, ...media }
}

function strangerIn(answer: Answered, { host, server }: ExpectedAnswer): string | undefined {
  const who = `${answer.server || 'an unnamed server'} at ${answer.contactHost || 'no address'}`
  if (host !== undefined && answer.contactHost !== host) return `answered by ${who}, not at ${host}`
  const isServer =
    server === undefined || answer.server.toLowerCase().includes(server.toLowerCase())
  return isServer ? undefined : `answered by ${who}, not by ${server}`
}
