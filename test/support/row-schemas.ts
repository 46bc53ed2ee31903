import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { jsonSchemas } from '../../src/commands/schema.ts';

const schemas = await jsonSchemas();

// Fields may be added for others, but not unseen by us: here every object has just what is said.
const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false });
addFormats.default(ajv);
for (const [type, schema] of Object.entries(schemas)) ajv.addSchema(closed(schema), type);

/** Throws unless a row is what `mailctl schema` says of its type. */
export function checkRow(row: Readonly<Record<string, unknown>>): void {
  const [first] = Object.keys(row);
  const type = String(row['type']);
  if (first !== 'type') throw new Error(`the first field is ${first}: ${JSON.stringify(row)}`);
  if (!Object.hasOwn(schemas, type)) throw new Error(`mailctl schema knows no row ${type}`);
  if (ajv.validate(type, row) !== true) {
    throw new Error(`${ajv.errorsText()} in ${JSON.stringify(row)}`);
  }
}

function closed(schema: unknown): object {
  if (typeof schema !== 'object' || schema === null) throw new Error('no schema');
  return JSON.parse(JSON.stringify(schema), (_, value: unknown) =>
    typeof value === 'object' && value !== null && Reflect.get(value, 'type') === 'object'
      ? { ...value, additionalProperties: false }
      : value,
  );
}
