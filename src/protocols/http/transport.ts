import type { Milliseconds } from '../../kernel/units.ts'

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD'
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export interface HttpResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Sends one request: over sockets in production, in memory in the lab's in-process front. */
export type HttpTransport = (
  request: HttpRequest,
  options: { readonly signal: AbortSignal; readonly timeout: Milliseconds },
) => Promise<HttpResponse>

/** Answers one request: what a simulated service is, whichever front it stands behind. Never throws. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>
