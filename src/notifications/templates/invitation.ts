import type { Template } from './template.types.ts';

/** To somebody for whom an administrator opened an account. */
export const invitation: Template<'invitation'> = ({ link, goodUntil }) => ({
  subject: 'You are invited',
  paragraphs: [
    'An administrator has opened an account for you. Choose a password to begin.',
    `The link is good once, until ${goodUntil}. Ask your administrator for another one when it is too late.`,
  ],
  action: { label: 'Accept invitation', link },
  showsOccasion: false,
});
