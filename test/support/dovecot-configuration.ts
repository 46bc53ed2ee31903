import { execFileSync } from 'node:child_process';
import { networkInterfaces, userInfo } from 'node:os';

/** Whom mail files belong to. As root Dovecot refuses to open a mailbox as root. */
export function mailOwner(): { uid: number; gid: number } {
  const { uid, gid } = userInfo();
  return uid === 0 ? { uid: 8, gid: 8 } : { uid, gid };
}

/** The main configuration file (Dovecot 2.3). Each block stands on lines of its own, as it must. */
export function dovecotConfiguration(about: {
  baseDirectory: string;
  mailRoot: string;
  oauthFile: string;
  certFile: string;
  keyFile: string;
  mechanisms: string;
  password: string | null;
  /** A mailbox that other tokens open than its own, as the file says. */
  shared: { mailbox: string; oauthFile: string } | null;
  /** COMPRESS=DEFLATE is offered (RFC 4978). */
  compress: boolean;
  /** The port of POP3 with TLS; null: no POP3. */
  pop3Port: number | null;
  port: number;
  starttlsPort: number;
  /** Further settings. */
  settings?: string;
}): string {
  const { uid, gid } = mailOwner();
  return `
base_dir = ${about.baseDirectory}
state_dir = ${about.baseDirectory}
log_path = /dev/stderr
protocols = imap${about.pop3Port === null ? '' : ' pop3'}
listen = ${loopbackAddresses().join(', ')}
${userInfo().uid === 0 ? '' : unprivileged()}
ssl = yes
ssl_cert = <${about.certFile}
ssl_key = <${about.keyFile}

auth_mechanisms = ${about.mechanisms}${about.password === null ? '' : ' plain login'}
# Every login asks the authorization server, and one that is refused is told so at once.
auth_cache_size = 0
auth_failure_delay = 0
${about.shared === null ? '' : sharedPassdb(about.shared, about.mechanisms)}
passdb {
  driver = oauth2
  mechanisms = ${about.mechanisms}
  args = ${about.oauthFile}
}
${about.password === null ? '' : passwords(about.password)}
userdb {
  driver = static
  args = uid=${uid} gid=${gid} home=${about.mailRoot}/%u
}
first_valid_uid = 1
first_valid_gid = 1

mail_location = maildir:~/mail:LAYOUT=fs:UTF-8:INBOX=~/mail/INBOX
# Mail comes and goes as files, behind the back of an index.
mailbox_list_index = no
# No mailbox here outlives the test.
mail_fsync = never
mail_max_userip_connections = 100
${about.settings ?? ''}
protocol imap {
${about.compress ? '  mail_plugins = imap_zlib\n' : ''}  rawlog_dir = ${about.mailRoot}/%u/rawlog
}

namespace inbox {
  inbox = yes
  separator = /
${mailbox('Sent', '\\Sent')}
${mailbox('Drafts', '\\Drafts')}
${mailbox('Trash', '\\Trash')}
${mailbox('Junk', '\\Junk')}
${mailbox('Archive', '\\Archive')}
}

service imap-login {
  service_count = 0
  inet_listener imap {
    port = ${about.starttlsPort}
  }
  inet_listener imaps {
    port = ${about.port}
    ssl = yes
  }
}
${about.pop3Port === null ? '' : pop3(about.pop3Port)}
service imap {
  process_limit = 200
  vsz_limit = 0
}
# Without this socket there is no penalty for addresses that have failed to log in.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
`;
}

function sharedPassdb(shared: { mailbox: string; oauthFile: string }, mechanisms: string): string {
  return `
passdb {
  driver = oauth2
  mechanisms = ${mechanisms}
  args = ${shared.oauthFile}
  username_filter = ${shared.mailbox}
}`;
}

/**
 * The file that says how an access token is judged (RFC 7662): it must be of who logs in, as far as
 * `compared` shows of the two, such as `%d` for the domain. Null: but for upper and lower case.
 */
export function oauthConfiguration(
  introspectionUrl: string,
  compared: string | null = null,
): string {
  return `${compared === null ? '' : `username_format = ${compared}`}
introspection_mode = post
introspection_url = ${introspectionUrl}
username_attribute = sub
active_attribute = active
active_value = true
`;
}

/**
 * The same for tokens that are JWTs: Dovecot checks their signature by itself and asks nobody. The
 * public key of algorithm `ES256` is the file `default/ES256/default` in the directory.
 */
export function localOauthConfiguration(keysDirectory: string): string {
  return `
introspection_mode = local
local_validation_key_dict = fs:posix:prefix=${keysDirectory}/
username_attribute = sub
`;
}

/** One password for all, only to be had by the mechanisms that are for passwords. */
function passwords(password: string): string {
  return `passdb {
  driver = static
  mechanisms = plain login
  args = password={PLAIN.b64}${Buffer.from(password).toString('base64')}
}`;
}

function loopbackAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return ['127.0.0.1', '::1'].filter((wanted) => all.some(({ address }) => address === wanted));
}

function pop3(port: number): string {
  return `service pop3-login {
  inet_listener pop3 {
    port = 0
  }
  inet_listener pop3s {
    port = ${port}
    ssl = yes
  }
}`;
}

function mailbox(name: string, specialUse: string): string {
  return `
  mailbox ${name} {
    auto = subscribe
    special_use = ${specialUse}
  }`;
}

function unprivileged(): string {
  const group = execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim();
  const noChroot = ['anvil', 'imap-login', 'stats', 'imap-urlauth-login', 'submission-login'];
  return `
default_internal_user = ${userInfo().username}
default_login_user = ${userInfo().username}
default_internal_group = ${group}
${noChroot.map((service) => `service ${service} {\n  chroot =\n}`).join('\n')}
`;
}
