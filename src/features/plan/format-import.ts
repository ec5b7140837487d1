import type { GuideImport } from './guide-import.ts'

/** What an import made of a payload, for the terminal; its problems are printed by `formatProblems`. */
export function formatImport(imported: GuideImport): string {
  const width = Math.max(0, ...imported.mapped.map(({ from }) => from.length))
  return [
    `${imported.kind} · ${imported.mapped.length} mapped, ${imported.refused.length} refused, ${imported.missingBindings.length} bindings missing, ${imported.hazards.length} hazards`,
    ...imported.mapped.map(({ from, to }) => `  ${from.padEnd(width)}  → ${to}`),
    ...imported.hazards.flatMap(({ what, timeline }) => [
      `  hazard: ${what}`,
      ...timeline.map((moment) => `    ${moment.at.padEnd(14)}${moment.what}`),
    ]),
  ].join('\n')
}
