import type { Provider } from './provider.ts';
import { comcast } from './providers/comcast.ts';
import { fastmail } from './providers/fastmail.ts';
import { google } from './providers/google.ts';
import { mailCom } from './providers/mail-com.ts';
import { mailRu } from './providers/mail-ru.ts';
import { microsoft, microsoftClouds } from './providers/microsoft.ts';
import { passwordProviders } from './providers/passwords.ts';
import { templates } from './providers/self-hosted.ts';
import { yahooBrands } from './providers/yahoo.ts';
import { yandex } from './providers/yandex.ts';
import { zohoRegions } from './providers/zoho.ts';

/** A new provider is a file in providers/ and a line here. */
export const providers: readonly Provider[] = [
  google,
  microsoft,
  ...microsoftClouds,
  ...yahooBrands,
  fastmail,
  yandex,
  mailRu,
  ...zohoRegions,
  comcast,
  ...passwordProviders,
  mailCom,
  ...templates,
];

export function findProvider(id: string): Provider | null {
  return providers.find((provider) => provider.id === id) ?? null;
}

export function providerOfAddress(address: string): Provider | null {
  const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
  const covers = (one: string) =>
    one === domain || (one[0] === '*' && domain.endsWith(one.slice(1)));
  return providers.find(({ domains }) => domains.some(covers)) ?? null;
}
