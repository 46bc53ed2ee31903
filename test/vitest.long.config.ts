import { defineConfig, mergeConfig } from 'vitest/config';
import usual from './vitest.config.ts';

/** The long forms of tests: more rounds, more processes. Run with `npm run test:long`. */
export default mergeConfig(
  { ...usual, test: { ...usual.test, include: [] } },
  defineConfig({ test: { include: ['test/**/*.long.ts'], testTimeout: 1_800_000 } }),
);
