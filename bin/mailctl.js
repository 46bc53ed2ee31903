#!/usr/bin/env node
'use strict';
// CommonJS, as the bundle is: loading ES modules would double the time mailctl takes to start.
// Syncing many files at the same time lets the disk join the writes; Node's pool of threads, which
// waits for them, takes its size from here before it first works.
if (process.argv.includes('fetch')) process.env.UV_THREADPOOL_SIZE ??= '8';

const { main, realSystem } = require('../dist/mailctl.js');

main(process.argv.slice(2), realSystem()).then((code) => {
  process.exitCode = code; // not exit(): what is still on its way to a pipe must arrive
});
