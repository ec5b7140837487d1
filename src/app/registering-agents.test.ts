import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readRegisteringAgents } from './registering-agents.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-agents-'))
afterAll(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'secret'), 'from the file\n')
writeFileSync(join(folder, 'empty'), '\n')

const file = join(folder, 'agents.csv')
const domain = 'acme.example'
const environment = { PASSWORD: 'from outside' }

const read = (...lines: readonly string[]) =>
  readRegisteringAgents({ text: lines.join('\n'), file, domain, environment })
const placesOf = ({ problems }: ReturnType<typeof read>) =>
  problems.map(({ line, column, message }) => `${line}:${column} ${message}`)

describe('the agents who are to be registered', () => {
  it('H5.1 are read with what they prove it with: from the file, outside, or beside it', () => {
    const { agents, problems } = read(
      'address,user,password',
      'sip:1001@other.example,auth-1001,"with, a comma"',
      '1002,,env:PASSWORD',
      '1003@third.example,,file:secret',
      '',
      '1004,,',
    )

    expect(problems).toEqual([])
    expect(agents).toEqual([
      {
        address: 'sip:1001@other.example',
        credentials: { username: 'auth-1001', password: 'with, a comma' },
      },
      {
        address: 'sip:1002@acme.example',
        credentials: { username: '1002', password: 'from outside' },
      },
      {
        address: 'sip:1003@third.example',
        credentials: { username: '1003', password: 'from the file' },
      },
      { address: 'sip:1004@acme.example' },
    ])
  })

  it('columns may stand in any order, and all but the address may be missing', () => {
    const { agents } = read('Password,ADDRESS', 'secret,1001')

    expect(agents).toEqual([
      {
        address: 'sip:1001@acme.example',
        credentials: { username: '1001', password: 'secret' },
      },
    ])
  })

  it('every problem is told at once, with line and column and without a password', () => {
    const checked = read(
      'address,user,password',
      '1001,,one-secret,two',
      ' sip:,,secret-three',
      '1002,,env:NOWHERE',
      '1003,,file:empty',
      '1004,,env:',
      '1005,,right',
      'sip:1005@acme.example,,again-secret',
      'sip:1006@acme.example;transport=tcp,,secret-six',
    )

    expect(placesOf(checked)).toEqual([
      '2:18 4 fields; expected 3 (address,user,password)',
      '3:2 "sip:" is no address; write sip:1001@acme.example, or 1001',
      '4:7 password: environment variable NOWHERE is not set',
      `5:7 password: file ${join(folder, 'empty')} is empty`,
      '6:7 password: begins as a reference and is none; write env:NAME or file:path',
      '9:1 "sip:1006@acme.example;transport=tcp" is no address; write sip:1001@acme.example, or 1001',
      '8:1 sip:1005@acme.example is in line 7 already',
    ])
    expect(JSON.stringify(checked.problems)).not.toContain('secret')
  })

  it.each([
    [
      ['addres,user'],
      [
        '1:1 "addres" is no column',
        '1:1 column "address" is missing; expected address,user,password',
      ],
    ],
    [['address,address'], ['1:9 "address" is here twice']],
    [['address'], ['1:1 nobody is in this file']],
  ])('%j is no such file', (lines, problems) => {
    expect(placesOf(read(...lines))).toEqual(problems)
  })
})
