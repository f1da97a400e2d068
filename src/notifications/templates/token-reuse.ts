import type { Template } from './template.types.ts';

/** When a session was ended because its refresh token was used twice. */
export const tokenReuse: Template<'token-reuse'> = ({ session }) => ({
  subject: 'A session of yours was ended',
  paragraphs: [
    `A key of ${session === undefined ? 'one of your sessions' : `your session "${session}"`} was used twice, which happens when somebody has copied it. The session has ended.`,
    'Log in again. If you do not know why this happened, change your password and end your other sessions.',
  ],
  showsOccasion: true,
});
