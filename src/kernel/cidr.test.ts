import { describe, expect, it } from 'vitest'
import { cidrHas, formatCidr, isWithin, parseCidr } from './cidr.ts'

function range(text: string) {
  const parsed = parseCidr(text)
  if (!parsed.ok) throw new TypeError(parsed.problem)
  return parsed.value
}

describe('ranges of addresses', () => {
  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.2.0.0/15', '10.1.255.255', false],
    ['203.0.113.64/26', '203.0.113.127', true],
    ['203.0.113.64/26', '203.0.113.128', false],
    ['203.0.113.7', '203.0.113.7', true],
    ['203.0.113.7', '203.0.113.8', false],
    ['0.0.0.0/0', '8.8.8.8', true],
    ['0.0.0.0/0', '::1', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['10.0.0.0/8', '::ffff:10.2.3.4', true],
    ['10.0.0.0/8', 'sip.example', false],
  ])('B1.2 %s has %s: %s', (text, address, has) => {
    expect(cidrHas(range(text), address)).toBe(has)
  })

  it('B1.2 compares ranges with ranges', () => {
    expect(isWithin(range('10.2.0.0/16'), range('10.0.0.0/8'))).toBe(true)
    expect(isWithin(range('10.0.0.0/8'), range('10.0.0.0/16'))).toBe(false)
    expect(formatCidr(range('2001:DB8:0::/32'))).toBe('2001:db8::/32')
  })

  it.each([
    ['10.0.0.5/24', 'write 10.0.0.0/24, or 10.0.0.5 alone'],
    ['10.0.0.0/33', 'a number from 0 to 32'],
    ['10.0.0.0/08', 'a number from 0 to 32'],
    ['010.0.0.0/8', 'neither an IP address nor a range'],
    ['10.0.0.0/8/8', 'neither an IP address nor a range'],
    ['', 'neither an IP address nor a range'],
    ['::1.2.3/64', 'neither an IP address nor a range'],
  ])('says what is wrong with %s', (text, problem) => {
    expect(parseCidr(text)).toEqual({ ok: false, problem: expect.stringContaining(problem) })
  })
})
