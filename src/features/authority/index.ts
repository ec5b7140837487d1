export { AuthorityMovedError } from './errors.ts'
export type { Authority, AuthorityStore } from './ports.ts'
