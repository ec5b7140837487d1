/** Which database these settings lead to, without user and password: told apart, and shown to people. */
export function databaseName(environment: NodeJS.ProcessEnv): string {
  const url = environment['DATABASE_URL']
  if (url === undefined || url === '') return 'embedded'
  const { host, pathname } = URL.parse(url) ?? { host: 'unnamed', pathname: '' }
  return `${host}${pathname}`
}
