import { Failure, type FailureKind } from '../../errors.ts';
import { shownPath } from '../../mail/mailboxes.ts';

/** What went wrong with single folders of a run that went on with the others. */
export class FolderFailures {
  readonly #failures: Failure[] = [];
  readonly #several: boolean;

  constructor(folders: number) {
    this.#several = folders > 1;
  }

  add(folder: string, failure: Failure): void {
    this.#failures.push(this.#several ? naming(folder, failure) : failure);
  }

  /** @throws Failure the first one of a whole folder, which tells the others, too */
  throwAny(): void {
    const all = this.#failures;
    const first = all.find(({ kind }) => kind !== 'incomplete') ?? all[0];
    if (first === undefined) return;
    throw tellingAlso(
      first,
      all.filter((one) => one !== first),
    );
  }

  /** What ends a run, telling these, too. */
  with(error: unknown): unknown {
    return error instanceof Failure ? tellingAlso(error, this.#failures) : error;
  }
}

/** Whether it is about one folder, and the others are to be had all the same. */
export function isOfFolder(error: unknown, more: readonly FailureKind[] = []): error is Failure {
  const kinds: readonly FailureKind[] = ['not-found', 'refused', 'protocol', ...more];
  return error instanceof Failure && kinds.includes(error.kind);
}

/** What a server says of a folder mostly does not say which it is. */
function naming(folder: string, failure: Failure): Failure {
  const shown = shownPath(folder);
  if (words(failure.message).includes(words(shown))) return failure;
  return failure.with({ message: `${shown}: ${failure.message}` });
}

function words(text: string): string {
  return ` ${text.replaceAll(/[:,;]/g, ' ')} `;
}

function tellingAlso(failure: Failure, others: readonly Failure[]): Failure {
  return others.length === 0 ? failure : failure.with({ others });
}
