import { afterAll, onTestFinished, TestRunner } from 'vitest';

type CleanUp = () => void | Promise<void>;

// Vitest loads this file anew for each test file, so these are the clean-ups of one test file.
const afterFile: CleanUp[] = [];

afterAll(async () => {
  for (const cleanUp of afterFile.reverse()) await cleanUp();
});

/** Runs `cleanUp` when the running test ends; of what a hook has made, when its file ends. */
export function cleanUpLater(cleanUp: CleanUp): void {
  if (TestRunner.getCurrentTest()) onTestFinished(cleanUp);
  else afterFile.push(cleanUp);
}
