#!/usr/bin/env node
import process from 'node:process';
import { main, realSystem } from '../dist/mailctl.js';

// exitCode, not exit(): what is still on its way to a pipe must arrive.
process.exitCode = await main(process.argv.slice(2), realSystem());
