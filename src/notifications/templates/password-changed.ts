import type { Template } from './template.types.ts';

const WHAT_ENDED = {
  changed: 'Every other session of your account has ended.',
  reset:
    'Every session and every personal access token of your account has ended. Second factors and linked accounts are as they were.',
} as const;

/** After a change of the password. */
export const passwordChanged: Template<'password-changed'> = ({ how }) => ({
  subject: 'Your password was changed',
  paragraphs: [
    `The password of your account was ${how === 'reset' ? 'replaced through a link in a mail' : 'changed'}. ${WHAT_ENDED[how]}`,
    'If it was not you, choose a new password now and tell your administrator.',
  ],
  showsOccasion: true,
});
