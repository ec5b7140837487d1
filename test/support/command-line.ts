import { createProgram } from '../../src/cli/program.ts'

/** Runs the command line as `main.ts` does, in this process, with what it printed. */
export function commandLine(
  dataDirectory: string,
  environment: NodeJS.ProcessEnv = {},
  interrupted = new AbortController().signal,
) {
  return async (...args: readonly string[]) => {
    const lines: string[] = []
    const answers: string[] = []
    const line = (text = '') => {
      answers.push(text)
      lines.push(text)
    }
    const program = createProgram({
      printer: { line, problem: (text) => lines.push(text), color: false, width: 160 },
      environment,
      dataDirectory,
      interrupted,
    })
    const exit = await program(args)
    return { exit, said: lines.join('\n'), answered: answers.join('\n') }
  }
}
