import { describeTwoWriters } from '../support/two-writers.ts';

/** Of each writer. */
const rounds = Number(process.env.FETCH_ROUNDS ?? 34);

describeTwoWriters(`fetch into an mbox that another program writes, ${rounds} times`, rounds);
