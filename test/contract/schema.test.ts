import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkRow } from '../support/row-schemas.ts';
import { type Home, newHome, run } from '../support/run.ts';

interface Schema {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required: readonly string[];
}

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const [, table = ''] = /\| row \| fields \|\n\| --- \| --- \|\n(.*?)\n\n/s.exec(readme) ?? [];

/** What the README says: the fields a row always has, and those only one verb gives. */
const documented = new Map(
  [...table.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, type = '', cell = '']) => {
    const [fields = '', rest = ''] = cell.split('; from ');
    const named = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
    const always = named(fields.split(': ')[0] ?? '');
    return [type, { always, sometimes: named(rest.replace(/^[^`]*`[^`]*` also/, '')) }] as const;
  }),
);

// Every test that reads rows checks them against these schemas: see test/support/run.ts.
describe('the schema of the rows', () => {
  let home: Home;
  let definitions: Readonly<Record<string, Schema>>;
  beforeAll(async () => {
    home = await newHome();
    const { code, stdout, stderr } = await run(['schema'], { home });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    definitions = JSON.parse(stdout).definitions;
  });

  it('is one a validator takes, which tells the rows apart by their type', async () => {
    const ajv = new Ajv({ strict: true, strictTypes: false });
    addFormats.default(ajv);
    const validate = ajv.compile(JSON.parse((await run(['schema'], { home })).stdout));
    const uid = { type: 'uid', account: 'club', folder: 'INBOX', uidValidity: 7, uid: 1 };
    expect(validate(uid)).toBe(true);
    expect(validate({ ...uid, more: 'added later' })).toBe(true);
    expect(validate({ ...uid, uid: '1' })).toBe(false);
    expect(validate({ ...uid, type: 'message' })).toBe(false);
    expect(validate({ type: 'nothing' })).toBe(false);
  });

  it('of one type is the same as among all', async () => {
    const { stdout } = await run(['schema', 'message'], { home });
    const { $schema, ...one } = JSON.parse(stdout);
    expect($schema).toMatch(/draft-07/);
    expect(one).toEqual(definitions['message']);
  });

  it('of a type there is not is refused, with the likely one', async () => {
    for (const type of ['mesage', 'constructor']) {
      const { code, stdout, stderr } = await run(['schema', type], { home });
      expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
      expect(stderr).toContain(`there is no row ${type}`);
    }
    expect((await run(['schema', 'mesage'], { home })).stderr).toContain('message?');
  });

  it('has just the fields the README says, in that order', () => {
    const { error, ...rows } = definitions;
    expect(Object.keys(error?.properties ?? {})).toEqual([
      ...['type', 'kind', 'message', 'hint', 'exitCode'],
    ]);
    expect([...documented.keys()].sort()).toEqual(Object.keys(rows).sort());
    for (const [type, { properties, required }] of Object.entries(rows)) {
      const { always = [], sometimes = [] } = documented.get(type) ?? {};
      expect([type, ...required]).toEqual([type, 'type', ...always]);
      expect([type, ...Object.keys(properties)]).toEqual([type, 'type', ...always, ...sometimes]);
    }
  });

  it('is what the tests hold rows to', () => {
    const uid = { type: 'uid', account: 'club', folder: 'INBOX', uidValidity: 7, uid: 1 };
    expect(() => checkRow(uid)).not.toThrow();
    expect(() => checkRow({ ...uid, more: 1 })).toThrow(/additional properties/);
    expect(() => checkRow({ type: 'uid', account: 'club' })).toThrow(/required property/);
    expect(() => checkRow({ account: 'club', type: 'uid' })).toThrow(/first field/);
    expect(() => checkRow({ type: 'nothing' })).toThrow(/knows no row/);
  });
});
