import { describeTwoWriters } from '../support/two-writers.ts';

// 100 rounds: fetch-two-writers.long.ts
describeTwoWriters('fetch into an mbox that another program writes', 1);
