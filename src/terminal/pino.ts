/** The only door to pino: JSON lines with the time and the process, handed to `write` one by one. */
export async function jsonLogger(level: 'debug' | 'info', write: (line: string) => void) {
  // CommonJS: in the bundle only the default export is there.
  const { default: pino } = await import('pino');
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
}
