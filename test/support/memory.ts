import { existsSync, readFileSync } from 'node:fs';

/** The kernel keeps the peak; it is read until the process has gone. Null where it cannot be. */
export function watchMemory(pid: number): { stop(): number | null } {
  let peakMb: number | null = null;
  const look = () => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const [, kilobytes] = /^VmHWM:\s+(\d+)/m.exec(status) ?? [];
      if (kilobytes !== undefined) peakMb = Number(kilobytes) / 1024;
    } catch {
      // It has ended.
    }
  };
  const timer = existsSync('/proc/self/status') ? setInterval(look, 50) : undefined;
  return {
    stop() {
      clearInterval(timer);
      return peakMb;
    },
  };
}
