import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const checkpointNames = { selector: 'classProperty', modifiers: ['readonly'], format: null };

export default tseslint.config(
  { ignores: ['**/dist', '**/node_modules', 'goldens', 'coverage', 'runs', 'docs/api', '**/assembly', '**/*.wasm.ts', '.nx'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/naming-convention': [
        'error',
        { selector: 'variableLike', format: ['camelCase', 'PascalCase', 'UPPER_CASE'], leadingUnderscore: 'allow' },
        { selector: 'typeLike', format: ['PascalCase'] },
      ],
      '@typescript-eslint/no-empty-object-type': 'off',
    },
  },
  {
    // Names of parameters are the checkpoint's, letter for letter.
    files: ['packages/*/src/**/*.ts'],
    rules: { '@typescript-eslint/naming-convention': ['error', checkpointNames, { selector: 'typeLike', format: ['PascalCase'] }] },
  },
  {
    rules: {
      complexity: ['error', 12],
      'max-lines': ['error', 400],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
      ],
      'no-console': 'error',
    },
  },
  { files: ['*.config.ts', '*.config.js'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['packages/cli/**', 'examples/**', 'tools/**', 'benchmarks/**', '**/*.mjs'], rules: { 'no-console': 'off' } },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        performance: 'readonly',
        setTimeout: 'readonly',
      },
    },
  },
  { files: ['**/*.test.ts', '**/*.test-d.ts'], rules: { complexity: 'off', '@typescript-eslint/no-explicit-any': 'off' } },
);
