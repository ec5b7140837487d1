import type { ExitCode } from './exit-codes.ts'

/** What a command's action is wrapped in: its answer becomes the exit code. */
export type Does = (action: () => ExitCode | Promise<ExitCode>) => Promise<void>

export const jsonText = 'print JSON, errors too'
