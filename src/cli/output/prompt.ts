import { isCancel, text } from '@clack/prompts'

/** One line from the person at the terminal; undefined when they leave it. */
export async function askLine(question: string): Promise<string | undefined> {
  const answer = await text({ message: question })
  return isCancel(answer) ? undefined : answer
}
