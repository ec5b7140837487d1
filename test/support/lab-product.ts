import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Application, createApplication } from '../../src/app/application.ts'
import { type Driven, driveRun } from '../../src/app/drive-run.ts'
import { loadPlan } from '../../src/app/plan-files.ts'
import type { Transports } from '../../src/app/transports.ts'
import { labSecrets } from '../../src/cli/lab-secrets.ts'
import type { RunStore } from '../../src/engine/ports.ts'
import type { JournalEntry } from '../../src/engine/run-event.ts'
import type { RunState } from '../../src/engine/run-state.ts'
import type { AuthorityStore } from '../../src/features/authority/index.ts'
import type { Plan } from '../../src/features/plan/index.ts'
import { type RunId, waveId } from '../../src/kernel/ids.ts'
import { epochMs } from '../../src/kernel/units.ts'
import { type InProcessLab, startLabInProcess } from '../../src/lab/front.ts'
import type { LabOptions } from '../../src/lab/lab.ts'
import { twoSitesPlan } from '../../src/lab/scenarios/two-sites-plan.ts'
import { createMemoryAuthorityStore, createMemoryRunStore } from '../../src/store/index.ts'
import { overriding } from './override-plan.ts'

export interface LabProductOptions extends Partial<LabOptions> {
  /** Policies that the plan overrides: `{ 'dns.ttlLead': '1h' }`. */
  readonly policies?: Readonly<Record<string, string>>
  /** The last hand on the plan's text. */
  readonly edit?: (plan: string) => string
}

export interface LabProduct {
  readonly lab: InProcessLab
  readonly plan: Plan
  readonly store: RunStore
  readonly authority: AuthorityStore
  readonly transports: Transports
  /** The product as another process would be: its own unless another store or way to the world is given. */
  product(parts?: {
    readonly store?: RunStore
    readonly authority?: AuthorityStore
    readonly transports?: Partial<Transports>
  }): Application
  start(wave: string): Promise<RunId>
  drive(run: RunId, options?: DriveOptions): Promise<Driven>
  close(): Promise<void>
}

export interface DriveOptions {
  readonly application?: Application
  readonly onEntry?: (entry: JournalEntry, state: RunState) => void
  readonly signal?: AbortSignal
}

/** The whole product against the whole lab, in one process and in virtual time. */
export async function startLabProduct(options: LabProductOptions = {}): Promise<LabProduct> {
  const start = epochMs(Date.UTC(2026, 10, 20, 12))
  const { policies = {}, edit = (plan) => plan, ...world } = options
  const lab = await startLabInProcess({ start, seed: 7, ...world })
  const folder = mkdtempSync(join(tmpdir(), 'changeover-lab-'))
  const file = join(folder, 'plan.yaml')
  writeFileSync(file, edit(overriding(twoSitesPlan(lab.estate, lab.endpoints), policies)))
  const { worldClock, wireClock } = lab.clock
  const store = createMemoryRunStore({ wireClock })
  const authority = createMemoryAuthorityStore()
  const transports: Transports = {
    http: lab.httpTransport,
    dns: lab.dnsTransport,
    openSip: async ({ transport }) => lab.openSip(transport),
  }
  const product: LabProduct['product'] = (parts = {}) =>
    createApplication({
      store: parts.store ?? store,
      authority: parts.authority ?? authority,
      environment: labSecrets,
      worldClock,
      wireClock,
      transports: { ...transports, ...parts.transports },
    })
  const own = product()
  const plan = loadPlan(file)

  return {
    lab,
    plan,
    store,
    authority,
    transports,
    product,
    start: (wave) => own.startWave(plan, waveId(wave), 'anna'),
    drive: (run, { application = own, onEntry, signal = new AbortController().signal } = {}) =>
      driveRun(
        {
          runner: application.createRunner(onEntry),
          store: application.store,
          worldClock,
          wireClock,
        },
        run,
        signal,
      ),
    async close() {
      await lab.close()
      rmSync(folder, { recursive: true })
    },
  }
}
