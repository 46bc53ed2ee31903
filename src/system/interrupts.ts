import process from 'node:process';

/**
 * Leave Ctrl-C to a program that has the terminal: a pager takes it to stop a search, and lives
 * on. The function given back undoes it.
 */
export function leaveInterrupts(): () => void {
  const listeners = process.listeners('SIGINT');
  const ignore = () => {};
  process.on('SIGINT', ignore);
  for (const listener of listeners) process.off('SIGINT', listener);
  return () => {
    for (const listener of listeners) process.on('SIGINT', listener);
    process.off('SIGINT', ignore);
  };
}
