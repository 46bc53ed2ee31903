import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Provider } from 'oidc-provider';
import { consentPage, loginPage } from './oauth-pages.ts';

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;
type Result = Parameters<Provider['interactionResult']>[2];

/** What the page of one interaction answers: HTML, or where the browser goes next. */
export type InteractionAnswer = { html: string } | { location: string };

/** Shows the page of an interaction (GET), or takes what the person chose on it (POST). */
export async function answerInteraction(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<InteractionAnswer> {
  const interaction = await provider.interactionDetails(request, response);
  if (request.method !== 'POST') return { html: show(interaction, request.url ?? '') };

  const result = await decide(provider, interaction, new URLSearchParams(await text(request)));
  return { location: await provider.interactionResult(request, response, result) };
}

function show(interaction: Interaction, action: string): string {
  const { params, prompt, session } = interaction;
  if (prompt.name === 'login') return loginPage(action, String(params.login_hint ?? ''));
  return consentPage(action, {
    client: String(params.client_id),
    account: session?.accountId ?? '',
    scopes: String(params.scope ?? '').split(' '),
  });
}

async function decide(
  provider: Provider,
  interaction: Interaction,
  form: URLSearchParams,
): Promise<Result> {
  if (form.get('decision') === 'refuse') {
    return { error: 'access_denied', error_description: 'The person refused' };
  }
  if (interaction.prompt.name === 'login') {
    return { login: { accountId: form.get('login') ?? '' } };
  }

  const { details } = interaction.prompt;
  const known = interaction.grantId ? await provider.Grant.find(interaction.grantId) : undefined;
  const grant =
    known ??
    new provider.Grant({
      accountId: interaction.session?.accountId,
      clientId: String(interaction.params.client_id),
    });
  grant.addOIDCScope(strings(details.missingOIDCScope).join(' '));
  grant.addOIDCClaims(strings(details.missingOIDCClaims));
  return { consent: { grantId: await grant.save() } };
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
