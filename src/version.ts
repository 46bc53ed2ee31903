/** The version in package.json; the build puts it in wherever this name stands. */
declare global {
  const MAILCTL_VERSION: string;
}
