/** What --name may hold, in braces. */
export const nameFields = ['date', 'time', 'subject', 'from', 'message-id'] as const;
