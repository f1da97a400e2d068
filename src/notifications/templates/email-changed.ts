import type { Template } from './template.types.ts';

/** To both addresses, after a change. */
export const emailChanged: Template<'email-changed'> = ({ newEmail }) => ({
  subject: 'Your address was changed',
  paragraphs: [
    `Your account has the address ${newEmail} now. Log in with it from now on.`,
    'If it was not you, tell your administrator.',
  ],
  showsOccasion: true,
});
