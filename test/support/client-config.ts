export interface ClientConfigOptions {
  readonly type?: string;
  readonly host?: string;
  readonly port?: string;
  readonly socket?: string;
  readonly user?: string;
  readonly authentication?: string;
  /** Inside `oAuth2`. */
  readonly oauth?: string;
  /** Beside the server. */
  readonly more?: string;
}

/** An autoconfig as domains serve it (draft-ietf-mailmaint-autoconfig). */
export function clientConfig(options: ClientConfigOptions = {}): string {
  const { type = 'imap', host = 'imap.example.org', port = '993', socket = 'SSL' } = options;
  const { user = '%EMAILADDRESS%', authentication = 'OAuth2', oauth, more = '' } = options;
  return `<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1">
  <emailProvider id="example.org">
    <domain>example.org</domain>
    <displayName>Example</displayName>
    ${more}
    <incomingServer type="${type}">
      <hostname>${host}</hostname>
      <port>${port}</port>
      <socketType>${socket}</socketType>
      <authentication>${authentication}</authentication>
      <username>${user}</username>
    </incomingServer>
  </emailProvider>
  ${oauth === undefined ? '' : `<oAuth2>${oauth}<scope>mail</scope></oAuth2>`}
</clientConfig>
`;
}
