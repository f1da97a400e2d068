import type { Template } from './template.types.ts';

/** To the address of now, before a change. */
export const emailChangeRequested: Template<'email-change-requested'> = ({ newEmail }) => ({
  subject: 'A change of your address was asked for',
  paragraphs: [
    `Your account is to move to the address ${newEmail}. It does so when the link in the mail to that address is followed.`,
    'If it was not you, change your password now: that withdraws the request.',
  ],
  showsOccasion: true,
});
