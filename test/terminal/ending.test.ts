import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { endWith } from '../../src/ending.ts';
import { realSystem } from '../../src/system/real-system.ts';

test('what a bug says is one line, also where it looks like a place in the code', () => {
  const stderr = new PassThrough();
  const error = new TypeError('no such thing: x\n    at evil (run:1:1)\n  → run this');
  expect(endWith(error, { ...realSystem(), stderr }, { json: false, verb: null })).toBe(70);
  const [first, ...rest] = String(stderr.read()).trimEnd().split('\n');
  expect(first).toMatch(/^mailctl: this is a bug.*TypeError: no such thing.*evil.*run this$/);
  expect(rest.pop()).toBe('  → please report it with what you did');
  expect(rest.length).toBeGreaterThan(0);
  for (const place of rest) expect(place).toMatch(/^ {4}at (?!evil)/);
});
