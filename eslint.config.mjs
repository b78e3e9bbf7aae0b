import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Every room and the rooms below it that it may import. The order is explained in docs/architecture.md. */
const MAY_IMPORT = {
  riscv: [],
  memory: ['riscv'],
  cpu: ['memory', 'riscv'],
  platform: ['cpu', 'memory', 'riscv'],
  linux: ['platform', 'cpu', 'memory', 'riscv'],
  machine: ['linux', 'platform', 'cpu', 'memory', 'riscv'],
  symbols: ['memory', 'riscv'],
  expressions: ['symbols', 'memory', 'riscv'],
  inspect: ['symbols', 'machine', 'linux', 'platform', 'cpu', 'memory', 'riscv'],
  program: ['expressions', 'inspect', 'symbols', 'machine', 'linux', 'platform', 'cpu', 'memory', 'riscv'],
  debug: ['program', 'expressions', 'inspect', 'symbols', 'machine', 'linux', 'platform', 'cpu', 'memory', 'riscv'],
  cli: [
    ...['debug', 'program', 'expressions', 'inspect', 'symbols'],
    ...['machine', 'linux', 'platform', 'cpu', 'memory', 'riscv'],
  ],
  extension: [
    ...['debug', 'program', 'expressions', 'inspect', 'symbols'],
    ...['machine', 'linux', 'platform', 'cpu', 'memory', 'riscv'],
  ],
};
const ROOMS = Object.keys(MAY_IMPORT);

/** Rooms that talk to Node, and rooms that talk to VS Code. Everything else runs in a browser worker as well. */
const NODE_ROOMS = ['cli', 'extension'];
const NODE_FILES = ['src/debug/stdio.ts'];

const layering = ROOMS.map((room) => {
  const forbidden = ROOMS.filter((other) => other !== room && !MAY_IMPORT[room].includes(other));
  const patterns = [];
  if (forbidden.length > 0)
    patterns.push({
      group: forbidden.flatMap((other) => [`../${other}/*`, `../../${other}/*`]),
      message: `src/${room}/ may import only ${MAY_IMPORT[room].join(', ') || 'nothing'} (see docs/architecture.md).`,
    });
  if (!NODE_ROOMS.includes(room))
    patterns.push({ group: ['node:*'], message: `src/${room}/ must run in a browser worker: no node:* imports.` });
  if (room !== 'extension') patterns.push({ group: ['vscode'], message: 'Only src/extension/ imports vscode.' });
  return {
    files: [`src/${room}/**/*.ts`],
    ignores: NODE_FILES,
    rules: { 'no-restricted-imports': ['error', { patterns }] },
  };
});

export default tseslint.config(
  {
    ignores: [
      'node_modules/**',
      'dist/**',
      'out/**',
      'test/host/**',
      '.vscode-test/**',
      'samples/**',
      'src/expressions/grammar.js',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        performance: 'readonly',
        fetch: 'readonly',
        Buffer: 'readonly',
      },
    },
  },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Import from the file that defines.' },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
    },
  },
  ...layering,
);
