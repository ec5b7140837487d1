export type { Finding, NegotiationMode, Signalling } from '../../protocols/sdp/judgement.ts'
export { isRefusing, negotiationModes, signallings } from '../../protocols/sdp/judgement.ts'
export { type CodecMatrix, type CodecRow, codecMatrix } from './codec-matrix.ts'
export { plannedCodecs } from './codec-words.ts'
export {
  type ExchangeInCall,
  type ExchangeQuestion,
  explainCall,
  signallingOf,
} from './explain-exchange.ts'
export type { Explanation } from './explanation.ts'
export { type CodecTried, offerEach } from './offer-each.ts'
export {
  type KnownCodec,
  knownCodecNames,
  type OfferCaller,
  type OfferedCall,
  type OfferRequest,
} from './ports.ts'
export { type NegotiationSide, readSide, type SideProblem } from './read-side.ts'
