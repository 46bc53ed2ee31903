import * as v from 'valibot';

/** What mailctl and its keychain process say to each other: one JSON document each way. */
const request = v.variant('operation', [
  v.object({ operation: v.literal('get'), key: v.string() }),
  v.object({ operation: v.literal('set'), key: v.string(), secret: v.string() }),
  v.object({ operation: v.literal('delete'), key: v.string() }),
]);

const answer = v.union([
  v.object({ secret: v.nullable(v.string()) }),
  v.object({ done: v.boolean() }),
  v.object({ trouble: v.picklist(['unavailable', 'locked']), message: v.string() }),
]);

export type KeychainRequest = v.InferOutput<typeof request>;
export type KeychainAnswer = v.InferOutput<typeof answer>;

export function parseKeychainRequest(text: string): KeychainRequest {
  return v.parse(request, JSON.parse(text));
}

export function parseKeychainAnswer(text: string): KeychainAnswer {
  return v.parse(answer, JSON.parse(text));
}
