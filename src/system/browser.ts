import { spawn } from 'node:child_process';

/**
 * Open a page in the person's browser: `$BROWSER` first, else what the platform has. The URL is one
 * argument of a program started without a shell, and http(s) only, so nothing in it can be read as
 * an option or a command. Resolves false when no browser could be started.
 */
export async function openBrowser(
  url: URL,
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): Promise<boolean> {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return false;
  // A browser outlives us and starts others: a secret that was given to us is not theirs to have.
  const ownEnvironment = Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith('MAILCTL_')),
  );
  for (const [program, ...args] of browserCommands(url.href, env, platform)) {
    if (program !== undefined && (await starts(program, args, ownEnvironment))) return true;
  }
  return false;
}

function browserCommands(
  url: string,
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): string[][] {
  const chosen = env['BROWSER'];
  if (chosen !== undefined && chosen !== '') {
    // A list in the manner of xdg-open: "firefox:chromium %s".
    const separator = platform === 'win32' ? ';' : ':';
    return chosen.split(separator).map((entry) => {
      const words = entry.split(' ').filter((word) => word !== '');
      return words.includes('%s')
        ? words.map((word) => (word === '%s' ? url : word))
        : [...words, url];
    });
  }
  if (platform === 'darwin') return [['open', url]];
  if (platform === 'win32') return [['rundll32', 'url.dll,FileProtocolHandler', url]];
  // Without a display xdg-open would start a text browser on this very terminal.
  const hasDisplay = Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']);
  return hasDisplay ? [['xdg-open', url]] : [];
}

/** True when the program runs, or ran and ended well; false when it is missing or failed at once. */
function starts(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'ignore', detached: true, shell: false, env });
    // A browser that is still there after two seconds has opened; it outlives us.
    const timer = setTimeout(() => resolve(true), 2000);
    timer.unref();
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
    child.unref();
  });
}
