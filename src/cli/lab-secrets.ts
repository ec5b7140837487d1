import { labKeyText } from '../lab/lab.ts'
import { twoSitesOauth } from '../lab/scenarios/two-sites.ts'

/** Secrets of the lab, by the names that its plan refers to them. They open nothing but the lab. */
export const labSecrets = {
  LAB_GENESYS_ID: twoSitesOauth.id,
  LAB_GENESYS_SECRET: twoSitesOauth.secret,
  LAB_TSIG_KEY: labKeyText,
} as const
