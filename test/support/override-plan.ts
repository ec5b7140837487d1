/** The lab's plan ends with its overrides. */
export function overriding(plan: string, policies: Readonly<Record<string, string>>): string {
  const lines = Object.entries(policies).map(
    ([what, to]) => `  - { what: ${what}, to: "${to}", because: "a test has less time" }`,
  )
  return `${plan.trimEnd()}\n${lines.map((line) => `${line}\n`).join('')}`
}
