import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../errors.ts';
import { unusable } from './archive-folder.ts';
import type { Layout } from './folder-path.ts';
import { type Format, isFormat } from './formats.ts';
import { indexFile, loadIndex } from './index-file.ts';
import { loadSyncState, type SyncState } from './sync-state.ts';

/** One mailbox in one format, as an archive holds it. */
export interface Holding {
  readonly directory: string;
  readonly format: Format;
  readonly layout: Layout;
  /** What of each message is kept. */
  readonly portion: 'whole' | 'header';
  readonly state: SyncState;
  /** Of all messages the index knows, as the server sent them. */
  readonly sizeBytes: number;
}

/**
 * Everything below an archive that mailctl remembers; no server is asked.
 * @throws Failure 'archive' | 'data'
 */
export async function surveyArchive(root: string): Promise<Holding[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(
    (error: unknown) => {
      if (errorCode(error) === 'ENOENT') return [];
      throw unusable('read', root, error);
    },
  );
  const holdings: Holding[] = [];
  for (const entry of entries) {
    const format = /^\.mailctl(?:-([a-z]+))?\.json$/.exec(entry.name);
    const name = format?.[1] ?? 'maildir';
    if (format === null || !isFormat(name)) continue;
    const directory = entry.parentPath;
    const state = await loadSyncState(join(directory, entry.name));
    if (state === null) continue;
    const rows = (await loadIndex(indexFile(directory, name))).get(state.uidValidity) ?? new Map();
    let sizeBytes = 0;
    for (const row of rows.values()) sizeBytes += row.sizeBytes;
    const portion = basename(directory) === '.headers' ? 'header' : 'whole';
    const folder = portion === 'header' ? dirname(directory) : directory;
    const isSubfolder = existsSync(join(directory, 'maildirfolder'));
    const layout = isSubfolder || folder === root ? 'maildir++' : 'tree';
    holdings.push({ directory, format: name, layout, portion, state, sizeBytes });
  }
  return holdings.sort((a, b) => a.state.mailbox.localeCompare(b.state.mailbox));
}
