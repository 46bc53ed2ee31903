import { describe, expect, it } from 'vitest';
import { sameAddress } from '../../src/auth/same-address.ts';
import { addressesIn } from '../../src/auth/token-response.ts';

describe('two addresses', () => {
  it.each([
    ['ada@example.org', 'Ada@EXAMPLE.org', true],
    ['ada@bücher.example', 'ada@xn--bcher-kva.example', true],
    ['ada@b\u0075\u0308cher.example', 'ada@bücher.example', true],
    ['ada@example.org', 'eve@example.org', false],
    ['ada@example.org', 'ada@example.org.evil.example', false],
    ['ada@example.org', 'ada', false],
    ['ada@', 'ada@', true],
    ['ada@[', 'ada@]', false],
  ])('%s and %s: %s', (one, other, same) => {
    expect(sameAddress(one, other)).toBe(same);
    expect(sameAddress(other, one)).toBe(same);
  });
});

it('a name that is no address says nothing of a mailbox', () => {
  expect(addressesIn({ preferred_username: 'ada' })).toEqual([]);
  expect(addressesIn({ email: 'ada@example.org', preferred_username: 'ada' })).toEqual([
    'ada@example.org',
  ]);
  expect(addressesIn({ email: 7, preferred_username: null })).toEqual([]);
});
