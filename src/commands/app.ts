import type { Account } from '../account/account.ts';
import { chooseAccount, type LoadedConfig, loadConfig } from '../account/config.ts';
import { configPath } from '../account/config-path.ts';
import type { Audit } from '../system/audit.ts';
import { type Log, silentLog } from '../system/log.ts';
import type { System } from '../system/system.ts';
import { auditLog } from '../terminal/audit-log.ts';
import { openLog } from '../terminal/log.ts';
import { type Output, openOutput } from '../terminal/output.ts';
import { printable } from '../terminal/printable.ts';
import { noProgress, openProgress, type Progress } from '../terminal/progress.ts';
import type { GlobalOptions } from './root.ts';
import type { AnyRow } from './rows.ts';

/** What a verb is handed. Nothing is read or opened before a verb asks for it. */
export interface App {
  readonly system: System;
  readonly options: GlobalOptions;
  readonly output: Output<AnyRow>;
  readonly log: Log;
  readonly audit: Audit;
  /** Told while something takes longer than a moment; nothing where nobody looks. */
  readonly progress: Progress;
  /** Talk to the person: what to do, warnings. Never data. */
  tell(text: string): void;
  /** What is good to know and can be missed: not said under --quiet. */
  remark(text: string): void;
}

export async function openApp(system: System, options: GlobalOptions): Promise<App> {
  const { stdout, secrets, env } = system;
  const [verbosity, file] = [Number(options.verbose ?? 0), options.logFile];
  const logging = verbosity > 0 || file !== undefined;
  const quiet = options.quiet === true;
  const progress = options.progress && !quiet ? openProgress(() => system.stderr, env) : noProgress;
  const tell = (text: string) => {
    progress.clear();
    system.stderr.write(`${printable(secrets.redact(text))}\n`);
  };
  return {
    system,
    options,
    output: openOutput(stdout, {
      json: options.json === true,
      now: () => system.now(),
      env,
      beforeWrite: () => progress.clear(),
    }),
    // Only where something is to be told is stderr looked at, as Node opens it then.
    log: logging ? await openLog({ verbosity, file, stderr: system.stderr, secrets }) : silentLog,
    audit: auditLog(system),
    progress,
    tell,
    remark: quiet ? () => {} : tell,
  };
}

export interface ChosenConfig {
  readonly path: string;
  readonly loaded: LoadedConfig | null;
}

/** The config, read and checked; null where there is none yet. */
export async function appConfig({ system, options }: App): Promise<ChosenConfig> {
  const path = configPath(system, options.config);
  return { path, loaded: await loadConfig(path) };
}

/** The account this run is about: --account, MAILCTL_ACCOUNT, default_account, the only one. */
export async function appAccount(app: App): Promise<Account> {
  const { path, loaded } = await appConfig(app);
  const account = await chooseAccount(loaded, path, requestedAccount(app), app.system);
  app.log.info('account', { account: account.name, config: path });
  return account;
}

/** The account named on the command line or in the environment; an empty variable is unset. */
export function requestedAccount({ system, options }: App): string | undefined {
  return options.account || system.env['MAILCTL_ACCOUNT'] || undefined;
}
