/** What bin/mailctl.js runs: one file of the bundle holds all that every start needs. */
export { main } from './main.ts';
export { realSystem } from './system/real-system.ts';
