import type { JsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import { nearest } from '../account/nearest.ts';
import { Failure } from '../errors.ts';
import { errorRow, rowSchemas } from './rows.ts';
import { examples, type Verb } from './verb.ts';

export const schema: Verb = {
  endings: ['usage', 'archive'],
  define(command, run) {
    command
      .description(
        'Print the JSON Schema (draft 7) of the rows of --json: of one type, or of all. Fields may be added; none is renamed or removed within a major version.',
      )
      .argument('[type]', `one of ${Object.keys(all).join(', ')}`)
      .addHelpText(
        'after',
        examples(
          'mailctl schema message',
          "mailctl schema | jq -r '.definitions | keys[]'",
          'mailctl schema > mailctl.schema.json',
        ),
      )
      .action((type) =>
        run(async (app) => {
          const schemas = await jsonSchemas();
          const wanted = type === undefined ? together(schemas) : schemas[type];
          if (wanted === undefined || (type !== undefined && !Object.hasOwn(all, type))) {
            const near = nearest(String(type), Object.keys(all));
            throw new Failure('usage', `there is no row ${type}`, {
              hint: near === null ? 'mailctl schema --help names them' : `did you mean ${near}?`,
            });
          }
          await app.output.raw(`${JSON.stringify(wanted, null, 2)}\n`);
        }),
      );
  },
};

const all: Readonly<Record<string, v.GenericSchema>> = { ...rowSchemas, error: errorRow };

/** The JSON Schema of each type of row. */
export async function jsonSchemas(): Promise<Readonly<Record<string, JsonSchema>>> {
  const { toJsonSchema } = await import('@valibot/to-json-schema');
  return Object.fromEntries(Object.entries(all).map(([type, rows]) => [type, toJsonSchema(rows)]));
}

/** Any row: the one that its type says. */
function together(schemas: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const definitions = Object.fromEntries(
    Object.entries(schemas).map(([type, { $schema: _, ...rest }]) => [type, rest]),
  );
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A row of mailctl --json',
    oneOf: Object.keys(schemas).map((type) => ({ $ref: `#/definitions/${type}` })),
    definitions,
  };
}
