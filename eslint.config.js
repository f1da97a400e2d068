import jsdoc from 'eslint-plugin-jsdoc';
import tseslint from 'typescript-eslint';

/**
 * The rules of the house that a linter can see. Each message says where to go instead. What concerns direction
 * between rooms is in .dependency-cruiser.cjs; size, naming and the rest are explained in CONTRIBUTING.md.
 */
const OUT = 'Go out through src/outbound/: it pins the origin, guards the address and bounds time and size.';
const ENVIRONMENT = 'Only src/config/ reads the environment; inject a configuration slice instead.';

const NETWORK_GLOBALS = ['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource'].map((name) => ({ name, message: OUT }));
const PROCESS_GLOBAL = { name: 'process', message: ENVIRONMENT };

const SOCKETS = ['http', 'https', 'http2', 'net', 'tls', 'dgram', 'dns'].map((name) => `node:${name}`);

const BROWSER_GLOBALS = ['window', 'document', 'setTimeout', 'CustomEvent', 'URLSearchParams'];
const HTML_SINKS = ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'write', 'writeln'].map((property) => ({
  property,
  message: 'What comes from the server is text: textContent.',
}));

const NO_BARREL = {
  selector: 'ExportAllDeclaration, ExportNamedDeclaration[source]',
  message: 'No re-exports: import the file that owns the thing.',
};
const NO_FORWARD_REF = {
  selector: "CallExpression[callee.name='forwardRef']",
  message: 'A cycle: fix the direction, do not defer it.',
};
const ANY_FUNCTION = ':matches(FunctionDeclaration, FunctionExpression, ArrowFunctionExpression)';
const FEW_DEPENDENCIES = {
  selector: "MethodDefinition[kind='constructor'] > FunctionExpression[params.length>7]",
  message: 'An eighth dependency: the class does two things.',
};
// Not counted: handlers of a controller (one decorated parameter per source), and what a library calls or overrides.
const FEW_PARAMETERS = {
  selector: [
    `${ANY_FUNCTION}[params.length>3]`,
    "not(MethodDefinition[kind='constructor'] > *)",
    'not(MethodDefinition[override=true] > *)',
    'not(CallExpression > *)',
    'not(:has(> Identifier > Decorator))',
  ].join(':'),
  message: 'More than three parameters: pass an object.',
};

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'data/', 'node_modules/', 'build/', 'test/fixtures/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Never consistent-type-imports: it rewrites injected classes and DTOs, and validation silently stops.
      // A response DTO is a class so that the OpenAPI document can be read from it; its values are plain objects.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // Spreading a string counts code points, which is what lengths of passwords and names are given in.
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-async-promise-executor': 'error',
      'no-console': 'error',
      'no-constant-binary-expression': 'error',
      'no-constant-condition': 'error',
      'no-control-regex': 'error',
      'no-empty': 'error',
      'no-eval': 'error',
      'no-fallthrough': 'error',
      'no-loss-of-precision': 'error',
      'no-misleading-character-class': 'error',
      'no-self-assign': 'error',
      'no-self-compare': 'error',
      'no-unsafe-finally': 'error',
      'no-unsafe-optional-chaining': 'error',
      'no-useless-backreference': 'error',
      'no-useless-catch': 'error',
      'no-useless-escape': 'error',
      'max-depth': ['error', 3],
      'max-lines': ['error', 400],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': ['error', NO_BARREL, NO_FORWARD_REF],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...NETWORK_GLOBALS, PROCESS_GLOBAL],
      'no-restricted-properties': [
        'error',
        { object: 'globalThis', property: 'fetch', message: OUT },
        { object: 'globalThis', property: 'process', message: ENVIRONMENT },
        { object: 'process', property: 'env', message: ENVIRONMENT },
      ],
      'no-restricted-syntax': ['error', NO_BARREL, NO_FORWARD_REF, FEW_DEPENDENCIES, FEW_PARAMETERS],
      // The homes of the other client libraries are in .dependency-cruiser.cjs.
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: ['undici', ...SOCKETS].map((name) => ({ name, message: OUT, allowTypeImports: true })),
          patterns: [
            { group: ['../../../../*'], message: 'Four folders up: the file stands in the wrong room.' },
            { group: ['**/index.ts', '**/index.js'], message: 'No barrels: import the file that owns the thing.' },
          ],
        },
      ],
    },
  },
  {
    // The way out itself: sockets and undici are its business, the global fetch is not.
    // The driver of PostgreSQL gets its sockets from persistence, which has to be able to cut them.
    files: ['src/outbound/**/*.ts', 'src/persistence/server-sockets.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': 'off' },
  },
  {
    // Where a process starts, ends, locks or watches itself it may touch `process`, though not its environment.
    files: [
      'src/{main,command,command-line,generate}.ts',
      'src/**/*.command.ts',
      'src/**/*.worker.ts',
      'src/**/*-{child,watchdog}.ts',
      'src/config/**/*.ts',
      'src/persistence/{data-folder-lock,schema-migrator}.ts',
      'src/health/health.service.ts',
    ],
    rules: { 'no-restricted-globals': ['error', ...NETWORK_GLOBALS] },
  },
  {
    // The composition of a process hands its environment to src/config/.
    files: ['src/{main,command,command-line,generate}.ts', 'src/**/*.command.ts', 'src/config/**/*.ts'],
    rules: { 'no-restricted-properties': ['error', { object: 'globalThis', property: 'fetch', message: OUT }] },
  },
  {
    files: ['src/{command,command-line,generate}.ts', 'src/**/*.command.ts', 'bench/**/*.ts', 'demo/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    // What others build on is documented where it is declared.
    files: ['src/**/*.port.ts', 'src/**/{protocol,dav,server}/**/*.ts', 'src/{problem,config}/**/*.ts'],
    plugins: { jsdoc },
    rules: {
      'jsdoc/require-jsdoc': [
        'error',
        {
          publicOnly: true,
          require: { ClassDeclaration: true, FunctionDeclaration: true },
          contexts: ['TSInterfaceDeclaration', 'TSTypeAliasDeclaration', 'TSAbstractMethodDefinition'],
        },
      ],
    },
  },
  {
    // A test reads top to bottom: its describe block is one long function, and builders speak wire text.
    files: ['test/**/*.ts', 'bench/**/*.ts', 'demo/**/*.ts'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'max-lines': ['error', 600],
      'max-lines-per-function': 'off',
    },
  },
  {
    // Tables: one row per thing there is. They grow with the product, and half a table would hide what is missing.
    files: [
      'src/problem/problem-codes.ts',
      'src/audit/audit-actions.ts',
      'test/architecture/{problem-codes,routes}.test.ts',
    ],
    rules: { 'max-lines': 'off' },
  },
  {
    // Pages of the Nextcloud apps: scripts of a browser, as they are written.
    files: ['nextcloud-apps/**/*.js'],
    languageOptions: {
      sourceType: 'script',
      globals: Object.fromEntries(BROWSER_GLOBALS.map((name) => [name, 'readonly'])),
    },
    rules: {
      eqeqeq: ['error', 'always'],
      'max-lines': ['error', 400],
      'max-lines-per-function': 'off',
      'no-console': 'error',
      'no-eval': 'error',
      'no-implicit-globals': 'error',
      'no-undef': 'error',
      'no-unused-vars': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      strict: ['error', 'global'],
      'no-restricted-properties': ['error', ...HTML_SINKS],
    },
  },
  { files: ['**/*.{js,cjs}'], extends: [tseslint.configs.disableTypeChecked] },
);
