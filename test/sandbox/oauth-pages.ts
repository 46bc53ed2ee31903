const style = `
  body { font: 16px/1.5 system-ui, sans-serif; background: #f3f4f6; color: #1f2937; margin: 0 }
  main { max-width: 24rem; margin: 12vh auto 0; padding: 2rem; background: #fff; border-radius: 8px }
  h1 { font-size: 1.25rem; margin: 0 0 1rem }
  label, input { display: block; width: 100%; box-sizing: border-box }
  input { font: inherit; margin: .25rem 0 1rem; padding: .5rem; border: 1px solid #9ca3af; border-radius: 4px }
  button { font: inherit; padding: .5rem 1.25rem; border: 1px solid #1d4ed8; border-radius: 4px; cursor: pointer }
  button[value=allow], button[data-main] { background: #1d4ed8; color: #fff }
  button[value=refuse] { background: #fff; color: #1d4ed8 }
  code { font-size: 1.5rem; letter-spacing: .1em }`;

const entities = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

/** Text as HTML: safe between tags and inside a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities.get(character) ?? '');
}

/** A whole page around trusted HTML. It loads nothing, from this host or another. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

/** Asks who the person is. There are no passwords here: every address may log in. */
export function loginPage(action: string, loginHint: string): string {
  return page(
    'Sign in',
    `<form method="post" action="${escapeHtml(action)}">
<label>Address <input name="login" type="email" value="${escapeHtml(loginHint)}" required autofocus></label>
<button data-main>Next</button>
</form>`,
  );
}

/** Asks whether the program may have what it asks for. */
export function consentPage(
  action: string,
  about: { client: string; account: string; scopes: readonly string[] },
): string {
  const scopes = about.scopes.map((scope) => `<li>${escapeHtml(scope)}</li>`).join('');
  return page(
    `${about.client} wants to use your mailbox`,
    `<p>Signed in as <strong>${escapeHtml(about.account)}</strong>. It asks for:</p>
<ul>${scopes}</ul>
<form method="post" action="${escapeHtml(action)}">
<button name="decision" value="allow">Allow</button>
<button name="decision" value="refuse">Refuse</button>
</form>`,
  );
}

/** Asks for the code that a device without a browser shows (RFC 8628). `form` is trusted HTML. */
export function userCodePage(form: string, problem: string): string {
  return page(
    'Connect a device',
    `<p>${escapeHtml(problem || 'Enter the code that your device shows.')}</p>
${form}
<button data-main type="submit" form="op.deviceInputForm">Next</button>`,
  );
}

/** Asks whether the device shows this code (RFC 8628). `form` is trusted HTML. */
export function userCodeConfirmPage(form: string, userCode: string): string {
  return page(
    'Is this your device?',
    `<p>It should show <code>${escapeHtml(userCode)}</code></p>
${form}
<button data-main type="submit" form="op.deviceConfirmForm">Yes</button>
<button type="submit" form="op.deviceConfirmForm" name="abort" value="yes">No</button>`,
  );
}
