import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attachmentName, numberedName } from '../../src/archive/attachment-name.ts';

describe('the name of an attachment', () => {
  test.each([
    ['report.pdf', 'report.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\x\\a.txt', 'a.txt'],
    ['a/b/', 'b'],
    ['..', 'fallback'],
    ['', 'fallback'],
    [' . ', 'fallback'],
    ['...rc', '_rc'],
    ['-rf', '_rf'],
    ['~/x', 'x'],
    ['con', '_con'],
    ['NUL.tar.gz', '_NUL.tar.gz'],
    ['com1 .txt', '_com1.txt'],
    ['console.txt', 'console.txt'],
    ['a\r\nb.txt', 'a b.txt'],
    ['a\u0000b\u001b[2J.txt', 'ab[2J.txt'],
    ['photo\u202egpj.exe', 'photogpj.exe'],
    ['Cafe\u0301', 'Café'],
    ['a:b*c?.txt', 'a_b_c_.txt'],
    ['name. . .', 'name'],
    ['🎉', '🎉'],
    [`${'ä'.repeat(300)}.pdf`, `${'ä'.repeat(98)}.pdf`],
  ])('%j is saved as %j', (given, saved) => {
    expect(attachmentName(given, 'fallback')).toBe(saved);
  });

  test('is always one that every disk takes, and stays as it is the second time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (given) => {
        const name = attachmentName(given, 'fallback');
        expect(name).toMatch(/^[^.\s~-]/u);
        expect(name).not.toMatch(/[/\\<>:"|?*\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|[ .]$/u);
        expect(name.isWellFormed() && name.normalize('NFC') === name).toBe(true);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(201);
        expect(attachmentName(name, 'fallback')).toBe(name);
      }),
    );
  });

  test('has its number before the extension', () => {
    expect(numberedName('a.pdf', 1)).toBe('a.pdf');
    expect(numberedName('a.pdf', 2)).toBe('a (2).pdf');
    expect(numberedName('a.tar.gz', 3)).toBe('a (3).tar.gz');
    expect(numberedName('README', 2)).toBe('README (2)');
  });
});
