import type { Sink } from './sink.ts';

/** Each format, loaded when it is used. */
const sinks = {
  maildir: async () => (await import('./maildir.ts')).maildir,
  mbox: async () => (await import('./mbox.ts')).mbox,
  eml: async () => (await import('./eml.ts')).eml,
  ndjson: async () => (await import('./ndjson.ts')).ndjson,
  pipe: async () => (await import('./pipe.ts')).pipe,
} as const satisfies Record<string, () => Promise<Sink>>;

export type Format = keyof typeof sinks;

/** What --format takes. */
export const formats = ['maildir', 'mbox', 'eml', 'ndjson'] as const satisfies readonly Format[];

export function isFormat(name: string): name is Format {
  return Object.hasOwn(sinks, name);
}

export function sinkOf(format: Format): Promise<Sink> {
  return sinks[format]();
}

/** Whether a format has a file a message, with UIDVALIDITY and UID in its name. */
export function namesFiles(format: Format): boolean {
  return format === 'maildir' || format === 'eml';
}
