import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';

/** Debian's own, whatever Python comes first in the PATH. */
const debianPython = '/usr/bin/python3';

type Canonicalization = 'simple' | 'relaxed';
type Algorithm = 'rsa-sha256' | 'ed25519-sha256';

export interface Signing {
  readonly message: Buffer;
  readonly algorithm: Algorithm;
  readonly header: Canonicalization;
  readonly body: Canonicalization;
  /** Names of the fields that are signed. */
  readonly fields: readonly string[];
  /** The signature says how long the body is (`l=`). */
  readonly length?: boolean;
}

/** Keys of a domain: what signs, and what it would publish in the DNS. */
export interface DkimKeys {
  readonly secrets: Readonly<Record<Algorithm, string>>;
  /** By their names. */
  readonly records: Readonly<Record<string, string>>;
}

const domain = 'example.net';

/** New keys (RFC 6376 §3.6.1, RFC 8463 §3). */
export function makeKeys(): DkimKeys {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ed25519 = generateKeyPairSync('ed25519');
  const raw = (part: 'd' | 'x') =>
    Buffer.from(String(ed25519.privateKey.export({ format: 'jwk' })[part]), 'base64url');
  const published = rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  return {
    secrets: {
      'rsa-sha256': String(rsa.privateKey.export({ type: 'pkcs1', format: 'pem' })),
      'ed25519-sha256': raw('d').toString('base64'),
    },
    records: {
      [recordName('rsa-sha256')]: `v=DKIM1; k=rsa; p=${published}`,
      [recordName('ed25519-sha256')]: `v=DKIM1; k=ed25519; p=${raw('x').toString('base64')}`,
    },
  };
}

function selector(algorithm: Algorithm): string {
  return algorithm.slice(0, algorithm.indexOf('-'));
}

function recordName(algorithm: Algorithm): string {
  return `${selector(algorithm)}._domainkey.${domain}`;
}

/** Signs with dkimpy. */
export function sign(keys: DkimKeys, all: readonly Signing[]): Buffer[] {
  const jobs = all.map(({ message, algorithm, header, body, fields, length = false }) => ({
    message: message.toString('base64'),
    key: keys.secrets[algorithm],
    selector: selector(algorithm),
    ...{ algorithm, header, body, fields, length },
  }));
  const script = `
import base64, dkim, json, sys
for job in json.load(sys.stdin):
    message = base64.b64decode(job['message'])
    signature = dkim.sign(
        message, job['selector'].encode(), b'${domain}', job['key'].encode(),
        canonicalize=(job['header'].encode(), job['body'].encode()),
        signature_algorithm=job['algorithm'].encode(),
        include_headers=[name.encode() for name in job['fields']], length=job['length'])
    print(base64.b64encode(signature + message).decode())`;
  return lines(debianPython, ['-c', script], JSON.stringify(jobs)).map((line) =>
    Buffer.from(line, 'base64'),
  );
}

/** Which of these messages have a signature, and only good ones, says dkimpy. */
export function verifiedByDkimpy(keys: DkimKeys, all: readonly Buffer[]): boolean[] {
  const script = `
import base64, dkim, json, sys
records = json.loads(sys.argv[1])
def published(name, timeout=5):
    return records[name.decode().rstrip('.')].encode()
for line in sys.stdin:
    message = base64.b64decode(line)
    count = sum(1 for name, _ in dkim.DKIM(message).headers if name.lower() == b'dkim-signature')
    try:
        good = [dkim.DKIM(message).verify(idx, dnsfunc=published) for idx in range(count)]
    except dkim.DKIMException:
        good = []
    print('good' if good and all(good) else 'bad')`;
  return verdicts(debianPython, ['-c', script], keys, all);
}

/** The same, says Mail::DKIM, which knows RSA only. */
export function verifiedByPerl(keys: DkimKeys, all: readonly Buffer[]): boolean[] {
  const script = `
use strict; use JSON::PP; use MIME::Base64; use Mail::DKIM::Verifier; use Mail::DKIM::DNS; use Net::DNS;
my $records = decode_json($ARGV[0]);
package Published;
sub send {
  my ($self, $name, $type) = @_;
  my $answer = Net::DNS::Packet->new($name, $type);
  my $text = $records->{$name};
  $answer->push(answer => Net::DNS::RR->new(
    name => $name, type => 'TXT', txtdata => [unpack '(A250)*', $text])) if $text;
  return $answer;
}
sub errorstring { 'NOERROR' }
package main;
Mail::DKIM::DNS::resolver(bless {}, 'Published');
while (<STDIN>) {
  my $verifier = Mail::DKIM::Verifier->new();
  $verifier->PRINT(decode_base64($_));
  $verifier->CLOSE;
  my @results = map { $_->result } $verifier->signatures;
  print @results && !(grep { $_ ne 'pass' } @results) ? "good\\n" : "bad\\n";
}`;
  return verdicts('/usr/bin/perl', ['-e', script, '--'], keys, all);
}

function verdicts(
  program: string,
  args: readonly string[],
  { records }: DkimKeys,
  all: readonly Buffer[],
): boolean[] {
  const input = all.map((message) => `${message.toString('base64')}\n`).join('');
  const said = lines(program, [...args, JSON.stringify(records)], input);
  return said.map((line) => line === 'good');
}

function lines(program: string, args: readonly string[], input: string): string[] {
  const text = execFileSync(program, args, { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  return text.split('\n').slice(0, -1);
}
