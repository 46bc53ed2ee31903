#!/usr/bin/env node
'use strict';
// CommonJS, as the bundle is: loading ES modules would double the time mailctl takes to start.
const { main, realSystem } = require('../dist/mailctl.js');

main(process.argv.slice(2), realSystem()).then((code) => {
  process.exitCode = code; // not exit(): what is still on its way to a pipe must arrive
});
