import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { socketTransports, type Transports } from '../app/transports.ts'
import type { SipAddress } from '../kernel/sip-address.ts'
import { epochMs } from '../kernel/units.ts'
import { createLabControl } from '../lab/control.ts'
import { type SocketLab, startLabOnSockets } from '../lab/front-sockets.ts'
import { serveHttp } from '../lab/network/http-socket.ts'
import { twoSitesPlan } from '../lab/scenarios/two-sites-plan.ts'
import { labSecrets } from './lab-secrets.ts'

/** A lab on sockets with a folder of its own: its plan, and the database of whoever works on it. */
export interface HostedLab {
  readonly lab: SocketLab
  readonly folder: string
  readonly planFile: string
  /** Clock and facts for a product in another process. */
  readonly control: string
  /** The product's way into the lab: sockets, with the lab's names resolved. */
  readonly transports: Transports
  close(): Promise<void>
}

export interface HostOptions {
  readonly dataDirectory: string
  /** World time per wall time. */
  readonly rate: number
  readonly seed: number
  readonly faults: readonly string[]
}

/** A Friday morning, so that "the night of the wave" reads like one. */
const labStart = epochMs(Date.UTC(2026, 11, 1, 15))

/** Every so many callers one is a real SIP call too: some 130 of them in the 72 h before a wave. */
const sampleEvery = 200

/** Brings the lab up on free loopback ports and writes the plan that fits it. */
export async function hostLab(options: HostOptions): Promise<HostedLab> {
  const { dataDirectory, rate, seed, faults } = options
  const lab = await startLabOnSockets({ start: labStart, seed, rate, faults, sampleEvery })
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  const folder = mkdtempSync(join(dataDirectory, 'lab-'))
  const planFile = join(folder, 'plan.yaml')
  writeFileSync(planFile, twoSitesPlan(lab.estate, lab.endpoints))
  const { hosts } = lab.endpoints
  const control = await serveHttp(
    createLabControl(lab.clock, {
      planFile: resolve(planFile),
      hosts,
      rate,
      secrets: labSecrets,
    }),
  )
  return {
    lab,
    folder,
    planFile,
    control: control.url,
    transports: withNames(socketTransports(), hosts),
    async close() {
      await control.close()
      await lab.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The lab's gateways have names of a made-up domain, which no resolver of this machine knows. */
export function withNames(
  transports: Transports,
  hosts: Readonly<Record<string, string>>,
): Transports {
  const reach = (address: SipAddress): SipAddress => ({
    serverName: address.host,
    ...address,
    host: hosts[address.host] ?? address.host,
  })
  return {
    ...transports,
    async openSip(target) {
      const opened = await transports.openSip(reach(target))
      return {
        ...opened,
        send: (message, to) => opened.send(message, reach(to)),
      }
    },
  }
}
