import type { Template } from './template.types.ts';

/** After a change of authenticator, passkeys or recovery codes. */
export const secondFactorChanged: Template<'second-factor-changed'> = ({ change }) => ({
  subject: 'Your second factor was changed',
  paragraphs: [
    `What was changed on your account: ${change}`,
    'If it was not you, change your password now and tell your administrator.',
  ],
  showsOccasion: true,
});
