import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const day = 24 * 60 * 60 * 1000

/** PEM, as files of a server hold it. */
export interface Issued {
  readonly certificate: string
  readonly key: string
}

export interface Authority {
  readonly pem: string
  /** A certificate for `names` (DNS names, IPv4 addresses or `sip:` URIs); `days` before 0 is one that has expired. */
  issue(names: readonly string[], days?: number): Promise<Issued>
}

/** A certificate authority of this test run: nobody else trusts it. */
export async function createAuthority(name = 'Test authority'): Promise<Authority> {
  const keys = await newKeys()
  const ca = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: `CN=${name}`,
    ...validFor(2),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  })
  let serial = 1
  return {
    pem: ca.toString('pem'),
    async issue(names, days = 2) {
      serial += 1
      return await issue({ ca, keys, serial: serial.toString(16).padStart(4, '0') }, names, days)
    },
  }
}

type Keys = webcrypto.CryptoKeyPair

const newKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

function validFor(days: number) {
  const now = Date.now()
  const notAfter = new Date(now + days * day)
  return { notBefore: new Date(Math.min(now, notAfter.getTime()) - day), notAfter }
}

async function issue(
  by: { readonly ca: X509Certificate; readonly keys: Keys; readonly serial: string },
  names: readonly string[],
  days: number,
): Promise<Issued> {
  const own = await newKeys()
  const certificate = await X509CertificateGenerator.create({
    serialNumber: by.serial,
    subject: 'CN=test',
    issuer: by.ca.subject,
    ...validFor(days),
    signingKey: by.keys.privateKey,
    signingAlgorithm: algorithm,
    publicKey: own.publicKey,
    extensions: [
      new SubjectAlternativeNameExtension(names.map(generalName)),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
    ],
  })
  const key = await webcrypto.subtle.exportKey('pkcs8', own.privateKey)
  return { certificate: certificate.toString('pem'), key: PemConverter.encode(key, 'PRIVATE KEY') }
}

function generalName(name: string): JsonGeneralName {
  if (name.startsWith('sip:')) return { type: 'url', value: name }
  return { type: /^[\d.]+$/.test(name) ? 'ip' : 'dns', value: name }
}
