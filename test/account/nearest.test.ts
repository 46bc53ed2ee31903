import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/account/nearest.ts';

describe('the word a person meant', () => {
  const words = ['address', 'archive', 'client_id', 'client_secret', 'port', 'host'];
  it.each([
    ['adress', 'address'],
    ['addresss', 'address'],
    ['ADDRESS', 'address'],
    ['archiv', 'archive'],
    ['clientid', 'client_id'],
    ['clientsecret', 'client_secret'],
    ['prot', 'port'],
    ['colour', null],
    ['zzzzzzzzzzzzz', null],
  ])('%s → %s', (word, meant) => {
    expect(nearest(word, words)).toBe(meant);
  });

  it('is the word itself where there is one, and one of those known in any case', () => {
    fc.assert(
      fc.property(fc.constantFrom(...words), fc.string({ unit: 'binary' }), (word, any) => {
        expect(nearest(word, words)).toBe(word);
        const near = nearest(any, words);
        if (near !== null) expect(words).toContain(near);
      }),
    );
    expect(nearest('x', [])).toBe(null);
  });
});
