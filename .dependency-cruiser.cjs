/**
 * The direction of imports (docs/architecture.md has the picture). Each rule names what it keeps apart; a rule that
 * no longer fits the house is changed here, in the same commit, with its reason.
 */

const FEATURES = 'alerts|auth|users|nextcloud|email|indexing';
const SERVICE_ROOMS =
  'config|problem|access|outbound|persistence|ephemeral|signing|jobs|compute|secrets|audit|notifications|metrics|changes|http';

/** Client libraries and the one folder that may import each. */
const CLIENT_LIBRARIES = {
  undici: 'src/outbound/',
  webdav: 'src/nextcloud/dav/',
  saxes: 'src/nextcloud/dav/',
  ioredis: 'src/ephemeral/',
  'pg-boss': 'src/jobs/',
  piscina: 'src/compute/',
  bcryptjs: 'src/compute/',
  nodemailer: 'src/notifications/',
  jose: 'src/auth/oidc/',
  'passport-openidconnect': 'src/auth/oidc/',
  '@simplewebauthn/server': 'src/auth/passkeys/',
  'prom-client': 'src/metrics/',
  otpauth: 'src/auth/mfa/',
  qrcode: 'src/auth/mfa/',
  unpdf: 'src/indexing/extraction/',
  '@electric-sql/pglite': 'src/persistence/',
};

/** A dependency by the name of its package; the resolved path starts at node_modules. */
const libraries = (...names) => `^node_modules/(${names.join('|')})(/|$)`;

const FRAMEWORKS = libraries('@nestjs', 'fastify', '@fastify', '@mikro-orm', 'passport.*', 'nestjs-pino');

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Under ESM a cycle of injected classes dies at load: "Cannot access before initialization".',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-development-dependency',
      comment: 'The container image is installed without development dependencies.',
      severity: 'error',
      from: { path: '^(src|migrations)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'npm-optional'] },
    },
    {
      name: 'no-barrel',
      comment: 'A barrel hides the owner of a thing and, under ESM, turns a sibling import into a crash.',
      severity: 'error',
      from: {},
      to: { path: '/index\\.[tj]s$', pathNot: '^node_modules/' },
    },
    {
      name: 'product-never-imports-tests',
      severity: 'error',
      from: { path: '^(src|migrations)/' },
      to: { path: '^(test|bench|demo)/' },
    },
    {
      name: 'nothing-imports-the-start',
      comment: 'main and the composition root are ends, not libraries.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main|app\\.setup|command|generate)\\.ts$|\\.command\\.ts$' },
      to: { path: '^src/(main|app\\.module|app\\.setup|app\\.entities|generate)\\.ts$' },
    },
    {
      name: 'migrations-stand-alone',
      comment: 'A migration is history: it must not change when an entity does.',
      severity: 'error',
      from: { path: '^migrations/' },
      to: { path: '^src/' },
    },

    // Layers inside a room: controller -> service -> port <- protocol adapter
    {
      name: 'protocol-is-framework-free',
      comment: 'A protocol client or codec takes options and a transport; it can be tested with bytes alone.',
      severity: 'error',
      from: { path: '^src/.*/(protocol|dav|server)/' },
      to: { path: `${FRAMEWORKS}|\\.(dto|service|controller|module|entity|guard)\\.ts$` },
    },
    {
      name: 'hearts-are-framework-free',
      comment: 'Reading, cutting, ranking and quoting text know no framework and no database.',
      severity: 'error',
      from: { path: '^src/indexing/(extraction|chunking|passage-index|answering)/', pathNot: '\\.module\\.ts$' },
      to: { path: `${FRAMEWORKS}|^src/persistence/|\\.(dto|controller|entity)\\.ts$` },
    },
    {
      name: 'service-knows-no-http',
      comment: 'A service takes and returns domain values. Health has none: its answer is all that it makes.',
      severity: 'error',
      from: { path: '^src/.+\\.service\\.ts$', pathNot: '^src/health/' },
      to: { path: `${libraries('@nestjs/swagger', 'fastify', '@fastify')}|\\.(dto|controller|guard)\\.ts$` },
    },
    {
      name: 'service-uses-ports',
      comment: 'A service speaks to a port or an exported client class, never to a client library.',
      severity: 'error',
      from: { path: '^src/.+\\.service\\.ts$' },
      to: { path: libraries(...Object.keys(CLIENT_LIBRARIES), 'ical.js', 'tsdav', 'imapflow') },
    },
    {
      name: 'controller-is-thin',
      comment: 'A controller knows its service and its DTOs; no entity, port, repository, database or protocol.',
      severity: 'error',
      from: { path: '^src/.+\\.controller\\.ts$' },
      to: {
        path: `\\.(entity|port|repository)\\.ts$|/protocol/|^src/(persistence|outbound|secrets)/|${libraries('@mikro-orm')}`,
      },
    },
    {
      name: 'port-imports-types-only',
      comment: 'Whoever uses a port must not drag in its adapter.',
      severity: 'error',
      from: { path: '^src/.+\\.(port|types)\\.ts$' },
      to: { dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'errors-import-their-base-only',
      severity: 'error',
      from: { path: '^src/.+\\.errors\\.ts$' },
      to: { pathNot: '^src/problem/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'entity-knows-entities-only',
      comment: 'No HTTP, hashing or serialisation in an entity; a foreign key may name the entity of another room.',
      severity: 'error',
      from: { path: '^src/.+\\.entity\\.ts$' },
      to: {
        pathNot: `\\.entity\\.ts$|^(node:)?crypto$|${libraries('@mikro-orm')}`,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'dto-knows-no-entity',
      comment: 'A response is built field by field from a domain value, never from an entity.',
      severity: 'error',
      from: { path: '^src/.+\\.dto\\.ts$' },
      to: {
        path: `\\.(entity|service|controller|port)\\.ts$|${libraries('@mikro-orm')}`,
        dependencyTypesNot: ['type-only'],
      },
    },

    // Rooms
    {
      name: 'ground-rooms-know-nobody',
      comment: 'config, problem, access and validation are under every room and know none of them.',
      severity: 'error',
      from: { path: '^src/(config|problem|access|validation)/' },
      to: { path: '^src/', pathNot: '^src/(config|problem|access|validation)/' },
    },
    {
      name: 'service-rooms-never-use-features',
      comment: 'Service rooms carry the features. The list of entities is handed in by the composition.',
      severity: 'error',
      from: { path: `^src/(${SERVICE_ROOMS})/`, pathNot: '\\.entity\\.ts$' },
      to: { path: `^src/(${FEATURES}|health)/` },
    },
    {
      name: 'feature-through-its-door',
      comment:
        'One feature reaches another through what it shows: port and its errors, service, module, entity, answer.',
      severity: 'error',
      from: { path: `^src/(${FEATURES})/` },
      to: {
        path: `^src/(${FEATURES})/`,
        pathNot: [
          '^src/$1/',
          '\\.(port|errors|service|module|entity|types|dto)\\.ts$',
          '^src/users/(users\\.repository|account-lifecycle)\\.ts$',
        ],
      },
    },
    {
      name: 'users-never-use-auth',
      comment: 'Auth knows users; a user knows no session.',
      severity: 'error',
      from: { path: '^src/users/' },
      to: { path: '^src/auth/' },
    },
    {
      name: 'identities-never-use-oidc',
      comment: 'Whose an identity is does not depend on the protocol that verified it; types may be named.',
      severity: 'error',
      from: { path: '^src/auth/identities/' },
      to: { path: '^src/auth/oidc/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nextcloud-ground-knows-no-protocol',
      comment:
        'server/ and dav/ carry WebDAV, CalDAV and CardDAV and all that is built on them. They know no protocol room, ' +
        'account, files, users or indexing; the room of a protocol makes its own clients.',
      severity: 'error',
      from: { path: '^src/nextcloud/(server|dav)/' },
      to: { path: '^src/', pathNot: '^src/(nextcloud/(server|dav)|outbound|problem)/' },
    },
    {
      name: 'nextcloud-and-mail-never-use-indexing',
      comment: 'Indexing declares a port; the composition binds the adapter.',
      severity: 'error',
      from: { path: '^src/(nextcloud|email)/', pathNot: '\\.adapter\\.ts$|\\.module\\.ts$' },
      to: { path: '^src/indexing/', pathNot: '\\.port\\.ts$|\\.types\\.ts$' },
    },
    {
      name: 'indexing-never-uses-nextcloud-or-mail',
      severity: 'error',
      from: { path: '^src/indexing/' },
      to: { path: '^src/(nextcloud|email)/' },
    },
    {
      name: 'auth-never-uses-nextcloud-mail-or-indexing',
      severity: 'error',
      from: { path: '^src/auth/' },
      to: { path: '^src/(nextcloud|email|indexing)/' },
    },

    // Libraries
    ...Object.entries(CLIENT_LIBRARIES).map(([name, home]) => ({
      name: `one-home-of-${name.replace(/^@.*\//, '')}`,
      comment: `Only ${home} talks to ${name}.`,
      severity: 'error',
      from: { path: '^src/', pathNot: `^${home}` },
      to: { path: libraries(name) },
    })),
    {
      name: 'one-way-out',
      comment:
        'Every connection to another server starts in outbound; other rooms may name the types only. ' +
        'The sockets of the PostgreSQL driver are made in persistence, which has to be able to cut them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(outbound/|persistence/server-sockets[.]ts$)' },
      to: { path: '^(node:)?(http|https|http2|net|tls|dgram|dns)$', dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
