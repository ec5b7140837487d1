import type { EpochMs } from '../../../kernel/units.ts'
import type { CloudCallEvent } from '../../cloud.ts'

export interface Conversation {
  readonly id: string
  readonly sessionId: string
  readonly sipCallId: string
  readonly from: string
  readonly dnis: string
  readonly startedAt: EpochMs
  returnedAt?: EpochMs
  queue?: string
  queuedAt?: EpochMs
  agent?: string
  answeredAt?: EpochMs
  endedAt?: EpochMs
  how?: 'completed' | 'abandoned' | 'failed' | 'test'
}

/** One measurement of a queue: counted in the interval in which it was made. */
export interface Measurement {
  readonly at: EpochMs
  readonly metric: string
  /** Milliseconds, or 1 for what is only counted. */
  readonly value: number
}

/** What the platform knows of its calls. */
export interface CallLog {
  record(event: CloudCallEvent): Conversation | undefined
  /** Conversations in the order of their start. */
  conversations(): readonly Conversation[]
  bySipCallId(sipCallId: string): readonly Conversation[]
  /** Conversations that have not ended. */
  live(): Iterable<Conversation>
  /** Measurements of a queue, by its name, in the order of time. */
  measurements(queue: string): readonly Measurement[]
}

interface Books {
  readonly all: Conversation[]
  readonly open: Map<string, Conversation>
  readonly bySip: Map<string, Conversation[]>
  readonly measured: Map<string, Measurement[]>
  readonly shortAbandon: number
}

/** Keeps one conversation per call, and each queue's measurements. */
export function createCallLog(newId: () => string, shortAbandon: number): CallLog {
  const books: Books = {
    all: [],
    open: new Map(),
    bySip: new Map(),
    measured: new Map(),
    shortAbandon,
  }
  return {
    record(event) {
      if (event.kind === 'offered') return begin(books, event, newId)
      const conversation = books.open.get(event.call)
      if (conversation !== undefined) proceed(books, conversation, event)
      return conversation
    },
    conversations: () => books.all,
    bySipCallId: (sipCallId) => books.bySip.get(sipCallId) ?? [],
    live: () => books.open.values(),
    measurements: (queue) => books.measured.get(queue) ?? [],
  }
}

function begin(
  { all, open, bySip }: Books,
  event: Extract<CloudCallEvent, { kind: 'offered' }>,
  newId: () => string,
): Conversation {
  const conversation: Conversation = {
    id: newId(),
    sessionId: newId(),
    sipCallId: event.sipCallId,
    from: event.from,
    dnis: event.dnis,
    startedAt: event.at,
  }
  all.push(conversation)
  open.set(event.call, conversation)
  bySip.set(event.sipCallId, [...(bySip.get(event.sipCallId) ?? []), conversation])
  return conversation
}

function proceed(books: Books, conversation: Conversation, event: CloudCallEvent): void {
  switch (event.kind) {
    case 'offered':
      return
    case 'returned':
      conversation.returnedAt = event.at
      return
    case 'queued':
      conversation.queue = event.queue
      conversation.queuedAt = event.at
      measure(books, conversation, 'nOffered', { at: event.at, value: 1 })
      return
    case 'answered': {
      conversation.agent = event.agent
      conversation.answeredAt = event.at
      const value = event.at - (conversation.queuedAt ?? event.at)
      measure(books, conversation, 'tAnswered', { at: event.at, value })
      measure(books, conversation, 'tWait', { at: event.at, value })
      return
    }
    case 'ended':
      conversation.endedAt = event.at
      conversation.how = event.how
      books.open.delete(event.call)
      measureEnd(books, conversation, event)
  }
}

function measureEnd(
  books: Books,
  conversation: Conversation,
  { at, how }: Extract<CloudCallEvent, { kind: 'ended' }>,
): void {
  if (conversation.answeredAt !== undefined) {
    measure(books, conversation, 'tHandle', { at, value: at - conversation.answeredAt })
  }
  if (how === 'failed') measure(books, conversation, 'nError', { at, value: 1 })
  if (how !== 'abandoned') return
  const value = at - (conversation.queuedAt ?? at)
  measure(books, conversation, 'tAbandon', { at, value })
  measure(books, conversation, 'tWait', { at, value })
  if (value < books.shortAbandon) measure(books, conversation, 'tShortAbandon', { at, value })
}

function measure(
  { measured }: Books,
  { queue }: Conversation,
  metric: string,
  fact: { readonly at: EpochMs; readonly value: number },
): void {
  if (queue === undefined) return
  const list = measured.get(queue)
  if (list === undefined) measured.set(queue, [{ metric, ...fact }])
  else list.push({ metric, ...fact })
}
