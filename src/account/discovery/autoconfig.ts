import { errorText } from '../../errors.ts';
import { type FoundServer, hostNamed, Refusal } from './found.ts';

/** What mailctl needs of a clientConfig (draft-ietf-mailmaint-autoconfig). */
export interface Autoconfig {
  readonly server: FoundServer;
  /** An https URL; null where none is named. */
  readonly issuer: string | null;
  readonly passwordOnly: boolean;
}

/** No configuration is deeper; whoever nests more wants to break something. */
const maxDepth = 16;

/** Text of the elements below one, by name; the same name may come several times. */
type Fields = Map<string, string[]>;

/**
 * Read a clientConfig. There is no DTD, and so no entity but XML's own five.
 * @throws Refusal naming what is wrong with it.
 */
export async function parseAutoconfig(xml: string, address: string): Promise<Autoconfig> {
  const { incoming, oauth } = await readElements(xml);
  const offered = incoming.filter((fields) => fields.get('@type')?.[0] === 'imap');
  if (offered.length === 0) throw new Refusal('it names no IMAP server');
  const servers = offered.flatMap((fields) => {
    const server = readServer(fields, address);
    return server === null ? [] : [{ server, fields }];
  });
  const best = servers.find(({ server }) => server.security === 'tls') ?? servers[0];
  if (best === undefined) throw new Refusal('it offers mail in clear text only');
  const authentication = best.fields.get('authentication') ?? [];
  return {
    server: best.server,
    issuer: readIssuer(oauth.get('issuer')?.[0]),
    passwordOnly: authentication.length > 0 && !authentication.includes('OAuth2'),
  };
}

async function readElements(xml: string): Promise<{ incoming: Fields[]; oauth: Fields }> {
  const { default: sax } = await import('sax');
  // Else it would know the entities of HTML, too.
  const options = { strictEntities: true, trim: true };
  const parser = sax.parser(true, options);
  const refuse = (message: string) => {
    throw new Refusal(message);
  };
  const incoming: Fields[] = [];
  const oauth: Fields = new Map();
  const path: string[] = [];
  let text = '';
  parser.onerror = (error) => refuse(`it is not XML: ${error.message.split('\n')[0]}`);
  parser.ondoctype = () => refuse('it has a DTD');
  parser.onopentag = ({ name, attributes: { type } }) => {
    path.push(name);
    text = '';
    if (path.length > maxDepth) refuse('it is nested too deep');
    if (path.join('/') === 'clientConfig/emailProvider/incomingServer') {
      incoming.push(new Map([['@type', [typeof type === 'string' ? type : '']]]));
    }
  };
  parser.ontext = (more) => {
    text += more;
  };
  parser.oncdata = (more) => {
    text += more;
  };
  parser.onclosetag = (name) => {
    const parent = path.slice(0, -1).join('/');
    const fields =
      parent === 'clientConfig/emailProvider/incomingServer'
        ? incoming.at(-1)
        : parent === 'clientConfig/oAuth2'
          ? oauth
          : undefined;
    fields?.set(name, [...(fields.get(name) ?? []), text.trim()]);
    path.pop();
    text = '';
  };
  try {
    parser.write(xml).close();
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(`it is not XML: ${errorText(error)}`);
  }
  return { incoming, oauth };
}

/** Null for a server without TLS. */
function readServer(fields: Fields, address: string): FoundServer | null {
  const first = (name: string) => fields.get(name)?.[0] ?? '';
  const security = ({ SSL: 'tls', STARTTLS: 'starttls' } as const)[first('socketType')];
  if (security === undefined) return null;
  const host = hostNamed(filled(first('hostname'), address));
  const port = Number(first('port'));
  if (!/^\d{1,5}$/.test(first('port')) || port < 1 || port > 65_535) {
    throw new Refusal('the port of its IMAP server is none');
  }
  const user = filled(first('username'), address);
  if (/[\u0000-\u001f\u007f]/.test(user)) throw new Refusal('its user name is none');
  return { host, port, security, user: user === '' || user === address ? null : user };
}

/** The placeholders of a clientConfig. */
function filled(text: string, address: string): string {
  const at = address.lastIndexOf('@');
  return text
    .replaceAll('%EMAILADDRESS%', address)
    .replaceAll('%EMAILLOCALPART%', address.slice(0, at))
    .replaceAll('%EMAILDOMAIN%', address.slice(at + 1));
}

/** Older configurations name only the host. */
function readIssuer(text: string | undefined): string | null {
  if (text === undefined || text === '') return null;
  const issuer = /^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`;
  const url = URL.canParse(issuer) ? new URL(issuer) : null;
  const plain = url !== null && url.username === '' && url.password === '' && url.search === '';
  if (url?.protocol !== 'https:' || !plain || url.hash !== '') {
    throw new Refusal('its login server is not an https:// address');
  }
  return issuer;
}
