/** How a payload is encoded, and how fast its timestamps run. */
export interface RtpEncoding {
  /** As in `a=rtpmap`, in capitals. */
  readonly name: string
  /** Ticks of the timestamp per second. */
  readonly clockRate: number
  /** 1 where it is absent. */
  readonly channels?: number
}

const audio = (name: string, clockRate = 8000): RtpEncoding => ({ name, clockRate })
const video = (name: string): RtpEncoding => ({ name, clockRate: 90_000 })

/** Payload types that need no rtpmap (RFC 3551 §6). G.722 counts at 8000 although it samples at 16000. */
export const staticPayloadTypes: ReadonlyMap<number, RtpEncoding> = new Map([
  [0, audio('PCMU')],
  [3, audio('GSM')],
  [4, audio('G723')],
  [5, audio('DVI4')],
  [6, audio('DVI4', 16_000)],
  [7, audio('LPC')],
  [8, audio('PCMA')],
  [9, audio('G722')],
  [10, { ...audio('L16', 44_100), channels: 2 }],
  [11, audio('L16', 44_100)],
  [12, audio('QCELP')],
  [13, audio('CN')],
  [14, audio('MPA', 90_000)],
  [15, audio('G728')],
  [16, audio('DVI4', 11_025)],
  [17, audio('DVI4', 22_050)],
  [18, audio('G729')],
  // Reserved by RFC 3551, and still comfort noise where an old gateway sends it.
  [19, audio('CN')],
  [25, video('CELB')],
  [26, video('JPEG')],
  [28, video('NV')],
  [31, video('H261')],
  [32, video('MPV')],
  [33, video('MP2T')],
  [34, video('H263')],
])

/** Key presses (RFC 4733): their timestamps stand still for as long as a key is held. */
export const telephoneEvent = 'TELEPHONE-EVENT'
export const comfortNoise = 'CN'

const videoNames: ReadonlySet<string> = new Set([
  ...[...staticPayloadTypes.values()].filter(isPicture).map(({ name }) => name),
  'H263-1998',
  'H263-2000',
  'H264',
  'H265',
  'VP8',
  'VP9',
  'AV1',
])

function isPicture({ name, clockRate }: RtpEncoding): boolean {
  return clockRate === 90_000 && name !== 'MPA'
}

export const isVideo = (name: string) => videoNames.has(name)
