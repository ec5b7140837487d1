import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { checkAsExample, example } from '../../test/support/example-plan.ts'
import { createSecretReader } from './secrets.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function planIn(text: string = example) {
  const folder = mkdtempSync(join(tmpdir(), 'changeover-secrets-'))
  folders.push(folder)
  mkdirSync(join(folder, 'secrets'))
  const file = join(folder, 'plan.yaml')
  writeFileSync(file, text)
  const { plan } = checkAsExample(example)
  if (plan === undefined) throw new Error('the example is no plan')
  return { folder, plan: { ...plan, file } }
}

const lineOf = (written: string) =>
  example.split('\n').findIndex((line) => line.includes(written)) + 1

function messageOf(work: () => unknown): string {
  try {
    work()
  } catch (thrown) {
    return String(thrown)
  }
  return 'nothing was thrown'
}

describe('the secrets of a plan', () => {
  it('all that are missing are named at once, with place, path and process', () => {
    const { folder, plan } = planIn()
    writeFileSync(join(folder, 'secrets', 'genesys'), ' \n')

    const said = messageOf(() => createSecretReader(plan, { SBC_TOKEN: '' }))

    expect(said).toContain(`missing to process ${process.pid} on `)
    const token = lineOf('env:SBC_TOKEN')
    expect(said).toContain(`SBC_TOKEN is empty (platforms.pbx.token, line ${token})`)
    expect(said).toContain('GENESYS_CLIENT_ID is not set (platforms.cloud.clientId, line ')
    expect(said).toContain(`file ${folder}/secrets/genesys is empty (platforms.cloud.clientSecret`)
    expect(said).toContain(`file ${folder}/secrets/acme.tsig is not there (dns.zones.`)
    expect(said).toMatch(/: \d secrets of the plan are missing/)
  })

  it('says no line of a file that is another one by now', () => {
    const { plan } = planIn(`\n\n\n${example.replace('env:SBC_TOKEN', 'env:OTHER')}`)

    expect(messageOf(() => createSecretReader(plan, {}))).toContain('(platforms.pbx.token)')
  })
})
