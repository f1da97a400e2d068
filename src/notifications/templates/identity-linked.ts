import type { Template } from './template.types.ts';

/** After an account at another issuer was linked or removed. */
export const identityLinked: Template<'identity-linked'> = ({ provider, change = 'linked' }) => ({
  subject: change === 'linked' ? 'An account was linked to yours' : 'An account was unlinked from yours',
  paragraphs: [
    change === 'linked'
      ? `An account at ${provider} can be used to log in to your account from now on.`
      : `The account at ${provider} can no longer be used to log in to your account.`,
    'If it was not you, change your password now and tell your administrator.',
  ],
  showsOccasion: true,
});
